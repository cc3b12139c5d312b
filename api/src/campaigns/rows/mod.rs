//! The rows of campaigns.

pub(super) mod queries;

use std::collections::{HashMap, HashSet};

use shared::{CustomerAddress, PhoneNumber, campaign::RowProblem, consent::ConsentState};

use crate::{
    auth::TokenKeys,
    consents::erased::ErasedNumber,
    db::{DbConnection, DbError},
};

/// A row of a campaign's file.
#[derive(Clone, Debug)]
pub(super) struct CampaignRow {
    pub(super) line: i64,
    /// The number (E.164), or the value that cannot be used.
    pub(super) number: String,
    pub(super) reference: String,
    pub(super) name: String,
    /// The values of the further columns.
    pub(super) key_data: Vec<String>,
    /// Why it was not sent.
    pub(super) problem: Option<RowProblem>,
}

/// Returns those of the numbers that have opted out of a team number's messages. The opt-out of an erased customer is under
/// the hash of the number, and counts unless the ledger has a newer entry under the number.
pub(super) fn opted_out(
    conn: &mut DbConnection,
    keys: &TokenKeys,
    from: &PhoneNumber,
    numbers: &[String],
) -> Result<HashSet<String>, DbError> {
    let hash = |number: &String| {
        let address: CustomerAddress = number.parse().ok()?;
        Some((number.clone(), ErasedNumber::of(keys, &address).ok()?.as_str().to_owned()))
    };
    let hashes: HashMap<String, String> = numbers.iter().filter_map(hash).collect();
    let known: Vec<&str> = numbers.iter().chain(hashes.values()).map(String::as_str).collect();
    let states = queries::consents(conn, from, &known)?;
    let has_opted_out = |number: &&String| {
        let state = states.get(*number).or_else(|| states.get(hashes.get(*number)?));
        state == Some(&ConsentState::OptedOut)
    };
    Ok(numbers.iter().filter(has_opted_out).cloned().collect())
}
