//! The other accounts that have a conversation open (rule 17).

use leptos::prelude::*;
use shared::{
    ids::ConversationId,
    presence::{PresenceState, Viewer},
};

use crate::{components::avatar::account_avatar, live::use_live};

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
    let name = &viewer.account.name;
    match viewer.state {
        PresenceState::Typing => {
            account_avatar(name, &sentence(&[name], "typing a reply"), "ring-2 ring-warm")
        }
        _ => account_avatar(name, &sentence(&[name], "viewing"), "opacity-70"),
    }
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
