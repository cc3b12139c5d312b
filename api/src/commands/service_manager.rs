//! Tells systemd the state of the service (`Type=notify`), and answers its watchdog. Without systemd, nothing happens.

use std::{net::SocketAddr, time::Duration};

use api::loopback;
use sd_notify::NotifyState;
use tokio::time::MissedTickBehavior;

/// Reports that the server accepts connections.
pub(super) fn ready(address: SocketAddr) {
    notify(&[NotifyState::Ready, NotifyState::Status(&format!("Listens on http://{address}"))]);
}

/// Reports that the server is shutting down.
pub(super) fn stopping() {
    notify(&[NotifyState::Stopping, NotifyState::Status("Finishes the requests in progress")]);
}

/// Answers the watchdog, if systemd has one for this process, as long as the server answers requests. The database does
/// not matter: a restart would not help.
pub(super) async fn answer_watchdog(listen: SocketAddr) {
    let Some(limit) = sd_notify::watchdog_enabled() else { return };
    // Two attempts can fail before systemd restarts the server.
    let interval = limit / 3;
    let mut ticks = tokio::time::interval(interval.max(Duration::from_millis(1)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match loopback::get(listen, "/health/live", interval).await {
            Ok((200, _)) => notify(&[NotifyState::Watchdog]),
            Ok((status, _)) => tracing::warn!(status, "the server does not answer the watchdog as expected"),
            Err(error) => tracing::warn!(%error, "the server does not answer the watchdog"),
        }
    }
}

fn notify(state: &[NotifyState<'_>]) {
    // Without NOTIFY_SOCKET this does nothing.
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "systemd cannot be notified");
    }
}
