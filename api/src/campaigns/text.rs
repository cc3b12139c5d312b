//! The text of a row: the campaign's text with the values of the row.

use shared::{
    CustomerAddress, ErrorCode,
    campaign::{Campaign, RowProblem},
    conversation::NewConversation,
    customer::{CustomerKeyData, Field},
};

use super::rows::CampaignRow;
use crate::{
    conversations::{reply::InvalidMessage, start::Start},
    templates::render::{Values, render_text},
};

/// What fills in the placeholders of all rows.
pub(super) struct Text<'a> {
    pub(super) campaign: &'a Campaign,
    /// The name of the team.
    pub(super) team: &'a str,
}

impl Text<'_> {
    /// Returns the text of a row, with the placeholders that have no value in it.
    pub(super) fn of(&self, row: &CampaignRow) -> (String, Vec<String>) {
        let fields = self.campaign.columns.iter().zip(&row.key_data);
        let fields = fields.map(|(name, value)| Field { name: name.clone(), value: value.clone() }).collect();
        let customer = CustomerKeyData { reference: row.reference.clone(), name: row.name.clone(), fields };
        let number: Option<CustomerAddress> = row.number.parse().ok();
        let values = Values {
            customer: Some(&customer),
            reference: None,
            name: None,
            number: number.as_ref(),
            agent: &self.campaign.created_by,
            team: self.team,
        };
        render_text(&self.campaign.body, &values)
    }

    /// Makes the ad-hoc message of a row.
    pub(super) fn message(&self, row: &CampaignRow, body: String) -> Result<Start, RowProblem> {
        let new = NewConversation {
            team_id: self.campaign.team_id,
            number: row.number.clone(),
            body,
            from: Some(self.campaign.from.clone()),
            template_id: None,
            media: None,
        };
        Start::parse(new).map_err(|error| {
            let code = match error {
                InvalidMessage::Media | InvalidMessage::Body(_) => ErrorCode::ValidationFailed,
                InvalidMessage::BrokenPlaceholder(_) | InvalidMessage::MissingPlaceholders(_) => {
                    ErrorCode::MissingPlaceholder
                }
            };
            RowProblem { code, text: error.to_string() }
        })
    }
}
