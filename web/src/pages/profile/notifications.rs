//! Notifications: turning them on in this browser, a test, the sound, and what each team notifies of.

use leptos::prelude::*;
use shared::{
    ids::TeamId,
    preferences::{Muted, NotificationKind},
};

use super::preferences::preference;
use crate::{
    notifications::system::{self, Permission},
    preferences::PreferenceEditor,
    tasks::spawn_detached,
};

/// The kinds, with the headings of their columns.
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
        {team_table(editor)}
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

/// A row per team, a column per kind.
fn team_table(editor: PreferenceEditor) -> AnyView {
    let teams = editor
        .session
        .read(|me| me.teams.iter().map(|team| (team.id, team.name.clone())).collect::<Vec<_>>());
    let rows = move || {
        let row = |(team, name): (TeamId, String)| {
            let cells = KINDS.map(|(kind, label)| {
                view! { <td class="text-center">{checkbox(editor, Muted { team_id: team, kind }, label, &name)}</td> }
            });
            view! {
                <tr>
                    <th scope="row" class="font-normal wrap-anywhere">{name.clone()}</th>
                    {cells.collect_view()}
                </tr>
            }
        };
        teams.get().into_iter().map(row).collect_view()
    };
    let headings =
        KINDS.map(|(_, label)| view! { <th scope="col" class="text-center whitespace-normal">{label}</th> });
    view! {
        <table class="table table-sm mt-2 [&_thead_th]:text-quiet">
            <caption class="sr-only">"Notifications by team"</caption>
            <thead>
                <tr>
                    <th scope="col">"Team"</th>
                    {headings.collect_view()}
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn checkbox(editor: PreferenceEditor, muted: Muted, label: &str, team: &str) -> AnyView {
    let checked = Memo::new(move |_| editor.session.preferences(|own| !own.muted.contains(&muted)));
    view! {
        <input
            type="checkbox"
            class="checkbox checkbox-sm"
            aria-label=format!("{label}, {team}")
            prop:checked=checked
            on:change:target=move |event| {
                let is_on = event.target().checked();
                editor.change(|own| {
                    own.muted.retain(|other| *other != muted);
                    if !is_on {
                        own.muted.push(muted);
                    }
                });
            }
        />
    }
    .into_any()
}
