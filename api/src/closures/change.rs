//! Creates, changes, orders and deletes closure reasons. A reason that was used is archived instead of deleted, so that
//! the history keeps its name.

use chrono::{DateTime, Utc};
use shared::{
    closure::{ClosureReason, ClosureReasonChange, NewClosureReason},
    event::EventKind,
    ids::{ClosureReasonId, TeamId},
};

use super::queries;
use crate::{
    auth::{Authority, TeamScope},
    db::{DbConnection, Lock},
    error::ApiError,
    events,
    fields::{Fields, Taken, same_name},
    ordering::placed,
    teams,
};

/// Creates a reason, at the end of its team's list.
///
/// # Errors
/// `not_found` for the team, `forbidden`, `validation_failed`, `already_exists`.
pub fn create(
    conn: &mut DbConnection,
    authority: &Authority,
    new: &NewClosureReason,
    now: DateTime<Utc>,
) -> Result<ClosureReason, ApiError> {
    authority.require_owner(new.team_id)?;
    teams::queries::narrowed(conn, authority.scope(), new.team_id)?;
    conn.advisory_lock(Lock::ClosureReasons)?;
    let mut fields = Fields::default();
    let name = fields.name("name", &new.name);
    fields.finish()?;
    let others = of_owner(conn, new.team_id)?;
    refuse_taken(&others, None, &name)?;
    let position = others.last().map_or(0, |last| last.position.saturating_add(1));
    let id = queries::insert(conn, new.team_id, &name, position)?;
    events::queries::insert_of_team(conn, EventKind::TeamChanged, new.team_id, now)?;
    get(conn, authority.scope(), id)
}

/// Returns a reason.
///
/// # Errors
/// `not_found`.
pub fn get(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: ClosureReasonId,
) -> Result<ClosureReason, ApiError> {
    queries::find(conn, scope, id)?.ok_or_else(|| ApiError::not_found("closure reason"))
}

/// Changes a reason's name or position, or archives or restores it.
///
/// # Errors
/// `not_found`, `forbidden`, `validation_failed`, `already_exists`.
pub fn update(
    conn: &mut DbConnection,
    authority: &Authority,
    id: ClosureReasonId,
    change: &ClosureReasonChange,
    now: DateTime<Utc>,
) -> Result<ClosureReason, ApiError> {
    conn.advisory_lock(Lock::ClosureReasons)?;
    let before = get(conn, authority.scope(), id)?;
    authority.require_owner(before.team_id)?;
    let mut fields = Fields::default();
    let name = fields.name("name", &change.name);
    fields.finish()?;
    let archived_at = match change.archived {
        Some(true) => before.archived_at.or(Some(now)),
        Some(false) => None,
        None => before.archived_at,
    };
    let others = of_owner(conn, before.team_id)?;
    if archived_at.is_none() {
        refuse_taken(&others, Some(id), &name)?;
    }
    queries::update(conn, id, &name, archived_at)?;
    let ids: Vec<i64> = others.iter().map(|reason| reason.id.0).collect();
    let comes_back = before.archived_at.is_some() && archived_at.is_none();
    if archived_at.is_some() {
        let left: Vec<i64> = ids.into_iter().filter(|other| *other != id.0).collect();
        queries::arrange(conn, &left)?;
    } else if let Some(place) = change.position.or(comes_back.then_some(usize::MAX)) {
        queries::arrange(conn, &placed(&ids, id.0, place))?;
    }
    events::queries::insert_of_team(conn, EventKind::TeamChanged, before.team_id, now)?;
    get(conn, authority.scope(), id)
}

/// Deletes a reason, or archives it if it was used.
///
/// # Errors
/// `not_found`, `forbidden`.
pub fn delete(
    conn: &mut DbConnection,
    authority: &Authority,
    id: ClosureReasonId,
    now: DateTime<Utc>,
) -> Result<(), ApiError> {
    conn.advisory_lock(Lock::ClosureReasons)?;
    let ClosureReason { team_id, name, archived_at, .. } = get(conn, authority.scope(), id)?;
    authority.require_owner(team_id)?;
    queries::lock(conn, id)?;
    if queries::was_used(conn, id)? {
        queries::update(conn, id, &name, archived_at.or(Some(now)))?;
    } else {
        queries::delete(conn, id)?;
    }
    let left: Vec<i64> = of_owner(conn, team_id)?.iter().map(|reason| reason.id.0).collect();
    queries::arrange(conn, &left)?;
    Ok(events::queries::insert_of_team(conn, EventKind::TeamChanged, team_id, now)?)
}

/// Returns the active reasons of a team. `None` stands for the reasons that all teams share.
fn of_owner(conn: &mut DbConnection, team: Option<TeamId>) -> Result<Vec<ClosureReason>, ApiError> {
    let mut all = queries::list(conn, &TeamScope::Every, false)?;
    all.retain(|reason| reason.team_id == team);
    Ok(all)
}

fn refuse_taken(others: &[ClosureReason], id: Option<ClosureReasonId>, name: &str) -> Result<(), ApiError> {
    let same = others.iter().any(|other| Some(other.id) != id && same_name(&other.name, name));
    if same {
        let message = format!("A closure reason named {name} already exists. Choose another name.");
        Err(Taken { field: "name", message }.into())
    } else {
        Ok(())
    }
}
