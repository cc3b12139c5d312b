//! State of the audit page: the filters, and the entries that match them.

use leptos::prelude::*;
use shared::{Page, audit_entry::AuditEntry};

use crate::{
    api::{AuditFilters, Client, RequestError},
    components::notices::{Notices, use_notices},
    debounce::Debounced,
    pages::conversation::times::{parse, to_utc},
    session::use_client,
    tasks::TaskScope,
    time_zone::{Zone, iso8601},
};

/// The filters as typed or chosen.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Typed {
    pub(super) actor: String,
    pub(super) subject: String,
    pub(super) action: String,
    pub(super) team: String,
    /// The first day, "2026-11-30".
    pub(super) from: String,
    /// The last day.
    pub(super) until: String,
}

impl Typed {
    /// Returns the parameters. A day begins at midnight on the zone's clocks.
    pub(super) fn filters(&self, zone: &Zone) -> AuditFilters {
        let midnight = |day: &str, after: u64| {
            let time = parse(&format!("{day}T00:00"))?.checked_add_days(chrono::Days::new(after))?;
            Some(iso8601(to_utc(time, &|at| zone.local(at))))
        };
        vec![
            ("actor", self.actor.clone()),
            ("subject", self.subject.clone()),
            ("action", self.action.clone()),
            ("team_id", self.team.clone()),
            ("from", midnight(&self.from, 0).unwrap_or_default()),
            ("until", midnight(&self.until, 1).unwrap_or_default()),
        ]
    }
}

/// The filters and the loaded entries.
#[derive(Clone, Copy)]
pub(super) struct Log {
    client: Client,
    notices: Notices,
    debounced: Debounced,
    scope: TaskScope,
    pub(super) zone: StoredValue<Zone>,
    pub(super) typed: RwSignal<Typed>,
    pub(super) entries: RwSignal<Option<Vec<AuditEntry>>>,
    pub(super) cursor: RwSignal<Option<String>>,
    pub(super) error: RwSignal<Option<RequestError>>,
    /// Whether the next page is being fetched.
    pub(super) busy: RwSignal<bool>,
}

impl Log {
    pub(super) fn new(zone: Zone) -> Self {
        Self {
            client: use_client(),
            notices: use_notices(),
            debounced: Debounced::new(),
            scope: TaskScope::current(),
            zone: StoredValue::new(zone),
            typed: RwSignal::new(Typed::default()),
            entries: RwSignal::new(None),
            cursor: RwSignal::new(None),
            error: RwSignal::new(None),
            busy: RwSignal::new(false),
        }
    }

    fn filters(self) -> AuditFilters {
        self.zone.with_value(|zone| self.typed.with_untracked(|typed| typed.filters(zone)))
    }

    /// Changes a filter, and fetches after a pause in typing.
    pub(super) fn change(self, change: impl FnOnce(&mut Typed)) {
        self.typed.update(change);
        let request = self.client.list_audit_entries(self.filters(), None);
        self.debounced.run(request, move |response| self.update(response));
    }

    /// Fetches the newest entries.
    pub(super) fn fetch(self) {
        self.error.set(None);
        let request = self.client.list_audit_entries(self.filters(), None);
        self.debounced.run_now(request, move |response| self.update(response));
    }

    fn update(self, response: Result<Page<AuditEntry>, RequestError>) {
        match response {
            Ok(page) => {
                self.error.set(None);
                self.cursor.set(page.next_cursor);
                self.entries.set(Some(page.items));
            }
            Err(error) => {
                self.entries.set(None);
                self.error.set(Some(error));
            }
        }
    }

    /// Fetches the next page of older entries.
    pub(super) fn fetch_more(self) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        let (filters, cursor) = (self.filters(), self.cursor.get_untracked());
        self.scope.spawn(async move {
            let response = self.client.list_audit_entries(filters, cursor.clone()).await;
            self.busy.try_set(false);
            // A filter may have changed in the meantime.
            if self.cursor.try_get_untracked() != Some(cursor) {
                return;
            }
            match response {
                Ok(page) => {
                    self.cursor.try_set(page.next_cursor);
                    self.entries.try_update(|entries| entries.get_or_insert_default().extend(page.items));
                }
                Err(error) => self.notices.error(&error),
            }
        });
    }
}
