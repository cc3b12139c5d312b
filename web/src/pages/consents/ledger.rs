//! State of the opt-outs page: the ledger's entries for all numbers, or for the number in the filter.
//!
//! The ledger is append-only, so loaded entries stay valid and new ones are added above them.

use leptos::prelude::*;
use shared::{Page, consent::Consent};

use crate::{
    api::{Client, RequestError},
    components::notices::{Notices, use_notices},
    debounce::Debounced,
    session::use_client,
    tasks::TaskScope,
};

/// The filter and the loaded entries.
#[derive(Clone, Copy)]
pub(super) struct Ledger {
    client: Client,
    notices: Notices,
    debounced: Debounced,
    scope: TaskScope,
    /// The number in the filter, as typed.
    pub(super) number: RwSignal<String>,
    /// The filter that the loaded entries match.
    loaded_for: StoredValue<String>,
    pub(super) entries: RwSignal<Option<Vec<Consent>>>,
    pub(super) cursor: RwSignal<Option<String>>,
    pub(super) error: RwSignal<Option<RequestError>>,
    pub(super) busy: RwSignal<bool>,
}

impl Ledger {
    pub(super) fn new() -> Self {
        Self {
            client: use_client(),
            notices: use_notices(),
            debounced: Debounced::new(),
            scope: TaskScope::current(),
            number: RwSignal::new(String::new()),
            loaded_for: StoredValue::new(String::new()),
            entries: RwSignal::new(None),
            cursor: RwSignal::new(None),
            error: RwSignal::new(None),
            busy: RwSignal::new(false),
        }
    }

    async fn first_page(self, number: String) -> Result<Page<Consent>, RequestError> {
        self.client.list_consents(number.trim(), None).await
    }

    /// Handles input in the filter.
    pub(super) fn set_number(self, text: String) {
        self.number.set(text.clone());
        self.debounced.run(self.first_page(text.clone()), move |response| self.update(text, response));
    }

    /// Fetches the newest entries. Keeps the loaded ones on screen in the meantime.
    pub(super) fn fetch(self) {
        if self.entries.with_untracked(Option::is_none) {
            self.error.set(None);
        }
        let number = self.number.get_untracked();
        self.debounced
            .run_now(self.first_page(number.clone()), move |response| self.update(number, response));
    }

    fn update(self, number: String, response: Result<Page<Consent>, RequestError>) {
        let filter_changed = self.loaded_for.with_value(|loaded| *loaded != number);
        match response {
            Ok(page) => {
                self.error.set(None);
                // Adds new entries above the loaded ones, or starts again with the fetched page.
                let merged = self.entries.with_untracked(|loaded| {
                    merge(loaded.as_deref().filter(|_| !filter_changed).unwrap_or_default(), &page.items)
                });
                let entries = merged.unwrap_or_else(|| {
                    self.cursor.set(page.next_cursor);
                    page.items
                });
                self.entries.set(Some(entries));
                self.loaded_for.set_value(number);
            }
            Err(error) => {
                if filter_changed {
                    self.entries.set(None);
                }
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
        let (number, cursor) = (self.loaded_for.get_value(), self.cursor.get_untracked());
        self.scope.spawn(async move {
            let response = self.client.list_consents(number.trim(), cursor.as_deref()).await;
            self.busy.try_set(false);
            // The filter may have changed in the meantime.
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

/// Adds the new entries of the newest page before the loaded ones. Returns `None` if there may be a gap between them.
fn merge(loaded: &[Consent], newest: &[Consent]) -> Option<Vec<Consent>> {
    let last = loaded.first()?.id;
    let new_entries = newest.iter().position(|entry| entry.id == last)?;
    Some(newest.iter().take(new_entries).chain(loaded).cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(ids: &[i64]) -> Vec<Consent> {
        let entry = |id: &i64| {
            serde_json::from_value(serde_json::json!({
                "id": id, "team_number": "+447700900001", "number": "+447700900123", "state": "opted_out",
                "source": "keyword", "by": {"kind": "customer", "id": null, "name": null},
                "message_id": null, "note": null, "created_at": "2026-11-22T09:14:00Z",
            }))
            .unwrap()
        };
        ids.iter().map(entry).collect()
    }

    #[test]
    fn new_entries_come_before_loaded_ones_and_a_gap_prevents_merging() {
        assert_eq!(merge(&entries(&[3, 2, 1]), &entries(&[5, 4, 3])), Some(entries(&[5, 4, 3, 2, 1])));
        assert_eq!(merge(&entries(&[3]), &entries(&[3])), Some(entries(&[3])));
        assert_eq!(merge(&entries(&[3]), &entries(&[9, 8])), None);
        assert_eq!(merge(&[], &entries(&[1])), None);
    }
}
