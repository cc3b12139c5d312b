//! What the current daily file says of a conversation's customer. Read at every look, never copied into the
//! conversation.

use shared::{
    PhoneNumber,
    conversation::Conversation,
    customer::{Customer, CustomerKeyData, KeyData},
    ids::TeamId,
};

use super::queries;
use crate::{db::DbConnection, error::ApiError};

/// The key data of a conversation's number.
///
/// # Errors
/// Only faults of the database.
pub fn of_conversation(conn: &mut DbConnection, conversation: &Conversation) -> Result<KeyData, ApiError> {
    let (file_date, customers) = queries::key_data(conn, conversation.team_id, &conversation.number)?;
    let previous = conversation
        .reference
        .as_deref()
        .filter(|held| !customers.is_empty() && customers.iter().all(|customer| customer.reference != *held));
    let changed_owner_since = match previous {
        Some(held) => queries::others_since(conn, conversation.team_id, &conversation.number, held)?,
        None => None,
    };
    Ok(KeyData { file_date, customers, changed_owner: previous.is_some(), changed_owner_since })
}

/// The one customer whom a conversation is held with, if the current file tells: the one with its reference, or the
/// only one who has the number.
///
/// # Errors
/// Only faults of the database.
pub fn customer_of(
    conn: &mut DbConnection,
    conversation: &Conversation,
) -> Result<Option<Customer>, ApiError> {
    let found = one_of(of_conversation(conn, conversation)?, conversation);
    Ok(found.map(|customer| Customer { reference: customer.reference, name: customer.name }))
}

/// The one customer who has a number in the team's current file; `None` when several share it.
///
/// # Errors
/// Only faults of the database.
pub(crate) fn only_customer(
    conn: &mut DbConnection,
    team: TeamId,
    number: &PhoneNumber,
) -> Result<Option<CustomerKeyData>, ApiError> {
    let (_, mut customers) = queries::key_data(conn, team, &number.into())?;
    let several = customers.len() > 1;
    Ok(customers.pop().filter(|_| !several))
}

/// The one customer of the key data whom the conversation is held with.
pub(crate) fn one_of(key_data: KeyData, conversation: &Conversation) -> Option<CustomerKeyData> {
    let mut customers = key_data.customers;
    if let Some(held) = conversation.reference.as_deref()
        && let Some(place) = customers.iter().position(|customer| customer.reference == held)
    {
        return Some(customers.swap_remove(place));
    }
    let several = customers.len() > 1;
    customers.pop().filter(|_| !several)
}
