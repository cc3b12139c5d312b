//! The other accounts that have a conversation open (rule 17).

use leptos::prelude::*;
use shared::{
    ids::ConversationId,
    presence::{PresenceState, Viewer},
};

use crate::live::use_live;

/// The initials of the accounts, in a row of a list. The tooltip has the name.
pub(crate) fn viewers(conversation: ConversationId) -> AnyView {
    let presences = use_live().presences;
    let viewers = Memo::new(move |_| presences.of(conversation));
    view! {
        <span class="ms-auto flex shrink-0 gap-1 empty:hidden">
            {move || viewers.get().iter().map(chip).collect_view()}
        </span>
    }
    .into_any()
}

fn chip(viewer: &Viewer) -> AnyView {
    let (text, class) = match viewer.state {
        PresenceState::Typing => (sentence(&[&viewer.account.name], "typing a reply"), "badge-warning"),
        _ => (sentence(&[&viewer.account.name], "viewing"), "badge-neutral"),
    };
    view! {
        <span
            role="img"
            class=format!("badge badge-sm px-1.5 font-semibold {class}")
            title=text.clone()
            aria-label=text
        >
            {initials(&viewer.account.name)}
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

/// Returns the first letters of the first and the last word, "MJ" for "Maria Jones".
fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().next());
    let first = words.next();
    first.into_iter().chain(words.next_back()).flat_map(char::to_uppercase).collect()
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
        assert_eq!(initials("ana maria de la cruz"), "AC");
        assert_eq!(initials(" "), "");
    }
}
