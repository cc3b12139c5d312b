//! The server under test: what `main` starts, in its own thread on its own port.

use std::{cell::Cell, thread};

use api::{
    app::Application,
    clock::{Clock, TestClock},
    config::{SettingArgs, Settings},
};
use chrono::TimeDelta;
use serde_json::json;
use shared::account::{Permission, Role};
use tokio::sync::oneshot;

use super::{
    client::{ApiResponse, Client},
    database::{Kind, TestDatabase, sql_timestamp},
    eventually,
    fixtures::{self, COLLECTIONS_NUMBER, PASSWORD, Person, SAM},
    gateway::{ACCOUNT_SID, AUTH_TOKEN, Gateway, MESSAGES, message_form, sid, signed},
    statements,
};

/// A running server with its database, gateway and clock. Fields are dropped in order, so the server stops before its
/// database is deleted.
pub(crate) struct TestApp {
    /// A client without credentials.
    pub(crate) anonymous: Client,
    pub(crate) gateway: Gateway,
    pub(crate) clock: TestClock,
    #[expect(dead_code, reason = "stops the server when the test ends")]
    running: RunningServer,
    pub(crate) database: TestDatabase,
    inbound_count: Cell<usize>,
}

/// Runs a test on one database.
pub(crate) fn run<T: Future<Output = ()>>(kind: Kind, test: impl FnOnce(TestApp) -> T) {
    run_with(kind, |_| {}, test);
}

/// Runs a test on one database with changed settings.
pub(crate) fn run_with<T: Future<Output = ()>>(
    kind: Kind,
    change: impl FnOnce(&mut SettingArgs),
    test: impl FnOnce(TestApp) -> T,
) {
    // The worker thread drives the connections while the test's thread queries the database.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        test(TestApp::start(kind, change)).await;
    });
}

impl TestApp {
    fn start(kind: Kind, change: impl FnOnce(&mut SettingArgs)) -> Self {
        statements::install_recorder();
        let database = TestDatabase::with_fixtures(kind);
        let clock = TestClock::at(fixtures::start());
        let gateway = Gateway::start();
        let mut args = settings(&database, &gateway);
        change(&mut args);
        let running = RunningServer::start(&args, &clock);
        gateway.deliver_to(&running.url);
        Self {
            anonymous: Client::of(&running.url),
            gateway,
            clock,
            running,
            database,
            inbound_count: Cell::new(0),
        }
    }

    /// Starts another server on the same database, with changed settings. It stops when dropped.
    pub(crate) fn replica(&self, change: impl FnOnce(&mut SettingArgs)) -> Replica {
        self.replica_with_clock(&self.clock, change)
    }

    /// Starts another server on the same database, with a clock of its own and changed settings.
    pub(crate) fn replica_with_clock(
        &self,
        clock: &TestClock,
        change: impl FnOnce(&mut SettingArgs),
    ) -> Replica {
        let mut args = settings(&self.database, &self.gateway);
        change(&mut args);
        let running = RunningServer::start(&args, clock);
        Replica { anonymous: Client::of(&running.url), running }
    }

    /// Signs in and returns a client with the access token.
    pub(crate) async fn signed_in(&self, person: Person) -> Client {
        sign_in(&self.anonymous, person).await
    }

    /// Signs in Sam, who also gets the permission `manage_accounts` in his teams, Collections and Support. He is not an
    /// admin.
    pub(crate) async fn manager(&self) -> Client {
        let mut permissions = Role::Supervisor.preset();
        permissions.insert(Permission::ManageAccounts);
        let permissions = serde_json::to_string(&permissions).expect("JSON");
        let promote = format!("UPDATE accounts SET permissions = '{permissions}' WHERE id = {}", SAM.1);
        self.database.run(&promote).expect("a manager");
        self.signed_in(SAM).await
    }

    /// Delivers a message from a customer to Collections and returns the conversation.
    pub(crate) async fn inbound(&self, from: &str, body: &str) -> i64 {
        self.inbound_to(COLLECTIONS_NUMBER, from, body).await
    }

    pub(crate) async fn inbound_to(&self, to: &str, from: &str, body: &str) -> i64 {
        self.deliver_inbound(&self.anonymous, to, from, body).await
    }

    /// Delivers a message for Collections to another server.
    pub(crate) async fn inbound_at(&self, server: &Client, from: &str, body: &str) -> i64 {
        self.deliver_inbound(server, COLLECTIONS_NUMBER, from, body).await
    }

    async fn deliver_inbound(&self, server: &Client, to: &str, from: &str, body: &str) -> i64 {
        let form = message_form(&self.next_sid(), from, to, body);
        let response = ApiResponse::to(signed(server, MESSAGES, &form)).await;
        assert_eq!(response.status, 200, "{}", response.body);
        self.live_conversation(to, from)
    }

    /// Returns the conversation of two numbers that is not closed.
    pub(crate) fn live_conversation(&self, to: &str, from: &str) -> i64 {
        self.database.integer(&format!(
            "SELECT id FROM conversations WHERE team_number = '{to}' AND number = '{from}' AND status <> 'closed'"
        ))
    }

    /// Returns a gateway id that no other message of this test has.
    pub(crate) fn next_sid(&self) -> String {
        let n = self.inbound_count.get() + 1;
        self.inbound_count.set(n);
        sid(n)
    }

    /// Disables an account directly in the database.
    pub(crate) fn disable(&self, person: Person) {
        let now = sql_timestamp(self.database.kind, self.clock.now());
        let disable = format!("UPDATE accounts SET disabled_at = {now} WHERE id = {}", person.1);
        self.database.run(&disable).expect("a disabled account");
    }

    pub(crate) fn advance(&self, by: TimeDelta) {
        self.clock.advance(by);
    }

    /// Waits until a message has this status and returns the message.
    pub(crate) async fn message_becomes(
        &self,
        reader: &Client,
        message: i64,
        status: &str,
    ) -> serde_json::Value {
        let of_message = format!("SELECT conversation_id FROM messages WHERE id = {message}");
        let conversation = self.database.integer(&of_message);
        eventually(&format!("message {message} was {status}"), async || {
            let messages = reader.messages(conversation).await;
            messages.into_iter().find(|found| found["id"] == message && found["status"] == status)
        })
        .await
    }

    /// Waits until an attempt to send the message has failed and the message waits for the next attempt.
    pub(crate) async fn attempt_fails(&self, message: i64, attempts: u32) {
        let waits = format!("message_id = {message} AND held_until IS NULL AND attempts = {attempts}");
        eventually(&format!("attempt {attempts} of message {message} failed"), async || {
            (self.database.count("outbox", &waits) == 1).then_some(())
        })
        .await;
    }

    /// Advances the clock second by second until there is a result.
    pub(crate) async fn advance_until<T>(
        &self,
        wanted: &str,
        mut check: impl AsyncFnMut() -> Option<T>,
    ) -> T {
        eventually(wanted, async || {
            let found = check().await;
            if found.is_none() {
                self.advance(TimeDelta::seconds(1));
            }
            found
        })
        .await
    }
}

/// Another server on the database of a test.
#[derive(Debug)]
pub(crate) struct Replica {
    pub(crate) anonymous: Client,
    #[expect(dead_code, reason = "stops the server when it is dropped")]
    running: RunningServer,
}

impl Replica {
    pub(crate) async fn signed_in(&self, person: Person) -> Client {
        sign_in(&self.anonymous, person).await
    }
}

async fn sign_in(server: &Client, person: Person) -> Client {
    let session =
        server.post("/sessions", json!({"email": person.email(), "password": PASSWORD})).await.expect(201);
    server.with_token(session["access_token"].as_str().expect("a token"))
}

fn settings(database: &TestDatabase, gateway: &Gateway) -> SettingArgs {
    SettingArgs {
        database_url: Some(database.url.clone()),
        database_connections: Some("4".to_owned()),
        listen: Some("127.0.0.1:0".to_owned()),
        jwt_secret: Some("the tests' secret, which signs tokens".to_owned()),
        gateway: Some("twilio".to_owned()),
        twilio_account_sid: Some(ACCOUNT_SID.to_owned()),
        twilio_auth_token: Some(AUTH_TOKEN.to_owned()),
        twilio_api_url: Some(gateway.url()),
        // Tests of retries advance the clock in small steps.
        gateway_list_lag: Some("0".to_owned()),
        // Gap repair would use up the faults that a test injects.
        repair_seconds: Some("0".to_owned()),
        ..SettingArgs::default()
    }
}

/// A server in its own thread. Dropping it stops it gracefully, as a signal stops `main`, without waiting for the end,
/// because actix-web checks only once a second whether the last connection is closed.
#[derive(Debug)]
struct RunningServer {
    url: String,
    // The server stops when the sender is dropped.
    _stop: oneshot::Sender<()>,
}

impl RunningServer {
    fn start(args: &SettingArgs, clock: &TestClock) -> Self {
        let settings = Settings::from_args(args).expect("settings");
        let clock = Clock::Test(clock.clone());
        let (stop, stop_requested) = oneshot::channel();
        let (report_address, address) = std::sync::mpsc::channel();
        thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let application = Application::build(&settings, clock).await.expect("a server");
                let _ = report_address.send(format!("http://{}", application.address));
                let stop = application.stop();
                actix_web::rt::spawn(async move {
                    let _ = stop_requested.await;
                    stop.stop().await;
                });
                application.run().await.expect("a server that runs");
            });
        });
        Self { url: address.recv().expect("the server's address"), _stop: stop }
    }
}
