//! Erases a customer in the rows of campaigns, and in what waits for webhook endpoints or was sent to them.

use chrono::{DateTime, Utc};
use diesel::{dsl::exists, prelude::*};
use shared::{
    CustomerAddress,
    ids::{CampaignId, TeamId},
};

use super::super::queries::{ERASED, Team};
use crate::db::{
    DbConnection, DbError, HasCampaignRowData, Timestamp, on_each,
    schema::{campaign_rows, campaigns, messages, webhook_deliveries, webhook_endpoints},
};

/// Removes what campaigns and webhooks contain of these conversations.
pub(in crate::erasures) fn erase_of(conn: &mut DbConnection, conversations: &[i64]) -> Result<(), DbError> {
    let sent = messages::table
        .filter(messages::conversation_id.eq_any(conversations))
        .select(messages::id.nullable());
    let rows = campaign_rows::table.filter(campaign_rows::message_id.eq_any(sent));
    on_each!(conn, |c| diesel::update(rows).set(Erased::default()).execute(c))?;
    let deliveries =
        webhook_deliveries::table.filter(webhook_deliveries::conversation_id.eq_any(conversations));
    on_each!(conn, |c| diesel::delete(deliveries).execute(c))?;
    Ok(())
}

/// Deletes the deliveries to the team's webhook endpoints that contain the number, also those that wait.
pub(in crate::erasures) fn delete_webhook_deliveries(
    conn: &mut DbConnection,
    team: &Team,
    number: &CustomerAddress,
) -> Result<(), DbError> {
    let endpoints = webhook_endpoints::table
        .filter(webhook_endpoints::team_id.eq(team.id.0))
        .select(webhook_endpoints::id);
    let deliveries = webhook_deliveries::table
        .filter(webhook_deliveries::endpoint_id.eq_any(endpoints))
        .filter(webhook_deliveries::body.like(format!("%{}%", number.as_str())));
    on_each!(conn, |c| diesel::delete(deliveries).execute(c))?;
    Ok(())
}

/// Removes what the rows of the team's campaigns contain. Rows that wait are refused when their turn comes.
pub(in crate::erasures) fn erase_campaign_rows(
    conn: &mut DbConnection,
    team: &Team,
    number: &CustomerAddress,
) -> Result<(), DbError> {
    let of_team = campaigns::table.filter(campaigns::team_id.eq(team.id.0)).select(campaigns::id);
    let rows = campaign_rows::table
        .filter(campaign_rows::campaign_id.eq_any(of_team))
        .filter(campaign_rows::number.eq(number.as_str()));
    on_each!(conn, |c| diesel::update(rows).set(Erased::default()).execute(c))?;
    Ok(())
}

/// Removes what rows of one of the team's campaigns contain that has ended by then. Returns the number of rows.
pub(in crate::erasures) fn erase_rows_of_ended_campaign(
    conn: &mut DbConnection,
    team: TeamId,
    until: DateTime<Utc>,
    limit: i64,
) -> Result<usize, DbError> {
    let of_campaign =
        campaign_rows::table.filter(campaign_rows::campaign_id.eq(campaigns::id)).filter(HasCampaignRowData);
    let ended: Option<i64> = on_each!(conn, |c| campaigns::table
        .filter(campaigns::team_id.eq(team.0))
        .filter(campaigns::finished_at.le(Timestamp(until)))
        .filter(exists(of_campaign))
        .order(campaigns::id)
        .select(campaigns::id)
        .first(c)
        .optional())?;
    let Some(id) = ended else { return Ok(0) };
    let rows = campaign_rows::table.filter(campaign_rows::campaign_id.eq(id)).filter(HasCampaignRowData);
    let lines: Vec<i64> =
        on_each!(conn, |c| rows.order(campaign_rows::line).select(campaign_rows::line).limit(limit).load(c))?;
    let until = lines.last().copied().unwrap_or_default();
    let rows = rows.filter(campaign_rows::line.le(until));
    Ok(on_each!(conn, |c| diesel::update(rows).set(Erased::default()).execute(c))?)
}

/// Returns the campaign, line and value of each row of the team's campaigns that could not be used.
pub(in crate::erasures) fn rejected_campaign_rows(
    conn: &mut DbConnection,
    team: &Team,
) -> Result<Vec<(CampaignId, i64, String)>, DbError> {
    let of_team = campaigns::table.filter(campaigns::team_id.eq(team.id.0)).select(campaigns::id);
    let rows: Vec<(i64, i64, String)> = on_each!(conn, |c| campaign_rows::table
        .filter(campaign_rows::campaign_id.eq_any(of_team))
        .filter(campaign_rows::problem.is_not_null())
        .select((campaign_rows::campaign_id, campaign_rows::line, campaign_rows::number))
        .load(c))?;
    Ok(rows.into_iter().map(|(campaign, line, value)| (CampaignId(campaign), line, value)).collect())
}

/// Removes what a row contains.
pub(in crate::erasures) fn erase_campaign_row(
    conn: &mut DbConnection,
    campaign: CampaignId,
    line: i64,
) -> Result<(), DbError> {
    let row = campaign_rows::table.find((campaign.0, line));
    on_each!(conn, |c| diesel::update(row).set(Erased::default()).execute(c))?;
    Ok(())
}

#[derive(AsChangeset)]
#[diesel(table_name = campaign_rows)]
struct Erased {
    number: &'static str,
    reference: &'static str,
    name: &'static str,
    key_data: &'static str,
    problem_text: &'static str,
}

impl Default for Erased {
    fn default() -> Self {
        Self { number: ERASED, reference: "", name: "", key_data: "[]", problem_text: ERASED }
    }
}
