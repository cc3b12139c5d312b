//! Builds the application: database, gateway, background tasks, HTTP server. `main` and the tests start the same thing.

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
};

use actix_web::{
    App, Error, HttpServer,
    body::MessageBody,
    dev::{Server, ServerHandle, ServiceRequest, ServiceResponse},
    middleware::{Compress, from_fn},
    web,
};
use chrono::TimeDelta;
use secrecy::ExposeSecret;
use simulator::Simulator;
use tokio::{sync::watch, task::JoinHandle};
use tracing::Span;
use tracing_actix_web::{RootSpanBuilder, TracingLogger};

use crate::{
    accounts,
    auth::{PasswordPool, RateLimit, SignInThrottle, TokenKeys},
    clock::Clock,
    config::{Credentials, GatewayKind, Settings},
    daily_files::DailyFiles,
    db::{DatabaseUrl, Db, DbError, Migrations},
    desk::Desk,
    error::ApiError,
    events::feed::Feed,
    gateway::{MESSAGES_WEBHOOK, STATUS_WEBHOOK, client::GatewayClient, repair::Repair},
    middleware::{self, HttpPolicy},
    outbox::{
        clock_jump::ClockJumps,
        worker::{Outbox, Worker},
    },
    retention, router, search, teams,
};

/// How long requests under way may take when the server stops: service managers wait 30 s before they kill.
const SHUTDOWN_SECONDS: u64 = 20;

/// Why the desk cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
    #[error("{0}; check SMS_CHAT_DATABASE_URL")]
    Db(#[from] DbError),
    /// The address.
    #[error("cannot listen on {0}: {1}; choose another with SMS_CHAT_LISTEN")]
    Listen(SocketAddr, std::io::Error),
    /// The simulator's address.
    #[error("the simulator cannot listen on {0}: {1}; choose another with SMS_CHAT_SIMULATOR_LISTEN")]
    Simulator(SocketAddr, std::io::Error),
    /// The gateway's settings.
    #[error(
        "the gateway cannot be used: {0}; check TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_API_URL"
    )]
    Gateway(String),
    /// The demo accounts cannot be looked at.
    #[error("{0}; check SMS_CHAT_DATABASE_URL")]
    DemoAccounts(ApiError),
    /// Accounts with the published demo password.
    #[error(
        "{0} still has the demo password, so the desk listens on loopback only; \
         change the password, or SMS_CHAT_LISTEN=127.0.0.1:8080"
    )]
    DemoPassword(String),
}

/// A desk that listens, and works until it is stopped.
#[expect(missing_debug_implementations, reason = "actix-web's server has none")]
pub struct Application {
    /// Where it listens.
    pub address: SocketAddr,
    /// How it is reached.
    pub public_url: String,
    /// The built-in gateway, when there is no other.
    pub simulator: Option<Simulator>,
    server: Server,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

/// Stops an application from elsewhere.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "actix-web's server has none")]
pub struct Stop {
    server: ServerHandle,
    stop: watch::Sender<bool>,
}

impl Stop {
    /// Finishes what is under way, and ends.
    pub async fn stop(self) {
        // Live streams end first: the server would wait for them.
        let _ = self.stop.send(true);
        self.server.stop(true).await;
    }
}

impl Application {
    /// Opens the database (bringing it to the present schema), begins to listen, and starts what works in the
    /// background.
    ///
    /// # Errors
    /// What is missing or in the way, with the setting to look at.
    pub async fn build(settings: &Settings, clock: Clock) -> Result<Self, StartError> {
        let (db, _) = open(&settings.database.url, settings.database.connections).await?;
        let passwords = PasswordPool::default();
        refuse_demo_password(&db, &passwords, settings.http.listen).await?;

        let wanted = settings.http.listen;
        let listener = TcpListener::bind(wanted).map_err(|error| StartError::Listen(wanted, error))?;
        let address = listener.local_addr().map_err(|error| StartError::Listen(wanted, error))?;
        let public_url = settings.http.public_url.clone().unwrap_or_else(|| format!("http://{address}"));

        let credentials = settings.credentials();
        let simulator = match settings.gateway.kind {
            GatewayKind::Simulator => {
                Some(simulate(&db, settings, &credentials, address, &public_url).await?)
            }
            GatewayKind::Twilio => None,
        };
        let api_url = simulator.as_ref().map_or_else(|| settings.gateway.api_url.clone(), Simulator::url);
        let gateway = GatewayClient::new(
            credentials.account_sid,
            credentials.auth_token.clone(),
            &api_url,
            format!("{public_url}{STATUS_WEBHOOK}"),
            settings.gateway.timeout,
        )
        .map_err(StartError::Gateway)?;
        let gateway = Arc::new(gateway);

        let (stop, stopped) = watch::channel(false);
        let outbox = Arc::new(Outbox::default());
        let feed = Arc::new(Feed::default());
        let worker = Worker {
            db: db.clone(),
            gateway: Arc::clone(&gateway),
            clock: clock.clone(),
            outbox: Arc::clone(&outbox),
            feed: Arc::clone(&feed),
            give_up_after: settings.gateway.give_up_after,
            list_lag: settings.gateway.list_lag,
        };
        let daily_files =
            Arc::new(DailyFiles::on(db.clone(), &settings.database.url, clock.clone(), Arc::clone(&feed)));
        daily_files.begin().await?;
        let repair = Repair {
            db: db.clone(),
            gateway: Arc::clone(&gateway),
            clock: clock.clone(),
            feed: Arc::clone(&feed),
        };
        let clock_jumps = ClockJumps {
            db: db.clone(),
            clock: clock.clone(),
            outbox: Arc::clone(&outbox),
            timeout: gateway.timeout(),
        };
        let mut tasks = vec![
            tokio::spawn(worker.run(stopped.clone())),
            tokio::spawn(clock_jumps.run(stopped.clone())),
            tokio::spawn(Arc::clone(&daily_files).keep(stopped.clone())),
            tokio::spawn(retention::keep(db.clone(), clock.clone(), stopped.clone())),
            tokio::spawn(Arc::clone(&feed).run(db.clone(), clock.clone(), stopped.clone())),
        ];
        if let Some(every) = settings.gateway.repair_every {
            tasks.push(tokio::spawn(repair.run(every, stopped)));
        }
        let desk = web::Data::new(Desk {
            db,
            keys: TokenKeys::new(&settings.jwt_secret),
            passwords,
            throttle: SignInThrottle::default(),
            rate_limit: RateLimit::new(settings.limits.requests_per_minute, clock.clone()),
            clock,
            outbox,
            feed,
            gateway,
            daily_files,
            search_reach: TimeDelta::days(i64::from(settings.limits.search_days)),
            trusted_proxies: settings.http.trusted_proxies.clone(),
            http: HttpPolicy::new(&settings.http, &public_url),
            public_url: public_url.clone(),
            webhook_tokens: [Some(credentials.auth_token), credentials.secondary_auth_token]
                .into_iter()
                .flatten()
                .collect(),
            handset_url: simulator.as_ref().map(Simulator::handset_url),
            simulated: simulator.as_ref().map(Simulator::numbers),
        });
        let server = serve(listener, desk).map_err(|error| StartError::Listen(address, error))?;
        Ok(Self { address, public_url, simulator, server, stop, tasks })
    }

    /// What stops it.
    #[must_use]
    pub fn stop(&self) -> Stop {
        Stop { server: self.server.handle(), stop: self.stop.clone() }
    }

    /// Serves until it is stopped, then finishes what is at the gateway.
    ///
    /// # Errors
    /// When the server breaks.
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

/// Opens the database, brought to the present schema, and answers how many migrations that took.
///
/// # Errors
/// When it cannot be reached, or a migration fails.
pub async fn open(url: &DatabaseUrl, connections: u32) -> Result<(Db, usize), DbError> {
    let migrations = Migrations::on(url)?.run()?;
    let db = Db::open(url, connections)?;
    if migrations > 0 {
        search::refold(&db).await?;
    }
    Ok((db, migrations))
}

fn serve(listener: TcpListener, desk: web::Data<Desk>) -> std::io::Result<Server> {
    let server = HttpServer::new(move || {
        App::new()
            .app_data(desk.clone())
            .configure(router::routes)
            .wrap(Compress::default())
            .wrap(from_fn(middleware::guard))
            .wrap(TracingLogger::<RequestSpan>::new())
    });
    // `main` listens for signals, so that live streams end before the server waits for them. Idle connections close at
    // once, others after the request that is under way.
    Ok(server.listen(listener)?.disable_signals().shutdown_timeout(SHUTDOWN_SECONDS).run())
}

async fn simulate(
    db: &Db,
    settings: &Settings,
    credentials: &Credentials,
    address: SocketAddr,
    public_url: &str,
) -> Result<Simulator, StartError> {
    let listen = settings.gateway.simulator_listen;
    let simulator = Simulator::start(simulator::Settings {
        listen,
        account_sid: credentials.account_sid.clone(),
        auth_token: credentials.auth_token.expose_secret().to_owned(),
        messages_url: Some(format!("{public_url}{MESSAGES_WEBHOOK}")),
        // The public address may not be reachable from here; what is signed is the same.
        deliver_to: Some(format!("http://{address}")),
        ..simulator::Settings::default()
    })
    .map_err(|error| StartError::Simulator(listen, error))?;
    simulator.numbers().set(teams::desk_numbers(db).await?);
    Ok(simulator)
}

async fn refuse_demo_password(
    db: &Db,
    passwords: &PasswordPool,
    listen: SocketAddr,
) -> Result<(), StartError> {
    if listen.ip().is_loopback() {
        return Ok(());
    }
    match accounts::first_with_demo_password(db, passwords).await {
        Ok(Some(email)) => Err(StartError::DemoPassword(email)),
        Ok(None) => Ok(()),
        Err(error) => Err(StartError::DemoAccounts(error)),
    }
}

/// The span of a request: its method, its route and its outcome; never a query, which may hold a name or a number.
#[derive(Debug)]
struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let route = request.match_pattern().unwrap_or_else(|| "other".to_owned());
        tracing::info_span!("request", method = %request.method(), route, status = tracing::field::Empty)
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let (route, status) = match outcome {
            Ok(answer) => (answer.request().match_pattern(), answer.status()),
            Err(error) => (None, error.as_response_error().status_code()),
        };
        span.record("status", status.as_u16());
        metrics::counter!("sms_chat_requests_total",
            "route" => route.unwrap_or_else(|| "other".to_owned()), "status" => status.as_u16().to_string())
        .increment(1);
    }
}

/// Runs `work` to its end on the kind of runtime that the server needs.
pub fn block_on<F: Future>(work: F) -> F::Output {
    actix_web::rt::System::new().block_on(work)
}
