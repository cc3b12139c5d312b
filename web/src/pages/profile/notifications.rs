//! Notifications: turning them on in this browser, a test, the sound, and what each team notifies of.

use leptos::prelude::*;
use shared::{
    ids::TeamId,
    preferences::{Muted, NotificationKind, Preferences},
};

use super::preferences::preference;
use crate::{
    notifications::system::{self, Permission},
    preferences::PreferenceEditor,
    tasks::spawn_detached,
};

/// The kinds, with their labels.
const KINDS: [(NotificationKind, &str); 4] = [
    (NotificationKind::Message, "New message"),
    (NotificationKind::Failure, "Not delivered"),
    (NotificationKind::Mention, "Mention"),
    (NotificationKind::Given, "Given to me"),
];

/// The content of the section.
pub(super) fn notifications() -> AnyView {
    let editor = PreferenceEditor::new();
    let permission = RwSignal::new(system::permission());
    view! {
        <p class="mb-3 text-sm text-base-content/80">
            "About conversations that you have or that are unassigned. The number in the title of the tab counts those \
             that you have not opened since."
        </p>
        <div class="mb-3 flex flex-wrap items-center gap-2" role="status">
            {move || in_this_browser(permission)}
        </div>
        {preference(
            editor,
            "Sound",
            |preferences| preferences.sound,
            |preferences, is_on| preferences.sound = is_on,
        )}
        {team_choices(editor)}
    }
    .into_any()
}

/// Says whether the browser shows notifications, with the button for the next step.
fn in_this_browser(permission: RwSignal<Permission>) -> AnyView {
    let ask = move |_| {
        spawn_detached(async move {
            permission.try_set(system::ask().await);
        });
    };
    let test = move |_| {
        let text = "This is how a notification looks.".to_owned();
        system::show("SMS Chat".to_owned(), text, "/".to_owned());
    };
    match permission.get() {
        Permission::Granted => view! {
            <span class="text-sm">"On in this browser."</span>
            <button type="button" class="btn btn-sm" on:click=test>
                "Send a test notification"
            </button>
        }
        .into_any(),
        Permission::NotAsked => view! {
            <span class="text-sm">"Off in this browser."</span>
            <button type="button" class="btn btn-sm" on:click=ask>
                "Turn on notifications"
            </button>
        }
        .into_any(),
        Permission::Blocked => view! {
            <span class="text-sm">
                "Blocked in this browser. Allow notifications in the browser's settings for this site."
            </span>
        }
        .into_any(),
        Permission::Unavailable => view! {
            <span class="text-sm">
                "Not available in this browser. It needs a secure address, which begins with https."
            </span>
        }
        .into_any(),
    }
}

/// A group of checkboxes per team.
fn team_choices(editor: PreferenceEditor) -> AnyView {
    let teams = editor
        .session
        .read(|me| me.teams.iter().map(|team| (team.id, team.name.clone())).collect::<Vec<_>>());
    let group = move |(team_id, name): (TeamId, String)| {
        let choices = KINDS.map(|(kind, label)| choice(editor, Muted { team_id, kind }, label));
        view! {
            <fieldset class="mt-3">
                <legend class="mb-1 text-sm font-medium wrap-anywhere">{name}</legend>
                <div class="flex flex-wrap gap-x-5 gap-y-1">{choices.collect_view()}</div>
            </fieldset>
        }
    };
    view! { {move || teams.get().into_iter().map(group).collect_view()} }.into_any()
}

fn choice(editor: PreferenceEditor, muted: Muted, label: &'static str) -> AnyView {
    let is_on = move |own: &Preferences| !own.muted.contains(&muted);
    preference(editor, label, is_on, move |own, is_on| {
        own.muted.retain(|other| *other != muted);
        if !is_on {
            own.muted.push(muted);
        }
    })
}
