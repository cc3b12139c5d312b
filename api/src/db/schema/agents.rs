//! The tables of how agents share the queue: counts, assignment, presence, drafts.

diesel::table! {
    assigned_counts (team_id, account_id) {
        team_id -> BigInt,
        account_id -> BigInt,
        open -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::UtcTimestamp;

    presences (conversation_id, account_id, tab) {
        conversation_id -> BigInt,
        account_id -> BigInt,
        tab -> Text,
        team_id -> BigInt,
        account_name -> Text,
        state -> Text,
        seen_at -> UtcTimestamp,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::UtcTimestamp;

    drafts (kind, subject_id, account_id) {
        kind -> Text,
        subject_id -> BigInt,
        account_id -> BigInt,
        body -> Text,
        template_id -> Nullable<BigInt>,
        key -> Text,
        updated_at -> UtcTimestamp,
    }
}

diesel::table! {
    preferences (account_id) {
        account_id -> BigInt,
        fields -> Text,
    }
}

diesel::table! {
    queue_counts (team_id, shard) {
        team_id -> BigInt,
        shard -> Integer,
        agent -> Integer,
        customer -> Integer,
        snoozed -> Integer,
    }
}
