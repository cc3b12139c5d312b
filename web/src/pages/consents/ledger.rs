//! The ledger on screen: the entries of every number, or of the one that is typed.
//!
//! It must never change an entry that is on screen, as nothing in the ledger ever changes.

use leptos::prelude::*;
use shared::{Page, consent::Consent};

use crate::{
    api::{Client, Fault},
    components::notices::{Notices, use_notices},
    session::use_client,
    tasks::Home,
    typing::Typing,
};

/// What the pieces of the page share.
#[derive(Clone, Copy)]
pub(super) struct Ledger {
    client: Client,
    notices: Notices,
    typing: Typing,
    home: Home,
    /// The number that is looked for, as it was typed.
    pub(super) number: RwSignal<String>,
    /// The number that the entries on screen are about.
    shown_for: StoredValue<String>,
    pub(super) entries: RwSignal<Option<Vec<Consent>>>,
    pub(super) cursor: RwSignal<Option<String>>,
    pub(super) fault: RwSignal<Option<Fault>>,
    pub(super) busy: RwSignal<bool>,
}

impl Ledger {
    pub(super) fn new() -> Self {
        Self {
            client: use_client(),
            notices: use_notices(),
            typing: Typing::new(),
            home: Home::here(),
            number: RwSignal::new(String::new()),
            shown_for: StoredValue::new(String::new()),
            entries: RwSignal::new(None),
            cursor: RwSignal::new(None),
            fault: RwSignal::new(None),
            busy: RwSignal::new(false),
        }
    }

    async fn first_page(self, number: String) -> Result<Page<Consent>, Fault> {
        self.client.list_consents(number.trim(), None).await
    }

    /// The number's box now holds this.
    pub(super) fn typed(self, text: String) {
        self.number.set(text.clone());
        self.typing.ask(self.first_page(text.clone()), move |answer| self.arrived(text, answer));
    }

    /// Fetches the newest entries, quietly where there are some on screen.
    pub(super) fn fetch(self) {
        if self.entries.with_untracked(Option::is_none) {
            self.fault.set(None);
        }
        let number = self.number.get_untracked();
        self.typing.ask_now(self.first_page(number.clone()), move |answer| self.arrived(number, answer));
    }

    fn arrived(self, number: String, answer: Result<Page<Consent>, Fault>) {
        let is_another = self.shown_for.with_value(|shown| *shown != number);
        match answer {
            Ok(page) => {
                self.fault.set(None);
                // Nothing in the ledger ever changes: what is new stands before what is on screen.
                let caught_up = self.entries.with_untracked(|known| {
                    caught_up(known.as_deref().filter(|_| !is_another).unwrap_or_default(), &page.items)
                });
                let entries = caught_up.unwrap_or_else(|| {
                    self.cursor.set(page.next_cursor);
                    page.items
                });
                self.entries.set(Some(entries));
                self.shown_for.set_value(number);
            }
            Err(met) => {
                if is_another {
                    self.entries.set(None);
                }
                self.fault.set(Some(met));
            }
        }
    }

    /// Fetches the entries below.
    pub(super) fn fetch_more(self) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        let (number, cursor) = (self.shown_for.get_value(), self.cursor.get_untracked());
        self.home.start(async move {
            let answer = self.client.list_consents(number.trim(), cursor.as_deref()).await;
            self.busy.try_set(false);
            // Another number may have been typed meanwhile.
            if self.cursor.try_get_untracked() != Some(cursor) {
                return;
            }
            match answer {
                Ok(page) => {
                    self.cursor.try_set(page.next_cursor);
                    self.entries.try_update(|entries| entries.get_or_insert_default().extend(page.items));
                }
                Err(met) => self.notices.fault(&met),
            }
        });
    }
}

/// What is on screen with what is new before it; none when there may be a gap between them.
fn caught_up(known: &[Consent], newest: &[Consent]) -> Option<Vec<Consent>> {
    let last = known.first()?.id;
    let met = newest.iter().position(|entry| entry.id == last)?;
    Some(newest.iter().take(met).chain(known).cloned().collect())
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
    fn new_entries_come_before_those_on_screen_and_a_gap_is_noticed() {
        assert_eq!(caught_up(&entries(&[3, 2, 1]), &entries(&[5, 4, 3])), Some(entries(&[5, 4, 3, 2, 1])));
        assert_eq!(caught_up(&entries(&[3]), &entries(&[3])), Some(entries(&[3])));
        assert_eq!(caught_up(&entries(&[3]), &entries(&[9, 8])), None);
        assert_eq!(caught_up(&[], &entries(&[1])), None);
    }
}
