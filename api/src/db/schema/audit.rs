//! The tables of the audit log, of legal holds and of retention.

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::UtcTimestamp;

    audit_entries (id) {
        id -> BigInt,
        at -> UtcTimestamp,
        actor_kind -> Text,
        actor_id -> Nullable<BigInt>,
        actor_name -> Text,
        team_id -> Nullable<BigInt>,
        action -> Text,
        subject_kind -> Nullable<Text>,
        subject_id -> Nullable<BigInt>,
        subject_label -> Nullable<Text>,
        details -> Text,
        term -> Nullable<Text>,
        address -> Nullable<Text>,
        request_id -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::UtcTimestamp;

    audit_retention (team_id) {
        team_id -> BigInt,
        deletable_until -> UtcTimestamp,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::UtcTimestamp;

    legal_holds (id) {
        id -> BigInt,
        team_id -> BigInt,
        number -> Nullable<Text>,
        reason -> Text,
        created_by -> Text,
        created_at -> UtcTimestamp,
        lifted_by -> Nullable<Text>,
        lifted_at -> Nullable<UtcTimestamp>,
    }
}

diesel::table! {
    retention (team_id) {
        team_id -> BigInt,
        conversation_days -> Nullable<Integer>,
        key_data_days -> Nullable<Integer>,
        audit_days -> Nullable<Integer>,
    }
}
