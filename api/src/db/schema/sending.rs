//! The tables for sending messages and for idempotency.

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::UtcTimestamp;

    outbox (message_id) {
        message_id -> BigInt,
        team_number -> Text,
        number -> Text,
        attempts -> Integer,
        due_at -> UtcTimestamp,
        held_until -> Nullable<UtcTimestamp>,
        unknown_since -> Nullable<UtcTimestamp>,
        tried_at -> Nullable<UtcTimestamp>,
        position -> Nullable<BigInt>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::UtcTimestamp;

    early_receipts (id) {
        id -> BigInt,
        gateway_id -> Text,
        status -> Text,
        error_code -> Nullable<Text>,
        received_at -> UtcTimestamp,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::UtcTimestamp;

    rejected_messages (id) {
        id -> BigInt,
        gateway_id -> Nullable<Text>,
        sender -> Nullable<Text>,
        recipient -> Nullable<Text>,
        reason -> Text,
        recovered -> Bool,
        received_at -> UtcTimestamp,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::UtcTimestamp;

    gateway_refusals (id) {
        id -> BigInt,
        since -> UtcTimestamp,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::UtcTimestamp;

    idempotency_keys (key) {
        key -> Text,
        digest -> Text,
        answer -> Nullable<Text>,
        created_at -> UtcTimestamp,
    }
}
