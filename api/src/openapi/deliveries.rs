//! The requests that the server sends to webhook endpoints: the `webhooks` of OpenAPI 3.1, which utoipa does not generate.

use std::collections::BTreeMap;

use serde_json::{Value, json, to_value};
use shared::webhook_endpoint::WebhookEventType;
use utoipa::openapi::{
    ContentBuilder, HttpMethod, Object, OpenApi, PathItem, Ref, Required, ResponseBuilder, Type,
    path::{OperationBuilder, ParameterBuilder, ParameterIn},
    request_body::RequestBodyBuilder,
};

use super::examples::example;

/// The headers of a delivery, by the Standard Webhooks specification.
const HEADERS: [(&str, &str); 3] = [
    ("webhook-id", "The delivery's id, the same at every attempt and replay"),
    ("webhook-timestamp", "When the attempt began, in seconds since 1970"),
    ("webhook-signature", "`v1,` and a signature for each secret that signs, separated by spaces"),
];

/// Returns the description of each type of request.
pub(super) fn webhooks(document: &OpenApi) -> BTreeMap<&'static str, PathItem> {
    let schemas = document.components.as_ref().and_then(|components| to_value(&components.schemas).ok());
    let schemas = schemas.unwrap_or_default();
    WebhookEventType::ALL.into_iter().map(|kind| (kind.as_str(), item(&schemas, kind))).collect()
}

fn item(schemas: &Value, kind: WebhookEventType) -> PathItem {
    let payload = Ref::from_schema_name("WebhookPayload");
    let content =
        ContentBuilder::new().schema(Some(payload)).example(Some(payload_of(schemas, kind))).build();
    let body =
        RequestBodyBuilder::new().content("application/json", content).required(Some(Required::True)).build();
    let mut operation = OperationBuilder::new()
        .operation_id(Some(format!("deliver_{}", kind.as_str().replace('.', "_"))))
        .tag("webhooks")
        .summary(Some(format!("Sent to webhook endpoints with the event type `{}`.", kind.as_str())))
        .request_body(Some(body))
        .response("2XX", ResponseBuilder::new().description("The delivery is accepted"))
        .response("410", ResponseBuilder::new().description("The endpoint is gone: it is disabled"))
        .response("default", ResponseBuilder::new().description("The delivery is attempted again later"));
    for (name, description) in HEADERS {
        let header = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header)
            .required(Required::True)
            .description(Some(description))
            .schema(Some(Object::with_type(Type::String)));
        operation = operation.parameter(header);
    }
    PathItem::new(HttpMethod::Post, operation)
}

/// Returns an example of the content, with the fields that a type has.
fn payload_of(schemas: &Value, kind: WebhookEventType) -> Value {
    use WebhookEventType as Type;
    let fields: &[&str] = match kind {
        Type::MessageReceived | Type::MessageStatus => &["team_id", "conversation", "message"],
        Type::ConversationOpened | Type::ConversationAssigned | Type::ConversationClosed => {
            &["team_id", "conversation"]
        }
        Type::ConsentChanged => &["team_id", "consent"],
        Type::DailyFileImported => &["team_id", "daily_file"],
    };
    let mut payload = example(schemas, &json!({"$ref": "#/components/schemas/WebhookPayload"}), "");
    if let Some(payload) = payload.as_object_mut() {
        payload.insert("type".to_owned(), kind.as_str().into());
        if let Some(data) = payload.get_mut("data").and_then(Value::as_object_mut) {
            data.retain(|name, _| fields.contains(&name.as_str()));
        }
    }
    payload
}
