//! Creates, changes, orders and deletes templates. A template that was used is archived instead of deleted, so that the
//! history keeps its name.

use chrono::{DateTime, Utc};
use shared::{
    event::EventKind,
    ids::{TeamId, TemplateId},
    message::MessageBody,
    template::{
        NewTemplate, Placeholder, Template, TemplateChange, broken_placeholder, placeholders as names_in,
    },
};

use super::{placeholders, queries};
use crate::{
    auth::{Authority, TeamScope},
    db::{DbConnection, Lock},
    error::ApiError,
    events,
    fields::{Fields, Taken, same_name},
    ordering::placed,
    teams,
};

/// Creates a template, at the end of its team's list.
///
/// # Errors
/// `not_found` for the team, `forbidden`, `validation_failed`, `already_exists`.
pub fn create(
    conn: &mut DbConnection,
    authority: &Authority,
    agent: &str,
    new: &NewTemplate,
    now: DateTime<Utc>,
) -> Result<Template, ApiError> {
    authority.require_owner(new.team_id)?;
    teams::queries::narrowed(conn, authority.scope(), new.team_id)?;
    conn.advisory_lock(Lock::Templates)?;
    let mut fields = Fields::default();
    let name = fields.name("name", &new.name);
    check_body(conn, authority.scope(), agent, &mut fields, new.team_id, &new.body, "")?;
    fields.finish()?;
    let others = of_owner(conn, new.team_id)?;
    refuse_taken(&others, None, &name)?;
    let position = others.last().map_or(0, |last| last.position.saturating_add(1));
    let id = queries::insert(conn, new.team_id, &name, &new.body, position)?;
    events::queries::insert_of_team(conn, EventKind::TeamChanged, new.team_id, now)?;
    get(conn, authority.scope(), id)
}

/// Returns a template.
///
/// # Errors
/// `not_found`.
pub fn get(conn: &mut DbConnection, scope: &TeamScope, id: TemplateId) -> Result<Template, ApiError> {
    queries::find(conn, scope, id)?.ok_or_else(|| ApiError::not_found("template"))
}

/// Changes a template's name, text or position, or archives or restores it.
///
/// # Errors
/// `not_found`, `forbidden`, `validation_failed`, `already_exists`.
pub fn update(
    conn: &mut DbConnection,
    authority: &Authority,
    agent: &str,
    id: TemplateId,
    change: &TemplateChange,
    now: DateTime<Utc>,
) -> Result<Template, ApiError> {
    conn.advisory_lock(Lock::Templates)?;
    let before = get(conn, authority.scope(), id)?;
    authority.require_owner(before.team_id)?;
    let mut fields = Fields::default();
    let name = fields.name("name", &change.name);
    let (scope, team) = (authority.scope(), before.team_id);
    check_body(conn, scope, agent, &mut fields, team, &change.body, &before.body)?;
    fields.finish()?;
    let archived_at = match change.archived {
        Some(true) => before.archived_at.or(Some(now)),
        Some(false) => None,
        None => before.archived_at,
    };
    let others = of_owner(conn, team)?;
    if archived_at.is_none() {
        refuse_taken(&others, Some(id), &name)?;
    }
    queries::update(conn, id, &name, &change.body, archived_at)?;
    let ids: Vec<i64> = others.iter().map(|template| template.id.0).collect();
    let comes_back = before.archived_at.is_some() && archived_at.is_none();
    if archived_at.is_some() {
        let left: Vec<i64> = ids.into_iter().filter(|other| *other != id.0).collect();
        queries::arrange(conn, &left)?;
    } else if let Some(place) = change.position.or(comes_back.then_some(usize::MAX)) {
        queries::arrange(conn, &placed(&ids, id.0, place))?;
    }
    events::queries::insert_of_team(conn, EventKind::TeamChanged, team, now)?;
    get(conn, authority.scope(), id)
}

/// Deletes a template, or archives it if it was used.
///
/// # Errors
/// `not_found`, `forbidden`.
pub fn delete(
    conn: &mut DbConnection,
    authority: &Authority,
    id: TemplateId,
    now: DateTime<Utc>,
) -> Result<(), ApiError> {
    conn.advisory_lock(Lock::Templates)?;
    let Template { team_id, name, body, archived_at, .. } = get(conn, authority.scope(), id)?;
    authority.require_owner(team_id)?;
    queries::lock(conn, id)?;
    if queries::was_used(conn, id)? {
        queries::update(conn, id, &name, &body, archived_at.or(Some(now)))?;
    } else {
        queries::delete(conn, id)?;
    }
    let left: Vec<i64> = of_owner(conn, team_id)?.iter().map(|template| template.id.0).collect();
    queries::arrange(conn, &left)?;
    Ok(events::queries::insert_of_team(conn, EventKind::TeamChanged, team_id, now)?)
}

/// Returns the active templates of a team. `None` stands for the templates that all teams share.
fn of_owner(conn: &mut DbConnection, team: Option<TeamId>) -> Result<Vec<Template>, ApiError> {
    let mut all = queries::list(conn, &TeamScope::Every, false)?;
    all.retain(|template| template.team_id == team);
    Ok(all)
}

fn refuse_taken(others: &[Template], id: Option<TemplateId>, name: &str) -> Result<(), ApiError> {
    let same = others.iter().any(|other| Some(other.id) != id && same_name(&other.name, name));
    if same {
        let message = format!("A template named {name} already exists. Choose another name.");
        Err(Taken { field: "name", message }.into())
    } else {
        Ok(())
    }
}

/// Checks a template's text: its length, and that its placeholders are known. Placeholders of the previous text stay
/// allowed, because a daily file can lack a column for a day.
fn check_body(
    conn: &mut DbConnection,
    scope: &TeamScope,
    agent: &str,
    fields: &mut Fields,
    team: Option<TeamId>,
    body: &str,
    before: &str,
) -> Result<(), ApiError> {
    if let Err(fault) = MessageBody::parse(body.to_owned()) {
        fields.fault("body", fault.code(), fault.to_string());
        return Ok(());
    }
    // An unchanged text is accepted, so that an old template can be archived. Sending it is refused.
    if let Some(broken) = broken_placeholder(body).filter(|_| body != before) {
        fields.fault("body", "broken_placeholder", broken.to_string());
        return Ok(());
    }
    let known = placeholders::available(conn, scope, team, agent)?;
    let kept = names_in(before);
    let is_known = |name: &str| {
        known.iter().any(|placeholder| same_name(&placeholder.name, name))
            || kept.iter().any(|kept| same_name(kept, name))
    };
    let unknown: Vec<String> = names_in(body).into_iter().filter(|name| !is_known(name)).collect();
    if !unknown.is_empty() {
        let braced = |names: &mut dyn Iterator<Item = String>| -> String {
            names.map(|name| format!("{{{{{name}}}}}")).collect::<Vec<_>>().join(", ")
        };
        let wrong = braced(&mut unknown.into_iter());
        let right = braced(&mut known.into_iter().map(|Placeholder { name, .. }| name));
        fields.fault(
            "body",
            "unknown_placeholder",
            format!("{wrong} cannot be filled in. You can use: {right}."),
        );
    }
    Ok(())
}
