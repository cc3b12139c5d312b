//! What a file that is the current one now has brought.

use leptos::prelude::*;
use shared::{daily_file::ImportedFile, ids::TeamId};

use super::{counts::grouped, rejected::rejected};

/// The counts, the key data columns, and what was not taken.
pub(super) fn outcome(team: TeamId, file: &ImportedFile) -> AnyView {
    let counts = [
        ("Rows", file.rows),
        ("Accepted", file.accepted),
        ("Rejected", file.rejected_rows),
        ("Customers added", file.added),
        ("Customers changed", file.changed),
        ("Customers dropped", file.dropped),
    ];
    let counts = counts.map(|(name, count)| {
        view! {
            <div>
                <dt class="text-sm">{name}</dt>
                <dd class="text-lg font-semibold tabular-nums">{grouped(count)}</dd>
            </div>
        }
    });
    view! {
        <div class="flex flex-col gap-4">
            <dl class="grid grid-cols-2 gap-3 sm:grid-cols-3 xl:grid-cols-6">{counts.collect_view()}</dl>
            <p class="text-sm wrap-anywhere">{key_data(&file.columns)}</p>
            {rejected(team, file)}
        </div>
    }
    .into_any()
}

fn key_data(columns: &[String]) -> String {
    if columns.is_empty() {
        return "The file has no further columns, and so no key data.".to_owned();
    }
    format!("Key data: {}", columns.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_data_columns_are_named_in_their_order() {
        assert_eq!(key_data(&["Balance".to_owned(), "Due date".to_owned()]), "Key data: Balance, Due date");
        assert_eq!(key_data(&[]), "The file has no further columns, and so no key data.");
    }
}
