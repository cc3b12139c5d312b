//! The pages and actions that the palette offers to an account.

use shared::{
    account::{Me, Permission},
    ids::TeamId,
    preferences::Theme,
};

use crate::{
    components::{
        person::isolated,
        shell::{PAGES, SETTINGS},
    },
    keys::Key,
    language::{t, text},
    theme::THEMES,
};

/// What an entry does.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Action {
    /// Opens the page at a path.
    Open(String),
    /// Opens the ad-hoc dialog of a team.
    AdHoc(TeamId),
    /// Takes the next waiting conversation and opens it.
    Next,
    /// Does what a key does on the open conversation's page.
    OnPage(&'static str),
    /// Lists the keyboard shortcuts.
    Help,
    /// Changes the theme.
    Theme(Theme),
    /// Signs out.
    SignOut,
}

/// A page or an action.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Command {
    pub(super) label: String,
    /// The keys that do the same.
    pub(super) keys: &'static [&'static str],
    pub(super) action: Action,
}

fn command(label: impl Into<String>, keys: &'static [&'static str], action: Action) -> Command {
    Command { label: label.into(), keys, action }
}

/// Returns the pages that the account may see, in the order of the menu.
pub(super) fn pages(me: &Me) -> Vec<Command> {
    let may = |needed: &[Permission]| needed.iter().all(|needed| me.may(*needed));
    let links = PAGES.iter().chain(SETTINGS).filter(|(.., needed)| may(needed));
    let mut pages: Vec<Command> = links
        .map(|&(path, label, _)| {
            let keys: &[&str] = if path == "/" { &["G", "Q"] } else { &[] };
            command(text(label), keys, Action::Open(path.to_owned()))
        })
        .collect();
    if me.may(Permission::Search) {
        pages.push(command(t!("Search"), &["/"], Action::Open("/search".to_owned())));
    }
    pages.push(command(t!("Your profile"), &[], Action::Open("/profile".to_owned())));
    pages
}

/// Returns the actions that the account may use. `on_page`: the shortcuts that act on the open page.
pub(super) fn actions(me: &Me, on_page: &[Key]) -> Vec<Command> {
    let mut actions = Vec::new();
    if me.may(Permission::Reply) {
        actions.push(command(t!("Take the next waiting conversation"), &["N"], Action::Next));
    }
    for &(keys, label) in on_page {
        actions.extend(keys.first().map(|key| command(text(label), keys, Action::OnPage(key))));
    }
    if me.may(Permission::AdHoc) {
        let teams = me.teams.iter().filter(|team| !team.numbers.is_empty());
        actions.extend(teams.map(|team| {
            command(t!("Ad-hoc: {team}", team = isolated(&team.name)), &[], Action::AdHoc(team.id))
        }));
    }
    actions.push(command(t!("Show keyboard shortcuts"), &["?"], Action::Help));
    actions.extend(
        THEMES
            .map(|(theme, name)| command(t!("Theme: {name}", name = text(name)), &[], Action::Theme(theme))),
    );
    actions.push(command(t!("Sign out"), &[], Action::SignOut));
    actions
}

/// Keeps the commands whose label contains every word of the text, in any case.
pub(super) fn matching(commands: &[Command], text: &str) -> Vec<Command> {
    let text = text.to_lowercase();
    let matches = |command: &&Command| {
        let label = command.label.to_lowercase();
        text.split_whitespace().all(|word| label.contains(word))
    };
    commands.iter().filter(matches).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn me(permissions: &[&str]) -> Me {
        serde_json::from_value(serde_json::json!({
            "account": null, "api_key": null, "permissions": permissions,
            "teams": [
                {"id": 1, "name": "Collections", "numbers": ["+447700900001"], "region": "GB", "time_zone": "UTC"},
                {"id": 2, "name": "No number yet", "numbers": [], "region": "GB", "time_zone": "UTC"},
            ],
        }))
        .unwrap()
    }

    const CLOSE: [Key; 1] = [(&["E"], "Close the conversation")];

    fn labels(commands: &[Command]) -> Vec<&str> {
        commands.iter().map(|command| command.label.as_str()).collect()
    }

    #[test]
    fn an_account_is_offered_only_the_pages_and_actions_that_it_may_use() {
        let agent = me(&["reply"]);
        assert_eq!(
            labels(&pages(&agent)),
            ["Conversations in progress", "Closed", "Opt-outs", "Your profile"]
        );
        assert!(!labels(&actions(&agent, &[])).iter().any(|label| label.starts_with("Ad-hoc")));
        let next = "Take the next waiting conversation";
        assert!(labels(&actions(&agent, &[])).contains(&next));
        assert!(!labels(&actions(&me(&[]), &[])).contains(&next));
        let supervisor = me(&["search", "ad_hoc", "import"]);
        assert!(labels(&pages(&supervisor)).contains(&"Search"));
        assert!(labels(&pages(&supervisor)).contains(&"Daily file"));
        let offered = actions(&supervisor, &[]);
        assert!(labels(&offered).contains(&"Ad-hoc: Collections"));
        assert!(!labels(&offered).contains(&"Ad-hoc: No number yet"), "it has no number to send from");
    }

    #[test]
    fn closing_is_offered_only_where_the_form_is() {
        let agent = me(&[]);
        assert!(!labels(&actions(&agent, &[])).contains(&"Close the conversation"));
        assert!(labels(&actions(&agent, &CLOSE)).contains(&"Close the conversation"));
    }

    #[test]
    fn a_command_is_found_by_words_in_any_order_and_case() {
        let commands = actions(&me(&[]), &CLOSE);
        assert_eq!(labels(&matching(&commands, "CLOSE con")), ["Close the conversation"]);
        assert_eq!(labels(&matching(&commands, "dark theme")), ["Theme: Dark"]);
        assert_eq!(matching(&commands, "").len(), commands.len());
        assert!(matching(&commands, "reports").is_empty());
    }
}
