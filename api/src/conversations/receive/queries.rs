//! What a message from a customer meets on arrival, in as few statements as possible.

use diesel::{dsl::exists, pg::Pg, prelude::*, sql_types};
use shared::{
    consent::ConsentState,
    conversation::Conversation,
    ids::{ConversationId, TeamId},
};

use super::InboundMessage;
use crate::{
    consents::{erased::ErasedNumber, queries::last_state},
    conversations::queries::{self, Row},
    db::{
        AsText, DbConnection, DbError, IsClosed,
        cached::{Cached, FixedSql},
        for_update,
        schema::{conversations, customers, daily_files, messages, team_numbers},
    },
};

/// The live conversation of a message.
pub(super) struct Live {
    pub(super) conversation: Conversation,
    /// Whether the message is stored already.
    pub(super) is_known: bool,
    /// Whether a team owns the recipient number.
    pub(super) has_team: bool,
}

/// Returns the live conversation of a message's two numbers (rule 1), and locks it until the transaction ends.
pub(super) fn live(conn: &mut DbConnection, inbound: &InboundMessage) -> Result<Option<Live>, DbError> {
    let row: Option<(Row, bool, bool)> = for_update!(
        conn,
        queries::live(inbound.to.as_str(), inbound.from.as_str()).select((
            Row::as_select(),
            exists(messages::table.filter(messages::gateway_id.eq(&inbound.gateway_id))),
            exists(team_numbers::table.find(inbound.to.as_str())),
        )),
        |query, c| query.first(c).optional()
    )?;
    Ok(row.map(|(row, is_known, has_team)| Live { conversation: row.into(), is_known, has_team }))
}

/// What a conversation that a message starts depends on.
pub(super) struct Arrival {
    /// The team that owns the recipient number.
    pub(super) team: TeamId,
    /// Whether the message is stored already.
    pub(super) is_known: bool,
    /// The last closed conversation of the two numbers in this team.
    pub(super) previous: Option<ConversationId>,
    /// Whether the customer has opted out.
    pub(super) opted_out: bool,
    /// Whether the customer had opted out when they were erased, and the ledger has nothing newer.
    pub(super) opted_out_when_erased: bool,
    /// Reference and name, if exactly one customer of the team's current file has the number.
    pub(super) customer: Option<(String, String)>,
}

type Columns = (
    sql_types::BigInt,
    sql_types::Bool,
    sql_types::Nullable<sql_types::BigInt>,
    sql_types::Nullable<sql_types::Text>,
    sql_types::Nullable<sql_types::Text>,
    sql_types::Nullable<sql_types::Text>,
    sql_types::Nullable<sql_types::Text>,
);

/// Locks the team number of a query against removal (PostgreSQL).
struct ForShareOfNumber;
impl FixedSql for ForShareOfNumber {
    type Row = Columns;
    const SQL: &'static str = "{} FOR SHARE OF team_numbers";
}

/// Returns what a new conversation depends on, or `None` if no team owns the recipient number. Locks the number against
/// removal until the transaction ends, so that a conversation can start on it.
pub(super) fn arrival(conn: &mut DbConnection, inbound: &InboundMessage) -> Result<Option<Arrival>, DbError> {
    let (to, from) = (inbound.to.as_str(), inbound.from.as_str());
    let erased = inbound.erased_as.as_ref().map_or("", ErasedNumber::as_str);
    let file = daily_files::team_id.eq(team_numbers::team_id).and(daily_files::is_current.eq(true));
    let customer = customers::daily_file_id.eq(daily_files::id).and(customers::number.eq(from));
    let previous = conversations::table
        .filter(conversations::team_number.eq(to))
        .filter(conversations::number.eq(from))
        // The number may have belonged to another team.
        .filter(conversations::team_id.eq(team_numbers::team_id))
        .filter(IsClosed)
        .order((conversations::closed_at.desc(), conversations::id.desc()))
        .select(conversations::id);
    let arrival = team_numbers::table
        .left_join(daily_files::table.on(file))
        .left_join(customers::table.on(customer))
        .filter(team_numbers::number.eq(to))
        .order(customers::line)
        .limit(2)
        .select((
            team_numbers::team_id,
            exists(messages::table.filter(messages::gateway_id.eq(&inbound.gateway_id))),
            previous.single_value(),
            last_state(to, from),
            last_state(to, erased),
            customers::reference.nullable(),
            customers::name.nullable(),
        ));
    type State = Option<AsText<ConsentState>>;
    type Values = (i64, bool, Option<i64>, State, State, Option<String>, Option<String>);
    let mut rows: Vec<Values> = match conn {
        DbConnection::Postgres(c) => Cached::<ForShareOfNumber, Pg>::new(&[&arrival]).load(c)?,
        DbConnection::Sqlite(c) => arrival.load(c)?,
    };
    let second = rows.len() > 1;
    let opted_out = |state: &State| *state == Some(AsText(ConsentState::OptedOut));
    Ok(rows.pop().map(|(team, is_known, previous, consent, erased, reference, name)| Arrival {
        team: TeamId(team),
        is_known,
        previous: previous.map(ConversationId),
        opted_out: opted_out(&consent),
        opted_out_when_erased: consent.is_none() && opted_out(&erased),
        customer: reference.zip(name).filter(|_| !second),
    }))
}
