//! The state that every handler receives. `app` builds it.

use std::sync::{Arc, atomic::AtomicBool};

use chrono::TimeDelta;

use crate::{
    auth::Authenticator,
    clock::Clock,
    config::WebhookSignature,
    conversations::{presence::Presences, queue::QueueAnswers},
    daily_files::DailyFiles,
    db::Db,
    events::feed::Feed,
    gateway::client::GatewayClient,
    middleware::HttpPolicy,
    outbox::worker::Outbox,
    search, teams,
    webhook_deliveries::Webhooks,
    webhook_endpoints::address::AddressPolicy,
};

/// The state that every handler receives.
#[derive(Debug)]
pub struct AppState {
    /// The database.
    pub db: Db,
    /// The current time.
    pub clock: Clock,
    /// Authenticates callers.
    pub auth: Arc<Authenticator>,
    /// Wakes the outbox worker.
    pub outbox: Arc<Outbox>,
    /// The live feed of events.
    pub feed: Arc<Feed>,
    /// The sections of the queue, ready to be sent.
    pub queue: Arc<QueueAnswers>,
    /// The accounts that have conversations open.
    pub presences: Arc<Presences>,
    /// The gateway, for media and number checks.
    pub gateway: Arc<GatewayClient>,
    /// How long ago a conversation may have been active to be found by a search.
    pub search_reach: TimeDelta,
    /// What a search knows about the stored texts.
    pub search_sample: Arc<search::Sample>,
    /// Whether the server is about to stop. Readiness then fails, while requests are still answered.
    pub stopping: Arc<AtomicBool>,
    /// Imports daily files.
    pub daily_files: Arc<DailyFiles>,
    /// The settings that apply to every request.
    pub http: HttpPolicy,
    /// The URL at which browsers and the gateway reach the server, without a slash at the end.
    pub public_url: String,
    /// Wakes the sender of webhooks.
    pub webhooks: Arc<Webhooks>,
    /// Where webhooks can be sent.
    pub webhook_policy: AddressPolicy,
    /// How the gateway signs webhooks.
    pub webhook_signature: WebhookSignature,
    /// The URL of the handset page, with the simulator only.
    pub handset_url: Option<String>,
    /// The numbers that the handset page offers, with the simulator only.
    pub simulated: Option<simulator::Numbers>,
}

impl AppState {
    /// Wakes the outbox worker and the live feed. Call it after a commit.
    pub fn committed(&self) {
        self.outbox.wake();
        self.feed.wake();
    }

    /// Updates the simulator's numbers as well. Call it after a change of teams or their numbers.
    pub async fn numbers_changed(&self) {
        self.committed();
        let Some(simulated) = &self.simulated else { return };
        match teams::desk_numbers(&self.db).await {
            Ok(numbers) => simulated.set(numbers),
            // The change is committed; only the handset still offers the old numbers.
            Err(error) => tracing::error!(%error, "the simulator's numbers cannot be updated"),
        }
    }

    /// Whether browsers reach the server by HTTPS.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.http.is_secure
    }
}
