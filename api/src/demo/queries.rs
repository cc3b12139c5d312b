//! Puts the demo world's furniture into the database.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::ids::TeamId;

use super::cast::Customer;
use crate::db::{
    DbConnection, DbError, Moment, Words, on_each,
    schema::{closure_reasons, customers, daily_files, team_numbers, teams, templates},
};

pub(super) fn insert_team(
    conn: &mut DbConnection,
    name: &str,
    numbers: &[&str],
    now: DateTime<Utc>,
) -> Result<TeamId, DbError> {
    let values = (
        teams::name.eq(name),
        teams::region.eq("GB"),
        teams::time_zone.eq("Europe/London"),
        teams::created_at.eq(Moment(now)),
    );
    let id: i64 = on_each!(conn, |c| diesel::insert_into(teams::table)
        .values(values)
        .returning(teams::id)
        .get_result(c))?;
    for number in numbers {
        let values = (team_numbers::number.eq(number), team_numbers::team_id.eq(id));
        on_each!(conn, |c| diesel::insert_into(team_numbers::table).values(values).execute(c))?;
    }
    Ok(TeamId(id))
}

pub(super) fn insert_furniture(
    conn: &mut DbConnection,
    team: Option<TeamId>,
    named_texts: &[(&str, &str)],
    reasons: &[&str],
) -> Result<(), DbError> {
    let team = team.map(|team| team.0);
    for (position, (name, body)) in (0..).zip(named_texts) {
        let values = (
            templates::team_id.eq(team),
            templates::name.eq(name),
            templates::body.eq(body),
            templates::position.eq(position),
        );
        on_each!(conn, |c| diesel::insert_into(templates::table).values(values).execute(c))?;
    }
    for (position, name) in (0..).zip(reasons) {
        let values = (
            closure_reasons::team_id.eq(team),
            closure_reasons::name.eq(name),
            closure_reasons::position.eq(position),
        );
        on_each!(conn, |c| diesel::insert_into(closure_reasons::table).values(values).execute(c))?;
    }
    Ok(())
}

pub(super) fn insert_daily_file(
    conn: &mut DbConnection,
    team: TeamId,
    key_data_columns: &[&str],
    rows: &[Customer],
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let columns: Vec<String> = key_data_columns.iter().map(|name| (*name).to_owned()).collect();
    let values = (
        daily_files::team_id.eq(team.0),
        daily_files::file_date.eq(now.date_naive()),
        daily_files::key_data_columns.eq(Words(columns)),
        daily_files::is_current.eq(true),
        daily_files::created_at.eq(Moment(now)),
    );
    let file: i64 = on_each!(conn, |c| diesel::insert_into(daily_files::table)
        .values(values)
        .returning(daily_files::id)
        .get_result(c))?;
    for row in rows {
        let values = (
            customers::daily_file_id.eq(file),
            customers::number.eq(&row.number),
            customers::reference.eq(&row.reference),
            customers::name.eq(row.name),
            customers::key_data.eq(Words(row.key_data.clone())),
        );
        on_each!(conn, |c| diesel::insert_into(customers::table).values(values).execute(c))?;
    }
    Ok(())
}
