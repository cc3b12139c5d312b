//! Limits what a caller may grant to an account or an API key: only permissions and teams that the caller has. Also
//! names the caller in the audit log.

use std::collections::BTreeSet;

use shared::{account::Permission, audit_entry::AuditActor, ids::TeamId};

use super::{AllTeamsRequired, Caller, NotFound, OwnerError, TeamScope, audit_log::system, queries};
use crate::{
    db::{DbConnection, DbError},
    fields::Validation,
};

/// The permissions and teams of a caller, who may grant them to others.
#[derive(Clone, Debug)]
pub struct Authority {
    permissions: BTreeSet<Permission>,
    scope: TeamScope,
    actor: AuditActor,
}

impl From<&Caller> for Authority {
    fn from(caller: &Caller) -> Self {
        Self { permissions: caller.permissions.clone(), scope: caller.scope.clone(), actor: caller.into() }
    }
}

impl From<&Authority> for AuditActor {
    fn from(authority: &Authority) -> Self {
        authority.actor.clone()
    }
}

impl Authority {
    /// Returns the authority of an operator, who runs commands on the server's machine: all permissions in all teams.
    #[must_use]
    pub fn operator() -> Self {
        let actor = system("operator");
        Self { permissions: BTreeSet::from(Permission::ALL), scope: TeamScope::Every, actor }
    }

    /// Returns the teams.
    #[must_use]
    pub fn scope(&self) -> &TeamScope {
        &self.scope
    }

    /// Whether it includes all teams, also future ones, as an administrator's does.
    #[must_use]
    pub fn has_all_teams(&self) -> bool {
        self.scope == TeamScope::Every
    }

    /// Whether it includes all of these permissions.
    #[must_use]
    pub fn covers(&self, permissions: &BTreeSet<Permission>) -> bool {
        permissions.is_subset(&self.permissions)
    }

    /// Checks that it includes all teams. `action` starts the sentence that refuses it.
    ///
    /// # Errors
    /// If it does not include them.
    pub fn require_all_teams(&self, action: &'static str) -> Result<(), AllTeamsRequired> {
        if self.has_all_teams() { Ok(()) } else { Err(AllTeamsRequired { action }) }
    }

    /// Checks that the caller may change data of `team`, or with `None` data that all teams share.
    ///
    /// # Errors
    /// If the caller is not in the team, or for shared data not in all teams.
    pub fn require_owner(&self, team: Option<TeamId>) -> Result<(), OwnerError> {
        match team {
            None => Ok(self.require_all_teams("Changing data that all teams share")?),
            Some(team) if self.scope.includes(team) => Ok(()),
            Some(_) => Err(NotFound::team_id().into()),
        }
    }

    /// Returns those of the permissions that the caller does not have.
    #[must_use]
    pub fn missing(&self, permissions: &BTreeSet<Permission>) -> BTreeSet<Permission> {
        permissions.difference(&self.permissions).copied().collect()
    }

    /// Adds a field error for permissions that the caller cannot grant.
    pub(crate) fn check_permissions(&self, validation: &mut Validation, wanted: &BTreeSet<Permission>) {
        let missing = self.missing(wanted);
        let missing: Vec<&str> = missing.iter().map(|known| known.as_str()).collect();
        if !missing.is_empty() {
            let message =
                format!("You cannot grant permissions that you do not have: {}.", missing.join(", "));
            validation.reject("permissions", "not_yours", message);
        }
    }

    /// Adds a field error for teams that the caller is not in or that do not exist, or if `needed` and there are none.
    pub(crate) fn check_teams(
        &self,
        conn: &mut DbConnection,
        validation: &mut Validation,
        wanted: &[TeamId],
        needed: bool,
    ) -> Result<(), DbError> {
        let known = queries::team_ids(conn, &self.scope)?;
        let unknown: Vec<String> =
            wanted.iter().filter(|team| !known.contains(team)).map(ToString::to_string).collect();
        if !unknown.is_empty() {
            let message = format!("You are not in these teams: {}.", unknown.join(", "));
            validation.reject("team_ids", "unknown", message);
        } else if needed && wanted.is_empty() {
            validation.reject("team_ids", "required", "Choose at least one team.");
        }
        Ok(())
    }
}
