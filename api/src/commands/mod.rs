//! What each command does. Says things to people on stdout and stderr; the rest of the crate never does.

mod doctor;
mod import;
mod serve;

use std::io::BufRead;

use api::{
    accounts,
    app::open,
    auth::PasswordPool,
    clock::Clock,
    config::{SettingArgs, Settings},
    db::Db,
    demo, openapi,
};
use clap::{Args, Parser, Subcommand, ValueEnum};
use shared::account::{NewAccount, Role};

/// What a command says when it cannot do its work.
type Fault = Box<dyn std::error::Error>;

/// A desk where teams of agents hold two-way text-message conversations with customers.
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
    /// Starts the desk. Example: `sms-chat serve --listen 127.0.0.1:8080`
    Serve {
        /// Fills a database that holds nobody yet with the demo world.
        #[arg(long)]
        demo_when_new: bool,
    },
    /// Brings the database to the present schema. Example: `sms-chat migrate --database-url postgres://desk@localhost/desk`
    Migrate,
    /// Fills an empty database with the demo world. Example: `sms-chat demo --database-url sqlite://data/demo.db`
    Demo,
    /// Prints the OpenAPI document. Example: `sms-chat openapi > openapi.json`
    Openapi,
    /// Checks everything that the desk stands on, and says how to mend what is wrong. Example: `sms-chat doctor --repair`
    Doctor {
        /// Fetches what the gateway's webhooks have missed, too.
        #[arg(long)]
        repair: bool,
    },
    /// Brings in a team's daily file. Example: `sms-chat import --team Collections customers.csv`
    Import(import::ImportFile),
    /// Looks after accounts.
    #[command(subcommand)]
    Account(AccountCommand),
}

#[derive(Debug, Subcommand)]
enum AccountCommand {
    /// Makes an account. Example: `echo "$PASSWORD" | sms-chat account create --email ann@example.com --name Ann --role agent --team Support --password-stdin`
    Create(CreateAccount),
}

#[derive(Debug, Args)]
struct CreateAccount {
    /// The e-mail address to sign in with.
    #[arg(long)]
    email: String,
    /// The name that colleagues and customers' threads show.
    #[arg(long)]
    name: String,
    /// What the account may do.
    #[arg(long)]
    role: RoleArg,
    /// A team it belongs to; may be given several times.
    #[arg(long = "team", value_name = "TEAM")]
    teams: Vec<String>,
    /// Reads the password from the first line of standard input, so that no list of processes shows it.
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

/// Does what was asked for.
pub(crate) fn run(cli: Cli) -> Result<(), Fault> {
    if let Command::Openapi = cli.command {
        println!("{}", openapi::document().to_pretty_json()?);
        return Ok(());
    }
    let settings = Settings::from_args(&cli.settings)?;
    match cli.command {
        Command::Serve { demo_when_new } => serve::serve(&cli.settings, &settings, demo_when_new),
        Command::Migrate => migrate(&settings),
        Command::Demo => fill_with_demo(&settings),
        Command::Doctor { repair } => doctor::doctor(&settings, repair),
        Command::Import(file) => import::import(&settings, &file),
        Command::Account(AccountCommand::Create(new)) => create_account(&settings, new),
        Command::Openapi => Ok(()),
    }
}

fn migrate(settings: &Settings) -> Result<(), Fault> {
    let (_, ran) = runtime()?.block_on(open(&settings.database.url, 1))?;
    println!("{}: {ran} migrations run; the schema is current.", settings.database.url);
    Ok(())
}

fn fill_with_demo(settings: &Settings) -> Result<(), Fault> {
    in_database(settings, 1, |db| async move {
        demo::build(&db, &PasswordPool::default(), Clock::System.now()).await
    })?;
    println!("{}: the demo world is in. Sign in as one of:", settings.database.url);
    serve::print_demo_accounts();
    Ok(())
}

fn create_account(settings: &Settings, new: CreateAccount) -> Result<(), Fault> {
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
        let passwords = PasswordPool::default();
        let created = accounts::create_by_operator(&db, &passwords, new, teams, Clock::System.now()).await;
        // A terminal shows the sentence, not the code.
        created.map_err(|refused| std::io::Error::other(refused.detail().to_owned()))
    })?;
    println!("{email} can sign in now.");
    Ok(())
}

/// Runs `work` on the migrated database, with this many connections.
fn in_database<T, E, W>(settings: &Settings, connections: u32, work: impl FnOnce(Db) -> W) -> Result<T, Fault>
where
    E: std::error::Error + 'static,
    W: Future<Output = Result<T, E>>,
{
    runtime()?.block_on(async {
        let (db, _) = open(&settings.database.url, connections).await?;
        work(db).await.map_err(Fault::from)
    })
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}
