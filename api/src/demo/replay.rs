//! Replays the demo stories: each event goes through the same functions as a real one, with the time at which it
//! happened.

use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    PhoneNumber,
    account::{Account, Role},
    closure::NewClosure,
    ids::ConversationId,
    message::{MessageStatus, NewMessage},
};

use super::{
    DemoError, Team, cast,
    stories::{self, Line, Story},
};
use crate::{
    auth::{Caller, Identity, TeamScope},
    closures,
    conversations::delivery,
    conversations::{
        close,
        receive::{InboundMessage, Received, receive},
        reply::{Replied, Reply},
        start,
    },
    db::DbConnection,
    gateway::failure::FailureCode,
    outbox,
};

/// Replays the stories of a team.
pub(super) fn replay(conn: &mut DbConnection, team: &Team, now: DateTime<Utc>) -> Result<(), DemoError> {
    for (n, story) in stories::read(team.cast.stories)?.iter().enumerate() {
        let mut replay = Replay::new(team, n, story)?;
        for (minutes_ago, line) in &story.lines {
            replay.line(conn, line, now - TimeDelta::minutes(*minutes_ago))?;
        }
    }
    Ok(())
}

/// The replay of one story.
struct Replay<'a> {
    team: &'a Team,
    agent: Caller,
    team_number: PhoneNumber,
    number: PhoneNumber,
    /// The conversation to which the next event belongs. `None` at the start and after a closure.
    conversation: Option<ConversationId>,
    /// Number of events replayed.
    count: usize,
}

impl<'a> Replay<'a> {
    fn new(team: &'a Team, n: usize, story: &Story) -> Result<Self, DemoError> {
        let parse = |text: &str| text.parse().map_err(|_| DemoError::Number(text.to_owned()));
        let incomplete = || DemoError::IncompleteTeam(team.cast.name);
        let team_number = team.cast.numbers.get(n % team.cast.numbers.len()).ok_or_else(incomplete)?;
        let (id, name) = team.agents.get(n % team.agents.len().max(1)).ok_or_else(incomplete)?;
        let account =
            Account { id: *id, email: String::new(), display_name: (*name).to_owned(), role: Role::Agent };
        let agent = Caller {
            identity: Identity::Account { account, session: 0 },
            permissions: Role::Agent.preset(),
            scope: TeamScope::Only(vec![team.id]),
        };
        let number = parse(&cast::number(team.cast, story.customer))?;
        Ok(Self { team, agent, team_number: parse(team_number)?, number, conversation: None, count: 0 })
    }

    fn line(&mut self, conn: &mut DbConnection, line: &Line, at: DateTime<Utc>) -> Result<(), DemoError> {
        self.count += 1;
        match line {
            Line::Customer(body) => self.customer(conn, body, at),
            Line::Agent(body) => self.agent(conn, body, MessageStatus::Delivered, None, at),
            Line::AgentSent(body) => self.agent(conn, body, MessageStatus::Sent, None, at),
            Line::AgentFailed { code, body } => {
                self.agent(conn, body, MessageStatus::Undelivered, Some(code), at)
            }
            Line::Close { reason, note } => self.close(conn, reason, *note, at),
        }
    }

    fn customer(&mut self, conn: &mut DbConnection, body: &str, at: DateTime<Utc>) -> Result<(), DemoError> {
        let message = InboundMessage {
            gateway_id: self.gateway_id(),
            from: (&self.number).into(),
            to: self.team_number.clone(),
            body: body.to_owned(),
            media: Vec::new(),
            opt_out_type: None,
            erased_as: None,
            recovered: None,
        };
        match receive(conn, &message, at)? {
            Received::Stored(id) => {
                self.conversation = Some(id);
                Ok(())
            }
            other => Err(DemoError::NotStored(other)),
        }
    }

    fn agent(
        &mut self,
        conn: &mut DbConnection,
        body: &str,
        status: MessageStatus,
        error_code: Option<&str>,
        at: DateTime<Utc>,
    ) -> Result<(), DemoError> {
        let id = match self.conversation {
            Some(id) => id,
            None => start::pending(conn, self.team.id, &self.team_number, &self.number, at)?,
        };
        self.conversation = Some(id);
        let new = NewMessage {
            body: body.to_owned(),
            template_id: None,
            last_seen_message_id: None,
            send_at: None,
            media: None,
        };
        let reply = Reply::parse(new)?;
        let replied = reply.queue(conn, &self.agent.scope, id, &self.agent.sender(), None, at)?;
        let (Replied::Queued(message) | Replied::Replayed(message)) = replied;
        // The message was sent in the past, so the outbox must not send it.
        outbox::queries::delete(conn, message.id)?;
        delivery::accepted(conn, message.id, &self.gateway_id(), at + TimeDelta::seconds(1))?;
        if status != MessageStatus::Sent {
            let at = at + TimeDelta::seconds(4);
            let failure = error_code.map(FailureCode::parse);
            delivery::receive_receipt(conn, &self.gateway_id(), status, failure.as_ref(), at)?;
        }
        Ok(())
    }

    fn close(
        &mut self,
        conn: &mut DbConnection,
        reason: &'static str,
        note: Option<&str>,
        at: DateTime<Utc>,
    ) -> Result<(), DemoError> {
        let unknown = || DemoError::Closure(reason);
        let id = self.conversation.take().ok_or_else(unknown)?;
        let closure_reason_id =
            closures::queries::by_name(conn, self.team.id, reason)?.ok_or_else(unknown)?;
        let new = NewClosure { closure_reason_id, note: note.map(str::to_owned), last_seen_message_id: None };
        Ok(close::close(conn, id, &new, &self.agent, at)?)
    }

    /// Returns an id in the gateway's form that is unique for each event.
    fn gateway_id(&self) -> String {
        let digits = self.number.as_str().trim_start_matches('+');
        format!("SMde30{:0>14}{digits:0>14}", self.count)
    }
}
