//! Follows the account's preferences: loads them, applies theme, language and shortcuts, and stores what the agent
//! changes, for the account's other tabs and devices. It belongs to the chunk of the notifications, which need the
//! preferences.

use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

use leptos::prelude::*;
use shared::{
    event::EventKind,
    preferences::{Language, Preferences, Theme},
};

use crate::{
    api::{Client, RequestError},
    clock::pause,
    components::notices::{Notices, use_notices},
    keys::{are_enabled, use_keys},
    language::{choice, t},
    live::{LiveUpdate, coalesce, use_live},
    session::{Session, use_client, use_session},
    storage,
    tasks::spawn_detached,
    theme::{show, stored, use_theme},
};

/// Storage key of the theme, shortcuts and language that the server last had. What differs from it was changed in this
/// browser before the preferences were loaded.
const STORED: &str = "smsc-stored";

/// How often a change is sent if other devices keep changing the preferences.
const MAX_ATTEMPTS: u32 = 5;

thread_local! {
    /// The version of the loaded preferences.
    static VERSION: RefCell<String> = const { RefCell::new(String::new()) };
    /// Whether a request that stores them is in progress.
    static IS_STORING: Cell<bool> = const { Cell::new(false) };
}

/// Follows them until the current owner is disposed.
pub(crate) fn follow() {
    let (editor, keys, theme) = (PreferenceEditor::new(), use_keys(), use_theme());
    let PreferenceEditor { client, session, .. } = editor;
    // Those of another account, which was signed in before.
    session.set_preferences(None);
    let shown = move || (theme.get(), keys.enabled.get(), choice::chosen());
    // The menu and the list of shortcuts, which are in the first download, change only these signals.
    let store_changes = move || {
        let shown = shown();
        if session.loaded_preferences().is_some_and(|own| of_browser(&own) != shown) {
            editor.change(move |own| (own.theme, own.shortcuts, own.language) = shown);
        }
    };
    let load = coalesce(move || async move {
        let Ok((loaded, version)) = client.get_preferences().await else { return };
        if theme.is_disposed() || keys.enabled.is_disposed() {
            return;
        }
        let is_first = session.loaded_preferences().is_none();
        if is_first {
            // Another tab may have changed them since this one began.
            show(theme, stored());
            keys.set_enabled(are_enabled());
        }
        // Later, a difference is a change in this tab: all tabs share what the browser stores.
        let agreed = match session.loaded_preferences() {
            Some(own) => text(of_browser(&own)),
            None => storage::load(STORED).unwrap_or_else(|| text(of_browser(&Preferences::default()))),
        };
        let here = text(untrack(shown));
        // Each for itself: a language that was chosen on the sign-in page takes no theme of another account with it.
        let is_agreed = |place| here.split(' ').nth(place) == agreed.split(' ').nth(place);
        if is_agreed(0) {
            show(theme, loaded.theme);
        }
        if is_agreed(1) {
            keys.set_enabled(loaded.shortcuts);
        }
        // Another device's choice applies from the next start: it must not interrupt the agent.
        if is_agreed(2) && choice::store(loaded.language) && is_first {
            let _ = window().location().reload();
        }
        remember(&loaded);
        VERSION.set(version);
        session.set_preferences(Some(loaded));
        untrack(store_changes);
    });
    load.run(());
    let own = session.account();
    use_live().listen(move |update| match update {
        LiveUpdate::Event(event) if event.kind != EventKind::AccountChanged || event.account_id != own => {}
        _ => load.run(()),
    });
    Effect::new(move |_| store_changes());
}

/// The preferences that the browser stores too.
fn of_browser(preferences: &Preferences) -> (Theme, bool, Language) {
    (preferences.theme, preferences.shortcuts, preferences.language)
}

fn text((theme, shortcuts, language): (Theme, bool, Language)) -> String {
    format!("{} {shortcuts} {}", theme as u8, language as u8)
}

fn remember(stored: &Preferences) {
    storage::save(STORED, Some(&text(of_browser(stored))));
}

/// Stores changed preferences, once the change before is stored: it makes the version that this one is based on.
async fn store(
    client: Client,
    new: Preferences,
    change: impl Fn(&mut Preferences),
) -> Result<Preferences, RequestError> {
    while IS_STORING.get() {
        pause(Duration::from_millis(20)).await;
    }
    IS_STORING.set(true);
    let stored = store_now(client, new, change).await;
    IS_STORING.set(false);
    stored
}

/// Stores changed preferences. If another device has stored others meanwhile, changes those. Returns what is stored.
async fn store_now(
    client: Client,
    mut new: Preferences,
    change: impl Fn(&mut Preferences),
) -> Result<Preferences, RequestError> {
    let mut attempts = 0;
    loop {
        attempts += 1;
        let version = VERSION.with_borrow(String::clone);
        match client.put_preferences(&new, &version).await {
            Ok(version) => {
                VERSION.set(version);
                return Ok(new);
            }
            Err(error) => {
                let current = error.current::<Preferences>().filter(|_| attempts < MAX_ATTEMPTS);
                let Some((current, version)) = current else { return Err(error) };
                VERSION.set(version);
                new = current;
                change(&mut new);
            }
        }
    }
}

/// Changes preferences.
#[derive(Clone, Copy)]
pub(crate) struct PreferenceEditor {
    client: Client,
    notices: Notices,
    pub(crate) session: Session,
}

impl PreferenceEditor {
    /// Creates it, inside the signed-in app.
    pub(crate) fn new() -> Self {
        Self { client: use_client(), notices: use_notices(), session: use_session() }
    }

    /// Changes the preferences, here at once and then on the server. Changes nothing before they are loaded: the server
    /// would lose the others.
    pub(crate) fn change(self, change: impl Fn(&mut Preferences) + 'static) {
        let Self { client, notices, session } = self;
        let Some(mut new) = session.loaded_preferences() else {
            return notices
                .warning(t!("Your settings could not be loaded. Reload the page, then change them."));
        };
        change(&mut new);
        session.set_preferences(Some(new.clone()));
        spawn_detached(async move {
            match store(client, new, change).await {
                Ok(stored) => remember(&stored),
                Err(error) => notices.error(&error),
            }
        });
    }

    /// Changes the language, and starts the app again in it once the server has stored it.
    pub(crate) fn change_language(self, language: Language) {
        let Self { client, notices, session } = self;
        let (before, Some(mut new)) = (choice::chosen(), session.loaded_preferences()) else {
            // The next start stores it, as what was chosen before the preferences were loaded.
            return choice::choose(language);
        };
        new.language = language;
        // Stored first: all tabs store on the server what the browser has.
        choice::store(language);
        spawn_detached(async move {
            match store(client, new, move |own| own.language = language).await {
                Ok(stored) => {
                    remember(&stored);
                    let _ = window().location().reload();
                }
                Err(error) => {
                    choice::store(before);
                    notices.error(&error);
                }
            }
        });
    }
}
