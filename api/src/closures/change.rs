//! Creates and changes closure reasons.

use chrono::{DateTime, Utc};
use shared::{
    closure::{ClosureReason, ClosureReasonChange, NewClosureReason},
    ids::ClosureReasonId,
};

use super::queries;
use crate::{
    auth::Authority,
    catalogue::{self, Change, ChangeError},
    db::DbConnection,
    fields::Validation,
    precondition::Expected,
};

/// Creates a reason, at the end of its team's list.
///
/// # Errors
/// [`ChangeError`].
pub fn create(
    conn: &mut DbConnection,
    authority: &Authority,
    new: &NewClosureReason,
    now: DateTime<Utc>,
) -> Result<ClosureReason, ChangeError> {
    catalogue::begin_create::<ClosureReason>(conn, authority, new.team_id)?;
    let mut validation = Validation::default();
    let name = validation.name("name", &new.name);
    validation.finish()?;
    catalogue::create(conn, authority, new.team_id, &name, now, |conn, position| {
        queries::insert(conn, new.team_id, &name, position)
    })
}

/// Changes a reason's name or position, or archives or restores it.
///
/// # Errors
/// [`ChangeError`].
pub fn update(
    conn: &mut DbConnection,
    authority: &Authority,
    id: ClosureReasonId,
    expected: &Expected,
    change: &ClosureReasonChange,
    now: DateTime<Utc>,
) -> Result<ClosureReason, ChangeError> {
    let before: ClosureReason = catalogue::begin_change(conn, authority, id, expected)?;
    let mut validation = Validation::default();
    let name = validation.name("name", &change.name);
    validation.finish()?;
    let change = Change { name: &name, position: change.position, archived: change.archived };
    catalogue::update(conn, authority, &before, change, now, |conn, archived_at| {
        queries::update(conn, id, &name, archived_at)
    })
}
