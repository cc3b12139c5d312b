//! Column mappings: a team saves once which columns of its files hold the reference, name and number, if they have
//! unusual names.

pub(super) mod queries;

use shared::{daily_file::ColumnMapping, ids::TeamId};

use crate::{
    auth::TeamScope,
    db::DbConnection,
    error::ApiError,
    fields::{Fields, same_name},
    teams,
};

/// Returns the team's mapping; it is empty until one is saved.
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
            fields.fault(field, "taken", "This column is already mapped to another field.");
        }
    }
    fields.finish()?;
    Ok(mapping)
}
