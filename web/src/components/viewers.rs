//! The other accounts that have a conversation open (rule 17).

use leptos::prelude::*;
use shared::{
    ids::ConversationId,
    presence::{PresenceState, Viewer},
};

use crate::{
    components::{avatar::account_avatar, person::isolated},
    language::{plural, t},
    live::use_live,
};

/// What marks the line of an account that is typing.
const TYPING: char = '✎';

/// The initials of the accounts, in a row of a list. The tooltip has the name.
pub(crate) fn viewers(conversation: ConversationId) -> AnyView {
    let presences = use_live().presences;
    // A line for each account, because a memo of another type would add more to the download.
    let lines = Memo::new(move |_| presences.of(conversation).iter().map(line).collect::<String>());
    view! {
        <span class="ms-auto flex shrink-0 gap-1 empty:hidden">
            {move || lines.with(|lines| lines.lines().map(chip).collect_view())}
        </span>
    }
    .into_any()
}

fn line(viewer: &Viewer) -> String {
    let mark = if viewer.state == PresenceState::Typing { TYPING } else { ' ' };
    format!("{mark}{}\n", viewer.account.name)
}

fn chip(line: &str) -> AnyView {
    let (class, doing, name) = match line.strip_prefix(TYPING) {
        Some(name) => ("ring-2 ring-warm", Doing::Typing, name),
        None => ("ring-1 ring-quiet", Doing::Viewing, &line[1..]),
    };
    account_avatar(name, &sentence(&[name], doing), class)
}

/// What accounts do.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Doing {
    /// They have the conversation open.
    Viewing,
    /// They write a reply.
    Typing,
    /// Either of these.
    Present,
}

/// Returns "Bo is viewing", "Bo and Cy are viewing" or "Bo, Cy and Jo are viewing".
pub(crate) fn sentence(names: &[&str], doing: Doing) -> String {
    let who = joined(names);
    match doing {
        _ if names.is_empty() => who,
        Doing::Viewing => plural!(names.len(), "{who} is viewing", "{who} are viewing", who),
        Doing::Typing => plural!(names.len(), "{who} is typing a reply", "{who} are typing a reply", who),
        Doing::Present => {
            plural!(names.len(), "{who} is in this conversation", "{who} are in this conversation", who)
        }
    }
}

fn joined(names: &[&str]) -> String {
    let names: Vec<_> = names.iter().map(|name| isolated(name)).collect();
    match names.as_slice() {
        [] => String::new(),
        [name] => name.to_string(),
        [others @ .., last] => t!("{names} and {last}", names = others.join(", "), last),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_names_all_accounts() {
        assert_eq!(sentence(&[], Doing::Viewing), "");
        assert_eq!(sentence(&["Bo"], Doing::Viewing), "Bo is viewing");
        assert_eq!(sentence(&["Bo", "Cy"], Doing::Viewing), "Bo and Cy are viewing");
        assert_eq!(sentence(&["Bo", "Cy", "Jo"], Doing::Typing), "Bo, Cy and Jo are typing a reply");
    }
}
