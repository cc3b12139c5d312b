//! An example of each content that has none. It is composed from the schemas, and from examples of common properties.

use serde_json::{Map, Value, json, to_value};
use utoipa::{Modify, openapi::OpenApi};

use super::operations::{contents, places};

/// Adds an example to each content without one.
pub(super) struct Examples;

impl Modify for Examples {
    fn modify(&self, document: &mut OpenApi) {
        let schemas = document.components.as_ref().map(|components| to_value(&components.schemas));
        let Some(Ok(schemas)) = schemas else { return };
        for place in places(document) {
            for content in contents(place.operation) {
                let is_empty = content.example.is_none() && content.examples.is_empty();
                if let (true, Some(Ok(schema))) = (is_empty, content.schema.as_ref().map(to_value)) {
                    content.example = Some(example(&schemas, &schema, ""));
                }
            }
        }
    }
}

/// Returns an example of a schema. `name` is the property that has the schema.
pub(super) fn example(schemas: &Value, schema: &Value, name: &str) -> Value {
    if let Some(given) = schema.get("example").or_else(|| schema.get("default")) {
        return given.clone();
    }
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        let target = target.rsplit('/').next().unwrap_or_default();
        return schemas.get(target).map_or(Value::Null, |schema| example(schemas, schema, name));
    }
    if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
        let objects = parts.iter().filter_map(|part| example(schemas, part, name).as_object().cloned());
        return Value::Object(objects.flatten().collect());
    }
    let choices = ["oneOf", "anyOf"].iter().find_map(|choice| schema.get(choice)?.as_array());
    if let Some(first) = choices.and_then(|choices| choices.first()) {
        return example(schemas, first, name);
    }
    if let Some(first) = schema.get("enum").and_then(|values| values.get(0)) {
        return first.clone();
    }
    match type_of(schema) {
        "object" => object(schemas, schema),
        "array" => {
            let items = schema.get("items").map(|items| example(schemas, items, name));
            Value::Array(items.into_iter().collect())
        }
        "integer" => json!(schema.get("minimum").and_then(Value::as_i64).unwrap_or(1)),
        "boolean" => json!(true),
        "string" => text(schema.get("format").and_then(Value::as_str), name),
        _ => Value::Null,
    }
}

/// The type of a schema, without `null`.
fn type_of(schema: &Value) -> &str {
    let kinds = schema.get("type");
    let first = kinds.and_then(Value::as_array).and_then(|kinds| kinds.iter().find(|kind| *kind != "null"));
    first.or(kinds).and_then(Value::as_str).unwrap_or_default()
}

fn object(schemas: &Value, schema: &Value) -> Value {
    let properties = schema.get("properties").and_then(Value::as_object);
    let examples = properties.into_iter().flatten().map(|(name, schema)| {
        let is_null = NULLS.contains(&name.as_str());
        (name.clone(), if is_null { Value::Null } else { example(schemas, schema, name) })
    });
    Value::Object(examples.collect::<Map<String, Value>>())
}

/// Properties that are usually `null`.
const NULLS: [&str; 12] = [
    "api_key",
    "archived_at",
    "attention",
    "closed_at",
    "closed_by",
    "closure",
    "closure_reason",
    "disabled_at",
    "error",
    "gateway_refused_since",
    "next_cursor",
    "refused_since",
];

fn text(format: Option<&str>, name: &str) -> Value {
    json!(match (format, name) {
        (Some("date-time"), _) => "2026-11-22T09:30:00Z",
        (Some("date"), _) => "2026-11-22",
        (_, "access_token") => "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        (_, "address") => "192.0.2.1",
        (_, "body" | "rendered" | "text") => "Hello Maria, your balance is GBP 120.00.",
        (_, "column" | "columns" | "number") => "Mobile",
        (_, "content_type") => "image/jpeg",
        (_, "created_by" | "by" | "display_name") => "Ann Lee",
        (_, "csrf_token") => "b3BhcXVl",
        (_, "current_password") => "sms-chat-demo",
        (_, "email") => "ann@example.com",
        (_, "from" | "international" | "to") => "+44 7700 900123",
        (_, "gateway_id") => "SM0123456789abcdef0123456789abcdef",
        (_, "help_reply") => "Call us on 0800 496 0123. Send STOP to opt out.",
        (_, "hint") => "smsc_4f9a",
        (_, "key") => "6f1f3c1e-8f0a-4b39-9a5e-2f4f7a1b9c3d",
        (_, "missing" | "sample") => "Balance",
        (_, "name") => "Maria Jones",
        (_, "note" | "closure_note") => "Pays on Friday.",
        (_, "password") => "a heron on the quiet weir",
        (_, "reason") => "The number is not a possible phone number.",
        (_, "ref") => "A-10021",
        (_, "region") => "GB",
        (_, "secret") => "smsc_4f9a2c7d1e8b5f60",
        (_, "tab") => "tab-1",
        (_, "time_zone") => "Europe/London",
        (_, "url") => "/api/v1/messages/1/media/0",
        (_, "user_agent") => "Firefox on Linux",
        (_, "version") => "5f0c1d2e3a4b5c6d7e8f9a0b",
        (_, "value") => "GBP 120.00",
        _ => "text",
    })
}
