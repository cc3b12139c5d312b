//! The dialogs of the accounts page: chooses the open one, and contains the short ones.

use leptos::prelude::*;
use shared::account::{AccountChange, AccountDetail, NewPassword};

use super::{AccountsContext, OpenDialog, editor::editor};
use crate::{
    components::{
        confirmation::{Confirmation, confirm},
        dialog::Dialog,
        form::{Field, Form, PASSWORD_HINT},
        notices::use_notices,
        person::isolated,
    },
    language::t,
    session::use_session,
};

/// Renders the open dialog.
pub(super) fn dialog(context: AccountsContext, open: OpenDialog) -> AnyView {
    let close = Callback::new(move |()| context.dialog.set(None));
    match open {
        OpenDialog::New => editor(context, None, close),
        OpenDialog::Edit(account) => editor(context, Some(account), close),
        OpenDialog::Password(account) => password(context, account, close),
        OpenDialog::Disable(account) => {
            let confirmation = Confirmation {
                title: t!("Disable {name}?", name = isolated(&account.display_name)),
                text: t!(
                    "This signs them out at once, and they cannot sign in again until the account is enabled. \
                     Their messages stay."
                ),
                button: t!("Disable account"),
                is_dangerous: true,
            };
            confirm_change(context, &account, confirmation, true, close)
        }
        OpenDialog::Enable(account) => {
            let confirmation = Confirmation {
                title: t!("Enable {name}?", name = isolated(&account.display_name)),
                text: t!("They can sign in again with their old password."),
                button: t!("Enable account"),
                is_dangerous: false,
            };
            confirm_change(context, &account, confirmation, false, close)
        }
    }
}

/// Asks for confirmation, then disables or enables the account.
fn confirm_change(
    context: AccountsContext,
    account: &AccountDetail,
    confirmation: Confirmation,
    disabled: bool,
    close: Callback<()>,
) -> AnyView {
    let (id, version) = (account.id, account.version.clone());
    let done = Callback::new(move |()| {
        close.run(());
        context.refetch.run(());
    });
    let request = move || {
        let version = version.clone();
        async move {
            let change = AccountChange { disabled: Some(disabled), ..AccountChange::default() };
            context.client.update_account(id, &change, &version).await
        }
    };
    confirm(confirmation, close, request, done)
}

fn password(context: AccountsContext, account: AccountDetail, close: Callback<()>) -> AnyView {
    let form = Form::new();
    let (new, current) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let is_own = use_session().account() == Some(account.id);
    let notice = t!("{name} has a new password.", name = isolated(&account.display_name));
    let notices = use_notices();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let current_password = is_own.then(|| current.get_untracked());
        let (password, notice) =
            (NewPassword { password: new.get_untracked(), current_password }, notice.clone());
        form.send(async move { context.client.put_password(account.id, &password).await }, move |()| {
            close.run(());
            notices.info(&notice);
        });
    };
    let field = Field {
        kind: "password",
        hint: PASSWORD_HINT,
        autocomplete: "new-password",
        ..Field::text("password", t!("New password"), new)
    };
    let current_line = is_own.then(|| {
        form.password_field(Field {
            kind: "password",
            autocomplete: "current-password",
            ..Field::text("current_password", t!("Current password"), current)
        })
    });
    view! {
        <Dialog title=t!("New password for {name}", name = isolated(&account.display_name)) close>
            <form class="flex flex-col gap-4" novalidate on:submit=submit>
                {current_line}
                {form.password_field(field)}
                {form.error()}
                {form.actions(close, t!("Set password"))}
            </form>
        </Dialog>
    }
    .into_any()
}
