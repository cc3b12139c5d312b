//! `sms-chat serve`: starts the desk, says where it is, and ends it in order when asked to.

use api::{
    app::{self, Application},
    auth::PasswordPool,
    clock::Clock,
    config::{GatewayKind, SettingArgs, Settings},
    db::{Db, Migrations},
    demo::{self, DEMO_EMAILS, DEMO_PASSWORD, DemoError},
    health,
};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::{EnvFilter, layer::SubscriberExt, util::SubscriberInitExt};

use super::Fault;

/// What is logged of others when nothing is said: hyper and its like only when something is wrong.
const DEFAULT_LOG: &str = "info,hyper=warn,actix_server=warn,h2=warn";

pub(super) fn serve(args: &SettingArgs, settings: &Settings, demo_when_new: bool) -> Result<(), Fault> {
    log_to_stderr(args.log.as_deref())?;
    health::count();
    app::block_on(run(settings, demo_when_new))
}

async fn run(settings: &Settings, demo_when_new: bool) -> Result<(), Fault> {
    let is_new = demo_when_new && fill_if_new(settings).await?;
    let application = Application::build(settings, Clock::System).await?;
    greet(&application, settings, demo_when_new, is_new);
    let stop = application.stop();
    tokio::spawn(async move {
        if asked_to_end().await.is_ok() {
            stop.stop().await;
        }
    });
    Ok(application.run().await?)
}

/// Fills a database that holds nobody yet; whether it was one.
async fn fill_if_new(settings: &Settings) -> Result<bool, Fault> {
    Migrations::on(&settings.database.url)?.run()?;
    let db = Db::open(&settings.database.url, 1)?;
    match demo::build(&db, &PasswordPool::default(), Clock::System.now()).await {
        Ok(()) => Ok(true),
        Err(DemoError::NotEmpty) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

async fn asked_to_end() -> std::io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

fn greet(application: &Application, settings: &Settings, demo: bool, is_new: bool) {
    println!("\nSMS Chat listens on http://{}", application.address);
    println!("  API        {}/api/docs", application.public_url);
    println!("  Database   {}", settings.database.url);
    match settings.gateway.kind {
        GatewayKind::Twilio => println!("  Gateway    {}", settings.gateway.api_url),
        GatewayKind::Simulator => {
            println!("  Gateway    THE SIMULATOR: no real text is sent or received");
            println!("  Handset    {}/handset  (play the customer)", application.public_url);
        }
    }
    if demo {
        println!("\nThe demo world is {}. Sign in as one of:", if is_new { "new" } else { "as you left it" });
        print_demo_accounts();
    }
    println!();
}

/// Lists the demo accounts with their password.
pub(super) fn print_demo_accounts() {
    let told = [
        "admin: everything, everywhere",
        "supervisor of Collections and Support",
        "agent of Collections",
        "agent of Collections and Support, may search",
        "agent of Claims, may search and send ad-hoc",
        "disabled: cannot sign in",
    ];
    for (email, who) in DEMO_EMAILS.iter().zip(told) {
        println!("  {email:<24} {DEMO_PASSWORD}   {who}");
    }
}

fn log_to_stderr(filter: Option<&str>) -> Result<(), Fault> {
    let filter = EnvFilter::try_new(filter.unwrap_or(DEFAULT_LOG))
        .map_err(|fault| format!("SMS_CHAT_LOG is not a filter ({fault}); for example: SMS_CHAT_LOG=info"))?;
    tracing_subscriber::registry()
        .with(filter)
        .with(tracing_subscriber::fmt::layer().with_writer(std::io::stderr))
        .try_init()?;
    Ok(())
}
