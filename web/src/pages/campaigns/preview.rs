//! The preview of a draft: counts, cost, the first texts, and the rows that would not be sent.

use leptos::prelude::*;
use shared::campaign::{CampaignPreview, CampaignSample};

use crate::{
    components::{
        counts::count,
        person::isolated,
        table::{BODY, ROW, TABLE, cell, head},
        when::when,
    },
    compose::text::braced,
    language::{marked, number, plural, received, t},
};

const COLUMNS: &[(&str, &str)] = &[
    (marked!("Line"), "w-16"),
    (marked!("Number"), "w-36"),
    (marked!("Text"), ""),
    (marked!("Parts"), "w-28"),
];

const PROBLEMS: &[(&str, &str)] = &[
    (marked!("Line"), "w-16"),
    (marked!("Number"), "w-36"),
    (marked!("Name"), "w-[25%]"),
    (marked!("Reason"), ""),
];

/// The preview.
pub(super) fn preview(preview: &CampaignPreview) -> AnyView {
    let counts = [
        (t!("Messages"), preview.sendable),
        (t!("Parts"), preview.parts),
        (t!("In UCS-2"), preview.ucs2),
        (t!("Opted out"), preview.opted_out),
        (t!("In progress"), preview.in_progress),
        (t!("Without a value"), preview.missing_values),
        (t!("Unusable text"), preview.unusable),
        (t!("Repeated numbers"), preview.repeated),
    ];
    let missing = (!preview.missing.is_empty())
        .then(|| t!("Not every row has a value for {names}.", names = braced(&preview.missing)));
    let repeated = (preview.repeated > 0).then(|| {
        plural!(
            preview.repeated,
            "{number} row has a number of an earlier row. Each row is a message.",
            "{number} rows have a number of an earlier row. Each row is a message.",
            number = number(preview.repeated)
        )
    });
    view! {
        <div class="flex flex-col gap-4">
            <dl class="grid grid-cols-2 gap-3 sm:grid-cols-4">{counts.map(count).collect_view()}</dl>
            {cost(preview.parts)}
            <p class="text-sm font-medium wrap-anywhere empty:hidden">{missing}</p>
            <p class="text-sm empty:hidden">{repeated}</p>
            {samples(&preview.samples)}
            {problems(t!("Rows that would not be sent"), &preview.refused)}
            {problems(t!("Rows that cannot be used"), &preview.rejected)}
        </div>
    }
    .into_any()
}

/// The price of a part, and the cost of the campaign.
fn cost(parts: i64) -> AnyView {
    let price = RwSignal::new(String::new());
    let total = Memo::new(move |_| {
        let price: f64 = price.with(|price| price.trim().replace(',', ".").parse().ok())?;
        (price.is_finite() && price >= 0.0).then(|| format!("{:.2}", price * parts as f64))
    });
    view! {
        <div class="flex flex-wrap items-end gap-x-4 gap-y-2">
            <label class="flex flex-col gap-1">
                <span class="text-sm font-medium">{t!("Price of a part")}</span>
                <input
                    class="input input-sm w-32"
                    inputmode="decimal"
                    autocomplete="off"
                    placeholder="0.04"
                    prop:value=price
                    on:input:target=move |event| price.set(event.target().value())
                />
            </label>
            {when(
                move || total.with(Option::is_some),
                move || {
                    let text = move || t!("Cost: {total}", total = total.get().unwrap_or_default());
                    view! { <p role="status" class="text-lg font-semibold tabular-nums">{text}</p> }.into_any()
                },
            )}
        </div>
    }
    .into_any()
}

fn samples(rows: &[CampaignSample]) -> AnyView {
    let row = |row: &CampaignSample| {
        let parts = usize::try_from(row.parts).unwrap_or_default();
        let parts = plural!(parts, "{count} part", "{count} parts");
        view! {
            <tr role="row" class=ROW>
                {cell("Line", view! { <span class="tabular-nums">{row.line}</span> })}
                {cell("Number", view! { <bdi class="whitespace-nowrap">{row.number.clone()}</bdi> })}
                {cell("Text", view! { <span dir="auto" class="min-w-0 whitespace-pre-wrap wrap-anywhere">{row.body.clone()}</span> })}
                {cell("Parts", view! { <span>{parts} " · " {row.encoding.display()}</span> })}
            </tr>
        }
    };
    view! {
        <div>
            <h3 id="samples" class="mb-1 text-sm font-semibold">{t!("The first rows")}</h3>
            <table role="table" aria-labelledby="samples" class=TABLE>
                {head(COLUMNS)}
                <tbody role="rowgroup" class=BODY>{rows.iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// A table of the first rows with a problem; nothing if there are none.
fn problems(title: &'static str, rows: &[CampaignSample]) -> AnyView {
    if rows.is_empty() {
        return ().into_any();
    }
    let row = |row: &CampaignSample| {
        let reason = row.problem.as_ref().map(|problem| reason(&problem.text));
        view! {
            <tr role="row" class=ROW>
                {cell("Line", view! { <span class="tabular-nums">{row.line}</span> })}
                {cell("Number", view! { <bdi class="wrap-anywhere">{row.number.clone()}</bdi> })}
                {cell("Name", view! { <bdi class="wrap-anywhere">{row.name.clone()}</bdi> })}
                {cell("Reason", view! { <span class="min-w-0 wrap-anywhere">{reason}</span> })}
            </tr>
        }
    };
    view! {
        <div>
            <h3 class="mb-1 text-sm font-semibold">{title}</h3>
            <table role="table" aria-label=title class=TABLE>
                {head(PROBLEMS)}
                <tbody role="rowgroup" class=BODY>{rows.iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// Returns a reason in the user's language. Of a row that cannot be used, it begins with the name of a column.
fn reason(text: &str) -> String {
    match text.split_once(": ") {
        Some((column, reason)) if received(text) == text => {
            format!("{}: {}", isolated(column), received(reason))
        }
        _ => received(text),
    }
}
