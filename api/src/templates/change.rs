//! Creates and changes templates.

use chrono::{DateTime, Utc};
use shared::{
    ids::{TeamId, TemplateId},
    message::MessageBody,
    template::{
        NewTemplate, Placeholder, Template, TemplateChange, broken_placeholder, placeholders as names_in,
    },
};

use super::{placeholders, queries};
use crate::{
    auth::{Authority, TeamScope},
    catalogue::{self, AccessError, Change, ChangeError},
    db::DbConnection,
    fields::{Validation, same_name},
    precondition::Expected,
};

/// Creates a template, at the end of its team's list.
///
/// # Errors
/// [`ChangeError`].
pub fn create(
    conn: &mut DbConnection,
    authority: &Authority,
    agent: &str,
    new: &NewTemplate,
    now: DateTime<Utc>,
) -> Result<Template, ChangeError> {
    catalogue::begin_create::<Template>(conn, authority, new.team_id)?;
    let mut validation = Validation::default();
    let name = validation.name("name", &new.name);
    check_body(conn, authority.scope(), agent, &mut validation, new.team_id, &new.body, "")?;
    validation.finish()?;
    catalogue::create(conn, authority, new.team_id, &name, now, |conn, position| {
        queries::insert(conn, new.team_id, &name, &new.body, position)
    })
}

/// Changes a template's name, text or position, or archives or restores it.
///
/// # Errors
/// [`ChangeError`].
pub fn update(
    conn: &mut DbConnection,
    authority: &Authority,
    agent: &str,
    id: TemplateId,
    expected: &Expected,
    change: &TemplateChange,
    now: DateTime<Utc>,
) -> Result<Template, ChangeError> {
    let before: Template = catalogue::begin_change(conn, authority, id, expected)?;
    let mut validation = Validation::default();
    let name = validation.name("name", &change.name);
    let (scope, body) = (authority.scope(), &change.body);
    check_body(conn, scope, agent, &mut validation, before.team_id, body, &before.body)?;
    validation.finish()?;
    let change = Change { name: &name, position: change.position, archived: change.archived };
    catalogue::update(conn, authority, &before, change, now, |conn, archived_at| {
        queries::update(conn, id, &name, body, archived_at)
    })
}

/// Checks a template's text: its length, and that its placeholders are known. Placeholders of the previous text stay
/// allowed, because a daily file can lack a column for a day.
fn check_body(
    conn: &mut DbConnection,
    scope: &TeamScope,
    agent: &str,
    validation: &mut Validation,
    team: Option<TeamId>,
    body: &str,
    before: &str,
) -> Result<(), AccessError> {
    if let Err(fault) = MessageBody::parse(body.to_owned()) {
        validation.reject("body", fault.code(), fault.to_string());
        return Ok(());
    }
    // An unchanged text is accepted, so that an old template can be archived. Sending it is refused.
    if let Some(broken) = broken_placeholder(body).filter(|_| body != before) {
        validation.reject("body", "broken_placeholder", broken.to_string());
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
        validation.reject(
            "body",
            "unknown_placeholder",
            format!("{wrong} cannot be filled in. You can use: {right}."),
        );
    }
    Ok(())
}
