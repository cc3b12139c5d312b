//! Corrects schemas that the annotations cannot express.

use std::collections::BTreeMap;

use serde_json::Value;
use shared::{webhook_delivery::TEST_TYPE, webhook_endpoint::WebhookEventType};
use utoipa::{
    Modify,
    openapi::{
        ObjectBuilder, OpenApi, Ref, RefOr, Schema, Type,
        schema::{AnyOfBuilder, ArrayItems, SchemaType},
    },
};

use super::operations::{places, responses, value};
use crate::gateway::failure::FailureCode;

/// The prefix that the names of pages have.
const PAGE: &str = "Page_";

/// Makes the items of pages references, and describes responses that no slice describes.
pub(super) struct Schemas;

impl Modify for Schemas {
    fn modify(&self, document: &mut OpenApi) {
        let schemas = &mut document.components.get_or_insert_default().schemas;
        let names: Vec<String> = schemas.keys().cloned().collect();
        for (name, schema) in schemas.iter_mut() {
            let item = name.strip_prefix(PAGE).filter(|item| names.iter().any(|name| name == item));
            if let (Some(item), RefOr::T(Schema::Object(page))) = (item, schema)
                && let Some(RefOr::T(Schema::Array(items))) = page.properties.get_mut("items")
            {
                items.items = ArrayItems::RefOrSchema(Box::new(RefOr::Ref(Ref::from_schema_name(item))));
                page.description = Some(format!("A page of a list of `{item}`."));
            }
        }
        name_known_values(schemas);
        describe_responses(document);
        for place in places(document) {
            let parameters = place.operation.parameters.iter_mut().flatten();
            for parameter in parameters {
                if let RefOr::T(parameter) = parameter
                    && let Some(RefOr::T(Schema::Object(schema))) = &mut parameter.schema
                {
                    leave_out_null(&mut schema.schema_type);
                }
            }
        }
    }
}

/// Lists the values of texts that others than the server can choose, and those that the server chooses.
fn name_known_values(schemas: &mut BTreeMap<String, RefOr<Schema>>) {
    let codes = FailureCode::all_known().map(|code| code.to_string()).collect();
    name_known(schemas, "MessageError", "code", codes, "Another code of the gateway");
    let keywords = texts(&["STOP", "START", "HELP"]);
    name_known(schemas, "IncomingMessageForm", "OptOutType", keywords, "Another keyword, which is ignored");
    let statuses = texts(&["queued", "sending", "sent", "delivered", "undelivered", "failed"]);
    name_known(schemas, "StatusForm", "MessageStatus", statuses, "Another status, which is ignored");
    let types = WebhookEventType::ALL.into_iter().map(WebhookEventType::as_str).chain([TEST_TYPE]);
    for (name, property) in [("WebhookPayload", "type"), ("WebhookDelivery", "event_type")] {
        if let Some(RefOr::T(Schema::Object(object))) = schemas.get_mut(name)
            && let Some(RefOr::T(Schema::Object(text))) = object.properties.get_mut(property)
        {
            text.enum_values = Some(types.clone().map(Value::from).collect());
        }
    }
}

fn texts(known: &[&str]) -> Vec<String> {
    known.iter().map(|text| (*text).to_owned()).collect()
}

/// Makes a property one of the known values, or another text.
fn name_known(
    schemas: &mut BTreeMap<String, RefOr<Schema>>,
    name: &str,
    property: &str,
    known: Vec<String>,
    other: &str,
) {
    if let Some(RefOr::T(Schema::Object(object))) = schemas.get_mut(name)
        && let Some(RefOr::T(Schema::Object(text))) = object.properties.get(property)
    {
        let known = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(known));
        let other = ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(text.min_length)
            .description(Some(other));
        let either =
            AnyOfBuilder::new().description(text.description.clone()).item(known).item(other).build();
        object.properties.insert(property.to_owned(), RefOr::T(Schema::AnyOf(either)));
    }
}

/// A parameter can be left out, but it cannot be `null`.
fn leave_out_null(kind: &mut SchemaType) {
    if let SchemaType::Array(kinds) = kind {
        kinds.retain(|kind| *kind != Type::Null);
        if let [only] = kinds.as_slice() {
            *kind = SchemaType::Type(only.clone());
        }
    }
}

/// A response without a description gets that of its schema.
fn describe_responses(document: &mut OpenApi) {
    let schemas = document.components.get_or_insert_default().schemas.clone();
    let description_of = |name: &str| match schemas.get(name) {
        Some(RefOr::T(Schema::Object(object))) => object.description.clone(),
        Some(RefOr::T(Schema::AllOf(all))) => all.description.clone(),
        _ => None,
    };
    for place in places(document) {
        for (_, response) in
            responses(place.operation).filter(|(_, response)| response.description.is_empty())
        {
            let schema = response.content.values().find_map(|content| value(content)?.schema.as_ref());
            let name = match schema {
                Some(RefOr::Ref(schema)) => schema.ref_location.rsplit('/').next(),
                _ => None,
            };
            let described = name.and_then(description_of).unwrap_or_default();
            // Only the first sentence, without the request that it begins with: "`GET /me`: ...".
            let sentence = described.split_once("`: ").map_or(described.as_str(), |(_, rest)| rest);
            let sentence = sentence.split(". ").next().unwrap_or_default().trim_end_matches('.');
            response.description = capitalised(sentence);
        }
    }
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
