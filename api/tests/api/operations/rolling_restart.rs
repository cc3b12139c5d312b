//! A rolling restart: two servers behind a load balancer are stopped and started in turn, while an agent replies and
//! watches the live stream. Each request is answered at its first attempt, and each change is seen.

use std::{cell::RefCell, collections::BTreeSet, time::Duration};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::support::{
    Client, Kind,
    balancer::{Balancer, free_address},
    command::{ServerProcess, run_command, sms_chat},
    database::TestDatabase,
    eventually,
    fixtures::{COLLECTIONS_NUMBER, STRANGER},
    gateway::{ACCOUNT_SID, AUTH_TOKEN, Gateway},
};

/// Number of restarts.
const RESTARTS: usize = 4;
/// Interval between two replies.
const REPLY_INTERVAL: Duration = Duration::from_millis(50);

#[test]
fn a_rolling_restart_loses_no_request_and_no_event() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let database = TestDatabase::empty(Kind::Postgres);
        assert_eq!(run_command(sms_chat(&database.url, &["demo"]), "").code, 0);
        let gateway = Gateway::start();
        let addresses = [free_address(), free_address()];
        let balancer = Balancer::start(&addresses).await;
        gateway.deliver_to(&balancer.url);
        let cluster = Cluster { addresses, balancer, database: &database, gateway: &gateway };
        let servers = [cluster.start(0).await, cluster.start(1).await];

        let agent = sign_in(&Client::of(&cluster.balancer.url)).await;
        gateway.send_inbound(STRANGER, COLLECTIONS_NUMBER, "Hello").await;
        let open = format!("SELECT id FROM conversations WHERE number = '{STRANGER}' AND status = 'open'");
        let conversation = database.integer(&open);
        let (finish, finished) = watch::channel(false);
        let seen = RefCell::new(BTreeSet::new());
        let work = async {
            let replying = reply_until(&agent, conversation, finished);
            let (replied, _servers) = tokio::join!(replying, cluster.restart_in_turn(servers, finish));
            eventually("the stream has shown each reply", async || {
                replied.iter().all(|id| seen.borrow().contains(id)).then_some(())
            })
            .await;
            eventually("each reply was sent", async || {
                (database.count("outbox", "1 = 1") == 0).then_some(())
            })
            .await;
            assert_eq!(gateway.bodies_sent_to(STRANGER).await.len(), replied.len());
            assert!(replied.len() > 3 * RESTARTS, "{replied:?}");
        };
        tokio::select! {
            () = work => {}
            () = watch_messages(&agent, conversation, &seen) => {}
        }
    });
}

struct Cluster<'a> {
    addresses: [String; 2],
    balancer: Balancer,
    database: &'a TestDatabase,
    gateway: &'a Gateway,
}

impl Cluster<'_> {
    async fn start(&self, n: usize) -> ServerProcess {
        let mut command = sms_chat(&self.database.url, &["serve"]);
        command
            .env("SMS_CHAT_PUBLIC_URL", &self.balancer.url)
            .env("SMS_CHAT_SHUTDOWN_DELAY", "60")
            .env("SMS_CHAT_GATEWAY", "twilio")
            .env("TWILIO_ACCOUNT_SID", ACCOUNT_SID)
            .env("TWILIO_AUTH_TOKEN", AUTH_TOKEN)
            .env("TWILIO_API_URL", self.gateway.url());
        let address = self.addresses[n].clone();
        let started = tokio::task::spawn_blocking(move || ServerProcess::start_at(command, &address));
        started.await.expect("the server starts")
    }

    /// Stops and starts the servers in turn, as an orchestrator does: a server that is not ready gets no new requests.
    async fn restart_in_turn(
        &self,
        servers: [ServerProcess; 2],
        finish: watch::Sender<bool>,
    ) -> Vec<ServerProcess> {
        let mut servers = servers.map(Some);
        for n in (0..RESTARTS).map(|n| n % 2) {
            let server = servers[n].take().expect("a running server");
            server.terminate();
            let direct = Client::of(&format!("http://{}", self.addresses[n]));
            eventually("the server is not ready", async || {
                (direct.get("//health/ready").await.status == 503).then_some(())
            })
            .await;
            self.balancer.send_to(&self.addresses[1 - n..2 - n]);
            let replies = || self.database.count("messages", "body LIKE 'Reply %'");
            let before = replies();
            eventually("the other server answers", async || (replies() > before + 3).then_some(())).await;
            // The second signal ends the delay.
            server.terminate();
            let ended = tokio::task::spawn_blocking(move || server.exits_successfully());
            assert!(ended.await.expect("the end of the server"));
            servers[n] = Some(self.start(n).await);
            self.balancer.send_to(&self.addresses);
        }
        finish.send_replace(true);
        servers.into_iter().flatten().collect()
    }
}

async fn sign_in(server: &Client) -> Client {
    let ann = json!({"email": "ann@example.com", "password": "sms-chat-demo"});
    let session = server.post("/sessions", ann).await.expect(201);
    server.with_token(session["access_token"].as_str().unwrap())
}

/// Replies at an interval until the restarts are done. Each request has one attempt. Returns the ids of the replies.
async fn reply_until(agent: &Client, conversation: i64, finished: watch::Receiver<bool>) -> Vec<i64> {
    let mut ticks = tokio::time::interval(REPLY_INTERVAL);
    let mut replied = Vec::new();
    while !*finished.borrow() {
        ticks.tick().await;
        replied.push(agent.create_reply(conversation, &format!("Reply {}", replied.len())).await);
    }
    replied
}

/// Watches the live stream as the app does: when it has connected again, it continues after the last event and fetches
/// what it displays.
async fn watch_messages(agent: &Client, conversation: i64, seen: &RefCell<BTreeSet<i64>>) {
    let mut last = None::<String>;
    loop {
        let mut request = agent.request(Method::GET, "/events");
        if let Some(last) = &last {
            request = request.header("Last-Event-ID", last);
        }
        let mut stream = request.send().await.expect("a stream");
        assert_eq!(stream.status(), 200);
        let fetched = agent.messages(conversation).await;
        seen.borrow_mut().extend(fetched.iter().filter_map(|message| message["id"].as_i64()));
        let mut text = String::new();
        while let Ok(Some(chunk)) = stream.chunk().await {
            text += std::str::from_utf8(&chunk).unwrap();
            while let Some((line, rest)) = text.split_once('\n') {
                if let Some(id) = line.strip_prefix("id: ") {
                    last = Some(id.to_owned());
                } else if let Some(data) = line.strip_prefix("data: ") {
                    let event: Value = serde_json::from_str(data).unwrap();
                    seen.borrow_mut().extend(event["message_id"].as_i64());
                }
                text = rest.to_owned();
            }
        }
    }
}
