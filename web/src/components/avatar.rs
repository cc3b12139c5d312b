//! Avatars: the initials of a person in a colour that stays. They stand beside the name, so screen readers skip them.
//!
//! `tokens.css` has the colours, with a contrast of at least 7 in both themes.

use leptos::prelude::*;
use shared::conversation::Conversation;

use super::person::isolated;
use crate::language::t;

/// Number of colours in `tokens.css`.
const COLOURS: u32 = 8;

/// The avatar of a customer, by name, or by number while the name is unknown.
pub(crate) fn customer_avatar(conversation: &Conversation) -> AnyView {
    let name = conversation.name.as_deref().filter(|name| !name.trim().is_empty());
    match name {
        Some(name) => avatar(name),
        None => avatar(conversation.number.as_str()),
    }
}

/// The avatar of a person with this name.
pub(crate) fn avatar(name: &str) -> AnyView {
    view! {
        <span
            aria-hidden="true"
            class="initials"
            data-hue=colour(name).to_string()
            data-initials=initials(name)
        ></span>
    }
    .into_any()
}

/// The avatar of an account in a row of a list, where its name does not stand beside it: `label` says why it is there.
pub(crate) fn account_avatar(name: &str, label: &str, class: &str) -> AnyView {
    view! {
        <span
            role="img"
            class=format!("initials {class}")
            data-hue=colour(name).to_string()
            data-initials=initials(name)
            title=label.to_owned()
            aria-label=label.to_owned()
        ></span>
    }
    .into_any()
}

/// The avatar of the account that has the conversation.
pub(crate) fn holder_avatar(conversation: &Conversation) -> Option<AnyView> {
    let name = &conversation.assigned_to.as_ref()?.name;
    Some(account_avatar(name, &t!("Assigned to {name}", name = isolated(name)), ""))
}

/// Returns the first letters of the first and the last word, "MJ" for "Maria Jones"; the last two digits of a number. CSS
/// turns them into capitals, because Rust's table of capitals would add to the download.
fn initials(name: &str) -> String {
    if name.starts_with('+') {
        return name.get(name.len().saturating_sub(2)..).unwrap_or_default().to_owned();
    }
    let is_letter = |character: &char| !character.is_ascii_punctuation();
    let mut words = name.split(' ').filter_map(|word| word.chars().find(is_letter));
    let first = words.next();
    first.into_iter().chain(words.next_back()).collect()
}

/// Returns the number of the colour of a name: the same on every screen and in every session.
fn colour(name: &str) -> u32 {
    name.chars().fold(7_u32, |hash, character| hash.wrapping_mul(31).wrapping_add(character.into())) % COLOURS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_of_the_first_and_the_last_word() {
        assert_eq!(initials("Maria Jones"), "MJ");
        assert_eq!(initials("ana maria de la cruz"), "ac");
        assert_eq!(initials("Zoë"), "Z");
        assert_eq!(initials("Östberg (Åsa)"), "ÖÅ");
        assert_eq!(initials("  "), "");
        assert_eq!(initials("دانا كوهن"), "دك");
    }

    #[test]
    fn a_customer_without_a_name_has_the_last_digits_of_the_number() {
        assert_eq!(initials("+447700900123"), "23");
        assert_eq!(initials("60300"), "6");
    }

    #[test]
    fn a_colour_stays_and_names_have_different_ones() {
        assert_eq!(colour("Maria Jones"), colour("Maria Jones"));
        let colours: std::collections::BTreeSet<u32> =
            ["Ann", "Bo", "Cy", "Maria Jones", "Jo Smith", "+447700900123"].map(colour).into();
        assert!(colours.len() >= 4, "{colours:?}");
        assert!(colours.iter().all(|colour| *colour < COLOURS));
    }
}
