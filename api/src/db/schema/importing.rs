//! The tables of the import of daily files.

diesel::table! {
    rejected_rows (daily_file_id, line) {
        daily_file_id -> BigInt,
        line -> BigInt,
        column_name -> Nullable<Text>,
        value -> Text,
        reason -> Text,
    }
}

diesel::table! {
    column_mappings (team_id) {
        team_id -> BigInt,
        #[sql_name = "ref"]
        reference -> Nullable<Text>,
        name -> Nullable<Text>,
        number -> Nullable<Text>,
    }
}
