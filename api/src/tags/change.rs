//! Creates and changes tags.

use chrono::{DateTime, Utc};
use shared::{
    ids::TagId,
    tag::{NewTag, Tag, TagChange},
};

use super::queries;
use crate::{
    auth::Authority,
    catalogue::{self, Change, ChangeError},
    db::DbConnection,
    fields::Validation,
    precondition::Expected,
};

/// Creates a tag, at the end of its team's list.
///
/// # Errors
/// [`ChangeError`].
pub fn create(
    conn: &mut DbConnection,
    authority: &Authority,
    new: &NewTag,
    now: DateTime<Utc>,
) -> Result<Tag, ChangeError> {
    catalogue::begin_create::<Tag>(conn, authority, new.team_id)?;
    let mut validation = Validation::default();
    let name = validation.name("name", &new.name);
    validation.finish()?;
    catalogue::create(conn, authority, new.team_id, &name, now, |conn, position| {
        queries::insert(conn, new.team_id, &name, new.colour, position)
    })
}

/// Changes a tag's name, colour or position, or archives or restores it.
///
/// # Errors
/// [`ChangeError`].
pub fn update(
    conn: &mut DbConnection,
    authority: &Authority,
    id: TagId,
    expected: &Expected,
    change: &TagChange,
    now: DateTime<Utc>,
) -> Result<Tag, ChangeError> {
    let before: Tag = catalogue::begin_change(conn, authority, id, expected)?;
    let mut validation = Validation::default();
    let name = validation.name("name", &change.name);
    validation.finish()?;
    let colour = change.colour.unwrap_or(before.colour);
    let change = Change { name: &name, position: change.position, archived: change.archived };
    catalogue::update(conn, authority, &before, change, now, |conn, archived_at| {
        queries::update(conn, id, &name, colour, archived_at)
    })
}
