//! The initials of a person, in a colour that stays the same.

use leptos::prelude::*;
use shared::conversation::Assignee;

/// Dark text on a light ground, in both themes.
const COLOURS: [&str; 6] = [
    "bg-sky-200 text-sky-950",
    "bg-amber-200 text-amber-950",
    "bg-emerald-200 text-emerald-950",
    "bg-rose-200 text-rose-950",
    "bg-violet-200 text-violet-950",
    "bg-stone-300 text-stone-950",
];

/// The account that has a conversation, as initials. The whole name is the tooltip, and the text for screen readers.
pub(crate) fn avatar(holder: &Assignee) -> AnyView {
    let place = usize::try_from(holder.id.0).unwrap_or_default() % COLOURS.len();
    let colour = COLOURS.get(place).copied().unwrap_or_default();
    let label = format!("Assigned to {}", holder.name);
    view! {
        <span
            class=format!(
                "grid size-6 shrink-0 place-items-center rounded-full text-[0.6875rem] font-semibold uppercase {colour}",
            )
            role="img"
            aria-label=label
            title=holder.name.clone()
        >
            {initials(&holder.name)}
        </span>
    }
    .into_any()
}

/// Returns the first letters of the first and the last word: "Bo Smith" gives "BS". The style sheet shows them in capital
/// letters: the table of capital letters would be in the first download.
fn initials(name: &str) -> String {
    let mut words = name.split(' ').filter(|word| !word.is_empty());
    let first = words.next().and_then(|word| word.chars().next());
    let last = words.next_back().and_then(|word| word.chars().next());
    first.into_iter().chain(last).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_the_first_letters_of_the_first_and_the_last_word() {
        assert_eq!(initials("Bo"), "B");
        assert_eq!(initials("ann  van der berg "), "ab");
        assert_eq!(initials("Émile Zola"), "ÉZ");
        assert_eq!(initials(""), "");
    }
}
