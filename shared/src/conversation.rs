//! Conversations and the queue of those in progress.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, de::IgnoredAny};

use crate::{
    CustomerAddress, PhoneNumber,
    closure::Closure,
    consent::Consent,
    customer::Customer,
    ids::{ConversationId, TeamId, TemplateId},
    team::TeamSummary,
};

/// Where a conversation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConversationStatus {
    /// We wrote first and nobody has replied: not among the conversations in progress.
    Pending,
    /// In progress.
    Open,
    /// Over, and read-only for ever.
    Closed,
}

/// Which kind of message triggered the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The customer wrote first.
    Inbound,
    /// We wrote first.
    Outbound,
}

/// Who is to act next. `agent` sorts before `customer`, here and as text: that is the queue's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NextAction {
    /// The customer waits for us.
    Agent,
    /// We wait for the customer.
    Customer,
}

/// What an agent must know about a conversation beside its messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Attention {
    /// A stable machine word: `not_delivered`, `possible_opt_out`, `opted_out`.
    pub code: String,
    /// What happened and what to do next, in plain words.
    pub text: String,
}

impl Attention {
    /// The code after a message was not delivered.
    pub const NOT_DELIVERED: &str = "not_delivered";
    /// The code after a message that sounds like an opt-out.
    pub const POSSIBLE_OPT_OUT: &str = "possible_opt_out";
    /// The code while the customer has opted out.
    pub const OPTED_OUT: &str = "opted_out";
}

/// A conversation: all messages between one team number and one customer number, from the first until its closure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// The team whose number it is held on.
    pub team_id: TeamId,
    /// The team's number.
    pub team_number: PhoneNumber,
    /// The customer's number, or the short code or name that the gateway delivered from.
    pub number: CustomerAddress,
    /// Whether the customer can be written to: not at a short code or a name.
    pub can_reply: bool,
    /// The customer reference number that the conversation last had, if ever.
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    /// The customer's name that the conversation last had, if ever.
    pub name: Option<String>,
    /// Where it stands.
    pub status: ConversationStatus,
    /// Which kind of message triggered it.
    pub origin: Origin,
    /// Who is to act next; `null` once closed.
    pub next_action: Option<NextAction>,
    /// When the next action last changed hands.
    pub waiting_since: DateTime<Utc>,
    /// When the customer last wrote.
    pub last_message_at: Option<DateTime<Utc>>,
    /// What needs an agent's eye, such as a text that was not delivered.
    pub attention: Option<Attention>,
    /// When it began.
    pub opened_at: DateTime<Utc>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
    /// The name of who closed it.
    pub closed_by: Option<String>,
    /// The name of the reason it was closed with.
    pub closure_reason: Option<String>,
    /// The conversation that the same two numbers held before.
    pub previous_id: Option<ConversationId>,
    /// How many of the customer's messages nobody has answered.
    pub unread: i32,
}

/// Something the caller may do with a conversation right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Send a message.
    Reply,
    /// Close it.
    Close,
}

/// `GET /conversations/{id}`: the conversation with what surrounds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConversationDetail {
    /// The conversation itself.
    #[serde(flatten)]
    pub conversation: Conversation,
    /// The conversation that followed this closed one; `null` when none did.
    pub next_id: Option<ConversationId>,
    /// The team it belongs to.
    pub team: TeamSummary,
    /// The customer in the team's current daily file; `null` when in none.
    pub customer: Option<Customer>,
    /// How it was closed.
    pub closure: Option<Closure>,
    /// The last word on whether the customer takes this team number's texts; `null` when they never said anything.
    pub consent: Option<Consent>,
    /// What the caller may do with it.
    pub permitted_actions: Vec<Action>,
}

/// How many conversations in progress wait for whom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Counts {
    /// Those that need the agent.
    pub agent: i64,
    /// Those that are with the customer.
    pub customer: i64,
}

/// One team's conversations in progress.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QueueSection {
    /// The team.
    pub team: TeamSummary,
    /// All of its conversations in progress, not only those on this page.
    pub counts: Counts,
    /// The first page, in queue order.
    pub items: Vec<Conversation>,
    /// The cursor of the next page, for `GET /conversations?team_id=&status=open`.
    pub next_cursor: Option<String>,
}

/// `GET /queue`: a section per team of the caller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Queue {
    /// The sections, by team name.
    pub sections: Vec<QueueSection>,
}

/// `POST /conversations`: an ad-hoc message, which begins a conversation that is pending until the person replies.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewConversation {
    /// The team that writes.
    pub team_id: TeamId,
    /// The number to write to, in any usual format of the team's region.
    pub number: String,
    /// The text, 1 to 1600 characters.
    pub body: String,
    /// The team's number to write from. When left out: the one that this number was last in a conversation with, else
    /// the team's first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<PhoneNumber>,
    /// The template that the text was written with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_id: Option<TemplateId>,
    /// Pictures cannot be sent yet; leave this out.
    #[serde(default, alias = "media_urls", skip_serializing)]
    pub media: Option<IgnoredAny>,
}

/// `GET /numbers`: what a typed number is, and what stands in the way of writing to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NumberCheck {
    /// The number; `null` when what was typed is none.
    pub number: Option<PhoneNumber>,
    /// The number as people read it: `+44 7700 900123`.
    pub international: Option<String>,
    /// Whether it can be written to as a number.
    pub valid: bool,
    /// Why not, and what would be right.
    pub reason: Option<String>,
    /// Who has the number in the team's current daily file, when that is one customer.
    pub customer: Option<Customer>,
    /// The team's number that would be written from, when none is chosen.
    pub from: Option<PhoneNumber>,
    /// The team's conversation with it that is in progress; write there instead.
    pub conversation_id: Option<ConversationId>,
    /// Each of the team's numbers whose texts it has opted out of, with the entry that says so.
    pub opted_out: Vec<Consent>,
}
