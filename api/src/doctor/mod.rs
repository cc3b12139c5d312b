//! What `sms-chat doctor` finds out: whether everything that the desk stands on holds. Each check answers for itself, so
//! that all that is wrong is told at once. It must never change anything, nor need a desk that is healthy.

mod database;
mod gateway;
mod numbers;
mod public_address;

use std::sync::Arc;

use crate::{
    clock::Clock,
    config::Settings,
    db::Db,
    events::feed::Feed,
    gateway::{client::GatewayClient, repair::Repair},
};

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub what: &'static str,
    /// What came of it.
    pub verdict: Verdict,
}

/// What came of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All is well.
    Fine(String),
    /// Something is wrong: what, and the way out.
    Wrong(String, String),
    /// It cannot be told, and why.
    Unchecked(String),
}

impl Finding {
    fn fine(what: &'static str, said: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Fine(said.into()) }
    }

    fn wrong(what: &'static str, fault: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Wrong(fault.into(), fix.into()) }
    }

    fn unchecked(what: &'static str, why: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Unchecked(why.into()) }
    }
}

/// Everything that was found, and what a repair needs if it is there.
#[derive(Debug)]
pub struct Examination {
    /// In the order in which one is to be mended before the next.
    pub findings: Vec<Finding>,
    db: Option<Db>,
    gateway: Option<GatewayClient>,
}

/// Looks at everything.
pub async fn examine(settings: &Settings, clock: &Clock) -> Examination {
    let mut findings = vec![Finding::fine("configuration", "every setting can be used")];
    let db = database::examine(settings, &mut findings).await;
    let gateway = gateway::examine(settings, clock, &mut findings).await;
    findings.push(public_address::examine(settings).await);
    numbers::examine(settings, db.as_ref(), gateway.as_ref(), &mut findings).await;
    Examination { findings, db, gateway }
}

impl Examination {
    /// Fetches what the webhooks have missed.
    pub async fn repair(self, clock: Clock) -> Finding {
        const WHAT: &str = "repair";
        let (Some(db), Some(gateway)) = (self.db, self.gateway) else {
            return Finding::unchecked(WHAT, "it needs the database and the gateway");
        };
        let repair = Repair { db, gateway: Arc::new(gateway), clock, feed: Arc::new(Feed::default()) };
        let (recovered, compared) = repair.once().await;
        let found = format!("recovered texts: {}, receipts: {}", recovered.texts, recovered.receipts);
        match compared {
            Ok(()) => Finding::fine(WHAT, found),
            Err(fault) => Finding::wrong(WHAT, format!("{found}, but {fault}"), "try again"),
        }
    }
}
