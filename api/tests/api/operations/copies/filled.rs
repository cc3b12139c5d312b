//! A database with rows in every table, and its content as texts that are the same on both databases.

use std::collections::BTreeMap;

use api::db::transfer::{REBUILT, copied};
use chrono::{DateTime, Utc};

use crate::support::{
    Kind,
    command::{CommandOutput, run_command, sms_chat},
    database::{TestDatabase, sql_timestamp},
};

/// Runs a command that must succeed, and returns its output.
pub(super) fn succeeds(database: &TestDatabase, args: &[&str]) -> String {
    let CommandOutput { code, out, err } = run_command(sms_chat(&database.url, args), "");
    assert_eq!((code, err.as_str()), (0, ""), "{args:?}: {out}");
    out
}

/// Runs a command that must fail, and returns its only line on stderr.
pub(super) fn fails(database: &TestDatabase, args: &[&str]) -> String {
    let CommandOutput { code, out, err } = run_command(sms_chat(&database.url, args), "");
    assert_eq!((code, out.as_str(), err.lines().count()), (1, "", 1), "{args:?}: {err}");
    err.trim_start_matches("sms-chat: ").trim_end().to_owned()
}

/// The arguments of a move. Closes the test's own connections, because a move refuses a database that others use.
pub(super) fn move_args<'a>(source: &'a TestDatabase, target: &'a TestDatabase) -> [&'a str; 5] {
    source.disconnect();
    target.disconnect();
    ["move", "--from", &source.url, "--to", &target.url]
}

/// A database with the schema and no rows.
pub(super) fn migrated(kind: Kind) -> TestDatabase {
    let database = TestDatabase::empty(kind);
    succeeds(&database, &["migrate"]);
    database
}

/// A database with the demo data, and at least one row in every table that a move copies.
pub(super) fn filled(kind: Kind) -> TestDatabase {
    let database = TestDatabase::empty(kind);
    succeeds(&database, &["demo"]);
    let time = |text: &str| sql_timestamp(kind, text.parse::<DateTime<Utc>>().expect("a time"));
    let (now, later) = (time("2026-03-04T05:06:07.123456Z"), time("2200-01-01T00:00:00.000001Z"));
    database.run(&statements(&now, &later)).expect("the rows");
    for table in copied() {
        assert!(database.count(table.name, "1 = 1") > 0, "{} has no rows", table.name);
    }
    database
}

fn statements(now: &str, later: &str) -> String {
    let open = "(SELECT min(id) FROM conversations WHERE status = 'open')";
    let last = "(SELECT max(id) FROM conversations WHERE status = 'open')";
    let message = "(SELECT max(id) FROM messages WHERE direction = 'outbound')";
    format!(
        "INSERT INTO sessions (account_id, created_at, last_used_at, user_agent, address)
            VALUES (1, {now}, {later}, 'Firefox “ü” 😀', '');
         INSERT INTO refresh_tokens (token_hash, session_id, issued_at, expires_at, used_at)
            VALUES ('Zeta', 1, {now}, {later}, NULL), ('alpha', 1, {now}, {later}, {later});
         INSERT INTO preferences (account_id, fields) VALUES (1, '{{\"sound\": true}}');
         INSERT INTO api_keys (name, key_hash, hint, permissions, created_by, created_at)
            VALUES ('it''s', 'h', '1234', '[]', 'Ann', {now});
         INSERT INTO api_key_teams (api_key_id, team_id) VALUES (1, 1);
         INSERT INTO rejected_rows (daily_file_id, line, column_name, value, reason)
            SELECT id, 7, NULL, E'tab', '' FROM daily_files;
         INSERT INTO column_mappings (team_id, ref, name) VALUES (1, 'Kunde', NULL);
         INSERT INTO tags (name, colour, position) VALUES ('urgent', 'red', 1), ('gone', 'blue', 2);
         INSERT INTO conversation_tags (conversation_id, tag_id) SELECT {open}, min(id) FROM tags;
         DELETE FROM tags WHERE name = 'gone';
         UPDATE conversations SET status = 'closed', next_action = NULL, closed_at = {now}, closed_by = 'Ann',
            closed_by_id = 1, closure_reason = 'Done', closure_reason_id = 1, closure_note = '' WHERE id = {open};
         UPDATE conversations SET snoozed_until = {later}, snoozed_by = 'Ann', assigned_to = 1 WHERE id = {open};
         UPDATE conversations SET assigned_to = 2 WHERE id = {last};
         UPDATE messages SET recovered = (1 = 1), sent_at = {later} WHERE id = {message};
         INSERT INTO mentions (message_id, account_id) VALUES ({message}, 1);
         INSERT INTO scheduled_messages (message_id, conversation_id, due_at, seen_message_id)
            VALUES ({message}, {last}, NULL, {message});
         INSERT INTO outbox (message_id, team_number, number, attempts, due_at, position)
            VALUES ({message}, '+1', '+2', 3, {later}, 4000000000001);
         INSERT INTO campaigns (team_id, name, team_number, body, pace, state, key_data_columns, rows, rejected_rows,
            created_by_kind, created_at) VALUES (1, 'Reminder', '+1', 'Two\nlines', 60, NULL, '[]', 2, 0, 'account', {now});
         INSERT INTO campaign_rows (campaign_id, line, number, ref, name, key_data, message_id, problem)
            VALUES (1, 2, '+2', 'A', 'Jo', '[\"é\"]', {message}, NULL), (1, 10, 'x', '', '', '[]', NULL, 'invalid_file');
         INSERT INTO drafts (kind, subject_id, account_id, body, key, updated_at)
            VALUES ('reply', {last}, 1, 'Two\nlines', 'k', {now});
         INSERT INTO consents (team_number, number, state, source, by_kind, created_at)
            VALUES ('+1', '+2', 'opted_out', 'keyword', 'customer', {now});
         INSERT INTO events (kind, team_id, at) VALUES ('team_changed', 1, {now});
         INSERT INTO early_receipts (gateway_id, status, received_at) VALUES ('SM1', 'sent', {now});
         INSERT INTO rejected_messages (reason, recovered, received_at) VALUES ('missing_id', (1 = 1), {now});
         INSERT INTO gateway_refusals (id, since) VALUES (1, {now});
         INSERT INTO idempotency_keys (key, digest, answer, created_at) VALUES ('b', '', NULL, {now}), ('A', 'd', '{{}}', {now});
         INSERT INTO webhook_endpoints (team_id, url, description, event_types, secret, after_event_id, created_by,
            created_at) VALUES (1, 'https://example.com/?a=b', '', '[\"message.received\"]', 'whsec_', 1, 'Ann', {now});
         INSERT INTO webhook_deliveries (endpoint_id, event_type, body, status, due_at, created_at)
            VALUES (1, 'message.received', '{{}}', 'pending', {later}, {now});
         INSERT INTO webhook_positions (id, newest, missing) VALUES (1, 7, '{{\"5\":\"2026-03-04T05:06:07Z\"}}');
         INSERT INTO audit_entries (at, actor_kind, actor_id, actor_name, team_id, action, subject_kind, subject_id,
            subject_label, details, term) VALUES ({now}, 'account', 1, 'Ann “ü”', 1, 'conversation.searched', NULL, NULL,
            NULL, '{{}}', 'a\tb');
         INSERT INTO audit_retention (team_id, deletable_until) VALUES (1, {now});
         INSERT INTO legal_holds (team_id, number, reason, created_by, created_at) VALUES (1, NULL, 'Court', 'Ann', {now});
         INSERT INTO retention (team_id, conversation_days, key_data_days, audit_days) VALUES (1, 365, NULL, 400);
         UPDATE search_folding SET version = 3, before_id = 12;"
    )
    .replace("E'tab'", "'a\tb'")
}

/// Returns the rows of every copied and rebuilt table, sorted. The shards of the counts are added up.
pub(super) fn contents(database: &TestDatabase) -> BTreeMap<String, Vec<String>> {
    let mut contents = BTreeMap::new();
    for table in copied() {
        let columns = table.columns.iter().map(|column| as_text(database, table.name, column.name));
        let columns: Vec<String> = columns.collect();
        let mut rows =
            database.strings(&format!("SELECT {} AS value FROM {}", columns.join(" || '|' || "), table.name));
        rows.sort();
        contents.insert(table.name.to_owned(), rows);
    }
    let sums = ["team_id, sum(agent), sum(customer), sum(snoozed)", "team_id, account_id, sum(open)"];
    for ((table, sums), group) in REBUILT.iter().zip(sums).zip(["team_id", "team_id, account_id"]) {
        let sums: Vec<String> = sums.split(", ").map(|sum| format!("CAST({sum} AS TEXT)")).collect();
        let sums = sums.join(" || '|' || ");
        let select = format!("SELECT {sums} AS value FROM {table} GROUP BY {group} ORDER BY 1");
        let counted = database.strings(&select);
        // A team or an account without conversations may have a row of zeros or no row.
        let counted = counted.into_iter().filter(|row| !row.ends_with("|0|0|0") && !is_zero(table, row));
        contents.insert((*table).to_owned(), counted.collect());
    }
    contents
}

fn is_zero(table: &str, row: &str) -> bool {
    table == "assigned_counts" && row.ends_with("|0")
}

fn as_text(database: &TestDatabase, table: &str, column: &str) -> String {
    let as_text = match database.kind {
        Kind::Sqlite => format!("CAST(\"{column}\" AS TEXT)"),
        Kind::Postgres => {
            let data_type = format!(
                "SELECT data_type::text AS value FROM information_schema.columns
                 WHERE table_schema = 'public' AND table_name = '{table}' AND column_name = '{column}'"
            );
            match database.strings(&data_type).first().map(String::as_str) {
                Some("boolean") => format!("\"{column}\"::integer::text"),
                Some("timestamp with time zone") => {
                    format!("(extract(epoch FROM \"{column}\") * 1000000)::bigint::text")
                }
                _ => format!("\"{column}\"::text"),
            }
        }
    };
    format!("coalesce({as_text}, '(null)')")
}
