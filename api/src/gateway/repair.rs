//! Gap repair: what the webhooks have missed is found in the gateway's lists, on start and every few minutes. A text goes
//! the same way as one that was brought, so it is kept once, whoever comes first. It must never send, and never stand
//! in anybody's way: a gateway that is down is asked again later.
//!
//! A number is compared from where the last comparison ended, by the gateway's own clock, and some time before that: a
//! list can show a text late.

mod queries;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use shared::{CustomerAddress, PhoneNumber, message::MessageStatus};
use tokio::sync::watch;

use super::{
    client::{AskError, GatewayClient},
    delivery,
    list::{ListedText, Until},
};
use crate::{
    clock::Clock,
    conversations::receive::{InboundText, ReceiveError, Received, keep},
    db::{Db, DbError},
    events::feed::Feed,
    rejected_messages::record::{Rejection, of_sender, record},
};

/// How much of what was compared before is looked at again.
const OVERLAP: TimeDelta = TimeDelta::hours(1);
/// How far the first look at a number goes back: customers may have written to it before a team had it.
const FIRST_LOOK: TimeDelta = TimeDelta::days(3);
/// How long to ask after a text of ours: carriers that have not told by then never will.
const TOLD_WITHIN: TimeDelta = TimeDelta::days(3);

/// Why something could not be compared.
#[derive(Debug, thiserror::Error)]
pub enum RepairError {
    /// The gateway.
    #[error(transparent)]
    Gateway(#[from] AskError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// A text.
    #[error(transparent)]
    Receive(#[from] ReceiveError),
}

/// What was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Texts of customers.
    pub texts: u64,
    /// Texts of ours of which the gateway knew more.
    pub receipts: u64,
}

/// Repairs.
#[derive(Clone, Debug)]
pub struct Repair {
    /// Where texts are kept.
    pub db: Db,
    /// Who has lists.
    pub gateway: Arc<GatewayClient>,
    /// What time it is here.
    pub clock: Clock,
    /// Who wants to know of changes.
    pub feed: Arc<Feed>,
}

impl Repair {
    /// Repairs now and then `every` so often, until `stop` says so.
    pub async fn run(self, every: TimeDelta, mut stop: watch::Receiver<bool>) {
        let gateway = Arc::clone(&self.gateway);
        let _ = tokio::task::spawn_blocking(move || gateway.warm_up()).await;
        while !*stop.borrow() {
            let round = async {
                if let (_, Err(fault)) = self.once().await {
                    tracing::warn!(%fault, "what the webhooks may have missed could not all be looked up");
                }
                self.clock.sleep(every).await;
            };
            // What is half done is found again next time.
            tokio::select! {
                _ = stop.changed() => break,
                () = round => {}
            }
        }
    }

    /// Compares everything once: what was recovered, and the first thing that could not be compared.
    pub async fn once(&self) -> (Recovered, Result<(), RepairError>) {
        let mut recovered = Recovered::default();
        let compared = self.compare(&mut recovered).await;
        metrics::counter!("sms_chat_recovered_total", "kind" => "text").increment(recovered.texts);
        metrics::counter!("sms_chat_recovered_total", "kind" => "receipt").increment(recovered.receipts);
        if recovered != Recovered::default() {
            let Recovered { texts, receipts } = recovered;
            tracing::info!(texts, receipts, "what the webhooks had missed was recovered");
            self.feed.wake();
        }
        (recovered, compared)
    }

    async fn compare(&self, recovered: &mut Recovered) -> Result<(), RepairError> {
        let here = self.clock.now();
        let there = self.gateway.greet().await?.unwrap_or(here);
        let mut compared = Ok(());
        for (number, until) in self.db.read(queries::numbers).await? {
            let since = until.map_or(there - FIRST_LOOK, |until| until.min(there) - OVERLAP);
            let of_number = self.texts(&number, since, recovered).await;
            if of_number.is_ok() {
                self.db.write(move |conn| queries::set_compared(conn, &number, there)).await?;
            }
            compared = compared.and(of_number);
        }
        let mut waiting: BTreeMap<PhoneNumber, Unfinished> = BTreeMap::new();
        for (number, gateway_id, written) in
            self.db.read(move |conn| queries::unfinished(conn, here - TOLD_WITHIN)).await?
        {
            let texts = waiting.entry(number).or_insert(Unfinished { ids: BTreeSet::new(), oldest: written });
            texts.ids.insert(gateway_id);
            texts.oldest = texts.oldest.min(written);
        }
        for (number, texts) in waiting {
            // Its age is the same by both clocks.
            let since = there - (here - texts.oldest) - OVERLAP;
            compared = compared.and(self.receipts(&number, texts.ids, since, recovered).await);
        }
        compared
    }

    /// Keeps the texts to a number that are not here, in the order in which they were written.
    async fn texts(
        &self,
        number: &PhoneNumber,
        since: DateTime<Utc>,
        recovered: &mut Recovered,
    ) -> Result<(), RepairError> {
        let mut pages = self.gateway.texts(None, Some(number), Until::There(since));
        let mut missed: Vec<ListedText> = Vec::new();
        while let Some(mut page) = pages.next().await? {
            page.retain(is_received);
            let ids = page.iter().map(|text| text.sid.clone()).collect();
            let unknown = self.db.read(move |conn| queries::unknown(conn, ids)).await?;
            missed.extend(page.into_iter().filter(|text| unknown.contains(&text.sid)));
        }
        let mut kept = Ok(());
        for text in missed.into_iter().rev() {
            match self.keep(number, text).await {
                Ok(true) => recovered.texts += 1,
                Ok(false) => {}
                // The others must not wait for it.
                Err(fault) => kept = kept.and(Err(fault)),
            }
        }
        kept
    }

    /// Keeps a text; whether it was missing.
    async fn keep(&self, to: &PhoneNumber, text: ListedText) -> Result<bool, RepairError> {
        let now = self.clock.now();
        let written = text.created_at().map_or(now, |at| at.min(now));
        let from = match CustomerAddress::of_gateway(text.from.as_deref().unwrap_or_default()) {
            Ok(from) => from,
            Err(fault) => {
                let rejection = Rejection {
                    gateway_id: Some(text.sid),
                    from: text.from,
                    to: Some(to.to_string()),
                    reason: of_sender(fault),
                    recovered: true,
                };
                record(&self.db, rejection, now).await?;
                return Ok(false);
            }
        };
        let media = if text.has_media() { self.gateway.media_of(&text.sid).await? } else { Vec::new() };
        let inbound = InboundText {
            gateway_id: text.sid,
            from,
            to: to.clone(),
            body: text.body.unwrap_or_default(),
            media,
            opt_out_type: None,
            recovered: Some(written),
        };
        Ok(matches!(keep(&self.db, inbound, now).await?, Received::Kept(_)))
    }

    /// Takes in what the gateway knows of texts of ours that have not got to their end here.
    async fn receipts(
        &self,
        from: &PhoneNumber,
        mut ids: BTreeSet<String>,
        since: DateTime<Utc>,
        recovered: &mut Recovered,
    ) -> Result<(), RepairError> {
        let mut pages = self.gateway.texts(Some(from), None, Until::There(since));
        while !ids.is_empty()
            && let Some(page) = pages.next().await?
        {
            for text in page.into_iter().filter(|text| ids.remove(&text.sid)) {
                let status = text.status.as_deref().and_then(delivery::status_of);
                let Some(status) = status.filter(|status| MessageStatus::Sent.may_become(*status)) else {
                    continue;
                };
                let now = self.clock.now();
                let at = text.updated_at().map_or(now, |at| at.min(now));
                let (id, code) = (text.sid, text.error_code);
                self.db
                    .write(move |conn| delivery::receive_receipt(conn, &id, status, code.as_deref(), at))
                    .await?;
                recovered.receipts += 1;
            }
        }
        Ok(())
    }
}

/// Texts of ours from a number.
struct Unfinished {
    ids: BTreeSet<String>,
    oldest: DateTime<Utc>,
}

fn is_received(text: &ListedText) -> bool {
    text.direction.as_deref() == Some("inbound") && text.status.as_deref() == Some("received")
}
