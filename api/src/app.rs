//! Builds and runs the application: database, gateway, background tasks, HTTP server. `main` and the tests both use it.

mod background;
mod gateway;
mod request_span;

use std::{
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use actix_web::{
    App, HttpServer,
    dev::{Server, ServerHandle},
    middleware::{Compress, Condition, from_fn},
    web,
};
use chrono::TimeDelta;
use simulator::Simulator;
use tokio::{sync::watch, task::JoinHandle};
use tracing_actix_web::TracingLogger;

use crate::{
    auth::{Authenticator, Callers, PasswordPool, RateLimit, SignInThrottle, TokenKeys},
    clock::Clock,
    config::Settings,
    conversations::queue::QueueAnswers,
    db::{DatabaseUrl, Db, DbError, Migrations},
    demo::{self, DemoPasswordError},
    gateway::client::InvalidApiUrl,
    middleware::{self, HttpPolicy},
    router, search,
    state::AppState,
    webhook_deliveries::ClientError,
    webhook_endpoints::address::AddressPolicy,
};
use background::Background;
use request_span::RequestSpan;

/// Number of seconds that requests in progress may take during shutdown. It is shorter than the 30 s after which
/// service managers commonly kill a process.
const SHUTDOWN_SECONDS: u64 = 20;

/// Why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database cannot be opened.
    #[error("{0}; check SMS_CHAT_DATABASE_URL")]
    Db(DbError),
    /// A newer version of this program has migrated the database.
    #[error("{0}")]
    NewerSchema(DbError),
    /// A move into the database is unfinished.
    #[error("{0}")]
    UnfinishedMove(DbError),
    /// The address cannot be bound.
    #[error("cannot listen on {0}: {1}; choose another with SMS_CHAT_LISTEN")]
    Listen(SocketAddr, std::io::Error),
    /// The simulator's address cannot be bound.
    #[error("the simulator cannot listen on {0}: {1}; choose another with SMS_CHAT_SIMULATOR_LISTEN")]
    Simulator(SocketAddr, std::io::Error),
    /// The gateway's settings are invalid.
    #[error(
        "the gateway cannot be used: {0}; check TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_API_URL"
    )]
    Gateway(InvalidApiUrl),
    /// The client for webhooks cannot be created.
    #[error("{0}; check the installation of the TLS library")]
    Webhooks(#[from] ClientError),
    /// The demo accounts cannot be checked.
    #[error("{0}; check SMS_CHAT_DATABASE_URL")]
    DemoAccounts(DemoPasswordError),
    /// An account has the published demo password, and the address is not a loopback address.
    #[error(
        "{0} still has the demo password, so the server may listen only on loopback addresses; \
         change the password, or set SMS_CHAT_LISTEN=127.0.0.1:8080"
    )]
    DemoPassword(String),
}

impl From<DbError> for StartError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::NewerSchema(_) => Self::NewerSchema(error),
            DbError::UnfinishedMove(_) => Self::UnfinishedMove(error),
            error => Self::Db(error),
        }
    }
}

/// A server that accepts connections, with its background tasks.
#[expect(missing_debug_implementations, reason = "actix-web's server has none")]
pub struct Application {
    /// The address it listens on.
    pub address: SocketAddr,
    /// The URL at which browsers and the gateway reach it, without a slash at the end.
    pub public_url: String,
    /// The built-in simulator, if it is the gateway.
    pub simulator: Option<Simulator>,
    server: Server,
    stop: watch::Sender<bool>,
    stopping: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<()>>,
}

/// Stops an application from another task.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "actix-web's server has none")]
pub struct Stop {
    server: ServerHandle,
    stop: watch::Sender<bool>,
    stopping: Arc<AtomicBool>,
}

impl Stop {
    /// Makes `/health/ready` fail, so that a load balancer sends new requests to other replicas. The server still
    /// answers all requests.
    pub fn announce(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Finishes the requests in progress, then stops the server.
    pub async fn stop(self) {
        self.announce();
        // Ends live streams first; the server would wait for them.
        let _ = self.stop.send(true);
        self.server.stop(true).await;
    }
}

impl Application {
    /// Opens and migrates the database, binds the address, and starts the background tasks.
    ///
    /// # Errors
    /// Each error names the setting to check.
    pub async fn build(settings: &Settings, clock: Clock) -> Result<Self, StartError> {
        let (db, _) = open(&settings.database.url, settings.database.connections).await?;
        let passwords = PasswordPool::default();
        refuse_demo_password(&db, &passwords, settings.http.listen).await?;

        let wanted = settings.http.listen;
        let listener = TcpListener::bind(wanted).map_err(|error| StartError::Listen(wanted, error))?;
        let address = listener.local_addr().map_err(|error| StartError::Listen(wanted, error))?;
        let public_url = settings.http.public_url.clone().unwrap_or_else(|| format!("http://{address}"));

        let (gateway, simulator) = gateway::start(&db, settings, address, &public_url).await?;
        let (stop, stopped) = watch::channel(false);
        let background = Background::start(settings, &db, &clock, &gateway, stopped).await?;
        let http = HttpPolicy::new(&settings.http, &public_url);
        let auth = Authenticator {
            db: db.clone(),
            clock: clock.clone(),
            callers: Callers::new(db.clone(), clock.clone(), Arc::clone(&background.versions)),
            keys: TokenKeys::new(&settings.jwt_secret),
            passwords,
            throttle: SignInThrottle::default(),
            rate_limit: RateLimit::new(settings.limits.requests_per_minute, clock.clone()),
            secure_cookies: http.is_secure,
        };
        let queue = Arc::new(QueueAnswers::new(db.clone(), background.versions));
        let stopping = Arc::<AtomicBool>::default();
        let search_sample = Arc::new(search::Sample::new(clock.clone()));
        let state = web::Data::new(AppState {
            db,
            clock,
            auth: Arc::new(auth),
            outbox: background.outbox,
            feed: background.feed,
            queue,
            presences: background.presences,
            gateway,
            daily_files: background.daily_files,
            search_reach: TimeDelta::days(i64::from(settings.limits.search_days)),
            search_sample,
            stopping: Arc::clone(&stopping),
            http,
            public_url: public_url.clone(),
            webhooks: background.webhooks,
            webhook_policy: AddressPolicy { private_addresses: settings.webhooks.private_addresses },
            webhook_signature: settings.webhook_signature(),
            handset_url: simulator.as_ref().map(Simulator::handset_url),
            simulated: simulator.as_ref().map(Simulator::numbers),
        });
        let server = serve(listener, state).map_err(|error| StartError::Listen(address, error))?;
        Ok(Self { address, public_url, simulator, server, stop, stopping, tasks: background.tasks })
    }

    /// Returns a handle that stops the application.
    #[must_use]
    pub fn stop(&self) -> Stop {
        Stop { server: self.server.handle(), stop: self.stop.clone(), stopping: Arc::clone(&self.stopping) }
    }

    /// Serves until it is stopped, then waits for the background tasks to finish their requests to the gateway.
    ///
    /// # Errors
    /// I/O errors of the server.
    pub async fn run(self) -> std::io::Result<()> {
        let served = self.server.await;
        let _ = self.stop.send(true);
        for task in self.tasks {
            let _ = task.await;
        }
        if let Some(simulator) = self.simulator {
            simulator.stop().await;
        }
        served
    }
}

/// Migrates and opens the database. Returns it with the number of migrations that were run.
///
/// # Errors
/// If the database cannot be reached, or a migration fails.
pub async fn open(url: &DatabaseUrl, connections: u32) -> Result<(Db, usize), DbError> {
    let migrations = Migrations::on(url)?.run()?;
    let db = Db::open(url, connections)?;
    Ok((db, migrations))
}

fn serve(listener: TcpListener, state: web::Data<AppState>) -> std::io::Result<Server> {
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(state.http.clone()))
            .app_data(web::Data::new(state.clock.clone()))
            .app_data(web::Data::from(Arc::clone(&state.auth)))
            .app_data(state.clone())
            .configure(router::routes)
            .wrap(from_fn(middleware::leave_small_bodies))
            .wrap(Compress::default())
            .wrap(Condition::new(
                !state.http.cors_origins.is_empty(),
                middleware::cors::cors(state.http.cors_origins.clone()),
            ))
            .wrap(from_fn(middleware::guard))
            .wrap(TracingLogger::<RequestSpan>::new())
    });
    // `main` handles signals, so that live streams end before the server waits for connections to close. Idle
    // connections close at once, others after the request in progress.
    Ok(server.listen(listener)?.disable_signals().shutdown_timeout(SHUTDOWN_SECONDS).run())
}

async fn refuse_demo_password(
    db: &Db,
    passwords: &PasswordPool,
    listen: SocketAddr,
) -> Result<(), StartError> {
    if listen.ip().is_loopback() {
        return Ok(());
    }
    match demo::first_with_demo_password(db, passwords).await {
        Ok(Some(email)) => Err(StartError::DemoPassword(email)),
        Ok(None) => Ok(()),
        Err(error) => Err(StartError::DemoAccounts(error)),
    }
}

/// Runs `work` to completion on an actix runtime, which the server needs.
pub fn block_on<F: Future>(work: F) -> F::Output {
    actix_web::rt::System::new().block_on(work)
}
