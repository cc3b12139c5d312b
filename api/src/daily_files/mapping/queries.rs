//! Column mappings in the database.

use diesel::prelude::*;
use shared::{daily_file::ColumnMapping, ids::TeamId};

use crate::db::{DbConnection, DbError, on_each, schema::column_mappings};

/// Returns the team's mapping.
pub(crate) fn find(conn: &mut DbConnection, team: TeamId) -> Result<ColumnMapping, DbError> {
    let row: Option<(Option<String>, Option<String>, Option<String>)> =
        on_each!(conn, |c| column_mappings::table
            .find(team.0)
            .select((column_mappings::reference, column_mappings::name, column_mappings::number))
            .first(c)
            .optional())?;
    Ok(row.map_or_else(ColumnMapping::default, |(reference, name, number)| ColumnMapping {
        reference,
        name,
        number,
    }))
}

/// Saves the team's mapping, replacing the previous one.
pub(super) fn save(conn: &mut DbConnection, team: TeamId, mapping: &ColumnMapping) -> Result<(), DbError> {
    let values = (
        column_mappings::reference.eq(&mapping.reference),
        column_mappings::name.eq(&mapping.name),
        column_mappings::number.eq(&mapping.number),
    );
    let row = (column_mappings::team_id.eq(team.0), values);
    on_each!(conn, |c| diesel::insert_into(column_mappings::table)
        .values(row)
        .on_conflict(column_mappings::team_id)
        .do_update()
        .set(values)
        .execute(c))?;
    Ok(())
}
