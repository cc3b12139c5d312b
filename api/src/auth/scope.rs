//! Which teams a caller acts in. Every query on a team's rows takes a [`TeamScope`], so it cannot be forgotten.

use shared::ids::TeamId;

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
}
