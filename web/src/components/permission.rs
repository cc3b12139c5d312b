//! Permissions in plain words, and what stands in the place of a page that one may not see.

use leptos::prelude::*;
use shared::account::{Me, Permission, Role};

use super::heading::Heading;
use crate::session::use_session;

/// What a permission lets one do.
pub(crate) fn words(permission: Permission) -> &'static str {
    match permission {
        Permission::Reply => "Answer customers",
        Permission::Close => "Close conversations",
        Permission::Search => "Search",
        Permission::AdHoc => "Send ad-hoc messages",
        Permission::Import => "Upload daily files",
        Permission::ManageTeam => "Manage templates and closure reasons",
        Permission::ManageAccounts => "Manage teams, accounts and API keys",
        Permission::ViewReports => "See reports",
        Permission::ViewAudit => "See the audit log",
    }
}

/// What a role is called.
pub(crate) fn role_name(role: Role) -> &'static str {
    match role {
        Role::Agent => "Agent",
        Role::Supervisor => "Supervisor",
        Role::Admin => "Administrator",
    }
}

/// Whether who is signed in acts in every team.
pub(crate) fn is_admin(me: &Me) -> bool {
    me.account.as_ref().is_some_and(|account| account.role == Role::Admin)
}

/// The page while one may look after the team's things, else a sentence.
pub(crate) fn for_managers_of_teams(
    title: &'static str,
    page: impl Fn() -> AnyView + Send + 'static,
) -> AnyView {
    guarded(
        title,
        use_session().read(|me| me.may(Permission::ManageTeam)),
        Permission::ManageTeam,
        Box::new(page),
    )
}

/// The page while one may look after accounts, else a sentence.
pub(crate) fn for_managers_of_accounts(
    title: &'static str,
    page: impl Fn() -> AnyView + Send + 'static,
) -> AnyView {
    guarded(
        title,
        use_session().read(|me| me.may(Permission::ManageAccounts)),
        Permission::ManageAccounts,
        Box::new(page),
    )
}

/// The page for accounts that may upload daily files, else a sentence.
pub(crate) fn for_importers(title: &'static str, page: impl Fn() -> AnyView + Send + 'static) -> AnyView {
    guarded(title, use_session().read(|me| me.may(Permission::Import)), Permission::Import, Box::new(page))
}

fn guarded(
    title: &'static str,
    may: Memo<bool>,
    needed: Permission,
    page: Box<dyn Fn() -> AnyView + Send>,
) -> AnyView {
    let draw = move || {
        if may.get() {
            return page();
        }
        view! {
            <Heading text=title />
            <p class="py-8">
                "You need the permission “" {words(needed)} "” to see this page. Ask an administrator."
            </p>
        }
        .into_any()
    };
    view! { {draw} }.into_any()
}
