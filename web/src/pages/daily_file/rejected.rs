//! The rejected rows of a file: the first ones in a table, all of them as a download. Values are shown as plain text.

use leptos::prelude::*;
use shared::{
    daily_file::{FileDifference, RejectedRow},
    ids::{DailyFileId, TeamId},
};

use crate::{
    api::rejected_rows,
    components::{
        self,
        person::or_dash,
        table::{BODY, ROW, TABLE, cell, head},
    },
    language::{marked, number, received, t},
};

const COLUMNS: &[(&str, &str)] = &[
    (marked!("Line"), "w-20 lg:w-24"),
    (marked!("Column"), "w-[20%]"),
    (marked!("Value"), "w-[30%]"),
    (marked!("Reason"), ""),
];

/// The table, with a download link for an imported file.
pub(super) fn rejected(file: &FileDifference, download_of: Option<(TeamId, DailyFileId)>) -> AnyView {
    if file.rejected_rows == 0 {
        return ().into_any();
    }
    let shown = file.rejected.len();
    let is_part = usize::try_from(file.rejected_rows).is_ok_and(|all| all > shown);
    let part = is_part
        .then(|| t!("The first {count} are shown.", count = number(shown.try_into().unwrap_or(i64::MAX))));
    view! {
        <div class="flex flex-col gap-2">
            <div class="flex flex-wrap items-baseline gap-x-4 gap-y-1">
                <h3 id="rejected" class="font-semibold">{t!("Rejected rows ({count})", count = number(file.rejected_rows))}</h3>
                {download_of.map(|(team, id)| download(team, id, t!("Download all as CSV"), t!("rejected rows")))}
            </div>
            <p class="text-sm empty:hidden">{part}</p>
            // Focusable, so that it can be scrolled by keyboard.
            <div role="region" aria-labelledby="rejected" tabindex="0" class="max-h-96 overflow-y-auto">
                <table role="table" aria-labelledby="rejected" class=TABLE>
                    {head(COLUMNS)}
                    <tbody role="rowgroup" class=BODY>{file.rejected.iter().map(row).collect_view()}</tbody>
                </table>
            </div>
        </div>
    }
    .into_any()
}

fn row(row: &RejectedRow) -> AnyView {
    view! {
        <tr role="row" class=ROW>
            {cell("Line", view! { <span class="tabular-nums">{row.line}</span> })}
            {cell("Column", view! { <bdi>{or_dash(row.column.as_deref())}</bdi> })}
            {cell("Value", view! { <span dir="auto" class="min-w-0 wrap-anywhere whitespace-pre-wrap">{or_dash(Some(&row.value))}</span> })}
            {cell("Reason", view! { <span class="min-w-0">{received(&row.reason)}</span> })}
        </tr>
    }
    .into_any()
}

/// A download link for a file's rejected rows.
pub(super) fn download(team: TeamId, id: DailyFileId, text: &'static str, of: &'static str) -> AnyView {
    components::download::download(rejected_rows(team, id), "link text-sm", text, of)
}
