//! Messages between the tabs of a browser, which share one event stream.

use std::time::Duration;

use leptos::prelude::*;

use super::{Live, LiveState, LiveUpdate};
use crate::{clock::pause, tasks::spawn_detached};

/// Time limit for the leading tab's response.
const PING_TIMEOUT: Duration = Duration::from_secs(3);

/// Messages between tabs. Any other message is an event.
const PING: &str = "?";
const SEND_PRESENCES: &str = "send presences";
pub(super) const OPENED: &str = "opened";
const LIVE: &str = "live";
const CONNECTING: &str = "connecting";
pub(super) const INTERRUPTED: &str = "interrupted";
pub(super) const SIGNED_OUT: &str = "signed out";

impl Live {
    /// Checks that the leading tab responds. If it does not, it is frozen, and this tab takes its lock.
    pub(super) fn check(self) {
        let Some(relay) = self.relay().filter(|relay| !relay.is_leader()) else { return };
        if document().hidden() {
            return;
        }
        self.unanswered.try_set_value(true);
        relay.post(PING);
        spawn_detached(async move {
            pause(PING_TIMEOUT).await;
            let relay = self.relay().filter(|relay| !relay.is_leader());
            if let Some(relay) = relay
                && self.unanswered.try_get_value() == Some(true)
            {
                relay.request_lock(true);
            }
        });
    }

    /// Handles a message from another tab.
    pub(super) fn received(self, text: &str) {
        if let Some(relay) = self.leading() {
            match text {
                PING => relay.post(match self.state.try_get_untracked() {
                    Some(LiveState::Live) => LIVE,
                    Some(LiveState::Interrupted) => INTERRUPTED,
                    _ => CONNECTING,
                }),
                SEND_PRESENCES => {
                    for text in self.presences.texts() {
                        relay.post(&text);
                    }
                }
                _ => {}
            }
            return;
        }
        if matches!(text, PING | SEND_PRESENCES) {
            return;
        }
        self.unanswered.try_set_value(false);
        match text {
            LIVE if self.state.try_get_untracked() == Some(LiveState::Live) => {}
            LIVE | OPENED => {
                self.state.try_set(LiveState::Live);
                self.presences.clear();
                // The leader's new stream begins with the presences; an older one has sent them already.
                if text == LIVE
                    && let Some(relay) = self.relay()
                {
                    relay.post(SEND_PRESENCES);
                }
                self.notify(&LiveUpdate::Opened);
            }
            INTERRUPTED => self.set_interrupted(),
            SIGNED_OUT => spawn_detached(async move {
                let _ = self.client.renew().await;
            }),
            event => self.take(event),
        }
    }
}
