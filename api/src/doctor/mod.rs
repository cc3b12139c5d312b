//! The checks of `sms-chat doctor`: settings, database, gateway, public address and numbers. A failed check does not
//! stop the next ones, so that one run reports all problems. The checks change nothing, and work while the server is
//! down.

mod database;
mod gateway;
mod numbers;
mod public_address;

use std::sync::Arc;

use crate::{
    auth::TokenKeys,
    clock::Clock,
    config::Settings,
    db::Db,
    events::{feed::Feed, versions::Versions},
    gap_repair::GapRepair,
    gateway::client::GatewayClient,
};

/// The outcome of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The name of the check.
    pub check: &'static str,
    /// Its outcome.
    pub outcome: Outcome,
}

/// The outcome of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// No problem, with a detail to display.
    Ok(String),
    /// A problem.
    Wrong {
        /// What is wrong.
        problem: String,
        /// How to fix it.
        fix: String,
    },
    /// The check could not run, with the reason.
    NotChecked(String),
}

impl Finding {
    fn ok(check: &'static str, detail: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Ok(detail.into()) }
    }

    fn wrong(check: &'static str, problem: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Wrong { problem: problem.into(), fix: fix.into() } }
    }

    fn not_checked(check: &'static str, reason: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::NotChecked(reason.into()) }
    }
}

/// All findings, and the connections that a repair needs.
#[derive(Debug)]
pub struct Report {
    /// In the order in which problems should be fixed.
    pub findings: Vec<Finding>,
    db: Option<Db>,
    gateway: Option<GatewayClient>,
    keys: TokenKeys,
}

/// Runs all checks.
pub async fn run_checks(settings: &Settings, clock: &Clock) -> Report {
    let mut findings = vec![Finding::ok("configuration", "every setting is valid")];
    let db = database::check(settings, &mut findings).await;
    let gateway = gateway::check(settings, clock, &mut findings).await;
    findings.push(public_address::check(settings).await);
    numbers::check(settings, db.as_ref(), gateway.as_ref(), &mut findings).await;
    Report { findings, db, gateway, keys: TokenKeys::new(&settings.jwt_secret) }
}

impl Report {
    /// Fetches messages and receipts whose webhooks were lost.
    pub async fn repair(self, clock: Clock) -> Finding {
        const CHECK: &str = "repair";
        let (Some(db), Some(gateway)) = (self.db, self.gateway) else {
            return Finding::not_checked(CHECK, "it needs the database and the gateway");
        };
        let feed = Arc::new(Feed::new(Arc::new(Versions::new(clock.clone()))));
        let repair = GapRepair { db, gateway: Arc::new(gateway), keys: self.keys, clock, feed };
        let (recovered, compared) = repair.run_once().await;
        let found = format!("recovered messages: {}, receipts: {}", recovered.messages, recovered.receipts);
        match compared {
            Ok(()) => Finding::ok(CHECK, found),
            Err(fault) => Finding::wrong(CHECK, format!("{found}, but {fault}"), "try again"),
        }
    }
}
