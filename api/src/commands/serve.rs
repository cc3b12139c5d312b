//! `sms-chat serve`: starts the server, prints its addresses, and shuts it down gracefully on SIGINT and SIGTERM.

use api::{
    app::{self, Application, Stop},
    auth::PasswordPool,
    clock::Clock,
    config::{GatewayKind, SettingArgs, Settings},
    db::{Db, Migrations},
    demo::{self, DEMO_EMAILS, DEMO_PASSWORD, DemoError},
    health,
};
use chrono::TimeDelta;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::{EnvFilter, layer::SubscriberExt, util::SubscriberInitExt};

use super::CommandError;

/// The default log filter. It quietens the HTTP libraries.
const DEFAULT_LOG: &str = "info,hyper=warn,actix_server=warn,h2=warn";

pub(super) fn serve(
    args: &SettingArgs,
    settings: &Settings,
    demo_when_new: bool,
) -> Result<(), CommandError> {
    log_to_stderr(args.log.as_deref())?;
    health::install_recorder();
    app::block_on(run(settings, demo_when_new))
}

async fn run(settings: &Settings, demo_when_new: bool) -> Result<(), CommandError> {
    let is_new = demo_when_new && add_demo_data_if_new(settings).await?;
    let application = Application::build(settings, Clock::System).await?;
    print_addresses(&application, settings, demo_when_new, is_new);
    let stop = application.stop();
    let signals = Signals::listen()?;
    tokio::spawn(stop_on_signal(signals, stop, settings.shutdown_delay));
    Ok(application.run().await?)
}

/// Adds the demo data if the database has no accounts yet. Returns whether it did.
async fn add_demo_data_if_new(settings: &Settings) -> Result<bool, CommandError> {
    Migrations::on(&settings.database.url)?.run()?;
    let db = Db::open(&settings.database.url, 1)?;
    match demo::build(&db, &PasswordPool::default(), Clock::System.now()).await {
        Ok(()) => Ok(true),
        Err(DemoError::NotEmpty) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The signals that stop the server.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }
}

/// Waits for a signal, then stops the server. On SIGTERM, the server goes on for the delay, or until the next signal:
/// readiness fails, and the load balancer has time to see it. SIGINT comes from a person and stops it at once.
async fn stop_on_signal(mut signals: Signals, stop: Stop, delay: TimeDelta) {
    tokio::select! {
        _ = signals.interrupt.recv() => {}
        _ = signals.terminate.recv() => {
            stop.announce();
            tokio::select! {
                () = Clock::System.sleep(delay) => {}
                _ = signals.interrupt.recv() => {}
                _ = signals.terminate.recv() => {}
            }
        }
    }
    stop.stop().await;
}

fn print_addresses(application: &Application, settings: &Settings, demo: bool, is_new: bool) {
    println!("\nSMS Chat listens on http://{}", application.address);
    println!("  API        {}/api/docs", application.public_url);
    println!("  Database   {}", settings.database.url);
    match settings.gateway.kind {
        GatewayKind::Twilio => println!("  Gateway    {}", settings.gateway.api_url),
        GatewayKind::Simulator => {
            println!("  Gateway    SIMULATOR: no real messages are sent or received");
            println!("  Handset    {}/handset  (play the customer here)", application.public_url);
        }
    }
    if demo {
        let state = if is_new { "Added the demo data." } else { "Kept the existing demo data." };
        println!("\n{state} Sign in as one of:");
        print_demo_accounts();
    }
    println!();
}

/// Lists the demo accounts with their password.
pub(super) fn print_demo_accounts() {
    let descriptions = [
        "admin: all permissions in all teams",
        "supervisor of Collections and Support",
        "agent of Collections",
        "agent of Collections and Support; may search",
        "agent of Claims; may search and send ad-hoc messages",
        "disabled: cannot sign in",
    ];
    for (email, description) in DEMO_EMAILS.iter().zip(descriptions) {
        println!("  {email:<24} {DEMO_PASSWORD}   {description}");
    }
}

fn log_to_stderr(filter: Option<&str>) -> Result<(), CommandError> {
    let filter = EnvFilter::try_new(filter.unwrap_or(DEFAULT_LOG)).map_err(|fault| {
        format!("SMS_CHAT_LOG is not a valid filter ({fault}); for example: SMS_CHAT_LOG=info")
    })?;
    tracing_subscriber::registry()
        .with(filter)
        .with(tracing_subscriber::fmt::layer().with_writer(std::io::stderr))
        .try_init()?;
    Ok(())
}
