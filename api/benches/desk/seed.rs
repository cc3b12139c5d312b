//! Inserts the data that is measured: 200,000 conversations with five messages each, 10,000 of them open in one team.
//! The SQL is the same for both databases, except for generating series, times and booleans.

use anyhow::Result;
use api::db::{DatabaseUrl, Migrations};
use diesel::{Connection, PgConnection, SqliteConnection, connection::SimpleConnection};

/// Number of conversations.
pub(crate) const CONVERSATIONS: u32 = 200_000;
/// Number of open conversations, all in the measured team.
pub(crate) const OPEN: u32 = 10_000;
/// The account that sends the requests, with the demo password.
pub(crate) const EMAIL: &str = "bench@example.com";
/// The measured team's number.
pub(crate) const TEAM_NUMBER: &str = "+447700900001";

pub(crate) fn seed(url: &DatabaseUrl) -> Result<()> {
    Migrations::on(url)?.run()?;
    let hash = password_hash()?;
    match url {
        DatabaseUrl::Sqlite(path) => {
            let mut conn = SqliteConnection::establish(&path.to_string_lossy())?;
            let numbers = |count: u32| {
                format!(
                    "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {count}) SELECT n FROM s)"
                )
            };
            conn.batch_execute("BEGIN")?;
            conn.batch_execute(&rows(&hash, &numbers, &|micros| micros, "1", "ref"))?;
            conn.batch_execute("COMMIT; ANALYZE;")?;
        }
        DatabaseUrl::Postgres(url) => {
            let mut conn = PgConnection::establish(url)?;
            let numbers = |count: u32| format!("(SELECT n FROM generate_series(1::bigint, {count}) AS g(n))");
            let timestamp = |micros: String| format!("to_timestamp(({micros}) / 1000000.0)");
            conn.batch_execute(&rows(&hash, &numbers, &timestamp, "true", "ref"))?;
            conn.batch_execute("VACUUM ANALYZE")?;
        }
    }
    Ok(())
}

/// Number of conversations that are searched.
pub(crate) const SEARCHED: u32 = 1_000_000;
/// Number of different surnames in them.
pub(crate) const SURNAMES: usize = 1000;

/// The first name that all of them have, besides their own.
pub(crate) const FIRST_NAME_OF_ALL: &str = "Maria";

/// Adds closed conversations of the past weeks to the measured team, with consecutive numbers from +447500000001,
/// references from `R-1`, 1,000 surnames and 100 first names.
pub(crate) fn add_closed_conversations(url: &DatabaseUrl) -> Result<()> {
    let more = SEARCHED - CONVERSATIONS;
    let (numbers, chr, at) = match url {
        DatabaseUrl::Sqlite(_) => (
            format!(
                "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {more}) SELECT n FROM s)"
            ),
            "char",
            "1795000000000000 - n * 7000000 % 6000000000000",
        ),
        DatabaseUrl::Postgres(_) => (
            format!("(SELECT n::int FROM generate_series(1, {more}) AS g(n))"),
            "chr",
            "to_timestamp(1795000000 - n * 7 % 6000000)",
        ),
    };
    let letters = |of: &str| {
        let letter = |part: &str| format!("{chr}(97 + ({of}) {part})");
        [letter("% 10"), letter("/ 10 % 10"), letter("/ 100 % 10")].join(" || ")
    };
    let (first, last) = (letters("n % 100"), letters("n / 100 % 1000"));
    let from = 10_000_000;
    let sql = format!(
        "INSERT INTO conversations (id, team_id, team_number, number, ref, name, status, origin, waiting_since,
            last_message_at, opened_at, closed_at, active_at, closed_by, closure_reason_id, closure_reason)
         SELECT {from} + n, 1, '{TEAM_NUMBER}', '+44' || (7500000000 + n), 'R-' || n,
            '{FIRST_NAME_OF_ALL} Fn' || {first} || ' Ln' || {last},
            'closed', 'inbound', {at}, {at}, {at}, {at}, {at}, 'Bench', 1, 'Done'
         FROM {numbers} AS s;
         INSERT INTO conversation_texts (conversation_id, text)
         SELECT id, number || {chr}(10) || lower(replace(ref, '-', ' ')) || {chr}(10) || lower(name) FROM conversations
         WHERE id NOT IN (SELECT conversation_id FROM conversation_texts);
         -- These texts are folded by the current rules, so that the server does not fold them during the measurement.
         UPDATE search_folding SET version = 1, before_id = NULL;
         UPDATE accounts SET permissions = '[\"reply\",\"close\",\"search\",\"import\"]';"
    );
    match url {
        DatabaseUrl::Sqlite(path) => {
            let mut conn = SqliteConnection::establish(&path.to_string_lossy())?;
            conn.batch_execute("PRAGMA busy_timeout = 60000; BEGIN IMMEDIATE")?;
            conn.batch_execute(&sql)?;
            conn.batch_execute("COMMIT; ANALYZE;")?;
        }
        DatabaseUrl::Postgres(url) => {
            let mut conn = PgConnection::establish(url)?;
            conn.batch_execute(&sql)?;
            conn.batch_execute("VACUUM ANALYZE")?;
        }
    }
    Ok(())
}

fn password_hash() -> Result<String> {
    // Takes the hash of the demo password from the demo data, in a temporary database.
    use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types::Text};
    #[derive(QueryableByName)]
    struct Hash {
        #[diesel(sql_type = Text)]
        password_hash: String,
    }
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("demo.db");
    let url = DatabaseUrl::Sqlite(path.clone());
    Migrations::on(&url)?.run()?;
    let db = api::db::Db::open(&url, 1)?;
    let now = api::clock::Clock::System.now();
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(api::demo::build(
        &db,
        &api::auth::PasswordPool::default(),
        now,
    ))?;
    let mut conn = SqliteConnection::establish(&path.to_string_lossy())?;
    let hash: Hash = sql_query("SELECT password_hash FROM accounts LIMIT 1").get_result(&mut conn)?;
    Ok(hash.password_hash)
}

fn rows(
    hash: &str,
    numbers: &dyn Fn(u32) -> String,
    timestamp: &dyn Fn(String) -> String,
    true_literal: &str,
    reference: &str,
) -> String {
    let base = "1795000000000000";
    let at = |expression: &str| timestamp(format!("{base} + ({expression}) * 1000000"));
    let start = timestamp(base.to_owned());
    let all = CONVERSATIONS;
    format!(
        "INSERT INTO teams (id, name, region, time_zone, created_at) VALUES
            (1, 'Collections', 'GB', 'Europe/London', {start}), (2, 'Support', 'GB', 'Europe/London', {start});
         INSERT INTO team_numbers (number, team_id) VALUES ('{TEAM_NUMBER}', 1), ('+447700900002', 2);
         INSERT INTO accounts (id, email, display_name, role, permissions, password_hash, created_at) VALUES
            (1, '{EMAIL}', 'Bench', 'agent', '[\"reply\",\"close\",\"import\"]', '{hash}', {start});
         INSERT INTO team_members (team_id, account_id) VALUES (1, 1);
         INSERT INTO closure_reasons (id, name, position) VALUES (1, 'Done', 0);
         INSERT INTO daily_files (id, team_id, file_date, key_data_columns, is_current, created_at, rows, accepted) VALUES
            (1, 1, '2026-11-23', '[\"Balance\"]', {true_literal}, {start}, {OPEN}, {OPEN});
         INSERT INTO customers (daily_file_id, number, line, {reference}, name, key_data)
            SELECT 1, '+4477' || (10000000 + n), n + 1, 'A-' || n, 'Customer ' || n, '[\"GBP 1.00\"]' FROM {few} AS s;
         INSERT INTO conversations (id, team_id, team_number, number, {reference}, name, status, origin, next_action,
            waiting_since, last_message_at, opened_at)
            SELECT n, CASE WHEN n <= {OPEN} THEN 1 ELSE 2 END,
                CASE WHEN n <= {OPEN} THEN '{TEAM_NUMBER}' ELSE '+447700900002' END,
                '+4477' || (10000000 + n), 'A-' || n, 'Customer ' || n, 'open', 'inbound',
                CASE WHEN n % 2 = 0 THEN 'agent' ELSE 'customer' END,
                {waiting}, {waiting}, {waiting}
            FROM {every} AS s;
         INSERT INTO messages (conversation_id, direction, sender_kind, body, segments, encoding, status, created_at)
            SELECT c.n, CASE WHEN m.n % 2 = 1 THEN 'inbound' ELSE 'outbound' END,
                CASE WHEN m.n % 2 = 1 THEN 'customer' ELSE 'system' END,
                'A text of ordinary length, as people write them on their phones. ' || c.n, 1, 'gsm7',
                CASE WHEN m.n % 2 = 1 THEN 'received' ELSE 'delivered' END, {written}
            FROM {every} AS c CROSS JOIN {five} AS m;
         UPDATE conversations SET status = 'closed', next_action = NULL, closed_at = waiting_since, closed_by = 'Bench',
            closure_reason_id = 1, closure_reason = 'Done' WHERE id > {OPEN};",
        few = numbers(OPEN),
        every = numbers(all),
        five = numbers(5),
        waiting = at("s.n * 7919 % 400000"),
        written = at("c.n * 7919 % 400000 + m.n"),
    ) + if true_literal == "true" {
        "SELECT setval(pg_get_serial_sequence(t, 'id'), 1000000)
            FROM unnest(ARRAY['teams','accounts','closure_reasons','daily_files','conversations']) AS t;"
    } else {
        ""
    }
}
