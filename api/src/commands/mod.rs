//! The commands. Only this module writes to stdout and stderr; the library logs instead.

mod backup;
mod doctor;
mod health;
mod import;
mod move_database;
mod progress;
mod serve;
mod service_manager;

use std::{io::BufRead, time::Duration};

use api::{
    accounts,
    app::open,
    auth::PasswordPool,
    clock::Clock,
    config::{SettingArgs, Settings, database_url, listen_address},
    db::Db,
    demo, openapi,
};
use clap::{Args, Parser, Subcommand, ValueEnum};
use shared::account::{NewAccount, Role};

/// Why a command failed, for display.
type CommandError = Box<dyn std::error::Error>;

/// A web application in which teams of agents hold text-message conversations with customers.
#[derive(Debug, Parser)]
#[command(name = "sms-chat", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    settings: SettingArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Starts the server. Example: `sms-chat serve --listen 127.0.0.1:8080`
    Serve {
        /// Adds the demo data if the database has no accounts yet.
        #[arg(long)]
        demo_when_new: bool,
    },
    /// Runs the pending database migrations. Example: `sms-chat migrate --database-url postgres://desk@localhost/desk`
    Migrate,
    /// Adds the demo data to an empty database. Example: `sms-chat demo --database-url sqlite://data/demo.db`
    Demo,
    /// Prints the OpenAPI document. Example: `sms-chat openapi > openapi.json`
    Openapi,
    /// Checks the settings, database and gateway, and says how to fix problems. Example: `sms-chat doctor --repair`
    Doctor {
        /// Also fetches messages and receipts whose webhooks were lost.
        #[arg(long)]
        repair: bool,
    },
    /// Asks the server on this machine whether it is ready: exits with 0 if it is. Example: `sms-chat health --listen 127.0.0.1:8080`
    Health {
        /// Number of seconds to wait for the answer.
        #[arg(long, default_value_t = 3, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=60))]
        timeout: u64,
    },
    /// Imports a team's daily file. Example: `sms-chat import --team Collections customers.csv`
    Import(import::ImportFile),
    /// Moves all data to another, empty database. Example: `sms-chat move --from sqlite://data/sms-chat.db --to postgres://desk@localhost/desk`
    Move(move_database::MoveDatabase),
    /// Makes a verified copy of the SQLite database while the server runs. Example: `sms-chat backup backups/monday.db`
    Backup(backup::MakeBackup),
    /// Verifies a backup and makes it the SQLite database. Example: `sms-chat restore backups/monday.db`
    Restore(backup::RestoreBackup),
    /// Manages accounts.
    #[command(subcommand)]
    Account(AccountCommand),
}

#[derive(Debug, Subcommand)]
enum AccountCommand {
    /// Creates an account. Example: `echo "$PASSWORD" | sms-chat account create --email ann@example.com --name Ann --role agent --team Support --password-stdin`
    Create(CreateAccount),
}

#[derive(Debug, Args)]
struct CreateAccount {
    /// The e-mail address to sign in with.
    #[arg(long)]
    email: String,
    /// The name that colleagues see in conversations.
    #[arg(long)]
    name: String,
    /// The role, which sets the account's permissions.
    #[arg(long)]
    role: RoleArg,
    /// A team that the account belongs to; can be repeated.
    #[arg(long = "team", value_name = "TEAM")]
    teams: Vec<String>,
    /// Reads the password from the first line of standard input, so that it does not appear in the process list.
    #[arg(long, required = true)]
    password_stdin: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RoleArg {
    Agent,
    Supervisor,
    Admin,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Agent => Role::Agent,
            RoleArg::Supervisor => Role::Supervisor,
            RoleArg::Admin => Role::Admin,
        }
    }
}

/// Runs the command.
pub(crate) fn run(cli: Cli) -> Result<(), CommandError> {
    let settings = || Settings::from_args(&cli.settings);
    match cli.command {
        // These need no settings, or only one of them.
        Command::Openapi => {
            println!("{}", serde_json::to_string_pretty(&openapi::document())?);
            Ok(())
        }
        Command::Move(wanted) => move_database::move_database(&wanted),
        Command::Backup(wanted) => backup::back_up(&database_url(&cli.settings)?, &wanted),
        Command::Restore(wanted) => backup::restore(&database_url(&cli.settings)?, &wanted),
        Command::Health { timeout } => {
            health::health(listen_address(&cli.settings)?, Duration::from_secs(timeout))
        }
        Command::Serve { demo_when_new } => serve::serve(&cli.settings, &settings()?, demo_when_new),
        Command::Migrate => migrate(&settings()?),
        Command::Demo => add_demo_data(&settings()?),
        Command::Doctor { repair } => doctor::doctor(&settings()?, repair),
        Command::Import(file) => import::import(&settings()?, &file),
        Command::Account(AccountCommand::Create(new)) => create_account(&settings()?, new),
    }
}

fn migrate(settings: &Settings) -> Result<(), CommandError> {
    let (_, ran) = runtime()?.block_on(open(&settings.database.url, 1))?;
    println!("{}: {ran} migrations run; the schema is current.", settings.database.url);
    Ok(())
}

fn add_demo_data(settings: &Settings) -> Result<(), CommandError> {
    in_database(settings, 1, |db| async move {
        demo::build(&db, &PasswordPool::default(), Clock::System.now()).await
    })?;
    println!("{}: added the demo data. Sign in as one of:", settings.database.url);
    serve::print_demo_accounts();
    Ok(())
}

fn create_account(settings: &Settings, new: CreateAccount) -> Result<(), CommandError> {
    debug_assert!(new.password_stdin, "clap requires it");
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let (email, teams) = (new.email.clone(), new.teams);
    let new = NewAccount {
        email: new.email,
        display_name: new.name,
        role: new.role.into(),
        permissions: None,
        team_ids: Vec::new(),
        password: line.trim_end_matches(['\r', '\n']).to_owned(),
    };
    in_database(settings, 1, |db| async move {
        accounts::create_by_operator(&db, &PasswordPool::default(), new, teams, Clock::System.now()).await
    })?;
    println!("{email} can sign in now.");
    Ok(())
}

/// Migrates the database, then runs `work` on it with this many connections.
fn in_database<T, E, W>(
    settings: &Settings,
    connections: u32,
    work: impl FnOnce(Db) -> W,
) -> Result<T, CommandError>
where
    E: std::error::Error + 'static,
    W: Future<Output = Result<T, E>>,
{
    runtime()?.block_on(async {
        let (db, _) = open(&settings.database.url, connections).await?;
        work(db).await.map_err(CommandError::from)
    })
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}
