//! The lengths, patterns and counts of what clients send. The limits are the constants that the server checks with.

use shared::{
    account::{MAX_NAME_CHARACTERS, MAX_PASSWORD_CHARACTERS, MIN_PASSWORD_CHARACTERS},
    batch::MAX_BATCH_ITEMS,
    closure::MAX_NOTE_CHARACTERS,
    draft::MAX_DRAFT_CHARACTERS,
    erasure::MAX_REASON_CHARACTERS,
    message::{MAX_BODY_CHARACTERS, MAX_MENTIONS},
    preferences::UNDO_SECONDS,
    presence::MAX_TAB_CHARACTERS,
    webhook_endpoint::{MAX_DESCRIPTION_CHARACTERS, MAX_URL_CHARACTERS},
};
use utoipa::{
    Modify,
    openapi::{Object, OpenApi, RefOr, Schema},
};

use super::{headers::VISIBLE_ASCII, operations::places};
use crate::{
    daily_files::mapping::MAX_COLUMN_CHARACTERS, fields::MAX_EMAIL_LENGTH, idempotency::MAX_KEY,
    numbers::parse::MAX_CHARS as MAX_TYPED_CHARACTERS, search::term::MAX_CHARS as MAX_TERM_CHARACTERS,
};

/// What a value must be.
#[derive(Clone, Copy)]
enum Bound {
    /// A text of this many characters.
    Text(usize, usize),
    /// A text of this many characters that matches a pattern.
    Pattern(usize, usize, &'static str),
    /// A list of this many items.
    Items(usize, Option<usize>),
    /// One of these numbers.
    OneOf(&'static [u8]),
}

const NAME: Bound = Bound::Text(1, MAX_NAME_CHARACTERS);
const EMAIL: Bound = Bound::Pattern(3, MAX_EMAIL_LENGTH, r"^[^@\s]+@[^@\s]+$");
const PASSWORD: Bound = Bound::Text(MIN_PASSWORD_CHARACTERS, MAX_PASSWORD_CHARACTERS);
const GIVEN_PASSWORD: Bound = Bound::Text(0, MAX_PASSWORD_CHARACTERS);
const BODY: Bound = Bound::Text(1, MAX_BODY_CHARACTERS);
const NOTE: Bound = Bound::Text(0, MAX_NOTE_CHARACTERS);
const REASON: Bound = Bound::Text(1, MAX_REASON_CHARACTERS);
const TYPED_NUMBER: Bound = Bound::Text(1, MAX_TYPED_CHARACTERS);
const DESCRIPTION: Bound = Bound::Text(0, MAX_DESCRIPTION_CHARACTERS);
const WEBHOOK_URL: Bound = Bound::Pattern(
    11,
    MAX_URL_CHARACTERS,
    r"^https://[a-z]([a-z0-9-]*[a-z0-9])?(\.[a-z]([a-z0-9-]*[a-z0-9])?)+(:[1-9][0-9]{0,3})?(/[A-Za-z0-9._~/-]*)?(\?[A-Za-z0-9._~=&-]*)?$",
);
const COLUMN: Bound = Bound::Text(0, MAX_COLUMN_CHARACTERS);

/// The bounds of request bodies: schema, property, bound.
const PROPERTIES: &[(&str, &str, Bound)] = &[
    ("AccountChange", "display_name", NAME),
    ("AccountChange", "email", EMAIL),
    ("CampaignChange", "body", BODY),
    ("CampaignChange", "name", NAME),
    ("ClosureReasonChange", "name", NAME),
    ("ColumnMapping", "name", COLUMN),
    ("ColumnMapping", "number", COLUMN),
    ("ColumnMapping", "ref", COLUMN),
    ("NewAccount", "display_name", NAME),
    ("NewAccount", "email", EMAIL),
    ("NewAccount", "password", PASSWORD),
    ("NewApiKey", "name", NAME),
    ("NewApiKey", "permissions", Bound::Items(1, None)),
    ("NewApiKey", "team_ids", Bound::Items(1, None)),
    ("NewAssignment", "note", NOTE),
    ("NewBatch", "items", Bound::Items(1, Some(MAX_BATCH_ITEMS))),
    ("NewClosure", "note", NOTE),
    ("NewClosureReason", "name", NAME),
    ("NewConsent", "note", Bound::Text(1, MAX_NOTE_CHARACTERS)),
    ("NewConsent", "number", TYPED_NUMBER),
    ("NewConversation", "body", BODY),
    ("NewConversation", "number", TYPED_NUMBER),
    ("NewDraft", "body", Bound::Text(0, MAX_DRAFT_CHARACTERS)),
    ("NewDraft", "key", Bound::Pattern(1, MAX_KEY, VISIBLE_ASCII)),
    ("NewErasure", "number", TYPED_NUMBER),
    ("NewErasure", "reason", REASON),
    ("NewLegalHold", "number", TYPED_NUMBER),
    ("NewLegalHold", "reason", REASON),
    ("NewMessage", "body", BODY),
    ("NewNote", "body", BODY),
    ("NewNote", "mentions", Bound::Items(0, Some(MAX_MENTIONS))),
    ("NewOptOut", "note", NOTE),
    ("NewPassword", "password", PASSWORD),
    ("NewSnooze", "note", NOTE),
    ("NewTag", "name", NAME),
    ("NewTeam", "name", NAME),
    ("NewTeam", "region", Bound::Pattern(2, 2, "^[A-Za-z]{2}$")),
    ("NewTeam", "time_zone", Bound::Text(1, 100)),
    ("NewTeam", "help_reply", Bound::Text(0, MAX_BODY_CHARACTERS)),
    ("NewTeamNumber", "number", TYPED_NUMBER),
    ("NewTemplate", "body", BODY),
    ("NewTemplate", "name", NAME),
    ("NewWebhookEndpoint", "description", DESCRIPTION),
    ("NewWebhookEndpoint", "event_types", Bound::Items(1, None)),
    ("NewWebhookEndpoint", "url", WEBHOOK_URL),
    ("PasswordChange", "current_password", GIVEN_PASSWORD),
    ("PasswordChange", "password", PASSWORD),
    ("Preferences", "undo_seconds", Bound::OneOf(&UNDO_SECONDS)),
    ("PresenceReport", "tab", Bound::Pattern(1, MAX_TAB_CHARACTERS, VISIBLE_ASCII)),
    ("Profile", "display_name", NAME),
    ("Profile", "email", EMAIL),
    ("ScheduledMessageChange", "body", BODY),
    ("SignIn", "email", Bound::Text(0, MAX_EMAIL_LENGTH)),
    ("SignIn", "password", GIVEN_PASSWORD),
    ("TagChange", "name", NAME),
    ("TemplateChange", "body", BODY),
    ("TemplateChange", "name", NAME),
    ("WebhookEndpointChange", "description", DESCRIPTION),
    ("WebhookEndpointChange", "event_types", Bound::Items(1, None)),
    ("WebhookEndpointChange", "url", WEBHOOK_URL),
];

/// The bounds of parameters, by name.
const PARAMETERS: &[(&str, Bound)] = &[
    ("cursor", Bound::Pattern(1, 1000, "^[A-Za-z0-9_-]+$")),
    ("input", Bound::Text(0, 1000)),
    ("name", NAME),
    ("q", Bound::Text(1, MAX_TERM_CHARACTERS)),
];

/// Writes the bounds into the document.
pub(super) struct Bounds;

impl Modify for Bounds {
    fn modify(&self, document: &mut OpenApi) {
        for place in places(document) {
            let parameters = place.operation.parameters.iter_mut().flatten();
            for parameter in parameters {
                let RefOr::T(parameter) = parameter else { continue };
                let bound = PARAMETERS.iter().find(|(name, _)| *name == parameter.name);
                if let (Some((_, bound)), Some(RefOr::T(schema))) = (bound, &mut parameter.schema) {
                    apply(*bound, schema);
                }
            }
        }
        let schemas = &mut document.components.get_or_insert_default().schemas;
        for (name, property, bound) in PROPERTIES {
            if let Some(RefOr::T(Schema::Object(object))) = schemas.get_mut(*name)
                && let Some(RefOr::T(schema)) = object.properties.get_mut(*property)
            {
                apply(*bound, schema);
            }
        }
    }
}

fn apply(bound: Bound, schema: &mut Schema) {
    match (bound, schema) {
        (Bound::Text(shortest, longest), Schema::Object(object)) => set_length(object, shortest, longest),
        (Bound::Pattern(shortest, longest, pattern), Schema::Object(object)) => {
            set_length(object, shortest, longest);
            object.pattern = Some(pattern.to_owned());
        }
        (Bound::OneOf(numbers), Schema::Object(object)) => {
            object.minimum = None;
            object.enum_values = Some(numbers.iter().map(|number| (*number).into()).collect());
        }
        (Bound::Items(fewest, most), Schema::Array(array)) => {
            array.min_items = (fewest > 0).then_some(fewest);
            array.max_items = most;
        }
        _ => {}
    }
}

fn set_length(object: &mut Object, shortest: usize, longest: usize) {
    object.min_length = (shortest > 0).then_some(shortest);
    object.max_length = Some(longest);
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Whether the schema states the bound.
    fn states(schema: &Value, bound: Bound) -> bool {
        match bound {
            Bound::Text(_, longest) => schema["maxLength"] == longest,
            Bound::Pattern(.., pattern) => schema["pattern"] == pattern,
            Bound::Items(fewest, most) => {
                schema.get("maxItems") == most.map(Value::from).as_ref()
                    && schema.get("minItems") == (fewest > 0).then(|| fewest.into()).as_ref()
            }
            Bound::OneOf(numbers) => schema["enum"] == json!(numbers),
        }
    }

    #[test]
    fn the_document_states_every_bound() {
        let document = serde_json::to_value(crate::openapi::document()).unwrap();
        for (name, property, bound) in PROPERTIES {
            let schema = &document["components"]["schemas"][name]["properties"][property];
            assert!(states(schema, *bound), "{name}.{property}: {schema}");
        }
        let operations =
            document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap());
        let parameters: Vec<&Value> =
            operations.filter_map(|(_, operation)| operation["parameters"].as_array()).flatten().collect();
        for (name, bound) in PARAMETERS {
            let mut named = parameters.iter().filter(|parameter| parameter["name"] == *name).peekable();
            assert!(named.peek().is_some(), "no operation has the parameter {name}");
            assert!(named.all(|parameter| states(&parameter["schema"], *bound)), "{name}");
        }
    }
}
