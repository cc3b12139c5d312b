//! Webhook endpoints (rule 24): the URLs to which the server sends a team's events. [`address`] limits where requests
//! can go, [`change`] creates and changes endpoints. `webhook_deliveries` sends.

pub mod address;
pub mod change;
mod problems;
pub(crate) mod queries;
pub mod routes;
pub(crate) mod secret;

use shared::{
    audit_entry::{AuditAction, AuditActor, AuditSubjectKind},
    ids::{TeamId, WebhookEndpointId},
};

use crate::auth::audit_log::AuditEvent;

/// Starts an entry of the audit log about an endpoint. Its URL can contain a token, so the description names it.
pub(crate) fn audit_event(
    action: AuditAction,
    actor: impl Into<AuditActor>,
    team: TeamId,
    endpoint: WebhookEndpointId,
    description: &str,
) -> AuditEvent {
    let event =
        AuditEvent::new(action, actor).team(team).subject(AuditSubjectKind::WebhookEndpoint, endpoint.0);
    if description.is_empty() { event } else { event.label(description) }
}
