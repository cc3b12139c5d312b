//! The other accounts that have a conversation open (rule 17).

use leptos::prelude::*;
use shared::{
    ids::ConversationId,
    presence::{PresenceState, Viewer},
};

use crate::{components::avatar::account_avatar, live::use_live};

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
    let name = description.rsplit_once(" is ").map_or("", |(name, _)| name);
    let class = if description.ends_with(TYPING) { "ring-2 ring-warm" } else { "ring-1 ring-quiet" };
    account_avatar(name, description, class)
}

/// Returns "Bo is viewing", "Bo and Cy are viewing" or "Bo, Cy and Jo are viewing".
pub(crate) fn sentence(names: &[&str], doing: &str) -> String {
    match names {
        [] => String::new(),
        [name] => format!("{name} is {doing}"),
        [others @ .., last] => format!("{} and {last} are {doing}", others.join(", ")),
    }
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
}
