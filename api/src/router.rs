//! Every URL of the server.

use actix_web::{
    HttpRequest, HttpResponse, Route,
    error::{PathError, QueryPayloadError},
    web::{self, ServiceConfig, delete, get, post, put, resource, scope},
};
use shared::ErrorCode;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::{
    accounts, api_keys, assets, auth, closures, consents, conversations, customers, daily_files,
    error::ApiError, events, health, messages, numbers, openapi, rejected_messages, search, teams, templates,
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

/// Registers the URLs under `/api/v1`. One table, although it is long, so that all of them can be read in one place.
fn api(config: &mut ServiceConfig) {
    use accounts::routes as account;
    use api_keys::routes as api_key;
    use auth::routes as session;
    use closures::routes as closure_reason;
    use consents::routes as consent;
    use conversations::routes as conversation;
    use daily_files::routes as daily_file;
    use messages::routes as message;
    use teams::routes as team;
    use templates::routes as template;
    use webhooks::routes as webhook;

    let mut at = |path: &str, routes: Routes| {
        let mut service = resource(path).default_service(method_not_allowed(routes.allowed()));
        for route in routes.0 {
            service = service.route(route.1);
        }
        config.service(service);
    };
    at("/sessions", methods().post(session::create_session));
    at("/sessions/refresh", methods().post(session::refresh_session));
    at("/sessions/current", methods().delete(session::delete_session));
    at("/me", methods().get(session::get_me).put(session::update_me));
    at("/me/password", methods().put(session::update_my_password));
    at("/me/sessions", methods().get(session::list_my_sessions).delete(session::delete_my_sessions));
    at("/me/sessions/{id}", methods().delete(session::delete_my_session));

    at("/queue", methods().get(conversation::get_queue));
    at(
        "/conversations",
        methods().get(conversation::list_conversations).post(conversation::create_conversation),
    );
    at("/conversations/{id}", methods().get(conversation::get_conversation));
    at(
        "/conversations/{id}/messages",
        methods().get(conversation::list_messages).post(conversation::create_message),
    );
    at("/conversations/{id}/templates", methods().get(template::list_conversation_templates));
    at("/conversations/{id}/key_data", methods().get(customers::routes::get_key_data));
    at("/conversations/{id}/closure", methods().post(conversation::create_closure));
    at("/conversations/{id}/opt_out", methods().post(consent::create_opt_out));
    at("/conversations/{id}/attention", methods().delete(conversation::delete_attention));
    at("/messages/{id}/media/{n}", methods().get(message::get_media));
    at("/search", methods().get(search::routes::search_conversations));
    at("/numbers", methods().get(numbers::routes::get_number));
    at("/consents", methods().get(consent::list_consents).post(consent::create_consent));
    at("/events", methods().get(events::routes::stream_events));

    at("/templates", methods().get(template::list_templates).post(template::create_template));
    at(
        "/templates/{id}",
        methods()
            .get(template::get_template)
            .put(template::update_template)
            .delete(template::delete_template),
    );
    at("/placeholders", methods().get(template::list_placeholders));
    at(
        "/closure_reasons",
        methods().get(closure_reason::list_closure_reasons).post(closure_reason::create_closure_reason),
    );
    at(
        "/closure_reasons/{id}",
        methods()
            .get(closure_reason::get_closure_reason)
            .put(closure_reason::update_closure_reason)
            .delete(closure_reason::delete_closure_reason),
    );

    at("/teams", methods().get(team::list_teams).post(team::create_team));
    at("/teams/{id}", methods().get(team::get_team).put(team::update_team));
    at("/teams/{id}/numbers", methods().post(team::create_team_number).delete(team::delete_team_number));
    at("/teams/{id}/templates", methods().get(template::list_team_templates));
    at(
        "/teams/{id}/members/{account_id}",
        methods().put(team::update_team_member).delete(team::delete_team_member),
    );
    at(
        "/teams/{id}/daily_files",
        methods().get(daily_file::list_daily_files).post(daily_files::upload::routes::create_daily_file),
    );
    at("/teams/{id}/daily_files/{file_id}/restore", methods().post(daily_file::restore_daily_file));
    at("/teams/{id}/daily_files/{file_id}/rejected", methods().get(daily_file::get_rejected_rows));
    at(
        "/teams/{id}/column_mapping",
        methods().get(daily_file::get_column_mapping).put(daily_file::update_column_mapping),
    );
    at("/accounts", methods().get(account::list_accounts).post(account::create_account));
    at("/accounts/{id}", methods().get(account::get_account).put(account::update_account));
    at("/accounts/{id}/password", methods().put(account::update_account_password));
    at("/api_keys", methods().get(api_key::list_api_keys).post(api_key::create_api_key));
    at("/api_keys/{id}", methods().delete(api_key::delete_api_key));

    at("/rejected_messages", methods().get(rejected_messages::routes::list_rejected_messages));
    at("/webhooks/twilio/messages", methods().post(webhook::receive_message));
    at("/webhooks/twilio/status", methods().post(webhook::receive_status));
}

/// The methods of a path, each with its handler.
#[derive(Default)]
struct Routes(Vec<(&'static str, Route)>);

fn methods() -> Routes {
    Routes::default()
}

macro_rules! define_methods {
    ($($name:ident => $method:literal;)*) => {
        impl Routes {
            $(fn $name<F, Args>(mut self, handler: F) -> Self
            where
                F: actix_web::Handler<Args>,
                Args: actix_web::FromRequest + 'static,
                F::Output: actix_web::Responder + 'static,
            {
                self.0.push(($method, $name().to(handler)));
                self
            })*
        }
    };
}

define_methods! {
    get => "GET";
    post => "POST";
    put => "PUT";
    delete => "DELETE";
}

impl Routes {
    /// Returns the value of the header `Allow`.
    fn allowed(&self) -> String {
        let methods: Vec<&str> = self.0.iter().map(|(method, _)| *method).collect();
        methods.join(", ")
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
