//! Changes the text and the state of campaigns.

use chrono::{DateTime, Utc};
use shared::{
    PhoneNumber,
    campaign::{Campaign, CampaignAction, CampaignChange, CampaignState, CampaignStateChange, MAX_PACE},
    ids::CampaignId,
    message::MessageBody,
    template::broken_placeholder,
};

use super::queries;
use crate::{
    auth::{LookupError, NotFound, Resource, TeamScope},
    conversations::chosen_time::{InvalidTime, require_time},
    db::{DbConnection, DbError},
    fields::{Invalid, Validation},
    precondition::{Changed, Expected},
    teams,
};

/// Why a campaign was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// It does not exist, or the caller is not in its team.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// It has another version than the caller expects.
    #[error(transparent)]
    Changed(#[from] Changed),
    /// A field is invalid.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The campaign was started.
    #[error("The campaign was started, so it cannot be changed. Make a new campaign from the file.")]
    NotDraft,
    /// The campaign cannot be started, because it has no text.
    #[error("The campaign has no text. Save a text first.")]
    NoText,
    /// The campaign has ended.
    #[error("The campaign has ended.")]
    Ended,
    /// The campaign is not running.
    #[error("The campaign is not running, so it cannot be paused.")]
    NotRunning,
    /// The campaign runs already.
    #[error("The campaign is running.")]
    Running,
    /// It cannot start at this time.
    #[error(transparent)]
    Time(#[from] InvalidTime),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl From<LookupError> for ChangeError {
    fn from(error: LookupError) -> Self {
        match error {
            LookupError::NotFound(error) => error.into(),
            LookupError::Database(error) => error.into(),
        }
    }
}

/// A change whose fields are valid.
pub(super) struct Checked {
    pub(super) name: String,
    pub(super) body: String,
    pub(super) from: PhoneNumber,
    pub(super) pace: i32,
}

/// Changes a draft.
///
/// # Errors
/// [`ChangeError`].
pub fn update(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: CampaignId,
    expected: &Expected,
    change: CampaignChange,
) -> Result<Campaign, ChangeError> {
    let before = draft_for_update(conn, scope, id, expected)?;
    let checked = check(conn, scope, before, change)?;
    queries::update(conn, id, &checked)?;
    find(conn, id)
}

fn check(
    conn: &mut DbConnection,
    scope: &TeamScope,
    before: Campaign,
    change: CampaignChange,
) -> Result<Checked, ChangeError> {
    let mut validation = Validation::default();
    let name = validation.name("name", &change.name);
    if let Err(fault) = MessageBody::parse(change.body.clone()) {
        validation.reject("body", fault.code(), fault.to_string());
    } else if let Some(broken) = broken_placeholder(&change.body) {
        validation.reject("body", "broken_placeholder", broken.to_string());
    }
    if !(1..=MAX_PACE).contains(&change.pace) {
        validation.reject("pace", "out_of_range", format!("Enter 1 to {MAX_PACE} messages per minute."));
    }
    let from = change.from.unwrap_or(before.from);
    let team = teams::queries::team(conn, scope, before.team_id)?;
    if !team.is_some_and(|team| team.numbers.contains(&from)) {
        let message = "This number does not belong to the team. Choose one of the team's numbers.";
        validation.reject("from", "unknown", message);
    }
    validation.finish()?;
    Ok(Checked { name, body: change.body, from, pace: change.pace })
}

/// Starts, pauses, resumes or cancels a campaign that has an expected text, number and pace. Pausing a paused campaign, or cancelling a cancelled one, changes nothing.
/// Also returns whether anything has changed.
///
/// # Errors
/// [`ChangeError`].
pub fn set_state(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: CampaignId,
    expected: &Expected,
    change: &CampaignStateChange,
    now: DateTime<Utc>,
) -> Result<(Campaign, bool), ChangeError> {
    use CampaignAction::{Cancel, Pause, Run};
    use CampaignState::{Cancelled, Draft, Finished, Paused, Running};

    let campaign = find_for_update(conn, scope, id)?;
    expected.check(&campaign)?;
    match (change.action, campaign.state) {
        (Pause, Paused) | (Cancel, Cancelled) => return Ok((campaign, false)),
        (Run, Running) => return Err(ChangeError::Running),
        (Run, Draft) if campaign.body.is_empty() => return Err(ChangeError::NoText),
        (Run, Draft | Paused) => {
            if let Some(starts_at) = change.starts_at {
                require_time(starts_at, now)?;
            }
            let due_at = change.starts_at.unwrap_or(now);
            queries::set_state(conn, id, Running, Some(due_at), None, None)?;
        }
        (Pause, Running) => queries::set_state(conn, id, Paused, None, None, None)?,
        (Cancel, Draft | Running | Paused) => {
            queries::set_state(conn, id, Cancelled, None, None, Some(now))?;
        }
        (Pause, Draft) => return Err(ChangeError::NotRunning),
        (_, Cancelled | Finished) => return Err(ChangeError::Ended),
    }
    Ok((find(conn, id)?, true))
}

/// Deletes a draft. Returns it.
///
/// # Errors
/// [`ChangeError`].
pub fn delete(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: CampaignId,
    expected: &Expected,
) -> Result<Campaign, ChangeError> {
    let draft = draft_for_update(conn, scope, id, expected)?;
    queries::delete(conn, id)?;
    Ok(draft)
}

fn draft_for_update(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: CampaignId,
    expected: &Expected,
) -> Result<Campaign, ChangeError> {
    let campaign = find_for_update(conn, scope, id)?;
    if campaign.state != CampaignState::Draft {
        return Err(ChangeError::NotDraft);
    }
    expected.check(&campaign)?;
    Ok(campaign)
}

fn find_for_update(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: CampaignId,
) -> Result<Campaign, ChangeError> {
    let found = queries::find_for_update(conn, id)?.filter(|campaign| scope.includes(campaign.team_id));
    Ok(found.ok_or(NotFound::new(Resource::Campaign))?)
}

fn find(conn: &mut DbConnection, id: CampaignId) -> Result<Campaign, ChangeError> {
    Ok(queries::find(conn, id)?.ok_or(NotFound::new(Resource::Campaign))?)
}
