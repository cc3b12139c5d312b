//! The history of a team's daily files, newest first, with a button that restores an earlier file.

use leptos::prelude::*;
use shared::{daily_file::DailyFile, event::EventKind, ids::TeamId};

use super::{
    import::{Import, Stage},
    rejected::download,
};
use crate::{
    api::RequestError,
    components::{
        confirmation::{Confirmation, confirm},
        placeholder::{empty, failed, skeleton},
        table::{BODY, ROW, TABLE, cell, head},
        timestamp::date_and_time,
        when::{Row, keyed},
    },
    keys::focus_first,
    language::{marked, number, t, with_views},
    live::{LiveUpdate, coalesce, use_live},
    session::use_client,
    time_zone::{Zone, date},
};

const COLUMNS: &[(&str, &str)] = &[
    (marked!("Day"), "w-18 lg:w-24"),
    (marked!("Uploaded"), ""),
    (marked!("Rows"), "w-24 lg:w-28"),
    (marked!("Accepted"), "w-24 lg:w-28"),
    (marked!("Rejected"), "w-36 lg:w-44"),
    (marked!("State"), "w-28 lg:w-36"),
];

/// Shared state of the section.
#[derive(Clone, Copy)]
struct History {
    import: Import,
    zone: StoredValue<Zone>,
    files: RwSignal<Option<Result<Vec<DailyFile>, RequestError>>>,
    /// The file that the confirmation dialog is about.
    to_restore: RwSignal<Option<DailyFile>>,
}

/// The "History" section.
pub(super) fn history(import: Import, team: TeamId, zone: Zone) -> AnyView {
    let client = use_client();
    let files = RwSignal::new(None);
    let fetch = coalesce(move || async move {
        let response = client.list_daily_files(team).await;
        files.try_maybe_update(|files: &mut Option<Result<Vec<DailyFile>, RequestError>>| {
            // Keep the files on screen if the refetch failed or returned the same.
            let has_changed =
                files.as_ref() != Some(&response) && (response.is_ok() || !matches!(files, Some(Ok(_))));
            if has_changed {
                *files = Some(response);
            }
            (has_changed, ())
        });
    });
    fetch.run(());
    use_live().listen(move |update| match update {
        LiveUpdate::Event(event)
            if event.kind != EventKind::TeamChanged
                || event.team_id.is_some_and(|changed| changed != team) => {}
        _ => fetch.run(()),
    });
    // Refetches after an upload, because the live stream may be interrupted at that moment.
    Effect::new(move |before: Option<()>| {
        let is_sending = import.stage.with(|stage| *stage == Stage::Sending);
        if before.is_some() && !is_sending {
            fetch.run(());
        }
    });
    let history = History { import, zone: StoredValue::new(zone), files, to_restore: RwSignal::new(None) };
    // Redraws only when the kind of content changes; rows update themselves.
    let content = Memo::new(move |_| {
        files.with(|files| match files {
            None => None,
            Some(Ok(files)) => Some(Ok(!files.is_empty())),
            Some(Err(error)) => Some(Err(error.clone())),
        })
    });
    let body = move || match content.get() {
        None => skeleton(3),
        Some(Err(error)) => failed(&error, fetch),
        Some(Ok(false)) => empty(t!("No daily file yet")),
        Some(Ok(true)) => table(history),
    };
    view! {
        <section aria-labelledby="history">
            <h2 id="history" tabindex="-1" class="mb-1 font-semibold outline-none">{t!("History")}</h2>
            <p class="mb-1 text-sm">{t!("The last 30 files are kept.")}</p>
            {body}
        </section>
        {move || history.to_restore.get().map(|file| restore(history, file, fetch))}
    }
    .into_any()
}

fn table(history: History) -> AnyView {
    let ids = Memo::new(move |_| {
        history.files.with(|files| {
            let files = files.iter().flatten().flatten();
            files.map(|file| file.id.0).collect::<Vec<_>>()
        })
    });
    view! {
        <table role="table" aria-labelledby="history" class=TABLE>
            {head(COLUMNS)}
            <tbody role="rowgroup" class=BODY>
                {keyed(move || ids.get().into_iter().map(Row::new).collect(), move |shown| row(history, shown.id))}
            </tbody>
        </table>
    }
    .into_any()
}

fn row(history: History, id: i64) -> AnyView {
    let file = Memo::new(move |_| {
        history.files.with(|files| files.iter().flatten().flatten().find(|file| file.id.0 == id).cloned())
    });
    // Only `is_current` ever changes.
    let Some(initial) = file.get_untracked() else { return ().into_any() };
    let is_current = Memo::new(move |_| file.with(|file| file.as_ref().is_some_and(|file| file.is_current)));
    // Date and time, because there may be several files of one day.
    let created = history.zone.with_value(|zone| zone.date_and_time(initial.created_at));
    let state = move || {
        if is_current.get() {
            return view! { <span class="badge badge-success badge-sm">{t!("Current")}</span> }.into_any();
        }
        let label = t!("Restore the file of {created}", created);
        view! {
            <button
                type="button"
                class="btn btn-sm"
                aria-label=label
                on:click=move |_| history.to_restore.set(file.get_untracked())
            >
                {t!("Restore")}
            </button>
        }
        .into_any()
    };
    let time = history.zone.with_value(|zone| date_and_time(initial.created_at, zone));
    let name = view! { <bdi>{initial.created_by.clone()}</bdi> }.into_any();
    let uploaded = with_views(t!("{time} by {name}"), [("time", time), ("name", name)]);
    let rejected_rows = (initial.rejected_rows > 0).then(|| {
        view! { " " {download(initial.team_id, initial.id, t!("Download"), t!("rejected rows"))} }
    });
    view! {
        <tr role="row" class=ROW>
            {cell("Day", view! { <span class="whitespace-nowrap">{date(initial.file_date)}</span> })}
            {cell("Uploaded", view! { <span class="min-w-0 wrap-anywhere">{uploaded}</span> })}
            {cell("Rows", count(initial.rows))}
            {cell("Accepted", count(initial.accepted))}
            {cell("Rejected", view! { <span>{count(initial.rejected_rows)} {rejected_rows}</span> })}
            {cell("State", state)}
        </tr>
    }
    .into_any()
}

fn count(count: i64) -> AnyView {
    view! { <span class="tabular-nums">{number(count)}</span> }.into_any()
}

fn restore(history: History, file: DailyFile, fetch: Callback<()>) -> AnyView {
    let created = history.zone.with_value(|zone| zone.date_and_time(file.created_at));
    let confirmation = Confirmation {
        title: t!("Restore the file of {created}?", created),
        text: t!(
            "Its customers and key data replace all current ones. The current file stays in the history."
        ),
        button: t!("Restore"),
        is_dangerous: true,
    };
    let close = Callback::new(move |()| history.to_restore.set(None));
    let done = Callback::new(move |()| {
        history.to_restore.set(None);
        request_animation_frame(|| focus_first("#history"));
        fetch.run(());
    });
    confirm(confirmation, close, move || history.import.restore(file.id), done)
}
