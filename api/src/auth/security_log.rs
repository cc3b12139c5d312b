//! The security log: sign-ins, refused sign-ins, and changes of accounts and permissions. Its lines have the target
//! `security` and the level `info`, and contain ids and addresses, but no names, e-mail addresses, passwords or tokens.

use std::{fmt, net::IpAddr};

use shared::ids::AccountId;

use super::{Caller, Identity};

/// One line of the security log, under construction.
#[derive(Clone, Debug)]
pub(crate) struct SecurityEvent {
    name: &'static str,
    account: Option<i64>,
    session: Option<i64>,
    api_key: Option<i64>,
    by: Option<String>,
    address: Option<IpAddr>,
    detail: Option<String>,
}

impl SecurityEvent {
    /// Starts an event with this name.
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, account: None, session: None, api_key: None, by: None, address: None, detail: None }
    }

    /// The account concerned.
    pub(crate) fn account(mut self, id: impl Into<Option<AccountId>>) -> Self {
        self.account = id.into().map(|id| id.0);
        self
    }

    /// The session concerned.
    pub(crate) fn session(mut self, id: i64) -> Self {
        self.session = Some(id);
        self
    }

    /// The API key concerned.
    pub(crate) fn api_key(mut self, id: i64) -> Self {
        self.api_key = Some(id);
        self
    }

    /// The caller that made the change.
    pub(crate) fn by(mut self, caller: &Caller) -> Self {
        self.by = Some(match &caller.identity {
            Identity::Account { account, .. } => format!("account {}", account.id),
            Identity::ApiKey { key, .. } => format!("API key {}", key.id),
        });
        self
    }

    /// The client's address.
    pub(super) fn address(mut self, address: IpAddr) -> Self {
        self.address = Some(address);
        self
    }

    /// What changed, without personal data.
    pub(crate) fn detail(mut self, detail: impl fmt::Display) -> Self {
        self.detail = Some(detail.to_string());
        self
    }

    /// Writes the line. Call it after the commit.
    pub(crate) fn log(self) {
        tracing::info!(
            target: "security",
            event = self.name,
            account = self.account,
            session = self.session,
            api_key = self.api_key,
            by = self.by,
            address = self.address.map(tracing::field::display),
            detail = self.detail,
        );
    }
}
