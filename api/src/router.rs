//! Every URL of the desk, on one page.

use actix_web::{
    HttpRequest, HttpResponse, Route,
    error::{JsonPayloadError, PathError, QueryPayloadError},
    web::{self, ServiceConfig, delete, get, post, resource, scope},
};
use shared::ErrorCode;
use utoipa_swagger_ui::SwaggerUi;

use crate::{
    assets, auth, closures, conversations, customers, desk::BODY_LIMIT, error::ApiError, events, gateway,
    health, openapi, templates,
};

/// Every URL, and what the shared extractors answer to what they cannot read.
pub fn routes(config: &mut ServiceConfig) {
    config
        .app_data(
            web::JsonConfig::default()
                .limit(BODY_LIMIT)
                .error_handler(|error, _| unreadable_json(&error).into()),
        )
        .app_data(web::QueryConfig::default().error_handler(|error, _| unreadable_query(&error).into()))
        .app_data(web::PathConfig::default().error_handler(|error, _| unreadable_path(&error).into()))
        .service(scope("/api/v1").configure(api).default_service(web::to(no_such_path)))
        .service(SwaggerUi::new("/api/docs/{_:.*}").url("/api/openapi.json", openapi::document()))
        .service(resource("/api/docs").route(get().to(openapi::to_docs)).default_service(only("GET")))
        .service(scope("/api").default_service(web::to(no_such_path)))
        .service(
            scope("/health")
                .service(resource("/live").route(get().to(health::routes::live)).default_service(only("GET")))
                .service(
                    resource("/ready").route(get().to(health::routes::ready)).default_service(only("GET")),
                )
                .default_service(web::to(no_such_path)),
        )
        .service(resource("/metrics").route(get().to(health::routes::metrics)).default_service(only("GET")))
        .service(resource("/handset").route(get().to(assets::handset)).default_service(only("GET")))
        .default_service(web::to(assets::serve));
}

fn api(config: &mut ServiceConfig) {
    use auth::routes::{create_session, delete_session, get_me, refresh_session};
    use closures::routes::list_closure_reasons;
    use conversations::routes::{
        create_closure, create_message, get_conversation, get_queue, list_conversations, list_messages,
    };
    use customers::routes::get_key_data;
    use events::routes::stream_events;
    use gateway::routes::{receive_message, receive_status};
    use templates::routes::list_conversation_templates;

    config
        .service(resource("/sessions").route(post().to(create_session)).default_service(only("POST")))
        .service(
            resource("/sessions/refresh").route(post().to(refresh_session)).default_service(only("POST")),
        )
        .service(
            resource("/sessions/current").route(delete().to(delete_session)).default_service(only("DELETE")),
        )
        .service(resource("/me").route(get().to(get_me)).default_service(only("GET")))
        .service(resource("/queue").route(get().to(get_queue)).default_service(only("GET")))
        .service(resource("/conversations").route(get().to(list_conversations)).default_service(only("GET")))
        .service(
            resource("/conversations/{id}").route(get().to(get_conversation)).default_service(only("GET")),
        )
        .service(
            resource("/conversations/{id}/messages")
                .route(get().to(list_messages))
                .route(post().to(create_message))
                .default_service(only("GET, POST")),
        )
        .service(
            resource("/conversations/{id}/templates")
                .route(get().to(list_conversation_templates))
                .default_service(only("GET")),
        )
        .service(
            resource("/conversations/{id}/key_data")
                .route(get().to(get_key_data))
                .default_service(only("GET")),
        )
        .service(
            resource("/conversations/{id}/closure")
                .route(post().to(create_closure))
                .default_service(only("POST")),
        )
        .service(
            resource("/closure_reasons").route(get().to(list_closure_reasons)).default_service(only("GET")),
        )
        .service(resource("/events").route(get().to(stream_events)).default_service(only("GET")))
        .service(
            resource("/webhooks/twilio/messages")
                .route(post().to(receive_message))
                .default_service(only("POST")),
        )
        .service(
            resource("/webhooks/twilio/status")
                .route(post().to(receive_status))
                .default_service(only("POST")),
        );
}

/// Any other method than those that a path offers.
fn only(allowed: &'static str) -> Route {
    web::to(move |request: HttpRequest| async move {
        let detail = format!("{} is not offered here, but {allowed} is.", request.method());
        Err::<HttpResponse, _>(ApiError::new(ErrorCode::MethodNotAllowed, detail).allow(allowed))
    })
}

async fn no_such_path() -> Result<HttpResponse, ApiError> {
    Err(ApiError::new(ErrorCode::NotFound, "There is no such path. See /api/docs for all that there are."))
}

fn unreadable_json(error: &JsonPayloadError) -> ApiError {
    match error {
        JsonPayloadError::OverflowKnownLength { .. } | JsonPayloadError::Overflow { .. } => {
            ApiError::new(ErrorCode::BodyTooLarge, "A request body has at most 1 MiB.")
        }
        JsonPayloadError::ContentType => {
            ApiError::new(ErrorCode::UnsupportedMediaType, "Send JSON, with Content-Type: application/json.")
        }
        JsonPayloadError::Deserialize(fault) => ApiError::new(
            ErrorCode::InvalidBody,
            format!("The body is not the JSON that is expected here: {fault}."),
        ),
        _ => ApiError::new(ErrorCode::InvalidBody, "The body could not be read to its end."),
    }
}

fn unreadable_query(error: &QueryPayloadError) -> ApiError {
    ApiError::new(ErrorCode::InvalidQuery, format!("The query cannot be read: {error}."))
}

fn unreadable_path(_: &PathError) -> ApiError {
    ApiError::new(ErrorCode::NotFound, "There is nothing with such an id: ids are whole numbers.")
}
