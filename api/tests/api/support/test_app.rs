//! The desk under test: what `main` starts, in a thread of its own, on a port of its own.

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
    client::{Answer, Client},
    database::{Kind, TestDatabase, moment},
    eventually,
    fixtures::{self, COLLECTIONS_NUMBER, PASSWORD, Person, SAM},
    gateway::{ACCOUNT_SID, AUTH_TOKEN, Gateway, MESSAGES, sid, signed, text_form},
    statements,
};

/// Everything that a test needs. Fields go in the order in which they are written: the desk before its database.
pub(crate) struct TestApp {
    /// Nobody, who speaks with the desk.
    pub(crate) nobody: Client,
    pub(crate) gateway: Gateway,
    pub(crate) clock: TestClock,
    #[expect(dead_code, reason = "stops the desk when the test ends")]
    running: Running,
    pub(crate) database: TestDatabase,
    texts: Cell<usize>,
}

/// Runs a test on one kind of database.
pub(crate) fn run<T: Future<Output = ()>>(kind: Kind, test: impl FnOnce(TestApp) -> T) {
    run_with(kind, |_| {}, test);
}

/// Runs a test on one kind of database, with other settings.
pub(crate) fn run_with<T: Future<Output = ()>>(
    kind: Kind,
    change: impl FnOnce(&mut SettingArgs),
    test: impl FnOnce(TestApp) -> T,
) {
    // Connections are looked after by the worker, also while the test's own thread asks the database.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        test(TestApp::start(kind, change)).await;
    });
}

impl TestApp {
    fn start(kind: Kind, change: impl FnOnce(&mut SettingArgs)) -> Self {
        statements::listen();
        let database = TestDatabase::with_world(kind);
        let clock = TestClock::at(fixtures::start());
        let gateway = Gateway::start();
        let mut args = settings(&database, &gateway);
        change(&mut args);
        let running = Running::start(&args, &clock);
        gateway.bring_to(&running.url);
        Self { nobody: Client::of(&running.url), gateway, clock, running, database, texts: Cell::new(0) }
    }

    /// Another desk on the same database, with other settings if wanted. It goes when it is dropped.
    pub(crate) fn replica(&self, change: impl FnOnce(&mut SettingArgs)) -> Replica {
        let mut args = settings(&self.database, &self.gateway);
        change(&mut args);
        let running = Running::start(&args, &self.clock);
        Replica { nobody: Client::of(&running.url), running }
    }

    /// Somebody who has signed in, with a bearer token.
    pub(crate) async fn signed_in(&self, person: Person) -> Client {
        sign_in(&self.nobody, person).await
    }

    /// Sam, who from now on also looks after accounts in his teams, Collections and Support; no admin.
    pub(crate) async fn manager(&self) -> Client {
        let mut permissions = Role::Supervisor.preset();
        permissions.insert(Permission::ManageAccounts);
        let permissions = serde_json::to_string(&permissions).expect("JSON");
        let promote = format!("UPDATE accounts SET permissions = '{permissions}' WHERE id = {}", SAM.1);
        self.database.run(&promote).expect("a manager");
        self.signed_in(SAM).await
    }

    /// A customer writes to Collections. Answers the conversation.
    pub(crate) async fn text(&self, from: &str, body: &str) -> i64 {
        self.text_to(COLLECTIONS_NUMBER, from, body).await
    }

    pub(crate) async fn text_to(&self, to: &str, from: &str, body: &str) -> i64 {
        self.bring(&self.nobody, to, from, body).await
    }

    /// A customer writes to Collections, and the gateway brings the text to another desk.
    pub(crate) async fn text_at(&self, desk: &Client, from: &str, body: &str) -> i64 {
        self.bring(desk, COLLECTIONS_NUMBER, from, body).await
    }

    async fn bring(&self, desk: &Client, to: &str, from: &str, body: &str) -> i64 {
        let form = text_form(&self.next_sid(), from, to, body);
        let answer = Answer::to(signed(desk, MESSAGES, &form)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        self.live(to, from)
    }

    /// The conversation of two numbers that is not closed.
    pub(crate) fn live(&self, to: &str, from: &str) -> i64 {
        self.database.number(&format!(
            "SELECT id FROM conversations WHERE team_number = '{to}' AND number = '{from}' AND status <> 'closed'"
        ))
    }

    /// A gateway's id that no text of this test has yet.
    pub(crate) fn next_sid(&self) -> String {
        let n = self.texts.get() + 1;
        self.texts.set(n);
        sid(n)
    }

    /// Shuts an account out, as an administrator will be able to.
    pub(crate) fn disable(&self, person: Person) {
        let now = moment(self.database.kind, self.clock.now());
        let disable = format!("UPDATE accounts SET disabled_at = {now} WHERE id = {}", person.1);
        self.database.run(&disable).expect("a disabled account");
    }

    pub(crate) fn advance(&self, by: TimeDelta) {
        self.clock.advance(by);
    }

    /// Waits until a message has this status, and answers the message.
    pub(crate) async fn message_becomes(
        &self,
        reader: &Client,
        message: i64,
        status: &str,
    ) -> serde_json::Value {
        let of_message = format!("SELECT conversation_id FROM messages WHERE id = {message}");
        let conversation = self.database.number(&of_message);
        eventually(&format!("message {message} was {status}"), async || {
            let messages = reader.messages(conversation).await;
            messages.into_iter().find(|found| found["id"] == message && found["status"] == status)
        })
        .await
    }

    /// Waits until a try to send the message has come to nothing, and the message waits for the next one.
    pub(crate) async fn try_fails(&self, message: i64, attempts: u32) {
        let waits = format!("message_id = {message} AND held_until IS NULL AND attempts = {attempts}");
        eventually(&format!("try {attempts} of message {message} failed"), async || {
            (self.database.count("outbox", &waits) == 1).then_some(())
        })
        .await;
    }

    /// Turns the clock on, a second at a time, until there is what is wanted.
    pub(crate) async fn as_time_passes<T>(
        &self,
        wanted: &str,
        mut look: impl AsyncFnMut() -> Option<T>,
    ) -> T {
        eventually(wanted, async || {
            let found = look().await;
            if found.is_none() {
                self.advance(TimeDelta::seconds(1));
            }
            found
        })
        .await
    }
}

/// Another desk on a test's database.
#[derive(Debug)]
pub(crate) struct Replica {
    pub(crate) nobody: Client,
    #[expect(dead_code, reason = "stops the desk when it is dropped")]
    running: Running,
}

impl Replica {
    pub(crate) async fn signed_in(&self, person: Person) -> Client {
        sign_in(&self.nobody, person).await
    }
}

async fn sign_in(desk: &Client, person: Person) -> Client {
    let session =
        desk.post("/sessions", json!({"email": person.email(), "password": PASSWORD})).await.expect(201);
    desk.with_token(session["access_token"].as_str().expect("a token"))
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
        // Tests of what is sent again turn the clock in small steps.
        gateway_list_lag: Some("0".to_owned()),
        // It would use up the faults that tests order for what they are about.
        repair_seconds: Some("0".to_owned()),
        ..SettingArgs::default()
    }
}

/// A desk in its thread. Dropping it stops it in order, as a signal would stop `main`; nobody waits for the end, because
/// actix-web looks only once a second whether the last connection is gone.
#[derive(Debug)]
struct Running {
    url: String,
    // The desk waits for a word, or for the end of whoever could send it.
    _stop: oneshot::Sender<()>,
}

impl Running {
    fn start(args: &SettingArgs, clock: &TestClock) -> Self {
        let settings = Settings::from_args(args).expect("settings");
        let clock = Clock::Test(clock.clone());
        let (stop, asked_to_stop) = oneshot::channel();
        let (tell, told) = std::sync::mpsc::channel();
        thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let application = Application::build(&settings, clock).await.expect("a desk");
                let _ = tell.send(format!("http://{}", application.address));
                let stop = application.stop();
                actix_web::rt::spawn(async move {
                    let _ = asked_to_stop.await;
                    stop.stop().await;
                });
                application.run().await.expect("a desk that runs");
            });
        });
        Self { url: told.recv().expect("the desk's address"), _stop: stop }
    }
}
