//! Inserts the data that is measured: 200,000 conversations with five messages each, 10,000 of them open in one team.
//! The SQL is the same for both databases, except for generating series, times and booleans.

use anyhow::Result;
use api::db::{DatabaseUrl, Migrations};
use diesel::{Connection, PgConnection, SqliteConnection, connection::SimpleConnection};

use crate::database::execute;

/// Number of conversations.
pub(crate) const CONVERSATIONS: u32 = 200_000;
/// Number of open conversations, all in the measured team.
pub(crate) const OPEN: u32 = 10_000;
/// The account that sends the requests, with the demo password.
pub(crate) const EMAIL: &str = "bench@example.com";
/// The measured team's number.
pub(crate) const TEAM_NUMBER: &str = "+447700900001";

/// How much is inserted.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) conversations: u32,
    /// Messages of each conversation.
    pub(crate) messages: u32,
    /// The team of the closed conversations: 1 is the measured one.
    pub(crate) team_of_closed: u8,
    /// Whether the texts that a search reads are inserted.
    pub(crate) is_searched: bool,
}

/// Returns the customer's number of a conversation.
pub(crate) fn number_of(id: u32) -> String {
    format!("+4477{}", 10_000_000 + id)
}

pub(crate) fn seed(url: &DatabaseUrl) -> Result<()> {
    seed_with(url, Size { conversations: CONVERSATIONS, messages: 5, team_of_closed: 2, is_searched: false })
}

pub(crate) fn seed_with(url: &DatabaseUrl, size: Size) -> Result<()> {
    Migrations::on(url)?.run()?;
    let sql = rows(&password_hash()?, size, &Dialect::of(url));
    match url {
        DatabaseUrl::Sqlite(path) => {
            let mut conn = SqliteConnection::establish(&path.to_string_lossy())?;
            // Without a journal, ten million messages are not written twice. Messages precede their conversations.
            conn.batch_execute(
                "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF;
                 PRAGMA cache_size = -200000",
            )?;
            conn.batch_execute(&format!("BEGIN; {sql}; COMMIT; PRAGMA journal_mode = WAL"))?;
        }
        DatabaseUrl::Postgres(url) => {
            let mut conn = PgConnection::establish(url)?;
            // Without triggers: they refuse messages of closed conversations, and check a foreign key for each row.
            conn.batch_execute(&format!("SET session_replication_role = replica; {sql}"))?;
            conn.batch_execute("VACUUM ANALYZE")?;
        }
    }
    Ok(())
}

/// Adds accounts to the measured team, with a session each. The ids of the accounts and of their sessions are 1,001 and
/// the following.
pub(crate) fn add_members(url: &DatabaseUrl, count: u32) -> Result<()> {
    let dialect = Dialect::of(url);
    let now = dialect.at(api::clock::Clock::System.now().timestamp(), "0");
    let numbers = dialect.numbers(count);
    let permissions = r#"["reply","close"]"#;
    execute(
        url,
        &format!(
            "INSERT INTO accounts (id, email, display_name, role, permissions, password_hash, created_at)
                SELECT 1000 + n, 'member' || n || '@example.com', 'Member ' || n, 'agent', '{permissions}', '', {now}
                FROM {numbers} AS s;
             INSERT INTO team_members (team_id, account_id) SELECT 1, 1000 + n FROM {numbers} AS s;
             INSERT INTO sessions (id, account_id, created_at, last_used_at)
                SELECT 1000 + n, 1000 + n, {now}, {now} FROM {numbers} AS s"
        ),
    )
}

/// Number of conversations that are searched.
pub(crate) const SEARCHED: u32 = 1_000_000;
/// Number of different surnames in them.
pub(crate) const SURNAMES: usize = 1000;

/// The first name that all of them have, besides their own.
pub(crate) const FIRST_NAME_OF_ALL: &str = "Maria";

/// Adds closed conversations of the past ten weeks to the measured team, the newest among the open ones, with consecutive
/// numbers from +447500000001, references from `R-1`, 1,000 surnames and 100 first names.
pub(crate) fn add_closed_conversations(url: &DatabaseUrl) -> Result<()> {
    let more = SEARCHED - CONVERSATIONS;
    let newest = api::clock::Clock::System.now().timestamp() - 100_000;
    let (numbers, chr, at) = match url {
        DatabaseUrl::Sqlite(_) => (
            format!(
                "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {more}) SELECT n FROM s)"
            ),
            "char",
            format!("({newest} - n * 7 % 6000000) * 1000000"),
        ),
        DatabaseUrl::Postgres(_) => (
            format!("(SELECT n::int FROM generate_series(1, {more}) AS g(n))"),
            "chr",
            format!("to_timestamp({newest} - n * 7 % 6000000)"),
        ),
    };
    let letters = |of: &str| {
        let letter = |part: &str| format!("{chr}(97 + ({of}) {part})");
        [letter("% 10"), letter("/ 10 % 10"), letter("/ 100 % 10")].join(" || ")
    };
    let (first, last) = (letters("n % 100"), letters("n / 100 % 1000"));
    let from = CONVERSATIONS;
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
            conn.batch_execute("COMMIT")?;
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

/// What differs between the databases.
struct Dialect {
    is_sqlite: bool,
    newline: &'static str,
    true_literal: &'static str,
}

impl Dialect {
    fn of(url: &DatabaseUrl) -> Self {
        match url {
            DatabaseUrl::Sqlite(_) => Self { is_sqlite: true, newline: "char(10)", true_literal: "1" },
            DatabaseUrl::Postgres(_) => Self { is_sqlite: false, newline: "chr(10)", true_literal: "true" },
        }
    }

    /// Returns a table with a row `n` for each number from 1.
    fn numbers(&self, count: u32) -> String {
        if self.is_sqlite {
            format!(
                "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {count}) SELECT n FROM s)"
            )
        } else {
            format!("(SELECT n FROM generate_series(1::bigint, {count}) AS g(n))")
        }
    }

    /// Returns the time that is this number of seconds after `base`.
    fn at(&self, base: i64, seconds: &str) -> String {
        if self.is_sqlite {
            format!("({base} + ({seconds})) * 1000000")
        } else {
            format!("to_timestamp({base} + ({seconds}))")
        }
    }

    /// Returns statements that continue the sequences after the inserted ids.
    const fn continue_sequences(&self) -> &'static str {
        if self.is_sqlite {
            ""
        } else {
            "SELECT setval(pg_get_serial_sequence(t, 'id'), 1000000)
                FROM unnest(ARRAY['teams','accounts','sessions','closure_reasons','daily_files','conversations']) AS t"
        }
    }
}

fn rows(hash: &str, size: Size, dialect: &Dialect) -> String {
    // All times are in the past days, which a search covers.
    let base = api::clock::Clock::System.now().timestamp() - 500_000;
    let Size { conversations, messages, team_of_closed, is_searched } = size;
    let true_literal = dialect.true_literal;
    let texts = if is_searched { texts(dialect) } else { String::new() };
    let start = dialect.at(base, "0");
    let closed = |value: &str| format!("CASE WHEN n > {OPEN} THEN {value} END");
    let waiting = dialect.at(base, "n * 7919 % 400000");
    let conversation = format!("((n - 1) / {messages} + 1)");
    // Messages precede their conversations, because SQLite's trigger refuses messages of closed conversations.
    format!(
        "INSERT INTO teams (id, name, region, time_zone, created_at) VALUES
            (1, 'Collections', 'GB', 'Europe/London', {start}), (2, 'Support', 'GB', 'Europe/London', {start});
         INSERT INTO team_numbers (number, team_id) VALUES ('{TEAM_NUMBER}', 1), ('+447700900002', 2);
         INSERT INTO accounts (id, email, display_name, role, permissions, password_hash, created_at) VALUES
            (1, '{EMAIL}', 'Bench', 'agent', '[\"reply\",\"close\",\"search\",\"import\"]', '{hash}', {start});
         INSERT INTO team_members (team_id, account_id) VALUES (1, 1);
         INSERT INTO closure_reasons (id, name, position) VALUES (1, 'Done', 0);
         INSERT INTO daily_files (id, team_id, file_date, key_data_columns, is_current, created_at, rows, accepted) VALUES
            (1, 1, '2026-11-23', '[\"Balance\"]', {true_literal}, {start}, {OPEN}, {OPEN});
         INSERT INTO customers (daily_file_id, number, line, ref, name, key_data)
            SELECT 1, '+4477' || (10000000 + n), n + 1, 'A-' || n, 'Customer ' || n, '[\"GBP 1.00\"]' FROM {few} AS s;
         INSERT INTO messages (conversation_id, direction, sender_kind, body, segments, encoding, status, created_at)
            SELECT {conversation}, CASE WHEN n % 2 = 1 THEN 'inbound' ELSE 'outbound' END,
                CASE WHEN n % 2 = 1 THEN 'customer' ELSE 'system' END,
                'A text of ordinary length, as people write them on their phones. ' || n, 1, 'gsm7',
                CASE WHEN n % 2 = 1 THEN 'received' ELSE 'delivered' END, {written}
            FROM {each_message} AS s;
         INSERT INTO conversations (id, team_id, team_number, number, ref, name, status, origin, next_action,
            waiting_since, last_message_at, opened_at, active_at, closed_at, closed_by, closure_reason_id, closure_reason)
            SELECT n, CASE WHEN n <= {OPEN} THEN 1 ELSE {team_of_closed} END,
                CASE WHEN n > {OPEN} AND {team_of_closed} = 2 THEN '+447700900002' ELSE '{TEAM_NUMBER}' END,
                '+4477' || (10000000 + n), 'A-' || n, 'Customer ' || n,
                CASE WHEN n <= {OPEN} THEN 'open' ELSE 'closed' END, 'inbound',
                CASE WHEN n > {OPEN} THEN NULL WHEN n % 2 = 0 THEN 'agent' ELSE 'customer' END,
                {waiting}, {waiting}, {waiting}, {waiting}, {closed_at}, {closed_by}, {reason_id}, {reason}
            FROM {each} AS s;
         INSERT INTO queue_counts (team_id, shard, agent, customer)
            SELECT team_id, 0, sum(CASE next_action WHEN 'agent' THEN 1 ELSE 0 END),
                sum(CASE next_action WHEN 'customer' THEN 1 ELSE 0 END)
            FROM conversations WHERE status = 'open' GROUP BY team_id ON CONFLICT DO NOTHING;
         {texts}
         {sequences}",
        few = dialect.numbers(OPEN),
        each = dialect.numbers(conversations),
        each_message = dialect.numbers(conversations * messages),
        written = dialect.at(base, &format!("{conversation} * 7919 % 400000 + (n - 1) % {messages}")),
        closed_at = closed(&waiting),
        closed_by = closed("'Bench'"),
        reason_id = closed("1"),
        reason = closed("'Done'"),
        sequences = dialect.continue_sequences(),
    )
}

/// Returns the statements that insert the folded texts of all conversations. The texts count as folded by the current
/// rules, so that the server does not fold them again during the measurement.
fn texts(dialect: &Dialect) -> String {
    let newline = dialect.newline;
    format!(
        "INSERT INTO conversation_texts (conversation_id, text)
            SELECT id, number || {newline} || lower(replace(ref, '-', ' ')) || {newline} || lower(name)
            FROM conversations;
         UPDATE search_folding SET version = 1, before_id = NULL;"
    )
}
