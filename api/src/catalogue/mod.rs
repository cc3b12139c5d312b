//! Catalogues: lists of named entries that users arrange by hand, such as templates, closure reasons and tags. An entry
//! belongs to a team, or to all teams.
//!
//! The names of a list's active entries are unique. An entry that was used is archived instead of deleted, so that the
//! history keeps its name.

mod order;
mod problems;
pub(crate) mod queries;

use chrono::{DateTime, Utc};
use shared::{
    audit_entry::{AuditAction, AuditSubjectKind},
    event::EventKind,
    ids::TeamId,
};

use crate::{
    auth::{Authority, LookupError, NotFound, OwnerError, Resource, TeamScope, audit_log::AuditEvent},
    db::{DbConnection, DbError, Lock},
    events,
    fields::{Invalid, Taken, same_name},
    precondition::{Changed, Expected, Versioned},
    teams,
};
use order::placed;

/// A kind of entry, with the queries that the rules need.
pub(crate) trait CatalogueEntry: Versioned + Sized {
    /// The id of an entry.
    type Id: Copy + PartialEq + Into<i64>;
    /// What the entries are called in error messages.
    const RESOURCE: Resource;
    /// What the entries and their changes are called in the audit log.
    const AUDITED: Audited;
    /// Serialises the changes of all entries of this kind.
    const LOCK: Lock<'static>;

    fn id(&self) -> Self::Id;
    /// The team that owns the entry; `None` for an entry of all teams.
    fn team_id(&self) -> Option<TeamId>;
    fn name(&self) -> &str;
    /// The place in the list. Ignored for archived entries.
    fn position(&self) -> i32;
    /// When the entry was archived; `None` for an active one.
    fn archived_at(&self) -> Option<DateTime<Utc>>;

    /// Returns an entry of the scope.
    fn find(conn: &mut DbConnection, scope: &TeamScope, id: Self::Id) -> Result<Option<Self>, DbError>;
    /// Returns the active or the archived entries of the scope in [display order](in_order).
    fn list(conn: &mut DbConnection, scope: &TeamScope, archived: bool) -> Result<Vec<Self>, DbError>;
    /// Saves the order of a list.
    fn arrange(conn: &mut DbConnection, order: &[Self::Id]) -> Result<(), DbError>;
    /// Sets the time at which an entry was archived.
    fn archive(conn: &mut DbConnection, id: Self::Id, at: DateTime<Utc>) -> Result<(), DbError>;
    /// Locks an entry until the transaction ends: waits for transactions that use it, and blocks new ones.
    fn lock(conn: &mut DbConnection, id: Self::Id) -> Result<(), DbError>;
    /// Whether the history refers to an entry.
    fn was_used(conn: &mut DbConnection, id: Self::Id) -> Result<bool, DbError>;
    /// Deletes an entry.
    fn delete(conn: &mut DbConnection, id: Self::Id) -> Result<(), DbError>;
}

/// What the entries of a catalogue and their changes are called in the audit log.
pub(crate) struct Audited {
    pub(crate) subject: AuditSubjectKind,
    pub(crate) created: AuditAction,
    pub(crate) changed: AuditAction,
    pub(crate) deleted: AuditAction,
}

/// Why a caller may not change an entry.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The entry or its team does not exist, or belongs to a team that the caller is not in.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The caller may read the entry but not change it.
    #[error(transparent)]
    Owner(#[from] OwnerError),
    /// The entry has another version than the caller expects.
    #[error(transparent)]
    Changed(#[from] Changed),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Why an entry was not created or changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The caller may not change it.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Some fields are invalid.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// An active entry of the same list has the name.
    #[error(transparent)]
    Taken(#[from] Taken),
    /// The entry cannot be loaded after the change.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// The part of a change that all kinds of entries have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change<'a> {
    /// The name, which has been validated.
    pub(crate) name: &'a str,
    /// The new place in the list; `None` keeps it.
    pub(crate) position: Option<usize>,
    /// Archives or restores the entry; `None` does neither.
    pub(crate) archived: Option<bool>,
}

/// Selects the active or the archived entries of the scope, by team and position. Those of all teams come last.
pub(crate) fn in_order<E: CatalogueEntry>(
    entries: impl Iterator<Item = E>,
    scope: &TeamScope,
    archived: bool,
) -> Vec<E>
where
    E::Id: Ord,
{
    let mut found: Vec<E> = entries
        .filter(|entry| entry.archived_at().is_some() == archived)
        .filter(|entry| is_visible(entry, scope))
        .collect();
    found.sort_by_key(|entry| (entry.team_id().is_none(), entry.team_id(), entry.position(), entry.id()));
    found
}

/// Whether an entry belongs to a team of the scope, or to all teams.
pub(crate) fn is_visible(entry: &impl CatalogueEntry, scope: &TeamScope) -> bool {
    entry.team_id().is_none_or(|team| scope.includes(team))
}

/// Whether the conversations of a team can use an entry.
pub(crate) fn is_usable(entry: &impl CatalogueEntry, team: TeamId) -> bool {
    entry.archived_at().is_none() && entry.team_id().is_none_or(|owner| owner == team)
}

/// Returns an entry, archived or not.
///
/// # Errors
/// `NotFound` for an entry outside the scope.
pub(crate) fn get<E: CatalogueEntry>(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: E::Id,
) -> Result<E, LookupError> {
    Ok(E::find(conn, scope, id)?.ok_or(NotFound::new(E::RESOURCE))?)
}

/// Locks the catalogue for a new entry of `team`, or with `None` of all teams, and checks that the caller may add it.
///
/// # Errors
/// [`AccessError`].
pub(crate) fn begin_create<E: CatalogueEntry>(
    conn: &mut DbConnection,
    authority: &Authority,
    team: Option<TeamId>,
) -> Result<(), AccessError> {
    authority.require_owner(team)?;
    teams::queries::narrow_scope(conn, authority.scope(), team)?;
    Ok(conn.advisory_lock(E::LOCK)?)
}

/// Adds an entry at the end of its list. `insert` receives its position.
///
/// # Errors
/// [`ChangeError`].
pub(crate) fn create<E: CatalogueEntry>(
    conn: &mut DbConnection,
    authority: &Authority,
    team: Option<TeamId>,
    name: &str,
    now: DateTime<Utc>,
    insert: impl FnOnce(&mut DbConnection, i32) -> Result<E::Id, DbError>,
) -> Result<E, ChangeError> {
    let others: Vec<E> = active_entries(conn, team)?;
    require_unique(&others, None, name)?;
    let position = others.last().map_or(0, |last| last.position().saturating_add(1));
    let id = insert(conn, position)?;
    events::queries::insert_of_team(conn, EventKind::TeamChanged, team, now)?;
    let created: E = get(conn, authority.scope(), id)?;
    about(E::AUDITED.created, authority, &created).record(conn, now)?;
    Ok(created)
}

/// Locks the catalogue for a change of an entry, and checks that the caller may change it, and that the entry has an
/// expected version. Returns the entry.
///
/// # Errors
/// [`AccessError`].
pub(crate) fn begin_change<E: CatalogueEntry>(
    conn: &mut DbConnection,
    authority: &Authority,
    id: E::Id,
    expected: &Expected,
) -> Result<E, AccessError> {
    conn.advisory_lock(E::LOCK)?;
    let entry: E = get(conn, authority.scope(), id)?;
    authority.require_owner(entry.team_id())?;
    expected.check(&entry)?;
    Ok(entry)
}

/// Changes an entry, and moves, archives or restores it. A restored entry without a position comes last. `save` stores
/// the entry's fields and the given archive time.
///
/// # Errors
/// [`ChangeError`].
pub(crate) fn update<E: CatalogueEntry>(
    conn: &mut DbConnection,
    authority: &Authority,
    before: &E,
    change: Change<'_>,
    now: DateTime<Utc>,
    save: impl FnOnce(&mut DbConnection, Option<DateTime<Utc>>) -> Result<(), DbError>,
) -> Result<E, ChangeError> {
    let (id, team) = (before.id(), before.team_id());
    let archived_at = match change.archived {
        Some(true) => before.archived_at().or(Some(now)),
        Some(false) => None,
        None => before.archived_at(),
    };
    let others: Vec<E> = active_entries(conn, team)?;
    if archived_at.is_none() {
        require_unique(&others, Some(id), change.name)?;
    }
    save(conn, archived_at)?;
    let ids: Vec<E::Id> = others.iter().map(E::id).collect();
    let is_restored = before.archived_at().is_some() && archived_at.is_none();
    if archived_at.is_some() {
        let left: Vec<E::Id> = ids.into_iter().filter(|other| *other != id).collect();
        E::arrange(conn, &left)?;
    } else if let Some(place) = change.position.or(is_restored.then_some(usize::MAX)) {
        E::arrange(conn, &placed(&ids, id, place))?;
    }
    events::queries::insert_of_team(conn, EventKind::TeamChanged, team, now)?;
    let changed: E = get(conn, authority.scope(), id)?;
    let mut event = about(E::AUDITED.changed, authority, &changed);
    if changed.name() != before.name() {
        event = event.detail("previous_name", before.name());
    }
    if changed.archived_at().is_some() != before.archived_at().is_some() {
        event = event.detail("archived", changed.archived_at().is_some());
    }
    event.record(conn, now)?;
    Ok(changed)
}

/// Starts an entry of the audit log about an entry of the catalogue.
fn about<E: CatalogueEntry>(action: AuditAction, by: &Authority, entry: &E) -> AuditEvent {
    AuditEvent::new(action, by)
        .team(entry.team_id())
        .subject(E::AUDITED.subject, entry.id().into())
        .label(entry.name())
}

/// Deletes an entry, or archives it if it was used.
///
/// # Errors
/// [`AccessError`].
pub(crate) fn delete<E: CatalogueEntry>(
    conn: &mut DbConnection,
    authority: &Authority,
    id: E::Id,
    expected: &Expected,
    now: DateTime<Utc>,
) -> Result<(), AccessError> {
    let entry: E = begin_change(conn, authority, id, expected)?;
    E::lock(conn, id)?;
    if !E::was_used(conn, id)? {
        E::delete(conn, id)?;
    } else if entry.archived_at().is_none() {
        E::archive(conn, id, now)?;
    }
    let left: Vec<E::Id> = active_entries(conn, entry.team_id())?.iter().map(E::id).collect();
    E::arrange(conn, &left)?;
    events::queries::insert_of_team(conn, EventKind::TeamChanged, entry.team_id(), now)?;
    Ok(about(E::AUDITED.deleted, authority, &entry).record(conn, now)?)
}

/// Returns the active entries that a team owns, or with `None` those of all teams, in their order.
fn active_entries<E: CatalogueEntry>(
    conn: &mut DbConnection,
    team: Option<TeamId>,
) -> Result<Vec<E>, DbError> {
    let mut all = E::list(conn, &TeamScope::Every, false)?;
    all.retain(|entry| entry.team_id() == team);
    Ok(all)
}

/// Checks that none of the entries but `id` has the name.
fn require_unique<E: CatalogueEntry>(entries: &[E], id: Option<E::Id>, name: &str) -> Result<(), Taken> {
    if entries.iter().any(|entry| Some(entry.id()) != id && same_name(entry.name(), name)) {
        let message = format!("A {} named {name} already exists. Choose another name.", E::RESOURCE);
        return Err(Taken { field: "name", message });
    }
    Ok(())
}
