//! The templates that a team can use, rendered for the customer of a conversation or of a typed number.

use shared::{
    CustomerAddress,
    ids::{ConversationId, TeamId},
    template::RenderedTemplate,
};

use super::{known_number, queries};
use crate::{
    auth::{Caller, NotFound, Resource},
    customers::key_data::{self, CustomerError},
    db::{DbConnection, DbError},
    teams,
    templates::{
        self,
        render::{Values, render},
    },
};

/// Why no templates were rendered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RenderError {
    /// The conversation or the team does not exist, or the caller is not in the team.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// The customer could not be chosen.
    #[error(transparent)]
    Customer(#[from] CustomerError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// The rendered templates.
#[derive(Debug)]
pub(crate) struct Rendered {
    pub(crate) templates: Vec<RenderedTemplate>,
    pub(crate) team: TeamId,
    /// The number of the customer with whose key data they are rendered.
    pub(crate) customer: Option<CustomerAddress>,
}

/// Renders for a conversation. `picked` is the ref of the customer to address, if several share the number.
///
/// # Errors
/// [`RenderError`].
pub(crate) fn for_conversation(
    conn: &mut DbConnection,
    caller: &Caller,
    id: ConversationId,
    picked: Option<&str>,
) -> Result<Rendered, RenderError> {
    let missing = NotFound::new(Resource::Conversation);
    let conversation = queries::find(conn, &caller.scope, id)?.ok_or(missing)?;
    let team = teams::queries::team(conn, &caller.scope, conversation.team_id)?.ok_or(missing)?;
    let to = key_data::addressee(conn, &conversation, picked)?;
    let values = Values {
        customer: to.customer.as_ref(),
        reference: conversation.reference.as_deref().filter(|_| to.keeps_names),
        name: conversation.name.as_deref().filter(|_| to.keeps_names),
        number: Some(&conversation.number),
        agent: caller.name(),
        team: &team.name,
    };
    Ok(rendered(conn, team.id, &values)?)
}

/// Renders for a number as typed. An incomplete number does not parse; the templates are then rendered without a
/// customer.
///
/// # Errors
/// [`RenderError`].
pub(crate) fn for_number(
    conn: &mut DbConnection,
    caller: &Caller,
    team: TeamId,
    typed: &str,
    picked: Option<&str>,
) -> Result<Rendered, RenderError> {
    let found = teams::queries::team(conn, &caller.scope, team)?;
    let team = found.ok_or(NotFound::new(Resource::Team))?;
    let number = known_number::read(conn, &team.numbers, typed, &team.region)?.ok();
    let customer = match &number {
        Some(number) => key_data::customer_with_number(conn, team.id, number, picked)?,
        None => None,
    };
    let number = number.as_ref().map(CustomerAddress::from);
    let values = Values {
        customer: customer.as_ref(),
        reference: None,
        name: None,
        number: number.as_ref(),
        agent: caller.name(),
        team: &team.name,
    };
    Ok(rendered(conn, team.id, &values)?)
}

fn rendered(conn: &mut DbConnection, team: TeamId, values: &Values<'_>) -> Result<Rendered, DbError> {
    let templates = templates::queries::of_team(conn, team)?;
    let templates = templates.into_iter().map(|template| render(template, values)).collect();
    Ok(Rendered { templates, team, customer: values.customer.and(values.number).cloned() })
}
