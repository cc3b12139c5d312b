//! Every table of the database, and what a move does with it. A test compares the list with both databases.

use super::columns::{Column, Columns};
use crate::db::schema;

/// A table whose rows are copied.
#[derive(Clone, Debug)]
pub struct Table {
    /// The name of the table.
    pub name: &'static str,
    /// The columns of the primary key.
    pub key: Vec<&'static str>,
    /// All columns.
    pub columns: Vec<Column>,
}

impl Table {
    /// Returns the columns of the primary key.
    pub(super) fn key_columns(&self) -> Vec<Column> {
        let column = |name: &&str| self.columns.iter().find(|column| column.name == *name).copied();
        self.key.iter().filter_map(column).collect()
    }

    /// Returns the values of the primary key in a row.
    pub(super) fn key_of(&self, row: &[Option<String>]) -> Vec<String> {
        let value = |name: &&str| {
            let place = self.columns.iter().position(|column| column.name == *name);
            place.and_then(|place| row.get(place).cloned().flatten()).unwrap_or_default()
        };
        self.key.iter().map(value).collect()
    }
}

macro_rules! tables {
    ($($table:ident ($($key:ident),*),)*) => {
        vec![$(Table {
            name: stringify!($table),
            key: vec![$(<schema::$table::$key as diesel::Column>::NAME),*],
            columns: <<schema::$table::table as diesel::Table>::AllColumns as Columns>::list(),
        }),*]
    };
}

/// Returns the tables whose rows are copied, each with its primary key. A table comes after those that it refers to.
#[must_use]
pub fn copied() -> Vec<Table> {
    tables![
        accounts(id),
        sessions(id),
        refresh_tokens(token_hash),
        preferences(account_id),
        teams(id),
        team_numbers(number),
        team_members(team_id, account_id),
        api_keys(id),
        api_key_teams(api_key_id, team_id),
        closure_reasons(id),
        templates(id),
        tags(id),
        daily_files(id),
        customers(daily_file_id, number, line),
        rejected_rows(daily_file_id, line),
        column_mappings(team_id),
        conversations(id),
        conversation_texts(conversation_id),
        conversation_tags(conversation_id, tag_id),
        messages(id),
        mentions(message_id, account_id),
        scheduled_messages(message_id),
        campaigns(id),
        campaign_rows(campaign_id, line),
        outbox(message_id),
        drafts(kind, subject_id, account_id),
        consents(id),
        audit_entries(id),
        audit_retention(team_id),
        legal_holds(id),
        retention(team_id),
        events(id),
        early_receipts(id),
        rejected_messages(id),
        gateway_refusals(id),
        idempotency_keys(key),
        search_folding(id),
        webhook_endpoints(id),
        webhook_deliveries(id),
        webhook_positions(id),
    ]
}

/// The tables that are filled from the copied ones.
pub const REBUILT: [&str; 2] = ["queue_counts", "assigned_counts"];

/// The tables that stay behind: reports of presence that expire in 30 seconds, probes of the disk, and the list of
/// migrations, which the target has already.
pub const LEFT_OUT: [&str; 3] = ["presences", "storage_probe", "__diesel_schema_migrations"];

/// The beginning of the names of the tables in which SQLite keeps the text index. A trigger fills it.
pub const TEXT_INDEX: &str = "conversation_texts_index";

/// The tables whose triggers must not run for copied rows. They would refuse messages and tags of closed conversations,
/// and would count conversations one by one.
pub(super) const WITHOUT_TRIGGERS: [&str; 3] = ["conversations", "messages", "conversation_tags"];

/// The table that has a row in a new database.
pub(super) const FILLED_BY_MIGRATIONS: &str = "search_folding";
