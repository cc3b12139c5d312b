//! Permissions in plain words, and the replacement for a page that the account has no permission to see.

use leptos::prelude::*;
use shared::account::{Me, Permission, Role};

use super::heading::Heading;
use crate::{
    language::{t, text},
    session::use_session,
};

/// Returns the label of a permission.
pub(crate) fn label(permission: Permission) -> &'static str {
    match permission {
        Permission::Reply => t!("Answer customers"),
        Permission::Close => t!("Close conversations"),
        Permission::Search => t!("Search"),
        Permission::AdHoc => t!("Send ad-hoc messages"),
        Permission::Import => t!("Upload daily files"),
        Permission::ManageTeam => t!("Manage templates, closure reasons, tags and webhooks"),
        Permission::ManageAccounts => t!("Manage teams, accounts and API keys"),
        Permission::ViewReports => t!("See reports, and export data"),
        Permission::ViewAudit => t!("See the audit log"),
    }
}

/// Returns the label of a role.
pub(crate) fn role_name(role: Role) -> &'static str {
    match role {
        Role::Agent => t!("Agent"),
        Role::Supervisor => t!("Supervisor"),
        Role::Admin => t!("Administrator"),
    }
}

/// Returns whether the signed-in account is an administrator, who has access to every team.
pub(crate) fn is_admin(me: &Me) -> bool {
    me.account.as_ref().is_some_and(|account| account.role == Role::Admin)
}

/// Shows the page to accounts with the `manage_team` permission, otherwise an explanation.
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

/// Shows the page to accounts with the permissions `ad_hoc` and `manage_team`, otherwise an explanation.
pub(crate) fn for_campaigns(title: &'static str, page: impl Fn() -> AnyView + Send + 'static) -> AnyView {
    let page = Box::new(page);
    let may = use_session().read(|me| me.may(Permission::AdHoc));
    if !may.get_untracked() {
        return guarded(title, may, Permission::AdHoc, page);
    }
    guarded(title, use_session().read(|me| me.may(Permission::ManageTeam)), Permission::ManageTeam, page)
}

/// Shows the page to accounts with the `view_reports` permission, otherwise an explanation.
pub(crate) fn for_viewers_of_reports(
    title: &'static str,
    page: impl Fn() -> AnyView + Send + 'static,
) -> AnyView {
    guarded(
        title,
        use_session().read(|me| me.may(Permission::ViewReports)),
        Permission::ViewReports,
        Box::new(page),
    )
}

/// Shows the page to accounts with the `manage_accounts` permission, otherwise an explanation.
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

/// Shows the page to accounts with the `import` permission, otherwise an explanation.
pub(crate) fn for_importers(title: &'static str, page: impl Fn() -> AnyView + Send + 'static) -> AnyView {
    guarded(title, use_session().read(|me| me.may(Permission::Import)), Permission::Import, Box::new(page))
}

/// Shows the page to accounts with the `view_audit` permission, otherwise an explanation.
pub(crate) fn for_auditors(title: &'static str, page: impl Fn() -> AnyView + Send + 'static) -> AnyView {
    guarded(
        title,
        use_session().read(|me| me.may(Permission::ViewAudit)),
        Permission::ViewAudit,
        Box::new(page),
    )
}

fn guarded(
    title: &'static str,
    may: Memo<bool>,
    needed: Permission,
    page: Box<dyn Fn() -> AnyView + Send>,
) -> AnyView {
    let render = move || {
        if may.get() {
            return page();
        }
        view! {
            <Heading text=text(title) />
            <p class="py-8">
                {t!(
                    "You need the permission “{permission}” to see this page. Ask an administrator.",
                    permission = label(needed),
                )}
            </p>
        }
        .into_any()
    };
    view! { {render} }.into_any()
}
