//! The teams that a caller may access. Every query on a team's rows takes a [`TeamScope`], so the check cannot be
//! forgotten.

use shared::ids::TeamId;

/// The teams that a caller may access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TeamScope {
    /// All teams, for an admin.
    Every,
    /// The teams that an account or API key belongs to.
    Only(Vec<TeamId>),
}

impl TeamScope {
    /// Whether the caller may access the team.
    #[must_use]
    pub fn includes(&self, team: TeamId) -> bool {
        match self {
            TeamScope::Every => true,
            TeamScope::Only(teams) => teams.contains(&team),
        }
    }
}
