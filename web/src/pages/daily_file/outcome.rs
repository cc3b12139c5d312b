//! The changes that a file makes: counts, examples, refs on several lines, and rejected rows.

use leptos::prelude::*;
use shared::{
    daily_file::{ChangedField, CustomerChange, CustomerRow, DuplicateRef, FileDifference},
    ids::{DailyFileId, TeamId},
};

use super::rejected::rejected;
use crate::{
    components::{counts::count, person::isolated},
    language::{number, t},
};

/// Renders the changes. `file` is an imported file, whose rejected rows can be downloaded.
pub(super) fn outcome(difference: &FileDifference, file: Option<(TeamId, DailyFileId)>) -> AnyView {
    let counts = [
        (t!("Rows"), difference.rows),
        (t!("Accepted"), difference.accepted),
        (t!("Rejected"), difference.rejected_rows),
        (t!("Customers added"), difference.added),
        (t!("Customers changed"), difference.changed),
        (t!("Customers dropped"), difference.dropped),
        (t!("Customers unchanged"), difference.unchanged),
        (t!("Refs on several lines"), difference.duplicate_refs),
    ];
    let examples = &difference.examples;
    view! {
        <div class="flex flex-col gap-4">
            <dl class="grid grid-cols-2 gap-3 sm:grid-cols-4 xl:grid-cols-8">{counts.map(count).collect_view()}</dl>
            <p class="text-sm wrap-anywhere">{key_data(&difference.columns)}</p>
            {list(t!("Added"), difference.added, examples.added.iter().map(customer).collect())}
            {list(t!("Changed"), difference.changed, examples.changed.iter().map(change).collect())}
            {list(t!("Dropped"), difference.dropped, examples.dropped.iter().map(customer).collect())}
            {list(t!("Refs on several lines"), difference.duplicate_refs, difference.duplicates.iter().map(duplicate).collect())}
            {rejected(difference, file)}
        </div>
    }
    .into_any()
}

/// A collapsed list of examples; nothing if there are none.
fn list(name: &'static str, count: i64, lines: Vec<String>) -> AnyView {
    if lines.is_empty() {
        return ().into_any();
    }
    let is_part = usize::try_from(count).is_ok_and(|count| count > lines.len());
    let count = number(count);
    let summary = if is_part {
        t!("{name} ({count}, the first {shown} shown)", name, count, shown = lines.len())
    } else {
        format!("{name} ({count})")
    };
    let items = lines.into_iter().map(|line| view! { <li dir="auto" class="wrap-anywhere">{line}</li> });
    view! {
        <details>
            <summary class="w-fit cursor-pointer text-sm font-medium">{summary}</summary>
            <ul class="mt-1 list-disc pl-5 text-sm">{items.collect_view()}</ul>
        </details>
    }
    .into_any()
}

fn customer(row: &CustomerRow) -> String {
    format!("{} · {} · {}", isolated(&row.reference), isolated(&row.name), row.number.display())
}

fn change(change: &CustomerChange) -> String {
    let CustomerChange { before, after, differs } = change;
    let parts = differs.iter().map(|field| match field {
        ChangedField::Name => {
            t!("name {old} → {new}", old = isolated(&before.name), new = isolated(&after.name))
        }
        ChangedField::Number => {
            t!("number {old} → {new}", old = before.number.display(), new = after.number.display())
        }
        ChangedField::KeyData => t!("key data").to_owned(),
    });
    let parts = parts.collect::<Vec<_>>().join(", ");
    format!("{} · {}: {parts}", isolated(&after.reference), isolated(&after.name))
}

fn duplicate(duplicate: &DuplicateRef) -> String {
    let lines = |lines: &[i64]| lines.iter().map(|line| number(*line)).collect::<Vec<_>>().join(", ");
    t!(
        "{reference}: lines {lines}. Used: {used}.",
        reference = isolated(&duplicate.reference),
        lines = lines(&duplicate.lines),
        used = lines(&duplicate.accepted_lines),
    )
}

fn key_data(columns: &[String]) -> String {
    if columns.is_empty() {
        return t!("The file has no other columns, so it has no key data.").to_owned();
    }
    let columns = columns.iter().map(|column| isolated(column)).collect::<Vec<_>>().join(", ");
    t!("Key data: {columns}", columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, number: &str) -> CustomerRow {
        CustomerRow { line: 2, reference: "A-1".into(), name: name.into(), number: number.parse().unwrap() }
    }

    #[test]
    fn key_data_columns_are_listed_in_file_order() {
        assert_eq!(key_data(&["Balance".to_owned(), "Due date".to_owned()]), "Key data: Balance, Due date");
        assert_eq!(key_data(&[]), "The file has no other columns, so it has no key data.");
    }

    #[test]
    fn a_change_lists_the_fields_that_differ() {
        let (before, after) = (row("Al", "+447700900101"), row("Alan", "+447700900102"));
        let differs = vec![ChangedField::Name, ChangedField::Number, ChangedField::KeyData];
        assert_eq!(
            change(&CustomerChange { before, after, differs }),
            "A-1 · Alan: name Al → Alan, number +44 7700 900101 → +44 7700 900102, key data"
        );
        let twice = DuplicateRef { reference: "A-1".into(), lines: vec![2, 1005], accepted_lines: vec![2] };
        assert_eq!(duplicate(&twice), "A-1: lines 2, 1,005. Used: 2.");
    }
}
