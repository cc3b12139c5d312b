//! The OpenAPI document. It is generated from the routes' annotations, then completed with what all operations share:
//! `errors`, `headers`, `bounds` and `examples`; `deliveries` describes the requests that the server sends.

mod bounds;
mod deliveries;
mod errors;
mod examples;
mod headers;
mod operations;
mod schemas;

use std::collections::BTreeMap;

use actix_web::{
    HttpResponse,
    http::header::{self, ContentType},
    web::Bytes,
};
use serde::Serialize;
use shared::{Problem, event::Event, presence::PresenceChange, webhook_delivery::WebhookPayload};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        HttpMethod, PathItem,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

use self::{
    bounds::Bounds,
    errors::Errors,
    examples::Examples,
    headers::{IdempotencyKeys, SharedHeaders},
    operations::{Place, places},
    schemas::Schemas,
};
use crate::{
    accounts, api_keys, audit_entries, auth, campaigns, closures, consents, conversations, customers,
    daily_files, erasures, events, exports, health, legal_holds, messages, numbers, rejected_messages,
    retention, search, tags, teams, templates, webhook_deliveries, webhook_endpoints, webhooks,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "SMS Chat",
        description = "A desk where teams of agents hold two-way text-message conversations with customers.\n\n\
            Errors are `application/problem+json` (RFC 9457); match on `code`. Times are RFC 3339 in UTC, numbers E.164.\
            \n\nA method that a path does not have gets 405 `method_not_allowed` with `Allow`, a path that does not \
            exist 404 `not_found`, and a compressed body 415 `unsupported_media_type`.\
            \n\nWhat several people edit has a version: the `ETag` of its responses, which lists contain as `version`. Send it \
            as `If-Match` with a change. If the resource has another version by then, the change gets 412 \
            `precondition_failed` with the resource as it is now in `current`.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    paths(
        auth::routes::create_session,
        auth::routes::refresh_session,
        auth::routes::delete_session,
        auth::routes::get_me,
        auth::routes::update_me,
        auth::routes::update_my_password,
        accounts::preferences::routes::get_preferences,
        accounts::preferences::routes::update_preferences,
        auth::routes::list_my_sessions,
        auth::routes::delete_my_sessions,
        auth::routes::delete_my_session,
        conversations::queue::routes::get_queue,
        conversations::queue::routes::take_next_conversation,
        conversations::routes::list_conversations,
        conversations::routes::create_conversation,
        conversations::routes::create_conversation_batch,
        conversations::routes::get_conversation,
        conversations::routes::list_messages,
        conversations::routes::create_message,
        conversations::history::routes::get_history,
        conversations::notes::routes::create_note,
        conversations::routes::create_closure,
        conversations::routes::delete_attention,
        conversations::presence::routes::update_presence,
        conversations::drafts::routes::list_drafts,
        conversations::drafts::routes::get_draft,
        conversations::drafts::routes::update_draft,
        conversations::drafts::routes::delete_draft,
        conversations::drafts::routes::get_ad_hoc_draft,
        conversations::drafts::routes::update_ad_hoc_draft,
        conversations::drafts::routes::delete_ad_hoc_draft,
        conversations::assignment::routes::update_assignment,
        conversations::assignment::routes::delete_assignment,
        conversations::assignment::routes::list_assignees,
        conversations::scheduled::routes::update_message,
        conversations::scheduled::routes::delete_message,
        conversations::scheduled::routes::send_message_now,
        conversations::tags::routes::update_conversation_tags,
        conversations::snooze::routes::update_snooze,
        conversations::snooze::routes::delete_snooze,
        messages::routes::get_media,
        templates::routes::list_conversation_templates,
        customers::routes::get_key_data,
        search::routes::search_conversations,
        exports::routes::export_messages,
        exports::routes::export_conversations,
        numbers::routes::get_number,
        consents::routes::list_consents,
        consents::routes::create_consent,
        consents::routes::create_opt_out,
        templates::routes::list_templates,
        templates::routes::create_template,
        templates::routes::get_template,
        templates::routes::update_template,
        templates::routes::delete_template,
        templates::routes::list_placeholders,
        closures::routes::list_closure_reasons,
        closures::routes::create_closure_reason,
        closures::routes::get_closure_reason,
        closures::routes::update_closure_reason,
        closures::routes::delete_closure_reason,
        tags::routes::list_tags,
        tags::routes::create_tag,
        tags::routes::get_tag,
        tags::routes::update_tag,
        tags::routes::delete_tag,
        teams::routes::list_teams,
        teams::routes::create_team,
        teams::routes::get_team,
        teams::routes::list_colleagues,
        teams::routes::update_team,
        teams::routes::create_team_number,
        teams::routes::delete_team_number,
        teams::routes::update_team_member,
        teams::routes::delete_team_member,
        templates::routes::list_team_templates,
        campaigns::routes::list_campaigns,
        campaigns::routes::create_campaign,
        campaigns::routes::get_campaign,
        campaigns::routes::update_campaign,
        campaigns::routes::delete_campaign,
        campaigns::routes::get_campaign_preview,
        campaigns::routes::update_campaign_state,
        campaigns::routes::get_campaign_results,
        daily_files::routes::list_daily_files,
        daily_files::upload::routes::create_daily_file,
        daily_files::routes::restore_daily_file,
        daily_files::routes::get_rejected_rows,
        daily_files::routes::get_column_mapping,
        daily_files::routes::update_column_mapping,
        webhook_endpoints::routes::list_webhook_endpoints,
        webhook_endpoints::routes::create_webhook_endpoint,
        webhook_endpoints::routes::get_webhook_endpoint,
        webhook_endpoints::routes::update_webhook_endpoint,
        webhook_endpoints::routes::delete_webhook_endpoint,
        webhook_endpoints::routes::rotate_webhook_secret,
        webhook_deliveries::routes::test_webhook_endpoint,
        webhook_deliveries::routes::list_webhook_deliveries,
        webhook_deliveries::routes::replay_webhook_delivery,
        accounts::routes::list_accounts,
        accounts::routes::create_account,
        accounts::routes::get_account,
        accounts::routes::update_account,
        accounts::routes::update_account_password,
        rejected_messages::routes::list_rejected_messages,
        api_keys::routes::list_api_keys,
        api_keys::routes::create_api_key,
        api_keys::routes::get_api_key,
        api_keys::routes::create_api_key_rotation,
        api_keys::routes::delete_api_key_rotation,
        api_keys::routes::delete_api_key,
        audit_entries::routes::list_audit_entries,
        erasures::routes::get_erasure_preview,
        erasures::routes::create_erasure,
        retention::routes::get_retention,
        retention::routes::update_retention,
        legal_holds::routes::list_legal_holds,
        legal_holds::routes::create_legal_hold,
        legal_holds::routes::delete_legal_hold,
        events::routes::stream_events,
        webhooks::routes::receive_message,
        webhooks::routes::receive_status,
        health::routes::live,
        health::routes::ready,
        health::routes::metrics,
    ),
    components(schemas(Event, PresenceChange, Problem, WebhookPayload)),
    servers((url = "/", description = "This server")),
    modifiers(&Credentials, &IdempotencyKeys, &SharedHeaders, &Errors, &Schemas, &Bounds, &Examples)
)]
struct Document;

/// Adds the two ways to authenticate. With the cookie, a change needs the CSRF token too.
struct Credentials;

impl Modify for Credentials {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT or API key")
            .description(Some("The access token of POST /sessions, or an API key (`smsc_...`)."))
            .build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let cookie = ApiKeyValue::with_description(
            "smsc_access",
            "Set by POST /sessions. State-changing requests also need the header X-CSRF-Token.",
        );
        components.add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
        let csrf = ApiKeyValue::with_description(
            "X-CSRF-Token",
            "With the cookie: the value of the cookie `smsc_csrf`, which POST /sessions sets too.",
        );
        components.add_security_scheme("csrf", SecurityScheme::ApiKey(ApiKey::Header(csrf)));
        let no_scopes: [&str; 0] = [];
        let is_change =
            |place: &Place<'_>| !matches!(place.method, HttpMethod::Get) && place.needs_credentials();
        for place in places(document).filter(is_change) {
            let cookie = SecurityRequirement::new("cookie", no_scopes).add("csrf", no_scopes);
            place.operation.security = Some(vec![SecurityRequirement::new("bearer", no_scopes), cookie]);
        }
    }
}

/// The OpenAPI 3.1 document.
#[derive(Serialize)]
#[expect(missing_debug_implementations, reason = "its parts have none")]
pub struct CompleteDocument {
    #[serde(flatten)]
    document: utoipa::openapi::OpenApi,
    webhooks: BTreeMap<&'static str, PathItem>,
}

/// Builds the OpenAPI 3.1 document.
#[must_use]
pub fn document() -> CompleteDocument {
    let document = Document::openapi();
    let webhooks = deliveries::webhooks(&document);
    CompleteDocument { document, webhooks }
}

/// The document's path.
pub(crate) const PATH: &str = "/api/openapi.json";

/// Returns the document as JSON: the checked-in file, because building it takes 25 MiB of memory. A test compares both.
pub async fn serve() -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::json()).body(Bytes::from_static(JSON))
}

const JSON: &[u8] = include_bytes!("../openapi.json");

/// Redirects `/api/docs` to `/api/docs/`, where Swagger UI shows the document.
pub async fn to_docs() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, "/api/docs/")).finish()
}
