//! The demo data for an empty database: three teams, six accounts, templates, closure reasons, a daily file for each
//! team, and about sixty conversations in every state. The conversations are created by the same functions as real
//! ones.

mod cast;
mod queries;
mod replay;
mod stories;

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use shared::{
    account::{Permission, Role},
    ids::{AccountId, TeamId},
    team::NewTeam,
};

use crate::{
    accounts::{self, queries::AccountRow},
    auth::password::{PasswordError, PasswordPool},
    closures,
    conversations::{
        close::CloseError,
        receive::{ReceiveError, Received},
        reply::{InvalidMessage, ReplyError},
        start::PendingError,
    },
    db::{Db, DbConnection, DbError},
    teams, templates,
};

/// The password of all demo accounts. While an account has it, the server listens only on loopback addresses.
pub const DEMO_PASSWORD: &str = "sms-chat-demo";
/// The demo accounts.
pub const DEMO_EMAILS: [&str; 6] = [
    "admin@example.com",
    "supervisor@example.com",
    "ann@example.com",
    "bo@example.com",
    "cy@example.com",
    "dee@example.com",
];

/// Why the demo data could not be added.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The database already has accounts.
    #[error(
        "the database is not empty; choose a new one with SMS_CHAT_DATABASE_URL, for example sqlite://data/demo.db"
    )]
    NotEmpty,
    /// The database failed.
    #[error("the demo data could not be added: {0}")]
    Database(#[from] DbError),
    /// The demo password cannot be hashed.
    #[error("the demo data could not be added: {0}")]
    Password(#[from] PasswordError),
    /// A line of a story cannot be parsed.
    #[error("the demo data could not be added: {0}")]
    Story(#[from] stories::InvalidLine),
    /// A number of the demo data is not valid.
    #[error("the demo data could not be added: {0} is not a phone number")]
    Number(String),
    /// A team has no number or no agent.
    #[error("the demo data could not be added: {0} has no number or no agent")]
    IncompleteTeam(&'static str),
    /// A customer's message cannot be received.
    #[error("the demo data could not be added: {0}")]
    Receive(#[from] ReceiveError),
    /// A customer's message was not stored.
    #[error("the demo data could not be added: a message was not stored: {0:?}")]
    NotStored(Received),
    /// A conversation was not started.
    #[error("the demo data could not be added: {0}")]
    Start(#[from] PendingError),
    /// A reply is not valid.
    #[error("the demo data could not be added: {0}")]
    Invalid(#[from] InvalidMessage),
    /// A reply was refused.
    #[error("the demo data could not be added: {0}")]
    Reply(#[from] ReplyError),
    /// A closure was refused.
    #[error("the demo data could not be added: {0}")]
    Close(#[from] CloseError),
    /// A story closes a conversation that is not open, or with an unknown reason.
    #[error("the demo data could not be added: no conversation to close, or no closure reason {0}")]
    Closure(&'static str),
}

/// Why the passwords of the demo accounts cannot be checked.
#[derive(Debug, thiserror::Error)]
pub enum DemoPasswordError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
    /// The password cannot be verified.
    #[error(transparent)]
    Password(#[from] PasswordError),
}

/// Returns the e-mail address of a demo account that still has the demo password, if any.
///
/// # Errors
/// [`DemoPasswordError`].
pub async fn first_with_demo_password(
    db: &Db,
    passwords: &PasswordPool,
) -> Result<Option<String>, DemoPasswordError> {
    for (email, hash) in db.read(|conn| accounts::queries::password_hashes(conn, &DEMO_EMAILS)).await? {
        if passwords.verify(SecretString::from(DEMO_PASSWORD), Some(hash)).await? {
            return Ok(Some(email));
        }
    }
    Ok(None)
}

/// A demo team with the data that its stories need.
struct Team {
    id: TeamId,
    cast: &'static cast::TeamCast,
    agents: Vec<(AccountId, &'static str)>,
}

/// Adds the demo data to an empty database.
///
/// # Errors
/// `NotEmpty` if the database has accounts.
pub async fn build(db: &Db, passwords: &PasswordPool, now: DateTime<Utc>) -> Result<(), DemoError> {
    let hash = passwords.hash(SecretString::from(DEMO_PASSWORD)).await?;
    db.write(move |conn| fill(conn, &hash, now)).await
}

fn fill(conn: &mut DbConnection, hash: &str, now: DateTime<Utc>) -> Result<(), DemoError> {
    if accounts::queries::any(conn)? {
        return Err(DemoError::NotEmpty);
    }
    let mut teams = Vec::new();
    for cast in &cast::TEAMS {
        let id = insert_team(conn, cast, now)?;
        insert_templates_and_reasons(conn, Some(id), cast.templates, cast.reasons)?;
        queries::insert_daily_file(conn, id, cast.key_data_columns, &cast::customers(cast), now)?;
        teams.push(Team { id, cast, agents: Vec::new() });
    }
    insert_templates_and_reasons(conn, None, cast::TEMPLATES_FOR_ALL, cast::REASONS_FOR_ALL)?;
    insert_accounts(conn, &mut teams, hash, now)?;
    for team in &teams {
        replay::replay(conn, team, now)?;
    }
    Ok(())
}

fn insert_team(
    conn: &mut DbConnection,
    cast: &cast::TeamCast,
    now: DateTime<Utc>,
) -> Result<TeamId, DemoError> {
    let (name, region, time_zone) = (cast.name.to_owned(), "GB".to_owned(), "Europe/London".to_owned());
    let id = teams::queries::insert(conn, &NewTeam { name, region, time_zone, help_reply: None }, now)?;
    for number in cast.numbers {
        let number = number.parse().map_err(|_| DemoError::Number((*number).to_owned()))?;
        teams::queries::insert_number(conn, id, &number)?;
    }
    Ok(id)
}

fn insert_templates_and_reasons(
    conn: &mut DbConnection,
    team: Option<TeamId>,
    templates: &[(&str, &str)],
    reasons: &[&str],
) -> Result<(), DbError> {
    for (position, (name, body)) in (0..).zip(templates) {
        templates::queries::insert(conn, team, name, body, position)?;
    }
    for (position, name) in (0..).zip(reasons) {
        closures::queries::insert(conn, team, name, position)?;
    }
    Ok(())
}

fn insert_accounts(
    conn: &mut DbConnection,
    teams: &mut [Team],
    hash: &str,
    now: DateTime<Utc>,
) -> Result<(), DemoError> {
    type Member = (&'static str, &'static str, Role, &'static [Permission], &'static [&'static str]);
    const MEMBERS: [Member; 6] = [
        ("admin@example.com", "Alex Admin", Role::Admin, &[], &[]),
        ("supervisor@example.com", "Sam Supervisor", Role::Supervisor, &[], &["Collections", "Support"]),
        ("ann@example.com", "Ann", Role::Agent, &[], &["Collections"]),
        ("bo@example.com", "Bo", Role::Agent, &[Permission::Search], &["Collections", "Support"]),
        ("cy@example.com", "Cy", Role::Agent, &[Permission::Search, Permission::AdHoc], &["Claims"]),
        ("dee@example.com", "Dee", Role::Agent, &[], &["Support"]),
    ];
    for (email, name, role, further_permissions, in_teams) in MEMBERS {
        let mut permissions = role.preset();
        permissions.extend(further_permissions);
        let row = AccountRow {
            email: email.to_owned(),
            display_name: name.to_owned(),
            role,
            permissions,
            disabled_at: (name == "Dee").then_some(now),
        };
        let account = accounts::queries::insert(conn, &row, hash, now)?.ok_or(DemoError::NotEmpty)?;
        for team in teams.iter_mut().filter(|team| in_teams.contains(&team.cast.name)) {
            accounts::queries::insert_member(conn, team.id, account)?;
            team.agents.push((account, name));
        }
    }
    Ok(())
}
