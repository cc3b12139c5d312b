//! What somebody may hand on to an account or an API key: nothing that they do not have themselves.

use std::collections::BTreeSet;

use shared::{ErrorCode, account::Permission, ids::TeamId};

use crate::{
    auth::{Caller, TeamScope},
    db::{DbConnection, DbError},
    error::ApiError,
    fields::Fields,
    teams,
};

/// What its holder has, and so may give.
#[derive(Clone, Debug)]
pub struct Authority {
    permissions: BTreeSet<Permission>,
    scope: TeamScope,
}

impl From<&Caller> for Authority {
    fn from(caller: &Caller) -> Self {
        Self { permissions: caller.permissions.clone(), scope: caller.scope.clone() }
    }
}

impl Authority {
    /// Whoever has the machine has everything.
    #[must_use]
    pub fn of_the_operator() -> Self {
        Self { permissions: BTreeSet::from(Permission::ALL), scope: TeamScope::Every }
    }

    /// Where.
    #[must_use]
    pub fn scope(&self) -> &TeamScope {
        &self.scope
    }

    /// Whether it reaches every team, those to come included: an admin's.
    #[must_use]
    pub fn is_everywhere(&self) -> bool {
        self.scope == TeamScope::Every
    }

    /// Whether the holder has all of these permissions.
    #[must_use]
    pub fn covers(&self, permissions: &BTreeSet<Permission>) -> bool {
        permissions.is_subset(&self.permissions)
    }

    /// Refuses what concerns every team to whoever does not act in all.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn require_everywhere(&self, what: &str) -> Result<(), ApiError> {
        if self.is_everywhere() {
            return Ok(());
        }
        let detail = format!("{what} concerns teams that you are not in. Ask an administrator.");
        Err(ApiError::new(ErrorCode::Forbidden, detail))
    }

    /// Refuses to look after what belongs to a team that the holder is not in, or to all teams.
    ///
    /// # Errors
    /// `not_found` for another team, `forbidden` for all teams.
    pub fn require_owner(&self, team: Option<TeamId>) -> Result<(), ApiError> {
        match team {
            None => self.require_everywhere("Changing what all teams use"),
            Some(team) if self.scope.includes(team) => Ok(()),
            Some(_) => Err(ApiError::not_found("team").about_team_id()),
        }
    }

    /// Notes permissions that are not the holder's to give.
    pub(crate) fn check_permissions(&self, fields: &mut Fields, wanted: &BTreeSet<Permission>) {
        let beyond: Vec<&str> = wanted.difference(&self.permissions).map(|known| known.as_str()).collect();
        if !beyond.is_empty() {
            let message =
                format!("You cannot grant permissions that you do not have: {}.", beyond.join(", "));
            fields.fault("permissions", "not_yours", message);
        }
    }

    /// Notes teams that do not exist or that the holder is not in, and the lack of any where one is needed.
    pub(crate) fn check_teams(
        &self,
        conn: &mut DbConnection,
        fields: &mut Fields,
        wanted: &[TeamId],
        needed: bool,
    ) -> Result<(), DbError> {
        let known: Vec<TeamId> =
            teams::queries::teams(conn, &self.scope)?.into_iter().map(|team| team.id).collect();
        let unknown: Vec<String> =
            wanted.iter().filter(|team| !known.contains(team)).map(ToString::to_string).collect();
        if !unknown.is_empty() {
            let message = format!("You are not in these teams: {}.", unknown.join(", "));
            fields.fault("team_ids", "unknown", message);
        } else if needed && wanted.is_empty() {
            fields.fault("team_ids", "required", "Choose at least one team.");
        }
        Ok(())
    }
}
