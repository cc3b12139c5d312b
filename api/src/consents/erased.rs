//! The opt-out of an erased customer. The ledger keeps it under a keyed hash of the number. When the same number gets a
//! conversation again, the opt-out is appended under the number, so that every check of consent finds it.

use chrono::{DateTime, Utc};
use shared::{
    CustomerAddress, PhoneNumber,
    consent::{ConsentSource, ConsentState},
    message::{Sender, SenderKind},
};

use super::queries::{self, NewRow};
use crate::{
    auth::{TokenKeys, token::SigningError},
    db::{DbConnection, DbError},
};

/// How every text begins that an erasure puts in the place of a number. Triggers in both databases know it.
pub(crate) const PREFIX: &str = "erased-";
/// The note of the entry that restores an opt-out.
const NOTE: &str = "Opted out before their data was erased.";

/// The keyed hash of a number, in the form in which it stands in the place of the number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErasedNumber(String);

impl ErasedNumber {
    /// Returns the keyed hash of a number. Only a server with the same secret computes the same one.
    ///
    /// # Errors
    /// When the secret cannot be used as a key.
    pub fn of(keys: &TokenKeys, number: &CustomerAddress) -> Result<Self, SigningError> {
        let hash = keys.keyed_hash("erased customer", number.as_str())?;
        // 132 bits; a customer's address has at most 40 characters.
        Ok(Self(format!("{PREFIX}{}", hash.get(..22).unwrap_or(&hash))))
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Appends the opt-out of an erased customer under their number, if the ledger has one under its hash and nothing newer
/// under the number.
///
/// # Errors
/// Database errors.
pub(crate) fn restore_opt_out(
    conn: &mut DbConnection,
    team_number: &PhoneNumber,
    number: &CustomerAddress,
    erased: &ErasedNumber,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let is_opted_out = queries::has_opted_out_as(conn, team_number, erased)?;
    if !is_opted_out || queries::last(conn, team_number, number)?.is_some() {
        return Ok(());
    }
    let by = Sender { kind: SenderKind::System, id: None, name: None };
    let row = NewRow {
        team_number,
        number,
        state: ConsentState::OptedOut,
        source: ConsentSource::Manual,
        by: &by,
        message: None,
        note: Some(NOTE),
    };
    queries::insert(conn, &row, now).map(drop)
}
