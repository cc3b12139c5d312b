//! Creates, changes and deletes webhook endpoints, and rotates their secrets.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use shared::{
    clean::clean_line,
    event::EventKind,
    ids::{TeamId, WebhookEndpointId},
    webhook_endpoint::{
        DisabledReason, MAX_DESCRIPTION_CHARACTERS, MAX_ENDPOINTS, MAX_URL_CHARACTERS, NewWebhookEndpoint,
        WebhookEndpoint, WebhookEndpointChange, WebhookEventType,
    },
};
use url::Url;

use super::{
    address::AddressPolicy,
    queries::{self, Content},
    secret::{self, OVERLAP},
};
use crate::{
    auth::{LookupError, NotFound, Resource, TeamScope},
    db::{DbConnection, DbError, Lock},
    events,
    fields::{Invalid, Validation},
    precondition::{Changed, Expected},
    teams,
};

/// Why an endpoint was not created or changed.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// The endpoint or the team does not exist, or the caller is not in its team.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The endpoint has another version than the caller expects.
    #[error(transparent)]
    Changed(#[from] Changed),
    /// Some fields are invalid.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Creates an endpoint, which gets the events from now on. Only the returned value contains the secret.
///
/// # Errors
/// [`EndpointError`].
pub fn create(
    conn: &mut DbConnection,
    scope: &TeamScope,
    policy: AddressPolicy,
    team: TeamId,
    new: NewWebhookEndpoint,
    by: &str,
    now: DateTime<Utc>,
) -> Result<WebhookEndpoint, EndpointError> {
    teams::queries::require(conn, scope, team)?;
    let content = checked(policy, &new.url, &new.description, new.event_types)?;
    // Until the commit, no other endpoint is created, so that the limit holds and the first one begins the position.
    conn.advisory_lock(Lock::WebhookEndpoints)?;
    if queries::list(conn, team)?.len() >= MAX_ENDPOINTS {
        let message = format!("A team has at most {MAX_ENDPOINTS} webhook endpoints. Delete one first.");
        return Err(Invalid::field("url", "too_many", message).into());
    }
    let secret = secret::generate();
    let made = queries::insert(conn, team, content, &secret, by, now)?;
    events::queries::insert_of_team(conn, EventKind::TeamChanged, Some(team), now)?;
    Ok(WebhookEndpoint { secret: Some(secret), ..made })
}

/// Changes an endpoint. Enabling it sends its deliveries that failed or wait.
///
/// # Errors
/// [`EndpointError`].
pub fn update(
    conn: &mut DbConnection,
    scope: &TeamScope,
    policy: AddressPolicy,
    id: WebhookEndpointId,
    expected: &Expected,
    change: WebhookEndpointChange,
    now: DateTime<Utc>,
) -> Result<WebhookEndpoint, EndpointError> {
    let before = find_for_update(conn, scope, id)?;
    expected.check(&before)?;
    let content = checked(policy, &change.url, &change.description, change.event_types)?;
    queries::update(conn, id, &content)?;
    match change.enabled {
        Some(true) if !before.enabled => queries::enable(conn, id, now)?,
        Some(false) if before.enabled => {
            queries::disable(conn, id, DisabledReason::Manual, now)?;
        }
        _ => {}
    }
    events::queries::insert_of_team(conn, EventKind::TeamChanged, Some(before.team_id), now)?;
    Ok(find(conn, scope, id)?)
}

/// Replaces the secret of an endpoint. The previous one signs too for a day, so that receivers can change theirs.
///
/// # Errors
/// `NotFound`.
pub fn rotate_secret(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: WebhookEndpointId,
    now: DateTime<Utc>,
) -> Result<WebhookEndpoint, LookupError> {
    let before = find(conn, scope, id)?;
    let secret = secret::generate();
    queries::rotate(conn, id, &secret, now + OVERLAP)?;
    events::queries::insert_of_team(conn, EventKind::TeamChanged, Some(before.team_id), now)?;
    Ok(WebhookEndpoint { secret: Some(secret), ..find(conn, scope, id)? })
}

/// Deletes an endpoint with its deliveries. Returns it.
///
/// # Errors
/// [`EndpointError`].
pub fn delete(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: WebhookEndpointId,
    expected: &Expected,
    now: DateTime<Utc>,
) -> Result<WebhookEndpoint, EndpointError> {
    let before = find_for_update(conn, scope, id)?;
    expected.check(&before)?;
    queries::delete(conn, id)?;
    events::queries::insert_of_team(conn, EventKind::TeamChanged, Some(before.team_id), now)?;
    Ok(before)
}

/// Returns an endpoint of the scope.
///
/// # Errors
/// `NotFound`.
pub fn find(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: WebhookEndpointId,
) -> Result<WebhookEndpoint, LookupError> {
    Ok(queries::find(conn, scope, id)?.ok_or(NotFound::new(Resource::WebhookEndpoint))?)
}

fn find_for_update(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: WebhookEndpointId,
) -> Result<WebhookEndpoint, LookupError> {
    Ok(queries::find_for_update(conn, scope, id)?.ok_or(NotFound::new(Resource::WebhookEndpoint))?)
}

/// Checks the fields that a caller chooses.
fn checked(
    policy: AddressPolicy,
    url: &str,
    description: &str,
    event_types: BTreeSet<WebhookEventType>,
) -> Result<Content, Invalid> {
    let mut validation = Validation::default();
    let url = url.trim().to_owned();
    if let Err((code, message)) = check_url(policy, &url) {
        validation.reject("url", code, message);
    }
    let description = clean_line(description).trim().to_owned();
    let length = description.chars().count();
    if length > MAX_DESCRIPTION_CHARACTERS {
        let message = format!("At most {MAX_DESCRIPTION_CHARACTERS} characters; this has {length}.");
        validation.reject("description", "too_long", message);
    } else if description.contains(char::is_control) {
        validation.reject("description", "invalid_character", "Remove the line break or control character.");
    }
    if event_types.is_empty() {
        validation.reject("event_types", "required", "Choose at least one type of event.");
    }
    validation.finish()?;
    Ok(Content { url, description, event_types })
}

/// Returns the code of the fault and what to do about it.
fn check_url(policy: AddressPolicy, text: &str) -> Result<(), (&'static str, String)> {
    if text.is_empty() {
        return Err(("required", "Enter a URL, e.g. https://example.com/webhooks.".to_owned()));
    }
    let length = text.chars().count();
    if length > MAX_URL_CHARACTERS {
        return Err(("too_long", format!("At most {MAX_URL_CHARACTERS} characters; this has {length}.")));
    }
    let invalid = |message: &str| Err(("invalid", message.to_owned()));
    let Ok(url) = Url::parse(text) else {
        return invalid("This is not a URL. Enter one like https://example.com/webhooks.");
    };
    match url.scheme() {
        "https" => {}
        "http" if policy.private_addresses => {}
        "http" => {
            return invalid("Begin the URL with https://, so that messages are encrypted on their way.");
        }
        _ => return invalid("Begin the URL with https://."),
    }
    if url.host().is_none() {
        return invalid("The URL has no host name. Enter one like https://example.com/webhooks.");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return invalid("Remove the user name and password. Receivers check the signature instead.");
    }
    if url.fragment().is_some() {
        return invalid("Remove everything from the # on. It is not sent to the server.");
    }
    if text.contains(char::is_whitespace) || text.contains(char::is_control) {
        return invalid("Remove the space or control character.");
    }
    if !policy.allows_host(&url) {
        return Err((
            "forbidden_address",
            "Webhooks cannot be sent to this address, because it is not public. Enter a public host name."
                .to_owned(),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_needs_https_and_a_public_host() {
        let fault = |private_addresses, url: &str| {
            check_url(AddressPolicy { private_addresses }, url).err().map(|(code, _)| code)
        };
        for valid in ["https://example.com", "https://example.com:8443/a?b=c", "https://EXAMPLE.com/ü"] {
            assert_eq!(fault(false, valid), None, "{valid}");
        }
        let wrong = [
            ("", "required"),
            ("example.com", "invalid"),
            ("http://example.com", "invalid"),
            ("ftp://example.com", "invalid"),
            ("https://", "invalid"),
            ("https://a:b@example.com", "invalid"),
            ("https://example.com/#a", "invalid"),
            ("https://example.com/a b", "invalid"),
            ("https://10.0.0.1/", "forbidden_address"),
            ("https://[::1]/", "forbidden_address"),
        ];
        for (url, code) in wrong {
            assert_eq!(fault(false, url), Some(code), "{url}");
        }
        assert_eq!(fault(false, &format!("https://example.com/{}", "a".repeat(2000))), Some("too_long"));
        assert_eq!(fault(true, "http://10.0.0.1:8000/"), None);
        assert_eq!(fault(true, "http://169.254.169.254/"), Some("forbidden_address"));
    }
}
