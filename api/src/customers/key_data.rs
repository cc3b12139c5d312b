//! The key data of a conversation's customer. It is read from the current daily file for each request, and not copied
//! into the conversation.

use shared::{
    PhoneNumber,
    clean::clean_code,
    conversation::Conversation,
    customer::{Customer, CustomerKeyData, KeyData},
    ids::TeamId,
};

use super::queries;
use crate::db::{DbConnection, DbError};

/// Why no customer could be chosen.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CustomerError {
    /// No customer has the picked reference.
    #[error(
        "No customer of the current daily file has this ref and this number. Pick one of those that GET \
         /conversations/{{id}}/key_data lists."
    )]
    UnknownReference,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Returns the key data of a conversation's number.
///
/// # Errors
/// Database errors.
pub fn of_conversation(conn: &mut DbConnection, conversation: &Conversation) -> Result<KeyData, DbError> {
    let (file_date, customers) = queries::key_data(conn, conversation.team_id, &conversation.number)?;
    let previous = conversation
        .reference
        .as_deref()
        .filter(|held| !customers.is_empty() && customers.iter().all(|customer| customer.reference != *held));
    let changed_owner_since = match previous {
        Some(held) => queries::other_owner_since(conn, conversation.team_id, &conversation.number, held)?,
        None => None,
    };
    Ok(KeyData { file_date, customers, changed_owner: previous.is_some(), changed_owner_since })
}

/// Returns the customer of a conversation from the current file: the customer with the conversation's reference, or the
/// only customer with the number.
///
/// # Errors
/// Database errors.
pub fn customer_of(
    conn: &mut DbConnection,
    conversation: &Conversation,
) -> Result<Option<Customer>, DbError> {
    let found = one_of(of_conversation(conn, conversation)?, conversation);
    Ok(found.map(|customer| Customer { reference: customer.reference, name: customer.name }))
}

/// Returns the customer with a number in the team's current file: the one with the picked reference, or the only one.
///
/// # Errors
/// `UnknownReference` when no customer has the picked reference; database errors.
pub(crate) fn customer_with_number(
    conn: &mut DbConnection,
    team: TeamId,
    number: &PhoneNumber,
    picked: Option<&str>,
) -> Result<Option<CustomerKeyData>, CustomerError> {
    let (_, customers) = queries::key_data(conn, team, &number.into())?;
    choose(customers, picked)
}

/// The source of the name and reference for a template's placeholders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Addressee {
    /// The customer in the current file.
    pub(crate) customer: Option<CustomerKeyData>,
    /// Whether the conversation's last reference and name may be used instead.
    pub(crate) keeps_names: bool,
}

/// Returns the customer that a reply addresses: the one whose reference the agent picked, or the only one with the
/// number. There is none if several customers share the number and none is picked. The conversation's last reference
/// and name may be used only while no newer file gives the number to another customer.
///
/// # Errors
/// `UnknownReference` when the number has no customer with the picked reference; database errors.
pub(crate) fn addressee(
    conn: &mut DbConnection,
    conversation: &Conversation,
    picked: Option<&str>,
) -> Result<Addressee, CustomerError> {
    let (_, customers) = queries::key_data(conn, conversation.team_id, &conversation.number)?;
    let is_unknown = customers.is_empty();
    if let Some(customer) = choose(customers, picked)? {
        return Ok(Addressee { customer: Some(customer), keeps_names: false });
    }
    let keeps_names = match conversation.reference.as_deref().filter(|_| is_unknown) {
        Some(held) => {
            queries::other_owner_since(conn, conversation.team_id, &conversation.number, held)?.is_none()
        }
        None => false,
    };
    Ok(Addressee { customer: None, keeps_names })
}

/// Chooses the customer with the picked reference, or the only customer.
///
/// # Errors
/// `UnknownReference` when no customer has the picked reference.
pub(crate) fn choose(
    mut customers: Vec<CustomerKeyData>,
    picked: Option<&str>,
) -> Result<Option<CustomerKeyData>, CustomerError> {
    let Some(picked) = picked else {
        let several = customers.len() > 1;
        return Ok(customers.pop().filter(|_| !several));
    };
    let picked = clean_code(picked);
    match customers.iter().position(|customer| clean_code(&customer.reference) == picked) {
        Some(place) => Ok(Some(customers.swap_remove(place))),
        None => Err(CustomerError::UnknownReference),
    }
}

/// Chooses the customer of the conversation: the one with its reference, or the only one.
fn one_of(key_data: KeyData, conversation: &Conversation) -> Option<CustomerKeyData> {
    let mut customers = key_data.customers;
    if let Some(held) = conversation.reference.as_deref()
        && let Some(place) = customers.iter().position(|customer| customer.reference == held)
    {
        return Some(customers.swap_remove(place));
    }
    let several = customers.len() > 1;
    customers.pop().filter(|_| !several)
}
