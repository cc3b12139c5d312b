//! Every URL of the server.

mod methods;

use actix_web::{
    HttpRequest, HttpResponse, Route,
    error::{PathError, QueryPayloadError},
    web::{self, ServiceConfig, get, resource, scope},
};
use shared::ErrorCode;
use utoipa_swagger_ui::{Config, SwaggerUi};

use self::methods::{Routes, methods};
use crate::{
    accounts, api_keys, assets, audit_entries, auth, campaigns, closures, consents, conversations, customers,
    daily_files, erasures, error::ApiError, events, exports, health, legal_holds, messages, numbers, openapi,
    rejected_messages, retention, search, tags, teams, templates, webhook_deliveries, webhook_endpoints,
    webhooks,
};

/// Registers every URL, and the problems for queries and paths that cannot be parsed.
pub fn routes(config: &mut ServiceConfig) {
    config
        .app_data(web::QueryConfig::default().error_handler(|error, _| invalid_query(&error).into()))
        .app_data(web::PathConfig::default().error_handler(|error, _| invalid_path(&error).into()))
        .service(scope("/api/v1").configure(api).default_service(web::to(no_such_path)))
        .service(
            resource(openapi::PATH)
                .route(get().to(openapi::serve))
                .default_service(method_not_allowed("GET")),
        )
        .service(SwaggerUi::new("/api/docs/{_:.*}").config(Config::from(openapi::PATH)))
        .service(
            resource("/api/docs")
                .route(get().to(openapi::to_docs))
                .default_service(method_not_allowed("GET")),
        )
        .service(scope("/api").default_service(web::to(no_such_path)))
        .service(
            scope("/health")
                .service(
                    resource("/live")
                        .route(get().to(health::routes::live))
                        .default_service(method_not_allowed("GET")),
                )
                .service(
                    resource("/ready")
                        .route(get().to(health::routes::ready))
                        .default_service(method_not_allowed("GET")),
                )
                .default_service(web::to(no_such_path)),
        )
        .service(
            resource("/metrics")
                .route(get().to(health::routes::metrics))
                .default_service(method_not_allowed("GET")),
        )
        .service(
            resource("/handset").route(get().to(assets::handset)).default_service(method_not_allowed("GET")),
        )
        .default_service(web::to(assets::serve));
}

/// Registers the URLs under `/api/v1`.
fn api(config: &mut ServiceConfig) {
    let mut urls = Urls(config);
    own_account(&mut urls);
    conversations(&mut urls);
    bulk(&mut urls);
    settings(&mut urls);
    webhook_endpoints(&mut urls);
    administration(&mut urls);
    erasure(&mut urls);
    gateway(&mut urls);
}

/// The caller's sessions and account.
fn own_account(urls: &mut Urls<'_>) {
    use accounts::preferences::routes as preferences;
    use auth::routes as session;

    urls.at("/sessions", methods().post(session::create_session));
    urls.at("/sessions/refresh", methods().post(session::refresh_session));
    urls.at("/sessions/current", methods().delete(session::delete_session));
    urls.at("/me", methods().get(session::get_me).put(session::update_me));
    urls.at("/me/password", methods().put(session::update_my_password));
    urls.at(
        "/me/preferences",
        methods().get(preferences::get_preferences).put(preferences::update_preferences),
    );
    urls.at("/me/sessions", methods().get(session::list_my_sessions).delete(session::delete_my_sessions));
    urls.at("/me/sessions/{id}", methods().delete(session::delete_my_session));
}

/// Conversations, and what agents use to hold them.
fn conversations(urls: &mut Urls<'_>) {
    use consents::routes as consent;
    use conversations::{
        assignment::routes as assignment, drafts::routes as draft, presence::routes as presence,
        routes as conversation, scheduled::routes as scheduled, snooze::routes as snooze,
        tags::routes as conversation_tag,
    };
    use messages::routes as message;
    use templates::routes as template;

    urls.at("/queue", methods().get(conversations::queue::routes::get_queue));
    urls.at("/queue/next", methods().post(conversations::queue::routes::take_next_conversation));
    urls.at(
        "/conversations",
        methods().get(conversation::list_conversations).post(conversation::create_conversation),
    );
    urls.at("/conversations/batch", methods().post(conversation::create_conversation_batch));
    urls.at("/conversations/{id}", methods().get(conversation::get_conversation));
    urls.at(
        "/conversations/{id}/messages",
        methods().get(conversation::list_messages).post(conversation::create_message),
    );
    urls.at("/conversations/{id}/history", methods().get(conversations::history::routes::get_history));
    urls.at("/conversations/{id}/notes", methods().post(conversations::notes::routes::create_note));
    urls.at("/conversations/{id}/templates", methods().get(template::list_conversation_templates));
    urls.at("/conversations/{id}/key_data", methods().get(customers::routes::get_key_data));
    urls.at("/conversations/{id}/closure", methods().post(conversation::create_closure));
    urls.at("/conversations/{id}/opt_out", methods().post(consent::create_opt_out));
    urls.at("/conversations/{id}/attention", methods().delete(conversation::delete_attention));
    urls.at("/drafts", methods().get(draft::list_drafts));
    urls.at(
        "/conversations/{id}/draft",
        methods().get(draft::get_draft).put(draft::update_draft).delete(draft::delete_draft),
    );
    urls.at(
        "/teams/{id}/ad_hoc_draft",
        methods()
            .get(draft::get_ad_hoc_draft)
            .put(draft::update_ad_hoc_draft)
            .delete(draft::delete_ad_hoc_draft),
    );
    urls.at("/conversations/{id}/presence", methods().put(presence::update_presence));
    urls.at(
        "/conversations/{id}/assignment",
        methods().put(assignment::update_assignment).delete(assignment::delete_assignment),
    );
    urls.at("/conversations/{id}/assignees", methods().get(assignment::list_assignees));
    urls.at("/messages/{id}", methods().put(scheduled::update_message).delete(scheduled::delete_message));
    urls.at("/messages/{id}/send_now", methods().post(scheduled::send_message_now));
    urls.at("/conversations/{id}/tags", methods().put(conversation_tag::update_conversation_tags));
    urls.at("/conversations/{id}/snooze", methods().put(snooze::update_snooze).delete(snooze::delete_snooze));
    urls.at("/messages/{id}/media/{n}", methods().get(message::get_media));
    urls.at("/search", methods().get(search::routes::search_conversations));
    urls.at("/numbers", methods().get(numbers::routes::get_number));
    urls.at("/consents", methods().get(consent::list_consents).post(consent::create_consent));
    urls.at("/events", methods().get(events::routes::stream_events));
}

/// Campaigns, and exports.
fn bulk(urls: &mut Urls<'_>) {
    use campaigns::routes as campaign;

    urls.at("/campaigns", methods().get(campaign::list_campaigns));
    urls.at("/teams/{id}/campaigns", methods().post(campaign::create_campaign));
    urls.at(
        "/campaigns/{id}",
        methods()
            .get(campaign::get_campaign)
            .put(campaign::update_campaign)
            .delete(campaign::delete_campaign),
    );
    urls.at("/campaigns/{id}/preview", methods().get(campaign::get_campaign_preview));
    urls.at("/campaigns/{id}/state", methods().put(campaign::update_campaign_state));
    urls.at("/campaigns/{id}/results", methods().get(campaign::get_campaign_results));
    urls.at("/exports/messages", methods().get(exports::routes::export_messages));
    urls.at("/exports/conversations", methods().get(exports::routes::export_conversations));
}

/// The settings of teams.
fn settings(urls: &mut Urls<'_>) {
    use closures::routes as closure_reason;
    use daily_files::routes as daily_file;
    use tags::routes as tag;
    use teams::routes as team;
    use templates::routes as template;

    urls.at("/templates", methods().get(template::list_templates).post(template::create_template));
    urls.at(
        "/templates/{id}",
        methods()
            .get(template::get_template)
            .put(template::update_template)
            .delete(template::delete_template),
    );
    urls.at("/placeholders", methods().get(template::list_placeholders));
    urls.at(
        "/closure_reasons",
        methods().get(closure_reason::list_closure_reasons).post(closure_reason::create_closure_reason),
    );
    urls.at(
        "/closure_reasons/{id}",
        methods()
            .get(closure_reason::get_closure_reason)
            .put(closure_reason::update_closure_reason)
            .delete(closure_reason::delete_closure_reason),
    );
    urls.at("/tags", methods().get(tag::list_tags).post(tag::create_tag));
    urls.at("/tags/{id}", methods().get(tag::get_tag).put(tag::update_tag).delete(tag::delete_tag));
    urls.at("/teams", methods().get(team::list_teams).post(team::create_team));
    urls.at("/teams/{id}", methods().get(team::get_team).put(team::update_team));
    urls.at("/teams/{id}/numbers", methods().post(team::create_team_number).delete(team::delete_team_number));
    urls.at("/teams/{id}/colleagues", methods().get(team::list_colleagues));
    urls.at("/teams/{id}/templates", methods().get(template::list_team_templates));
    urls.at(
        "/teams/{id}/members/{account_id}",
        methods().put(team::update_team_member).delete(team::delete_team_member),
    );
    urls.at(
        "/teams/{id}/daily_files",
        methods().get(daily_file::list_daily_files).post(daily_files::upload::routes::create_daily_file),
    );
    urls.at("/teams/{id}/daily_files/{file_id}/restore", methods().post(daily_file::restore_daily_file));
    urls.at("/teams/{id}/daily_files/{file_id}/rejected", methods().get(daily_file::get_rejected_rows));
    urls.at(
        "/teams/{id}/column_mapping",
        methods().get(daily_file::get_column_mapping).put(daily_file::update_column_mapping),
    );
}

/// Webhook endpoints, and their deliveries.
fn webhook_endpoints(urls: &mut Urls<'_>) {
    use webhook_deliveries::routes as delivery;
    use webhook_endpoints::routes as endpoint;

    urls.at(
        "/teams/{id}/webhook_endpoints",
        methods().get(endpoint::list_webhook_endpoints).post(endpoint::create_webhook_endpoint),
    );
    urls.at(
        "/webhook_endpoints/{id}",
        methods()
            .get(endpoint::get_webhook_endpoint)
            .put(endpoint::update_webhook_endpoint)
            .delete(endpoint::delete_webhook_endpoint),
    );
    urls.at("/webhook_endpoints/{id}/secret", methods().post(endpoint::rotate_webhook_secret));
    urls.at("/webhook_endpoints/{id}/test", methods().post(delivery::test_webhook_endpoint));
    urls.at("/webhook_endpoints/{id}/deliveries", methods().get(delivery::list_webhook_deliveries));
    urls.at("/webhook_deliveries/{id}/replay", methods().post(delivery::replay_webhook_delivery));
}

/// Accounts, API keys and the audit log.
fn administration(urls: &mut Urls<'_>) {
    use accounts::routes as account;
    use api_keys::routes as api_key;

    urls.at("/accounts", methods().get(account::list_accounts).post(account::create_account));
    urls.at("/accounts/{id}", methods().get(account::get_account).put(account::update_account));
    urls.at("/accounts/{id}/password", methods().put(account::update_account_password));
    urls.at("/api_keys", methods().get(api_key::list_api_keys).post(api_key::create_api_key));
    urls.at("/api_keys/{id}", methods().get(api_key::get_api_key).delete(api_key::delete_api_key));
    urls.at(
        "/api_keys/{id}/rotation",
        methods().post(api_key::create_api_key_rotation).delete(api_key::delete_api_key_rotation),
    );
    urls.at("/audit_entries", methods().get(audit_entries::routes::list_audit_entries));
}

/// The gateway's webhooks, and its messages that could not be stored.
fn gateway(urls: &mut Urls<'_>) {
    use webhooks::routes as webhook;

    urls.at("/rejected_messages", methods().get(rejected_messages::routes::list_rejected_messages));
    urls.at("/webhooks/twilio/messages", methods().post(webhook::receive_message));
    urls.at("/webhooks/twilio/status", methods().post(webhook::receive_status));
}

/// The erasure of customers, and what prevents it.
fn erasure(urls: &mut Urls<'_>) {
    use erasures::routes as erasure;
    use legal_holds::routes as legal_hold;

    urls.at(
        "/teams/{id}/erasures",
        methods().get(erasure::get_erasure_preview).post(erasure::create_erasure),
    );
    urls.at(
        "/teams/{id}/legal_holds",
        methods().get(legal_hold::list_legal_holds).post(legal_hold::create_legal_hold),
    );
    urls.at(
        "/teams/{id}/retention",
        methods().get(retention::routes::get_retention).put(retention::routes::update_retention),
    );
    urls.at("/teams/{id}/legal_holds/{hold_id}", methods().delete(legal_hold::delete_legal_hold));
}

/// Registers URLs; another method than those of a URL gets 405.
struct Urls<'a>(&'a mut ServiceConfig);

impl Urls<'_> {
    fn at(&mut self, path: &str, routes: Routes) {
        let mut service = resource(path).default_service(method_not_allowed(routes.allowed()));
        for (_, route) in routes.0 {
            service = service.route(route);
        }
        self.0.service(service);
    }
}

/// Refuses all methods but the allowed ones, which have routes of their own.
fn method_not_allowed(allowed: impl Into<String>) -> Route {
    let allowed = allowed.into();
    web::to(move |request: HttpRequest| {
        let allowed = allowed.clone();
        async move {
            let detail = format!("{} is not allowed here. Use {allowed}.", request.method());
            Err::<HttpResponse, _>(ApiError::new(ErrorCode::MethodNotAllowed, detail).allow(allowed))
        }
    })
}

async fn no_such_path() -> Result<HttpResponse, ApiError> {
    Err(ApiError::new(ErrorCode::NotFound, "This path does not exist. See /api/docs for all paths."))
}

fn invalid_query(error: &QueryPayloadError) -> ApiError {
    ApiError::new(ErrorCode::InvalidQuery, format!("The query cannot be read: {error}."))
}

fn invalid_path(_: &PathError) -> ApiError {
    ApiError::new(ErrorCode::NotFound, "This id does not exist. Ids are whole numbers.")
}
