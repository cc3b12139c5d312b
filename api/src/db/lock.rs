//! Advisory locks: one transaction at a time holds each of them.

use std::fmt;

use shared::ids::TeamId;

/// What a transaction locks by name, where there is no row to lock. Replicas of different versions must agree on the name
/// of each lock.
#[derive(Clone, Copy, Debug)]
pub enum Lock<'a> {
    /// All accounts.
    Accounts,
    /// All teams.
    Teams,
    /// All templates.
    Templates,
    /// All closure reasons.
    ClosureReasons,
    /// All tags.
    Tags,
    /// All webhook endpoints.
    WebhookEndpoints,
    /// The daily files of a team.
    DailyFiles(TeamId),
    /// The deletion of a team's old data.
    Retention(TeamId),
    /// The views that an account or an API key with this id has recorded.
    Views(i64),
    /// The message with this gateway id.
    GatewayId(&'a str),
    /// New conversations with this number, and its consent.
    Number(&'a str),
    /// The requests with this idempotency key.
    IdempotencyKey(&'a str),
}

impl fmt::Display for Lock<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accounts => f.write_str("accounts"),
            Self::Teams => f.write_str("teams"),
            Self::Templates => f.write_str("templates"),
            Self::ClosureReasons => f.write_str("closure reasons"),
            Self::Tags => f.write_str("tags"),
            Self::WebhookEndpoints => f.write_str("webhook endpoints"),
            Self::DailyFiles(team) => write!(f, "daily files of team {team}"),
            Self::Retention(team) => write!(f, "retention of team {team}"),
            Self::Views(actor) => write!(f, "views of actor {actor}"),
            Self::GatewayId(id) => f.write_str(id),
            Self::Number(number) => write!(f, "writing to {number}"),
            Self::IdempotencyKey(key) => write!(f, "idempotency key {key}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_each_lock_is_the_one_that_earlier_versions_use() {
        let names = [
            (Lock::Accounts, "accounts"),
            (Lock::Teams, "teams"),
            (Lock::Templates, "templates"),
            (Lock::ClosureReasons, "closure reasons"),
            (Lock::Tags, "tags"),
            (Lock::WebhookEndpoints, "webhook endpoints"),
            (Lock::DailyFiles(TeamId(7)), "daily files of team 7"),
            (Lock::Retention(TeamId(7)), "retention of team 7"),
            (Lock::GatewayId("SM1"), "SM1"),
            (Lock::Number("+447700900123"), "writing to +447700900123"),
            (Lock::IdempotencyKey("account:1:k"), "idempotency key account:1:k"),
        ];
        for (lock, name) in names {
            assert_eq!(lock.to_string(), name);
        }
    }
}
