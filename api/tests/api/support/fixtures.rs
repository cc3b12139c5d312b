//! The fixture data: three teams, seven accounts, API keys, closure reasons, templates and one current daily file. The
//! ids are the order of insertion, which both databases count from 1.

use std::sync::OnceLock;

use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use chrono::{DateTime, TimeZone, Utc};
use sha2::{Digest, Sha256};
use shared::account::{Permission, Role};

use super::database::{Kind, sql_timestamp};

/// The password of every account.
pub(crate) const PASSWORD: &str = "correct horse battery";

pub(crate) const COLLECTIONS: i64 = 1;
pub(crate) const SUPPORT: i64 = 2;
pub(crate) const CLAIMS: i64 = 3;
const TEAMS: [(&str, &[&str]); 3] = [
    ("Collections", &[COLLECTIONS_NUMBER]),
    ("Support", &[SUPPORT_NUMBER]),
    ("Claims", &[CLAIMS_NUMBER, "+447700900004"]),
];
pub(crate) const COLLECTIONS_NUMBER: &str = "+447700900001";
pub(crate) const SUPPORT_NUMBER: &str = "+447700900002";
pub(crate) const CLAIMS_NUMBER: &str = "+447700900003";

/// In the current daily file of Collections.
pub(crate) const MARIA: &str = "+447700900123";
/// Shared by two customers of the current daily file.
pub(crate) const SHARED: &str = "+447700900130";
/// Only in an earlier daily file.
pub(crate) const FORMER: &str = "+447700900140";
/// In no daily file.
pub(crate) const STRANGER: &str = "+447700900456";

/// A closure reason of Collections.
pub(crate) const PAYMENT_ARRANGED: i64 = 1;
/// A closure reason of all teams.
pub(crate) const RESOLVED: i64 = 2;
/// A closure reason of Claims.
pub(crate) const CLAIM_PAID: i64 = 3;
/// An archived closure reason of Collections.
pub(crate) const ARCHIVED_REASON: i64 = 4;

/// A template of Collections.
pub(crate) const GREETING: i64 = 1;
/// A template of Collections that needs key data.
pub(crate) const BALANCE: i64 = 2;
/// A template of Claims.
pub(crate) const CLAIMS_TEMPLATE: i64 = 3;
/// A template of all teams.
pub(crate) const THANKS: i64 = 4;
/// An archived template of Collections.
pub(crate) const ARCHIVED_TEMPLATE: i64 = 5;

/// An API key for Collections with the permission `reply`.
pub(crate) const REPLYING_KEY: &str = "smsc_the-tests-key-that-may-reply";
/// An API key for Collections with every permission.
pub(crate) const FULL_KEY: &str = "smsc_the-tests-key-that-may-do-everything";

/// An account: the local part of its address (`{name}@example.com`) and its id.
pub(crate) const ADMIN: Person = Person("admin", 1);
pub(crate) const SAM: Person = Person("sam", 2);
pub(crate) const ANN: Person = Person("ann", 3);
pub(crate) const BO: Person = Person("bo", 4);
pub(crate) const CY: Person = Person("cy", 5);
pub(crate) const DEE: Person = Person("dee", 6);
/// Has no permission, so can only read.
pub(crate) const RAY: Person = Person("ray", 7);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Person(&'static str, pub(crate) i64);

impl Person {
    pub(crate) fn email(self) -> String {
        format!("{}@example.com", self.0)
    }
}

/// The time at which each test starts. It lies in the past: the simulator uses the machine's clock, and nothing that the
/// server does may lie in the simulator's future.
pub(crate) fn start() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2024, 11, 25, 9, 0, 0).unwrap()
}

/// A number that is in no daily file; a different one for each `n` below 1000.
pub(crate) fn stranger(n: usize) -> String {
    format!("+447700901{n:03}")
}

/// The statements that insert the fixture data.
pub(crate) fn fixture_sql(kind: Kind) -> String {
    [teams_and_accounts(kind), api_keys(kind), reasons_and_templates(kind), daily_files(kind)].concat()
}

/// The fixture data for PostgreSQL without the password hash, which differs from run to run.
pub(crate) fn fingerprint() -> String {
    fixture_sql(Kind::Postgres).replace(password_hash(), PASSWORD)
}

fn teams_and_accounts(kind: Kind) -> String {
    let now = sql_timestamp(kind, start());
    let mut sql = String::new();
    for (team, (name, numbers)) in (1..).zip(TEAMS) {
        sql += &format!(
            "INSERT INTO teams (name, region, time_zone, created_at) VALUES ('{name}', 'GB', 'Europe/London', {now});"
        );
        for number in numbers {
            sql += &format!("INSERT INTO team_numbers (number, team_id) VALUES ('{number}', {team});");
        }
    }
    let agent = || Vec::from_iter(Role::Agent.preset());
    let all = Permission::ALL.to_vec();
    let sams = Vec::from_iter(Role::Supervisor.preset());
    type Row = (&'static str, Role, Vec<Permission>, &'static [i64]);
    let accounts: [Row; 7] = [
        ("Admin", Role::Admin, all, &[]),
        ("Sam", Role::Supervisor, sams, &[COLLECTIONS, SUPPORT]),
        ("Ann", Role::Agent, agent(), &[COLLECTIONS]),
        ("Bo", Role::Agent, agent(), &[COLLECTIONS, SUPPORT]),
        ("Cy", Role::Agent, agent(), &[CLAIMS]),
        ("Dee", Role::Agent, agent(), &[COLLECTIONS]),
        ("Ray", Role::Agent, Vec::new(), &[COLLECTIONS]),
    ];
    for (id, (name, role, permissions, teams)) in (1..).zip(accounts) {
        let email = format!("{}@example.com", name.to_lowercase());
        let role = role.as_str();
        let permissions = serde_json::to_string(&permissions).expect("JSON");
        let hash = password_hash();
        let disabled = if name == "Dee" { &now } else { "NULL" };
        sql += &format!(
            "INSERT INTO accounts (email, display_name, role, permissions, password_hash, created_at, disabled_at)
             VALUES ('{email}', '{name}', '{role}', '{permissions}', '{hash}', {now}, {disabled});"
        );
        for team in teams {
            sql += &format!("INSERT INTO team_members (team_id, account_id) VALUES ({team}, {id});");
        }
    }
    sql
}

fn api_keys(kind: Kind) -> String {
    let now = sql_timestamp(kind, start());
    let all = Permission::ALL.to_vec();
    let keys = [("Replies", REPLYING_KEY, vec![Permission::Reply]), ("Everything", FULL_KEY, all)];
    let mut sql = String::new();
    for (id, (name, key, permissions)) in (1..).zip(keys) {
        let hash: String = Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect();
        let permissions = serde_json::to_string(&permissions).expect("JSON");
        sql += &format!(
            "INSERT INTO api_keys (name, key_hash, hint, permissions, created_by, created_at)
             VALUES ('{name}', '{hash}', 'smsc_the-te', '{permissions}', 'Admin', {now});
             INSERT INTO api_key_teams (api_key_id, team_id) VALUES ({id}, {COLLECTIONS});"
        );
    }
    sql
}

fn reasons_and_templates(kind: Kind) -> String {
    let now = sql_timestamp(kind, start());
    format!(
        "INSERT INTO closure_reasons (team_id, name, position, archived_at) VALUES
            ({COLLECTIONS}, 'Payment arranged', 1, NULL), (NULL, 'Resolved', 2, NULL),
            ({CLAIMS}, 'Claim paid', 1, NULL), ({COLLECTIONS}, 'Letter sent', 3, {now});
         INSERT INTO templates (team_id, name, body, position, archived_at) VALUES
            ({COLLECTIONS}, 'Greeting', 'Hello {{{{name}}}}, this is {{{{agent}}}} of {{{{team}}}}.', 1, NULL),
            ({COLLECTIONS}, 'Balance', '{{{{ref}}}}: {{{{balance}}}} is due on {{{{Due date}}}}.', 2, NULL),
            ({CLAIMS}, 'Claim received', 'Your claim is here.', 1, NULL),
            (NULL, 'Thanks', 'Thank you. Your number is {{{{number}}}}.', 3, NULL),
            ({COLLECTIONS}, 'Old greeting', 'Dear Sir or Madam', 4, {now});"
    )
}

fn daily_files(kind: Kind) -> String {
    let now = sql_timestamp(kind, start());
    let (yes, no) = match kind {
        Kind::Sqlite => ("1", "0"),
        Kind::Postgres => ("TRUE", "FALSE"),
    };
    format!(
        r#"INSERT INTO daily_files (team_id, file_date, key_data_columns, is_current, created_at, rows, accepted) VALUES
            ({COLLECTIONS}, '2024-11-24', '["Balance"]', {no}, {now}, 1, 1),
            ({COLLECTIONS}, '2024-11-25', '["Balance","Due date"]', {yes}, {now}, 3, 3);
           INSERT INTO customers (daily_file_id, number, line, ref, name, key_data) VALUES
            (1, '{FORMER}', 2, 'A-10001', 'Fred Former', '["GBP 1.00"]'),
            (2, '{MARIA}', 2, 'A-10021', 'Maria Jones', '["GBP 120.00","2024-11-30"]'),
            (2, '{SHARED}', 3, 'A-10031', 'Jo Smith', '["GBP 3.00",""]'),
            (2, '{SHARED}', 4, 'A-10032', 'Al Smith', '["GBP 4.00","2024-12-01"]');"#
    )
}

/// The hash of [`PASSWORD`], computed once with Argon2's lowest cost, so that tests do not spend their time on hashing.
/// `auth/password.rs` tests the hashes that the server makes.
fn password_hash() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| {
        let least = Params::new(Params::MIN_M_COST, 1, 1, None).expect("parameters");
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, least);
        argon.hash_password(PASSWORD.as_bytes()).expect("a hash").to_string()
    })
}
