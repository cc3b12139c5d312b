//! Column mappings: a team saves once which columns of its files hold the reference, name and number, if they have
//! unusual names.

pub(crate) mod queries;

use shared::{daily_file::ColumnMapping, ids::TeamId};

use crate::{
    auth::{NotFound, Resource, TeamScope},
    db::{DbConnection, DbError, Lock},
    fields::{Invalid, Validation, same_name},
    precondition::{Changed, Expected},
    teams,
};

/// Maximum length of the name of a column.
pub(crate) const MAX_COLUMN_CHARACTERS: usize = 200;

/// Why a mapping could not be read or saved.
#[derive(Debug, thiserror::Error)]
pub(super) enum MappingError {
    /// The team does not exist, or the caller is not in it.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// The mapping has another version than the caller expects.
    #[error(transparent)]
    Changed(#[from] Changed),
    /// A column name is invalid.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Returns the team's mapping; it is empty until one is saved.
///
/// # Errors
/// `NotFound` for the team.
pub(super) fn find(
    conn: &mut DbConnection,
    scope: &TeamScope,
    team: TeamId,
) -> Result<ColumnMapping, MappingError> {
    let team = teams::queries::team(conn, scope, team)?.ok_or(NotFound::new(Resource::Team))?;
    Ok(queries::find(conn, team.id)?)
}

/// Saves the team's mapping.
///
/// # Errors
/// `NotFound` for the team, `Invalid` for the column names.
pub(super) fn update(
    conn: &mut DbConnection,
    scope: &TeamScope,
    team: TeamId,
    expected: &Expected,
    given: &ColumnMapping,
) -> Result<ColumnMapping, MappingError> {
    conn.advisory_lock(Lock::Teams)?;
    expected.check(&find(conn, scope, team)?)?;
    let mapping = checked(given)?;
    queries::save(conn, team, &mapping)?;
    Ok(mapping)
}

fn checked(given: &ColumnMapping) -> Result<ColumnMapping, Invalid> {
    let mut validation = Validation::default();
    let mut column = |field: &str, given: &Option<String>| {
        let given = given.as_deref().filter(|name| !name.trim().is_empty())?;
        Some(validation.text(field, given, MAX_COLUMN_CHARACTERS))
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
            validation.reject(field, "taken", "This column is already mapped to another field.");
        }
    }
    validation.finish()?;
    Ok(mapping)
}
