//! Presence (rule 17): reports what this tab does in the conversation, and shows what other accounts do.

use std::time::Duration;

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use shared::{
    ids::ConversationId,
    presence::{PresenceReport, PresenceState, REPORT_SECONDS, Viewer},
};

use super::ConversationContext;
use crate::{
    api::{Client, new_idempotency_key},
    clock::{milliseconds_now, pause},
    components::{
        person::isolated,
        viewers::{Doing, sentence},
    },
    language::t,
    live::use_live,
    session::{use_client, use_session},
    tasks::TaskScope,
};

/// Interval between two reports of the same state.
const INTERVAL: Duration = Duration::from_secs(REPORT_SECONDS as u64);
/// How long after the last input the account counts as typing, in milliseconds.
const TYPING_TIMEOUT: f64 = 5000.0;
/// Interval at which the end of typing is checked.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// Reports what this tab does in the conversation.
#[derive(Clone, Copy)]
pub(super) struct Reporter {
    client: Client,
    id: ConversationId,
    scope: TaskScope,
    /// The id of this tab. Each tab reports on its own.
    tab: StoredValue<String>,
    /// The last reported state.
    state: StoredValue<PresenceState>,
    /// When the agent last typed, in milliseconds.
    typed_at: StoredValue<f64>,
}

impl Reporter {
    /// Reports until the current owner is disposed. A hidden tab has left the conversation.
    pub(super) fn start(id: ConversationId) -> Self {
        let reporter = Self {
            client: use_client(),
            id,
            scope: TaskScope::current(),
            tab: StoredValue::new(new_idempotency_key()),
            state: StoredValue::new(PresenceState::Gone),
            typed_at: StoredValue::new(0.0),
        };
        reporter.follow_visibility();
        let repeating = set_interval_with_handle(move || reporter.repeat(), INTERVAL).ok();
        let listeners = [
            window_event_listener_untyped("visibilitychange", move |_| reporter.follow_visibility()),
            // A page that the browser keeps for Back navigation comes back with `pageshow`.
            window_event_listener_untyped("pageshow", move |_| reporter.follow_visibility()),
            window_event_listener_untyped("pagehide", move |_| reporter.leave()),
        ];
        on_cleanup(move || {
            for listener in listeners {
                listener.remove();
            }
            if let Some(repeating) = repeating {
                repeating.clear();
            }
            reporter.leave();
        });
        reporter
    }

    /// Handles input in the message box.
    pub(super) fn typed(self) {
        self.typed_at.try_set_value(milliseconds_now());
        if document().hidden() || self.state.try_get_value() == Some(PresenceState::Typing) {
            return;
        }
        self.change(PresenceState::Typing);
        self.scope.spawn(async move {
            while self.state.try_get_value() == Some(PresenceState::Typing) {
                pause(CHECK_INTERVAL).await;
                let typed_at = self.typed_at.try_get_value().unwrap_or_default();
                if self.state.try_get_value() == Some(PresenceState::Typing)
                    && milliseconds_now() - typed_at >= TYPING_TIMEOUT
                {
                    self.change(PresenceState::Viewing);
                }
            }
        });
    }

    fn follow_visibility(self) {
        if document().hidden() {
            self.leave();
        } else if self.state.try_get_value() == Some(PresenceState::Gone) {
            self.change(PresenceState::Viewing);
        }
    }

    fn change(self, state: PresenceState) {
        self.state.try_set_value(state);
        self.repeat();
    }

    /// Reports the state, unless the tab has left. A report that fails is repeated with the next one.
    fn repeat(self) {
        let Some(report) = self.report().filter(|report| report.state != PresenceState::Gone) else { return };
        self.scope.spawn(async move {
            let _ = self.client.update_presence(self.id, &report).await;
        });
    }

    fn leave(self) {
        if self.state.try_get_value().is_none_or(|state| state == PresenceState::Gone) {
            return;
        }
        self.state.try_set_value(PresenceState::Gone);
        if let Some(report) = self.report() {
            self.client.leave_conversation(self.id, &report);
        }
    }

    fn report(self) -> Option<PresenceReport> {
        Some(PresenceReport { state: self.state.try_get_value()?, tab: self.tab.try_get_value() })
    }
}

/// The line below the Send button: who has replied since the form was opened, who is typing, and who else has the
/// conversation open. It keeps its height, so that the form does not move.
#[component]
pub(super) fn PresenceLine(
    context: ConversationContext,
    /// The element's id.
    id: &'static str,
) -> impl IntoView {
    let (presences, own) = (use_live().presences, use_session().account());
    let opened_at: DateTime<Utc> =
        DateTime::from_timestamp_millis(milliseconds_now() as i64).unwrap_or_default();
    let viewers = move || presences.of(context.id);
    let replied = Memo::new(move |_| context.thread.reply_of_another(own, opened_at));
    let warning = move || {
        let replied = replied.get().map(|name| t!("{name} has replied meanwhile", name = isolated(&name)));
        let typing = doing(&viewers(), PresenceState::Typing, Doing::Typing);
        [replied, typing].into_iter().flatten().collect::<Vec<_>>().join(" · ")
    };
    let viewing = move || doing(&viewers(), PresenceState::Viewing, Doing::Viewing);
    // Announces who comes, but not each pause in typing.
    let announcement = Memo::new(move |_| {
        let viewers = viewers();
        let names: Vec<&str> = viewers.iter().map(|viewer| viewer.account.name.as_str()).collect();
        sentence(&names, Doing::Present)
    });
    view! {
        <p id=id class="flex min-h-5 flex-wrap justify-end gap-x-3 text-sm">
            <span class="font-medium text-warm empty:hidden">{warning}</span>
            <span class="empty:hidden">{viewing}</span>
        </p>
        <span aria-live="polite" class="sr-only">{announcement}</span>
    }
}

/// Returns which accounts are in this state, as a sentence.
fn doing(viewers: &[Viewer], state: PresenceState, doing: Doing) -> Option<String> {
    let names: Vec<&str> = viewers
        .iter()
        .filter(|viewer| viewer.state == state)
        .map(|viewer| viewer.account.name.as_str())
        .collect();
    (!names.is_empty()).then(|| sentence(&names, doing))
}
