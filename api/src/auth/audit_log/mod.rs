//! Writes the audit log: an entry in the database, which cannot be changed, and a line of the log with the target
//! `security` and the level `info`, which can be sent to another machine. Both have the same action, actor, subject and
//! address. Only the entry contains names, e-mail addresses and search terms.
//!
//! [`AuditEvent::record`] writes the entry in the transaction of the change that it describes, and the line after the
//! commit. [`AuditEvent::write`] is for what belongs to no change, such as a search or a refused sign-in.

mod queries;

use std::{collections::BTreeMap, net::IpAddr};

use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    audit_entry::{AuditAction, AuditActor, AuditActorKind, AuditSubjectKind},
    ids::TeamId,
};

use super::{Caller, Identity};
use crate::{
    db::{Db, DbConnection, DbError, Lock, after_commit},
    request_id::{RequestId, client_address},
};

/// How long a repeated view of the same thing by the same actor is not recorded again: the app fetches the key data of an
/// open conversation again after each event that may have changed it.
const REPEATED_VIEW: TimeDelta = TimeDelta::minutes(10);

/// The name of an actor who typed no e-mail address.
const UNNAMED: &str = "?";

/// An event of the audit log, under construction. Its address and request id are those of the current request.
#[derive(Clone, Debug)]
pub(crate) struct AuditEvent {
    action: AuditAction,
    actor: AuditActor,
    team: Option<TeamId>,
    subject: Option<(AuditSubjectKind, i64)>,
    label: Option<String>,
    details: BTreeMap<String, String>,
    term: Option<String>,
    address: Option<IpAddr>,
    request: Option<RequestId>,
}

impl From<&Caller> for AuditActor {
    fn from(caller: &Caller) -> Self {
        let (kind, id) = match &caller.identity {
            Identity::Account { account, .. } => (AuditActorKind::Account, account.id.0),
            Identity::ApiKey { key, .. } => (AuditActorKind::ApiKey, key.id.0),
        };
        Self { kind, id: Some(id), name: caller.name().to_owned() }
    }
}

/// Returns the actor of a command, or of the server's own work.
pub(crate) fn system(name: &str) -> AuditActor {
    AuditActor { kind: AuditActorKind::System, id: None, name: name.to_owned() }
}

/// Returns the actor of a refused sign-in. A text that is no e-mail address is left out, because it may be a password.
pub(crate) fn anonymous(email: &str) -> AuditActor {
    let name = if email.contains('@') { email } else { UNNAMED };
    AuditActor { kind: AuditActorKind::Anonymous, id: None, name: name.to_owned() }
}

impl AuditEvent {
    /// Starts an event of the current request.
    pub(crate) fn new(action: AuditAction, actor: impl Into<AuditActor>) -> Self {
        Self {
            action,
            actor: actor.into(),
            team: None,
            subject: None,
            label: None,
            details: BTreeMap::new(),
            term: None,
            address: client_address(),
            request: RequestId::of_request(),
        }
    }

    /// The team that it concerns. Without one, only administrators see the entry.
    pub(crate) fn team(mut self, team: impl Into<Option<TeamId>>) -> Self {
        self.team = team.into();
        self
    }

    /// What it was done to.
    pub(crate) fn subject(mut self, kind: AuditSubjectKind, id: i64) -> Self {
        self.subject = Some((kind, id));
        self
    }

    /// The name of what it was done to. Never a customer's name or number, because the entry outlives them.
    pub(crate) fn label(mut self, label: &str) -> Self {
        self.label = Some(label.to_owned());
        self
    }

    /// More about it, without personal data.
    pub(crate) fn detail(mut self, name: &str, value: impl ToString) -> Self {
        self.details.insert(name.to_owned(), value.to_string());
        self
    }

    /// The term of a search. The erasure of a customer removes their number from it.
    pub(crate) fn term(mut self, term: &str) -> Self {
        self.term = Some(term.to_owned());
        self
    }

    /// Writes the entry in the transaction of the change, and the line after its commit.
    pub(crate) fn record(self, conn: &mut DbConnection, now: DateTime<Utc>) -> Result<(), DbError> {
        queries::insert(conn, &self, now)?;
        let span = tracing::Span::current();
        after_commit(move || span.in_scope(|| self.log()));
        Ok(())
    }

    /// Whether the log has the same entry after a time.
    pub(crate) fn is_recorded_since(
        &self,
        conn: &mut DbConnection,
        since: DateTime<Utc>,
    ) -> Result<bool, DbError> {
        queries::is_recorded_since(conn, self, since)
    }

    /// Writes the entry and the line of what belongs to no change. If the database fails, only the line is written, so
    /// that the request does not fail.
    pub(crate) async fn write(self, db: &Db, now: DateTime<Utc>) {
        self.log();
        if let Err(error) = db.write(move |conn| queries::insert(conn, &self, now)).await {
            tracing::error!(%error, "an entry of the audit log was not written");
        }
    }

    /// Like [`Self::write`], unless the log has the same entry of the last ten minutes.
    pub(crate) async fn write_view(self, db: &Db, now: DateTime<Utc>) {
        let since = now - REPEATED_VIEW;
        let event = self.clone();
        let is_repeated = db.read(move |conn| event.is_recorded_since(conn, since)).await;
        if is_repeated.unwrap_or_default() {
            return;
        }
        // A page requests several views at once.
        let event = self.clone();
        let written = db
            .write(move |conn| {
                conn.advisory_lock(Lock::Views(event.actor.id.unwrap_or_default()))?;
                let is_repeated = event.is_recorded_since(conn, since)?;
                if !is_repeated {
                    queries::insert(conn, &event, now)?;
                }
                Ok::<_, DbError>(!is_repeated)
            })
            .await;
        match written {
            Ok(true) => self.log(),
            Ok(false) => {}
            Err(error) => {
                self.log();
                tracing::error!(%error, "an entry of the audit log was not written");
            }
        }
    }

    /// Writes the line.
    fn log(&self) {
        let by = match (self.actor.kind, self.actor.id) {
            (AuditActorKind::System, _) => Some(self.actor.name.clone()),
            (AuditActorKind::Anonymous, _) => None,
            (kind, id) => Some(format!("{kind} {}", id.unwrap_or_default())),
        };
        let details: Vec<String> =
            self.details.iter().map(|(name, value)| format!("{name}={value}")).collect();
        tracing::info!(
            target: "security",
            event = self.action.as_str(),
            by,
            team = self.team.map(|team| team.0),
            subject = self.subject.map(|(kind, id)| format!("{kind} {id}")),
            address = self.address.map(tracing::field::display),
            details = (!details.is_empty()).then(|| details.join(", ")),
        );
    }
}
