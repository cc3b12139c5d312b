//! Which columns of a team's files hold what, where they have unusual names. The team saves it once.

pub(super) mod queries;

use shared::{daily_file::ColumnMapping, ids::TeamId};

use crate::{
    auth::TeamScope,
    db::DbConnection,
    error::ApiError,
    fields::{Fields, same_name},
    teams,
};

/// The team's mapping; nothing is mapped until somebody saves one.
///
/// # Errors
/// `not_found` for the team.
pub(super) fn find(
    conn: &mut DbConnection,
    scope: &TeamScope,
    team: TeamId,
) -> Result<ColumnMapping, ApiError> {
    let team = teams::queries::team(conn, scope, team)?.ok_or_else(|| ApiError::not_found("team"))?;
    Ok(queries::find(conn, team.id)?)
}

/// Saves the team's mapping.
///
/// # Errors
/// `not_found` for the team, `validation_failed`.
pub(super) fn update(
    conn: &mut DbConnection,
    scope: &TeamScope,
    team: TeamId,
    given: &ColumnMapping,
) -> Result<ColumnMapping, ApiError> {
    find(conn, scope, team)?;
    let mapping = checked(given)?;
    queries::save(conn, team, &mapping)?;
    Ok(mapping)
}

fn checked(given: &ColumnMapping) -> Result<ColumnMapping, ApiError> {
    let mut fields = Fields::default();
    let mut column = |field: &str, given: &Option<String>| {
        let given = given.as_deref().filter(|name| !name.trim().is_empty())?;
        Some(fields.note(field, given, 200))
    };
    let mapping = ColumnMapping {
        reference: column("ref", &given.reference),
        name: column("name", &given.name),
        number: column("number", &given.number),
    };
    let named = [("ref", &mapping.reference), ("name", &mapping.name), ("number", &mapping.number)];
    for (place, (field, name)) in named.iter().enumerate() {
        let before = named.iter().take(place).filter_map(|(_, name)| name.as_deref());
        if name.as_deref().is_some_and(|name| before.into_iter().any(|other| same_name(other, name))) {
            fields.fault(field, "taken", "Another field is mapped to this column already.");
        }
    }
    fields.finish()?;
    Ok(mapping)
}
