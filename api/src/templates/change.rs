//! Making, changing and arranging templates. One that was used is archived, never deleted: history keeps its name.

use chrono::{DateTime, Utc};
use shared::{
    event::EventKind,
    ids::{TeamId, TemplateId},
    message::MessageBody,
    template::{
        NewTemplate, Placeholder, Template, TemplateChange, broken_placeholder, placeholders as asked_for,
    },
};

use super::{placeholders, queries};
use crate::{
    accounts::authority::Authority,
    auth::TeamScope,
    db::DbConnection,
    error::ApiError,
    events,
    fields::{Fields, same_name, taken},
    ordering::placed,
    teams,
};

/// Makes a template, at the end of its team's.
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
    conn.take_turns("templates")?;
    let mut fields = Fields::default();
    let name = fields.name("name", &new.name);
    check_body(conn, authority.scope(), agent, &mut fields, new.team_id, &new.body, "")?;
    fields.finish()?;
    let others = of_owner(conn, new.team_id)?;
    refuse_taken(&others, None, &name)?;
    let position = others.last().map_or(0, |last| last.position.saturating_add(1));
    let id = queries::insert(conn, new.team_id, &name, &new.body, position)?;
    events::queries::insert_of_team(conn, EventKind::TeamChanged, new.team_id, now)?;
    found(conn, authority.scope(), id)
}

/// One template.
///
/// # Errors
/// `not_found`.
pub fn found(conn: &mut DbConnection, scope: &TeamScope, id: TemplateId) -> Result<Template, ApiError> {
    queries::find(conn, scope, id)?.ok_or_else(|| ApiError::not_found("template"))
}

/// Changes a template's name, text and place, and whether it is archived.
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
    conn.take_turns("templates")?;
    let before = found(conn, authority.scope(), id)?;
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
    found(conn, authority.scope(), id)
}

/// Takes a template away: archived when it was used, gone when it never was.
///
/// # Errors
/// `not_found`, `forbidden`.
pub fn delete(
    conn: &mut DbConnection,
    authority: &Authority,
    id: TemplateId,
    now: DateTime<Utc>,
) -> Result<(), ApiError> {
    conn.take_turns("templates")?;
    let Template { team_id, name, body, archived_at, .. } = found(conn, authority.scope(), id)?;
    authority.require_owner(team_id)?;
    queries::hold(conn, id)?;
    if queries::was_used(conn, id)? {
        queries::update(conn, id, &name, &body, archived_at.or(Some(now)))?;
    } else {
        queries::delete(conn, id)?;
    }
    let left: Vec<i64> = of_owner(conn, team_id)?.iter().map(|template| template.id.0).collect();
    queries::arrange(conn, &left)?;
    Ok(events::queries::insert_of_team(conn, EventKind::TeamChanged, team_id, now)?)
}

/// The templates that are offered and belong to the same team, or to all.
fn of_owner(conn: &mut DbConnection, team: Option<TeamId>) -> Result<Vec<Template>, ApiError> {
    let mut all = queries::list(conn, &TeamScope::Every, false)?;
    all.retain(|template| template.team_id == team);
    Ok(all)
}

fn refuse_taken(others: &[Template], id: Option<TemplateId>, name: &str) -> Result<(), ApiError> {
    let same = others.iter().any(|other| Some(other.id) != id && same_name(&other.name, name));
    if same {
        Err(taken("name", format!("A template named {name} already exists. Choose another name.")))
    } else {
        Ok(())
    }
}

/// A text within its limits that asks for nothing unknown. What it asked for before may stay: a file can lose a column
/// for a day.
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
    // An unchanged text stays savable, so that an old template can be archived; no message with it is sent.
    if let Some(broken) = broken_placeholder(body).filter(|_| body != before) {
        fields.fault("body", "broken_placeholder", broken.to_string());
        return Ok(());
    }
    let known = placeholders::known(conn, scope, team, agent)?;
    let kept = asked_for(before);
    let is_known = |name: &str| {
        known.iter().any(|placeholder| same_name(&placeholder.name, name))
            || kept.iter().any(|kept| same_name(kept, name))
    };
    let unknown: Vec<String> = asked_for(body).into_iter().filter(|name| !is_known(name)).collect();
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
