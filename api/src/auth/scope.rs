//! Which teams a caller acts in. Every query on a team's rows takes a [`TeamScope`], so it cannot be forgotten.

use shared::ids::TeamId;

use crate::error::ApiError;

/// The teams that a caller acts in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TeamScope {
    /// All of them: an admin.
    Every,
    /// Those it is a member of.
    Only(Vec<TeamId>),
}

impl TeamScope {
    /// Whether the team is one of them.
    #[must_use]
    pub fn includes(&self, team: TeamId) -> bool {
        match self {
            TeamScope::Every => true,
            TeamScope::Only(teams) => teams.contains(&team),
        }
    }

    /// One team of the scope, or all of it when none is named.
    ///
    /// # Errors
    /// `not_found` for a team that is not in it.
    pub fn narrowed(&self, team: Option<TeamId>) -> Result<Self, ApiError> {
        match team {
            None => Ok(self.clone()),
            Some(team) if self.includes(team) => Ok(Self::Only(vec![team])),
            Some(_) => Err(ApiError::not_found("team")),
        }
    }
}
