//! Shows what a colleague has changed while the user edits the same, field by field, and lets the user choose.
//!
//! A form remembers the resource that its inputs are based on, and saves on condition that the resource is still the same.

use std::sync::Arc;

use leptos::prelude::*;
use serde::de::DeserializeOwned;

use super::person::or_dash;
use crate::{api::RequestError, language::t};

/// How often a form is sent if colleagues keep changing other things than it contains.
const MAX_ATTEMPTS: u32 = 5;

/// A resource with its version.
pub(crate) type Version<T> = (T, String);

/// A field that a colleague has changed.
#[derive(Clone)]
struct Change {
    label: &'static str,
    theirs: String,
    yours: String,
    /// Whether the user has changed the field too.
    is_disputed: bool,
    /// Puts the user's value into the input, or else the colleague's.
    choose: Arc<dyn Fn(bool) + Send + Sync>,
}

/// The fields that a colleague has changed, and that differ from the form.
#[derive(Clone, Default)]
pub(crate) struct Changes(Vec<Change>);

impl Changes {
    /// Compares a field before and after the colleague's change. An input that the user has not changed gets the
    /// colleague's value.
    pub(crate) fn field<V: Clone + PartialEq + Send + Sync + 'static>(
        &mut self,
        label: &'static str,
        input: RwSignal<V>,
        (before, theirs): (&V, &V),
        text: impl Fn(&V) -> String,
    ) {
        let Some(yours) = input.try_get_untracked() else { return };
        if theirs == before || *theirs == yours {
            return;
        }
        let is_disputed = yours != *before;
        if !is_disputed {
            input.set(theirs.clone());
        }
        let (theirs_text, yours_text, theirs) = (text(theirs), text(&yours), theirs.clone());
        let choose = Arc::new(move |mine| input.set(if mine { yours.clone() } else { theirs.clone() }));
        self.0.push(Change { label, theirs: theirs_text, yours: yours_text, is_disputed, choose });
    }

    /// As `field`, for a text.
    pub(crate) fn text(&mut self, label: &'static str, input: RwSignal<String>, values: (&String, &String)) {
        self.field(label, input, values, String::clone);
    }
}

/// What a form shows of a colleague's changes.
#[derive(Clone, Copy)]
pub(crate) struct Conflict(RwSignal<Changes>);

impl Conflict {
    pub(crate) fn new() -> Self {
        Self(RwSignal::new(Changes::default()))
    }

    /// Saves a form that is based on `base`. `send` sends it for a version.
    ///
    /// If a colleague has changed other things than the form contains, it is sent again. Otherwise the form shows what has
    /// changed, and the next attempt is based on it: returns `None`.
    pub(crate) async fn save<T, R>(
        self,
        base: StoredValue<Version<T>>,
        send: impl AsyncFn(String) -> Result<R, RequestError>,
        compare: impl Fn(&mut Changes, &T, &T),
    ) -> Result<Option<R>, RequestError>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        self.0.try_set(Changes::default());
        let mut attempts = 0;
        loop {
            attempts += 1;
            let version = base.try_with_value(|(_, version)| version.clone()).unwrap_or_default();
            let error = match send(version).await {
                Ok(saved) => return Ok(Some(saved)),
                Err(error) => error,
            };
            let Some((current, version)) = error.current::<T>().filter(|_| attempts <= MAX_ATTEMPTS) else {
                return Err(error);
            };
            let mut changes = Changes::default();
            base.try_update_value(|base| {
                compare(&mut changes, &base.0, &current);
                *base = (current, version);
            });
            if !changes.0.is_empty() {
                self.0.try_set(changes);
                return Ok(None);
            }
        }
    }

    /// The changes, with a choice for each. Place it above the buttons of the form.
    pub(crate) fn view(self) -> AnyView {
        let shown = move || {
            let Changes(changes) = self.0.get();
            if changes.is_empty() {
                return ().into_any();
            }
            let rows = changes.into_iter().map(row);
            view! {
                <div class="flex flex-col gap-3 rounded-box border-2 border-warning p-3">
                    <p class="text-sm font-medium">
                        {t!("A colleague has changed this while you were editing. Choose what to keep, then save again.")}
                    </p>
                    {rows.collect_view()}
                </div>
            }
            .into_any()
        };
        view! { <div role="alert" class="empty:hidden">{shown}</div> }.into_any()
    }
}

fn row(change: Change) -> AnyView {
    let keeps_mine = RwSignal::new(change.is_disputed);
    let choice = |mine: bool, label: &'static str, value: &str| {
        let choose = Arc::clone(&change.choose);
        let on_change = move |_| {
            keeps_mine.set(mine);
            choose(mine);
        };
        view! {
            <label class="flex min-h-6 items-baseline gap-2 text-sm">
                <input
                    type="radio"
                    name=format!("conflict-{}", change.label)
                    class="radio radio-sm shrink-0 translate-y-1"
                    prop:checked=move || keeps_mine.get() == mine
                    on:change=on_change
                />
                <span class="min-w-0">
                    <span class="font-medium">{label}</span>
                    <br />
                    <span dir="auto" class="wrap-anywhere whitespace-pre-wrap">{or_dash(Some(value))}</span>
                </span>
            </label>
        }
    };
    view! {
        <fieldset class="min-w-0">
            <legend class="mb-1 text-sm font-semibold">{change.label}</legend>
            <div class="grid gap-x-4 gap-y-1 sm:grid-cols-2">
                {choice(false, t!("Take theirs"), &change.theirs)} {choice(true, t!("Keep mine"), &change.yours)}
            </div>
        </fieldset>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_untouched_input_gets_the_colleagues_value_and_an_edited_one_keeps_the_users() {
        let owner = Owner::new();
        owner.set();
        let [name, region, zone] = ["Care", "GB", "UTC"].map(|value| RwSignal::new(value.to_owned()));
        let [support, help, gb, ie, utc] = ["Support", "Help", "GB", "IE", "UTC"].map(str::to_owned);
        let mut changes = Changes::default();
        changes.text("Name", name, (&support, &help));
        changes.text("Region", region, (&gb, &ie));
        changes.text("Time zone", zone, (&utc, &utc));
        let shown: Vec<_> = changes.0.iter().map(|change| (change.label, change.is_disputed)).collect();
        assert_eq!(shown, [("Name", true), ("Region", false)]);
        assert_eq!((name.get_untracked().as_str(), region.get_untracked().as_str()), ("Care", "IE"));
        for change in &changes.0 {
            (change.choose)(!change.is_disputed);
        }
        assert_eq!((name.get_untracked().as_str(), region.get_untracked().as_str()), ("Help", "GB"));
    }

    #[test]
    fn the_same_change_of_both_is_no_conflict() {
        let owner = Owner::new();
        owner.set();
        let name = RwSignal::new("Help".to_owned());
        let mut changes = Changes::default();
        changes.text("Name", name, (&"Support".to_owned(), &"Help".to_owned()));
        assert!(changes.0.is_empty());
    }
}
