//! Gap repair: finds the messages and receipts that the webhooks have missed in the gateway's lists, on start and every
//! few minutes. A found message is stored by the same code as one from a webhook, so a message that comes both ways is
//! stored once. Gap repair only reads from the gateway. When the gateway is down, the next round tries again.
//!
//! The comparison of a number starts where the last one ended, by the gateway's clock, minus an overlap, because a list
//! can show a message late.

mod queries;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use shared::{CustomerAddress, PhoneNumber, message::MessageStatus};
use tokio::sync::watch;

use crate::{
    clock::Clock,
    conversations::{
        delivery,
        receive::{self, InboundMessage, ReceiveError, Received},
    },
    db::{Db, DbError},
    events::feed::Feed,
    gateway::{
        client::{GatewayClient, RequestError},
        list::{ListedMessage, Until},
        status::parse_status,
    },
    rejected_messages::record::{Rejection, of_sender, record},
};

/// How much of the previous comparison is repeated.
const OVERLAP: TimeDelta = TimeDelta::hours(1);
/// How far back the first comparison of a number goes: customers may have written to it before a team owned it.
const FIRST_COMPARISON: TimeDelta = TimeDelta::days(3);
/// Age up to which an outbound message's final status is looked up. Carriers report no status after that.
const RECEIPT_WINDOW: TimeDelta = TimeDelta::days(3);

/// Why a comparison failed.
#[derive(Debug, thiserror::Error)]
pub enum RepairError {
    /// The request to the gateway failed.
    #[error(transparent)]
    Gateway(#[from] RequestError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
    /// A message could not be stored.
    #[error(transparent)]
    Receive(#[from] ReceiveError),
}

/// Number of messages and receipts that were recovered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Inbound messages.
    pub messages: u64,
    /// Outbound messages with a new status.
    pub receipts: u64,
}

/// Recovers missed messages and receipts.
#[derive(Clone, Debug)]
pub struct GapRepair {
    /// The database that stores the messages.
    pub db: Db,
    /// The client that reads the gateway's lists.
    pub gateway: Arc<GatewayClient>,
    /// The clock.
    pub clock: Clock,
    /// Woken after a recovery, so that live streams see it.
    pub feed: Arc<Feed>,
}

impl GapRepair {
    /// Repairs at once and then at this interval, until `stop` is set.
    pub async fn run(self, every: TimeDelta, mut stop: watch::Receiver<bool>) {
        let gateway = Arc::clone(&self.gateway);
        let _ = tokio::task::spawn_blocking(move || gateway.warm_up()).await;
        while !*stop.borrow() {
            let round = async {
                if let (_, Err(error)) = self.run_once().await {
                    tracing::warn!(%error, "gap repair is incomplete and will be repeated");
                }
                self.clock.sleep(every).await;
            };
            // An interrupted round is safe: the next one finds the rest.
            tokio::select! {
                _ = stop.changed() => break,
                () = round => {}
            }
        }
    }

    /// Compares all numbers once. Returns what was recovered, and the first error.
    pub async fn run_once(&self) -> (Recovered, Result<(), RepairError>) {
        let mut recovered = Recovered::default();
        let compared = self.compare(&mut recovered).await;
        metrics::counter!("sms_chat_recovered_total", "kind" => "message").increment(recovered.messages);
        metrics::counter!("sms_chat_recovered_total", "kind" => "receipt").increment(recovered.receipts);
        if recovered != Recovered::default() {
            let Recovered { messages, receipts } = recovered;
            tracing::info!(messages, receipts, "gap repair recovered what the webhooks had missed");
            self.feed.wake();
        }
        (recovered, compared)
    }

    async fn compare(&self, recovered: &mut Recovered) -> Result<(), RepairError> {
        let our_time = self.clock.now();
        let gateway_time = self.gateway.check_credentials().await?.unwrap_or(our_time);
        let mut result = Ok(());
        for (number, until) in self.db.read(queries::numbers).await? {
            let since =
                until.map_or(gateway_time - FIRST_COMPARISON, |until| until.min(gateway_time) - OVERLAP);
            let compared = self.recover_messages(&number, since, recovered).await;
            if compared.is_ok() {
                self.db.write(move |conn| queries::set_compared(conn, &number, gateway_time)).await?;
            }
            result = result.and(compared);
        }
        let mut by_number: BTreeMap<PhoneNumber, Unfinished> = BTreeMap::new();
        for (number, gateway_id, written) in
            self.db.read(move |conn| queries::unfinished(conn, our_time - RECEIPT_WINDOW)).await?
        {
            let unfinished =
                by_number.entry(number).or_insert(Unfinished { ids: BTreeSet::new(), oldest: written });
            unfinished.ids.insert(gateway_id);
            unfinished.oldest = unfinished.oldest.min(written);
        }
        for (number, unfinished) in by_number {
            // The message's age is the same by both clocks.
            let since = gateway_time - (our_time - unfinished.oldest) - OVERLAP;
            result = result.and(self.recover_receipts(&number, unfinished.ids, since, recovered).await);
        }
        result
    }

    /// Stores the messages to a number that are missing here, in the order in which they were written.
    async fn recover_messages(
        &self,
        number: &PhoneNumber,
        since: DateTime<Utc>,
        recovered: &mut Recovered,
    ) -> Result<(), RepairError> {
        let mut pages = self.gateway.messages(None, Some(number), Until::GatewayTime(since));
        let mut missed: Vec<ListedMessage> = Vec::new();
        while let Some(mut page) = pages.next().await? {
            page.retain(is_received);
            let ids = page.iter().map(|message| message.sid.clone()).collect();
            let missing = self.db.read(move |conn| queries::missing(conn, ids)).await?;
            missed.extend(page.into_iter().filter(|message| missing.contains(&message.sid)));
        }
        let mut result = Ok(());
        for message in missed.into_iter().rev() {
            match self.recover(number, message).await {
                Ok(true) => recovered.messages += 1,
                Ok(false) => {}
                // One message that cannot be stored does not hold up the others.
                Err(error) => result = result.and(Err(error)),
            }
        }
        result
    }

    /// Stores a message. Returns `false` when it was already stored, or was rejected.
    async fn recover(&self, to: &PhoneNumber, listed: ListedMessage) -> Result<bool, RepairError> {
        let now = self.clock.now();
        let written = listed.created_at().map_or(now, |at| at.min(now));
        let from = match CustomerAddress::of_gateway(listed.from.as_deref().unwrap_or_default()) {
            Ok(from) => from,
            Err(fault) => {
                let rejection = Rejection {
                    gateway_id: Some(listed.sid),
                    from: listed.from,
                    to: Some(to.to_string()),
                    reason: of_sender(fault),
                    recovered: true,
                };
                record(&self.db, rejection, now).await?;
                return Ok(false);
            }
        };
        let media = if listed.has_media() { self.gateway.media_of(&listed.sid).await? } else { Vec::new() };
        let inbound = InboundMessage {
            gateway_id: listed.sid,
            from,
            to: to.clone(),
            body: listed.body.unwrap_or_default(),
            media,
            opt_out_type: None,
            recovered: Some(written),
        };
        Ok(matches!(receive::store(&self.db, inbound, now).await?, Received::Stored(_)))
    }

    /// Records the gateway's status of those outbound messages that have no final status here.
    async fn recover_receipts(
        &self,
        from: &PhoneNumber,
        mut ids: BTreeSet<String>,
        since: DateTime<Utc>,
        recovered: &mut Recovered,
    ) -> Result<(), RepairError> {
        let mut pages = self.gateway.messages(Some(from), None, Until::GatewayTime(since));
        while !ids.is_empty()
            && let Some(page) = pages.next().await?
        {
            for message in page.into_iter().filter(|message| ids.remove(&message.sid)) {
                let status = message.status.as_deref().and_then(parse_status);
                let Some(status) = status.filter(|status| MessageStatus::Sent.may_become(*status)) else {
                    continue;
                };
                let now = self.clock.now();
                let at = message.updated_at().map_or(now, |at| at.min(now));
                let (id, code) = (message.sid, message.error_code);
                self.db
                    .write(move |conn| delivery::receive_receipt(conn, &id, status, code.as_ref(), at))
                    .await?;
                recovered.receipts += 1;
            }
        }
        Ok(())
    }
}

/// The outbound messages from one number that have no final status.
struct Unfinished {
    ids: BTreeSet<String>,
    oldest: DateTime<Utc>,
}

fn is_received(message: &ListedMessage) -> bool {
    message.direction.as_deref() == Some("inbound") && message.status.as_deref() == Some("received")
}
