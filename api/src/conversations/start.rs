//! A conversation that we begin (rule 10): pending, and in no queue, until the person replies.

use chrono::{DateTime, Utc};
use shared::{
    PhoneNumber,
    conversation::Origin,
    ids::{ConversationId, TeamId},
};

use super::{
    conversation::State,
    queries::{self, NewConversation},
};
use crate::{customers, db::DbConnection, error::ApiError};

/// Begins a pending conversation; its first message is a [`Reply`](super::reply::Reply) into it.
///
/// # Errors
/// `conversation_open` when the two numbers hold one already.
pub fn pending(
    conn: &mut DbConnection,
    team: TeamId,
    team_number: &PhoneNumber,
    number: &PhoneNumber,
    now: DateTime<Utc>,
) -> Result<ConversationId, ApiError> {
    let new = NewConversation {
        team,
        team_number,
        number,
        customer: customers::queries::only_customer(conn, team, number)?,
        origin: Origin::Outbound,
        previous: queries::previous(conn, team_number, number)?,
    };
    queries::insert(conn, new, &State::begun_by_us(now), now)?.ok_or_else(|| {
        ApiError::new(
            shared::ErrorCode::ConversationOpen,
            "A conversation with this number is in progress already.",
        )
    })
}
