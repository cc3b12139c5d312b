//! The table of mentions. The notes are messages.

diesel::table! {
    mentions (message_id, account_id) {
        message_id -> BigInt,
        account_id -> BigInt,
    }
}
