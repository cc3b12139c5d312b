//! The tables of tags.

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::UtcTimestamp;

    tags (id) {
        id -> BigInt,
        team_id -> Nullable<BigInt>,
        name -> Text,
        colour -> Text,
        position -> Integer,
        archived_at -> Nullable<UtcTimestamp>,
    }
}

diesel::table! {
    conversation_tags (conversation_id, tag_id) {
        conversation_id -> BigInt,
        tag_id -> BigInt,
    }
}
