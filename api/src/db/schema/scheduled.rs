//! The table of messages that are scheduled or held. The messages themselves are in the table of messages.

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::UtcTimestamp;

    scheduled_messages (message_id) {
        message_id -> BigInt,
        conversation_id -> BigInt,
        due_at -> Nullable<UtcTimestamp>,
        seen_message_id -> BigInt,
    }
}
