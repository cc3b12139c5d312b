//! The other accounts that have a conversation open (rule 17).

use leptos::prelude::*;
use shared::{
    ids::ConversationId,
    presence::{PresenceState, Viewer},
};

use crate::live::use_live;

/// What an account does, in a sentence.
pub(crate) const VIEWING: &str = "viewing";
pub(crate) const TYPING: &str = "typing a reply";

/// The initials of the accounts, in a row of a list. The tooltip has the name.
pub(crate) fn viewers(conversation: ConversationId) -> AnyView {
    let presences = use_live().presences;
    // A line for each account, because a memo of another type would add more to the download.
    let lines = Memo::new(move |_| {
        let lines = presences.of(conversation);
        lines.iter().map(|viewer| describe(viewer) + "\n").collect::<String>()
    });
    view! {
        <span class="ms-auto flex shrink-0 gap-1 empty:hidden">
            {move || lines.with(|lines| lines.lines().map(chip).collect_view())}
        </span>
    }
    .into_any()
}

fn describe(viewer: &Viewer) -> String {
    let doing = if viewer.state == PresenceState::Typing { TYPING } else { VIEWING };
    sentence(&[&viewer.account.name], doing)
}

fn chip(description: &str) -> AnyView {
    let colour = if description.ends_with(TYPING) { "badge-warning" } else { "badge-outline" };
    view! {
        <span
            role="img"
            class=format!("badge badge-sm px-1.5 font-semibold uppercase {colour}")
            title=description.to_owned()
            aria-label=description.to_owned()
        >
            {initials(description.rsplit_once(" is ").map_or("", |(name, _)| name))}
        </span>
    }
    .into_any()
}

/// Returns "Bo is viewing", "Bo and Cy are viewing" or "Bo, Cy and Jo are viewing".
pub(crate) fn sentence(names: &[&str], doing: &str) -> String {
    match names {
        [] => String::new(),
        [name] => format!("{name} is {doing}"),
        [others @ .., last] => format!("{} and {last} are {doing}", others.join(", ")),
    }
}

/// Returns the first letters of the first and the last word, "MJ" for "Maria Jones". CSS turns them into capitals, because
/// Rust's table of capitals would add 12 kB.
fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().next());
    let first = words.next();
    first.into_iter().chain(words.next_back()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_names_all_accounts() {
        assert_eq!(sentence(&[], "viewing"), "");
        assert_eq!(sentence(&["Bo"], "viewing"), "Bo is viewing");
        assert_eq!(sentence(&["Bo", "Cy"], "viewing"), "Bo and Cy are viewing");
        assert_eq!(sentence(&["Bo", "Cy", "Jo"], "typing"), "Bo, Cy and Jo are typing");
    }

    #[test]
    fn initials_are_of_the_first_and_the_last_word() {
        assert_eq!(initials("Bo"), "B");
        assert_eq!(initials("ana maria de la cruz"), "ac");
        assert_eq!(initials(" "), "");
    }
}
