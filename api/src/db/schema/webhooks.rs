//! The tables of webhook endpoints and their deliveries.

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::UtcTimestamp;

    webhook_endpoints (id) {
        id -> BigInt,
        team_id -> BigInt,
        url -> Text,
        description -> Text,
        event_types -> Text,
        secret -> Text,
        previous_secret -> Nullable<Text>,
        previous_secret_until -> Nullable<UtcTimestamp>,
        after_event_id -> BigInt,
        disabled_at -> Nullable<UtcTimestamp>,
        disabled_reason -> Nullable<Text>,
        created_by -> Text,
        created_at -> UtcTimestamp,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::UtcTimestamp;

    webhook_deliveries (id) {
        id -> BigInt,
        endpoint_id -> BigInt,
        conversation_id -> Nullable<BigInt>,
        event_type -> Text,
        body -> Text,
        status -> Text,
        attempts -> Integer,
        due_at -> Nullable<UtcTimestamp>,
        last_attempt_at -> Nullable<UtcTimestamp>,
        duration_ms -> Nullable<BigInt>,
        response_status -> Nullable<Integer>,
        response -> Nullable<Text>,
        created_at -> UtcTimestamp,
    }
}

diesel::table! {
    webhook_positions (id) {
        id -> BigInt,
        newest -> BigInt,
        missing -> Text,
    }
}
