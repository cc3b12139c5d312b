//! The placeholders that templates can use: `name`, `ref` and so on, and the columns of the current daily file.

use shared::{CustomerAddress, ids::TeamId, template::Placeholder};

use super::render::{BUILT_IN, Values};
use crate::{
    auth::{LookupError, NotFound, TeamScope},
    customers,
    db::DbConnection,
    fields::same_name,
    teams,
};

/// Returns the placeholders of a team, or of all teams of the scope, each with an example value from the daily file.
///
/// # Errors
/// `NotFound` for a team outside the scope.
pub fn available(
    conn: &mut DbConnection,
    scope: &TeamScope,
    team: Option<TeamId>,
    agent: &str,
) -> Result<Vec<Placeholder>, LookupError> {
    let teams = match team {
        Some(id) => vec![teams::queries::team(conn, scope, id)?.ok_or(NotFound::team_id())?],
        None => teams::queries::teams(conn, scope)?,
    };
    let mut known: Vec<Placeholder> =
        BUILT_IN.iter().map(|name| Placeholder { name: (*name).to_owned(), sample: None }).collect();
    for team in &teams {
        let Some((columns, sample)) = customers::queries::current_columns(conn, team.id)? else {
            continue;
        };
        let (number, customer) = sample.unzip();
        let number = number.map(CustomerAddress::from);
        let values = Values {
            customer: customer.as_ref(),
            reference: None,
            name: None,
            number: number.as_ref(),
            agent,
            team: &team.name,
        };
        for column in columns {
            if !known.iter().any(|placeholder| same_name(&placeholder.name, &column)) {
                known.push(Placeholder { name: column, sample: None });
            }
        }
        for placeholder in &mut known {
            placeholder.sample = placeholder.sample.take().or_else(|| values.of(&placeholder.name));
        }
    }
    let team = teams.first().map(|team| team.name.as_str());
    for placeholder in &mut known {
        let own = match placeholder.name.as_str() {
            "agent" => Some(agent),
            "team" => team,
            _ => None,
        };
        placeholder.sample = placeholder.sample.take().or_else(|| own.map(str::to_owned));
    }
    Ok(known)
}
