//! Sends the messages of running campaigns at their pace. A transaction locks the campaign, stores some rows' messages with
//! their results and notes the progress: a server that is killed loses at most a transaction as a whole, and of several
//! servers one sends at a time. The outbox is not filled beyond a limit, so that replies do not wait behind a campaign.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    ErrorCode,
    audit_entry::{AuditAction, AuditSubjectKind},
    campaign::{CampaignAction, CampaignState, RowProblem},
    ids::{CampaignId, MessageId},
};
use tokio::sync::watch;

use super::{
    pace,
    queries::{self, Running},
    rows::{self, CampaignRow},
    text::Text,
};
use crate::{
    auth::{
        TeamScope, TokenKeys,
        audit_log::{AuditEvent, system},
    },
    clock::Clock,
    consents::check::ConsentError,
    conversations::{
        batch::lock_all,
        known_number::NumberError,
        reply::{ReplayError, Replied, ReplyError},
        start::{PendingError, StartError},
    },
    db::{Db, DbConnection, DbError},
    events::feed::Feed,
    idempotency::RequestKey,
    outbox::{self, worker::Outbox},
    teams,
};

/// The name of this service in the audit log.
const ACTOR: &str = "Campaigns";
/// Maximum number of rows in a transaction.
const SLICE: i64 = 50;
/// Number of messages in the outbox from which campaigns wait.
const MAX_WAITING: i64 = 200;
/// Time until the outbox is looked at again.
const OUTBOX_INTERVAL: TimeDelta = TimeDelta::milliseconds(100);
/// Longest interval between two runs. It bounds the delay of a campaign that another server started.
const INTERVAL: TimeDelta = TimeDelta::seconds(1);
/// Shortest interval between two runs.
const MIN_INTERVAL: TimeDelta = TimeDelta::milliseconds(20);

/// Sends the messages of campaigns.
pub(crate) struct CampaignSender {
    db: Db,
    clock: Clock,
    outbox: Arc<Outbox>,
    feed: Arc<Feed>,
    keys: Arc<TokenKeys>,
}

impl CampaignSender {
    /// Creates the service. It wakes the outbox and the feed after each commit.
    pub(crate) fn new(
        db: &Db,
        clock: &Clock,
        outbox: &Arc<Outbox>,
        feed: &Arc<Feed>,
        keys: &Arc<TokenKeys>,
    ) -> Self {
        let (db, clock) = (db.clone(), clock.clone());
        Self { db, clock, outbox: Arc::clone(outbox), feed: Arc::clone(feed), keys: Arc::clone(keys) }
    }

    /// Works until `stop` is set.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            let start = self.clock.monotonic();
            let wait = self.send_due().await.unwrap_or_else(|error| {
                if !error.is_unreachable() {
                    tracing::error!(%error, "the campaigns cannot be read");
                }
                INTERVAL
            });
            tokio::select! {
                _ = stop.changed() => break,
                () = self.clock.sleep_after(start, wait) => {}
            }
        }
    }

    /// Sends a slice of each campaign that is due. Returns the time until the next run.
    async fn send_due(&self) -> Result<TimeDelta, DbError> {
        let running = self.db.read(queries::running).await?;
        let now = self.clock.now();
        let mut wait = INTERVAL;
        for (id, due_at) in running {
            if due_at > now {
                wait = wait.min(due_at - now);
                continue;
            }
            if self.db.read(|conn| outbox::queries::has_at_least(conn, MAX_WAITING)).await? {
                return Ok(OUTBOX_INTERVAL);
            }
            let keys = Arc::clone(&self.keys);
            match self.db.write(move |conn| send_slice(conn, id, &keys, now)).await {
                Ok(()) => {
                    self.outbox.wake();
                    self.feed.wake();
                    wait = MIN_INTERVAL;
                }
                Err(error) => tracing::error!(campaign = %id, %error, "a campaign cannot go on"),
            }
        }
        Ok(wait.max(MIN_INTERVAL))
    }
}

/// The outcome of a row.
enum Outcome {
    Queued(MessageId),
    Refused(RowProblem),
    /// No row of the campaign can be sent.
    Stopped(String),
}

/// Sends the rows that are due now.
fn send_slice(
    conn: &mut DbConnection,
    id: CampaignId,
    keys: &TokenKeys,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let Some(mut running) = queries::running_for_update(conn, id)? else { return Ok(()) };
    let (count, next) = pace::due(running.due_at, now, running.campaign.pace, SLICE);
    let rows = rows::queries::after(conn, id, running.done_line, count)?;
    let scope = TeamScope::Only(vec![running.campaign.team_id]);
    let team = teams::queries::team(conn, &scope, running.campaign.team_id)?;
    let team = team.map_or_else(String::new, |team| team.name);
    lock_all(conn, rows.iter().filter_map(|row| row.number.parse().ok()).collect())?;
    // An erasure that had a lock may have changed the rows.
    let rows = rows::queries::after(conn, id, running.done_line, count)?;
    let mut stopped = None;
    for row in rows.iter().filter(|row| row.problem.is_none()) {
        match send_row(conn, &running, &team, row, keys, now)? {
            Outcome::Queued(message) => {
                rows::queries::set_message(conn, id, row.line, message)?;
                running.campaign.queued += 1;
            }
            Outcome::Refused(problem) => {
                rows::queries::set_problem(conn, id, row.line, &problem)?;
                running.campaign.refused += 1;
            }
            Outcome::Stopped(reason) => {
                stopped = Some(reason);
                break;
            }
        }
        running.done_line = row.line;
    }
    running.due_at = next;
    if let Some(reason) = stopped {
        queries::advance(conn, &running)?;
        queries::set_state(conn, id, CampaignState::Paused, None, Some(&reason), None)?;
        return AuditEvent::new(AuditAction::CampaignStateChanged, system(ACTOR))
            .team(running.campaign.team_id)
            .subject(AuditSubjectKind::Campaign, id.0)
            .label(&running.campaign.name)
            .detail("action", CampaignAction::Pause)
            .record(conn, now);
    }
    running.done_line = rows.last().map_or(running.done_line, |last| last.line);
    queries::advance(conn, &running)?;
    if i64::try_from(rows.len()).is_ok_and(|found| found < count) {
        queries::set_state(conn, id, CampaignState::Finished, None, None, Some(now))?;
    }
    Ok(())
}

/// Stores the message of a row. Its key lets the database refuse a second one.
fn send_row(
    conn: &mut DbConnection,
    running: &Running,
    team: &str,
    row: &CampaignRow,
    keys: &TokenKeys,
    now: DateTime<Utc>,
) -> Result<Outcome, DbError> {
    let campaign = &running.campaign;
    let text = Text { campaign, team };
    let (body, _) = text.of(row);
    let start = match text.message(row, body) {
        Ok(start) => start,
        Err(problem) => return Ok(Outcome::Refused(problem)),
    };
    let scope = TeamScope::Only(vec![campaign.team_id]);
    // The space keeps it apart from the keys of drafts.
    let key = RequestKey { key: format!("campaign:{}:row {}", campaign.id, row.line), digest: String::new() };
    // A savepoint, so that a refused message leaves no conversation behind.
    let stored = conn.transaction(|conn| start.store(conn, &scope, &running.by, Some(&key), keys, now));
    match stored {
        Ok(Replied::Queued(message) | Replied::Replayed(message)) => Ok(Outcome::Queued(message.id)),
        Err(error) => refusal(error),
    }
}

/// Tells the errors that concern the row from those that concern the campaign or the database.
fn refusal(error: StartError) -> Result<Outcome, DbError> {
    let text = error.to_string();
    let refused = |code| Ok(Outcome::Refused(RowProblem { code, text: text.clone() }));
    match error {
        StartError::Number(NumberError::Invalid(_)) | StartError::OwnNumber => {
            refused(ErrorCode::InvalidNumber)
        }
        StartError::Pending(PendingError::Open(_)) => refused(ErrorCode::ConversationOpen),
        StartError::Reply(ReplyError::Consent(ConsentError::OptedOut(_))) => {
            refused(ErrorCode::NumberOptedOut)
        }
        StartError::Reply(ReplyError::NotReachable(_)) => refused(ErrorCode::SenderNotReachable),
        StartError::Database(error)
        | StartError::Number(NumberError::Database(error))
        | StartError::Replay(ReplayError::Database(error))
        | StartError::Pending(PendingError::Database(error))
        | StartError::Reply(
            ReplyError::Database(error)
            | ReplyError::Replay(ReplayError::Database(error))
            | ReplyError::Consent(ConsentError::Database(error)),
        ) => Err(error),
        // The next run tries again.
        StartError::Pending(PendingError::Conflict) | StartError::Reply(ReplyError::Closed(_)) => {
            Err(DbError::Busy)
        }
        StartError::NotFound(_)
        | StartError::Signing(_)
        | StartError::ForeignTeamNumber
        | StartError::NoTeamNumber
        | StartError::Pending(PendingError::TeamNumberMoved)
        | StartError::Replay(ReplayError::KeyReused(_))
        | StartError::Reply(
            ReplyError::NotFound(_)
            | ReplyError::Replay(ReplayError::KeyReused(_))
            | ReplyError::Unseen(_)
            | ReplyError::Time(_)
            | ReplyError::UnknownTemplate,
        ) => Ok(Outcome::Stopped(text)),
    }
}
