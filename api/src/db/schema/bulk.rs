//! The tables of campaigns.

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::UtcTimestamp;

    campaigns (id) {
        id -> BigInt,
        team_id -> BigInt,
        name -> Text,
        team_number -> Text,
        body -> Text,
        pace -> Integer,
        state -> Nullable<Text>,
        pause_reason -> Nullable<Text>,
        key_data_columns -> Text,
        rows -> BigInt,
        rejected_rows -> BigInt,
        queued -> BigInt,
        refused -> BigInt,
        done_line -> BigInt,
        due_at -> Nullable<UtcTimestamp>,
        created_by_kind -> Text,
        created_by_id -> Nullable<BigInt>,
        created_by_name -> Nullable<Text>,
        created_at -> UtcTimestamp,
        finished_at -> Nullable<UtcTimestamp>,
    }
}

diesel::table! {
    campaign_rows (campaign_id, line) {
        campaign_id -> BigInt,
        line -> BigInt,
        number -> Text,
        #[sql_name = "ref"]
        reference -> Text,
        name -> Text,
        key_data -> Text,
        message_id -> Nullable<BigInt>,
        problem -> Nullable<Text>,
        problem_text -> Nullable<Text>,
    }
}
