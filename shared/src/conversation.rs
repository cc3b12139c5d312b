//! Conversations, and the queue of conversations in progress.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, de::IgnoredAny};

use crate::{
    CustomerAddress, PhoneNumber,
    account::AccountName,
    assignment::AssignmentNote,
    closure::Closure,
    consent::Consent,
    customer::Customer,
    ids::{AccountId, ConversationId, TeamId, TemplateId},
    presence::Viewer,
    snooze::Snooze,
    tag::ConversationTag,
    team::TeamSummary,
};

/// The state of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConversationStatus {
    /// The team wrote first and the customer has not replied yet. Not in the queue.
    Pending,
    /// In progress.
    Open,
    /// Closed: read-only for ever.
    Closed,
}

/// Which kind of message started the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The customer wrote first.
    Inbound,
    /// The team wrote first.
    Outbound,
}

/// Who acts next. `agent` sorts before `customer`, both here and as text, which gives the queue its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NextAction {
    /// The customer is waiting for the agent.
    Agent,
    /// The agent is waiting for the customer.
    Customer,
}

/// The cause of a warning that a conversation shows to agents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AttentionCode {
    /// A message was not delivered.
    NotDelivered,
    /// A message sounds like an opt-out.
    PossibleOptOut,
    /// The customer has opted out.
    OptedOut,
    /// A scheduled message was held.
    MessageHeld,
}

impl AttentionCode {
    /// Every code.
    pub const ALL: [AttentionCode; 4] = [
        AttentionCode::NotDelivered,
        AttentionCode::PossibleOptOut,
        AttentionCode::OptedOut,
        AttentionCode::MessageHeld,
    ];

    /// Returns the value used in JSON and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            AttentionCode::NotDelivered => "not_delivered",
            AttentionCode::PossibleOptOut => "possible_opt_out",
            AttentionCode::OptedOut => "opted_out",
            AttentionCode::MessageHeld => "message_held",
        }
    }

    /// Returns the code with this value. Returns `None` for a value that this version does not know; a conversation
    /// then shows no notice.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == value)
    }
}

/// A warning that a conversation shows to agents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Attention {
    /// The cause, as a stable machine word.
    pub code: AttentionCode,
    /// What happened and what to do next, in plain words.
    pub text: String,
}

/// A conversation: all messages between one team number and one customer number, from the first message until closure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Conversation {
    /// The conversation's id.
    pub id: ConversationId,
    /// The team that owns `team_number`.
    pub team_id: TeamId,
    /// The team's number.
    pub team_number: PhoneNumber,
    /// The customer's number, or the short code or sender name that the message came from.
    pub number: CustomerAddress,
    /// Whether the customer can receive messages. Short codes and sender names cannot.
    pub can_reply: bool,
    /// The customer reference number, from the last daily file that had this customer.
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    /// The customer's name, from the last daily file that had this customer.
    pub name: Option<String>,
    /// The conversation's state.
    pub status: ConversationStatus,
    /// Which kind of message started the conversation.
    pub origin: Origin,
    /// Who acts next; `null` once closed.
    pub next_action: Option<NextAction>,
    /// When `next_action` last changed. The queue is ordered by it.
    #[serde(deserialize_with = "crate::time::required")]
    pub waiting_since: DateTime<Utc>,
    /// When the customer last wrote.
    #[serde(default, deserialize_with = "crate::time::optional")]
    pub last_message_at: Option<DateTime<Utc>>,
    /// A warning for agents, for example that a message was not delivered.
    pub attention: Option<Attention>,
    /// When the conversation started.
    #[serde(deserialize_with = "crate::time::required")]
    pub opened_at: DateTime<Utc>,
    /// When the conversation was closed.
    #[serde(default, deserialize_with = "crate::time::optional")]
    pub closed_at: Option<DateTime<Utc>>,
    /// The name of the account or API key that closed it.
    pub closed_by: Option<String>,
    /// The name of the closure reason.
    pub closure_reason: Option<String>,
    /// The previous conversation between the same two numbers.
    pub previous_id: Option<ConversationId>,
    /// Number of the customer's messages since the last reply.
    pub unread: i32,
    /// The account that answers the customer; `null` while unassigned. A closed conversation keeps the last one.
    pub assigned_to: Option<AccountName>,
    /// Until when the conversation is out of the queue; `null` while it is not snoozed.
    #[serde(default, deserialize_with = "crate::time::optional")]
    pub snoozed_until: Option<DateTime<Utc>>,
    /// The tags, in the order of the catalogue. A closed conversation keeps them.
    #[serde(default)]
    pub tags: Vec<ConversationTag>,
}

/// An action on a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Send a message.
    Reply,
    /// Close the conversation.
    Close,
    /// Assign the conversation to an account, or release it.
    Assign,
    /// Change the tags of the conversation.
    Tag,
    /// Snooze the conversation, or end the snooze.
    Snooze,
}

/// `GET /conversations/{id}`: the conversation with its team, customer, closure and consent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConversationDetail {
    /// The conversation itself.
    #[serde(flatten)]
    pub conversation: Conversation,
    /// The next conversation between the same two numbers; `null` if there is none.
    pub next_id: Option<ConversationId>,
    /// The team that the conversation belongs to.
    pub team: TeamSummary,
    /// The customer in the team's current daily file; `null` when the file does not have the number.
    pub customer: Option<Customer>,
    /// The closure; `null` while the conversation is not closed.
    pub closure: Option<Closure>,
    /// The latest consent entry of the two numbers; `null` when there is none.
    pub consent: Option<Consent>,
    /// The note of the assignment. It is shown until the holder replies or the assignment changes.
    pub assignment_note: Option<AssignmentNote>,
    /// The snooze, while `snoozed_until` is set. Afterwards the one that has ended, until the next reply.
    #[serde(default)]
    pub snooze: Option<Snooze>,
    /// The actions that the caller can take now.
    pub permitted_actions: Vec<Action>,
    /// The accounts that have the conversation open (rule 17). Only `GET /conversations/{id}` fills it in; lists, and
    /// the answers to changes, do not. Later changes are in the stream `GET /events`.
    #[serde(default)]
    pub viewers: Vec<Viewer>,
    /// Whether the caller has an unsent reply (rule 21). `false` for an API key.
    #[serde(default)]
    pub has_draft: bool,
}

/// Number of conversations in progress, by next action.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Counts {
    /// Conversations whose next action is the agent's.
    pub agent: i64,
    /// Conversations whose next action is the customer's.
    pub customer: i64,
    /// Conversations that are assigned to no account, whatever their next action.
    #[serde(default)]
    pub unassigned: i64,
    /// Snoozed conversations. The other counts leave them out.
    #[serde(default)]
    pub snoozed: i64,
}

/// Number of conversations in progress that an account has in a team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AssigneeCount {
    /// The account's id.
    pub id: AccountId,
    /// The account's name.
    pub name: String,
    /// The number of conversations, whatever their next action.
    pub open: i64,
}

/// One team's conversations in progress.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QueueSection {
    /// The team.
    pub team: TeamSummary,
    /// The counts of all the team's conversations in progress, not only those on this page.
    pub counts: Counts,
    /// The accounts that have conversations in progress, by id, with their numbers. Like `counts`, not only of this
    /// page.
    #[serde(default)]
    pub assignees: Vec<AssigneeCount>,
    /// The first page of conversations, in queue order.
    pub items: Vec<Conversation>,
    /// The cursor for the next page of `GET /conversations?team_id=&status=open`, with the same `assigned`; `null` on
    /// the last page.
    pub next_cursor: Option<String>,
}

/// `GET /queue`: a section for each of the caller's teams.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Queue {
    /// The sections, by team name.
    pub sections: Vec<QueueSection>,
}

/// `POST /conversations`: an ad-hoc message. It starts a conversation that is pending until the customer replies.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewConversation {
    /// The team that sends the message.
    pub team_id: TeamId,
    /// The number to send to, in any usual format of the team's region.
    pub number: String,
    /// The message text, 1 to 1600 characters.
    pub body: String,
    /// The team's number to send from. When left out: the one in the last conversation with this number, otherwise the
    /// team's first number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<PhoneNumber>,
    /// The template that the message is based on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_id: Option<TemplateId>,
    /// Not supported yet: leave it out. A request with media is refused.
    #[serde(default, alias = "media_urls", skip_serializing)]
    pub media: Option<IgnoredAny>,
}

/// `POST /queue/next`.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NextRequest {
    /// Only conversations of this team; those of all the caller's teams when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_id: Option<TeamId>,
    /// The conversation that the caller has open. The search continues after its place in the queue, and starts again
    /// at the beginning after the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<ConversationId>,
}

/// `GET /numbers`: how a typed number is read, and what prevents sending to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NumberCheck {
    /// The number; `null` when the input is not a phone number.
    pub number: Option<PhoneNumber>,
    /// The number formatted for display: `+44 7700 900123`.
    pub international: Option<String>,
    /// Whether the input is a number that messages can be sent to.
    pub valid: bool,
    /// Why `valid` is false, and how to correct the input.
    pub reason: Option<String>,
    /// The customer with this number in the team's current daily file; `null` when there is none or more than one.
    pub customer: Option<Customer>,
    /// The team's number that a message is sent from unless another is chosen.
    pub from: Option<PhoneNumber>,
    /// The team's conversation in progress with this number. Reply there instead.
    pub conversation_id: Option<ConversationId>,
    /// The consent entry for each of the team's numbers that the customer has opted out of.
    pub opted_out: Vec<Consent>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_the_same_value_in_json_and_in_the_database() {
        for code in AttentionCode::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
            assert_eq!(AttentionCode::parse(code.as_str()), Some(code));
        }
        assert_eq!(AttentionCode::parse("something_new"), None);
    }
}
