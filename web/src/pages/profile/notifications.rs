//! Notifications: turning them on in this browser, a test, the sound, and what each team notifies of.

use leptos::prelude::*;
use shared::{
    ids::TeamId,
    preferences::{Muted, NotificationKind, Preferences},
};

use super::preferences::preference;
use crate::{
    language::{marked, t, text},
    notifications::system::{self, Permission},
    preferences::PreferenceEditor,
    tasks::spawn_detached,
};

/// The kinds, with their labels.
const KINDS: [(NotificationKind, &str); 4] = [
    (NotificationKind::Message, marked!("New message")),
    (NotificationKind::Failure, marked!("Not delivered")),
    (NotificationKind::Mention, marked!("Mention")),
    (NotificationKind::Given, marked!("Given to me")),
];

/// The content of the section.
pub(super) fn notifications() -> AnyView {
    let editor = PreferenceEditor::new();
    let permission = RwSignal::new(system::permission());
    view! {
        <p class="mb-3 text-sm text-base-content/80">
            {t!(
                "About conversations that you have or that are unassigned. The number in the title of the tab counts \
                 those that you have not opened since."
            )}
        </p>
        <div class="mb-3 flex flex-wrap items-center gap-2" role="status">
            {move || in_this_browser(permission)}
        </div>
        {preference(
            editor,
            t!("Sound"),
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
        let body = t!("This is how a notification looks.").to_owned();
        system::show("SMS Chat".to_owned(), body, "/".to_owned());
    };
    match permission.get() {
        Permission::Granted => view! {
            <span class="text-sm">{t!("On in this browser.")}</span>
            <button type="button" class="btn btn-sm" on:click=test>
                {t!("Send a test notification")}
            </button>
        }
        .into_any(),
        Permission::NotAsked => view! {
            <span class="text-sm">{t!("Off in this browser.")}</span>
            <button type="button" class="btn btn-sm" on:click=ask>
                {t!("Turn on notifications")}
            </button>
        }
        .into_any(),
        Permission::Blocked => view! {
            <span class="text-sm">
                {t!("Blocked in this browser. Allow notifications in the browser's settings for this site.")}
            </span>
        }
        .into_any(),
        Permission::Unavailable => view! {
            <span class="text-sm">
                {t!("Not available in this browser. It needs a secure address, which begins with https.")}
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
        let choices = KINDS.map(|(kind, label)| choice(editor, Muted { team_id, kind }, text(label)));
        view! {
            <fieldset class="mt-3">
                <legend class="mb-1 text-sm font-medium wrap-anywhere"><bdi>{name}</bdi></legend>
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
