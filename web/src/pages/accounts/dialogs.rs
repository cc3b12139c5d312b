//! The dialogs of the accounts page: chooses the open one, and contains the short ones.

use leptos::prelude::*;
use shared::account::{AccountChange, AccountDetail, NewPassword};

use super::{AccountsContext, OpenDialog, editor::editor};
use crate::{
    components::{
        dialog::Dialog,
        form::{Form, Line, PASSWORD_HINT},
        notices::use_notices,
        question::{Question, ask},
    },
    session::use_session,
};

/// Draws the open dialog.
pub(super) fn dialog(context: AccountsContext, open: OpenDialog) -> AnyView {
    let close = Callback::new(move |()| context.dialog.set(None));
    match open {
        OpenDialog::New => editor(context, None, close),
        OpenDialog::Edit(account) => editor(context, Some(account), close),
        OpenDialog::Password(account) => password(context, account, close),
        OpenDialog::Disable(account) => {
            let question = Question {
                title: format!("Disable {}?", account.display_name),
                text: "This signs them out at once, and they cannot sign in again until the account is enabled. \
                       Their messages stay.",
                button: "Disable account",
                is_dangerous: true,
            };
            confirm(context, &account, question, true, close)
        }
        OpenDialog::Enable(account) => {
            let question = Question {
                title: format!("Enable {}?", account.display_name),
                text: "They can sign in again with their old password.",
                button: "Enable account",
                is_dangerous: false,
            };
            confirm(context, &account, question, false, close)
        }
    }
}

/// Asks for confirmation, then disables or enables the account.
fn confirm(
    context: AccountsContext,
    account: &AccountDetail,
    question: Question,
    disabled: bool,
    close: Callback<()>,
) -> AnyView {
    let id = account.id;
    let done = Callback::new(move |()| {
        close.run(());
        context.refetch.run(());
    });
    let request = move || async move {
        let change = AccountChange { disabled: Some(disabled), ..AccountChange::default() };
        context.client.update_account(id, &change).await
    };
    ask(question, close, request, done)
}

fn password(context: AccountsContext, account: AccountDetail, close: Callback<()>) -> AnyView {
    let form = Form::new();
    let (new, current) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let is_own = use_session().account() == Some(account.id);
    let notice = format!("{} has a new password.", account.display_name);
    let notices = use_notices();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let current_password = is_own.then(|| current.get_untracked());
        let (password, notice) =
            (NewPassword { password: new.get_untracked(), current_password }, notice.clone());
        form.send(async move { context.client.put_password(account.id, &password).await }, move |()| {
            close.run(());
            notices.say(&notice);
        });
    };
    let line = Line {
        kind: "password",
        hint: PASSWORD_HINT,
        autocomplete: "new-password",
        ..Line::text("password", "New password", new)
    };
    let current_line = is_own.then(|| {
        form.password(Line {
            kind: "password",
            autocomplete: "current-password",
            ..Line::text("current_password", "Current password", current)
        })
    });
    view! {
        <Dialog title=format!("New password for {}", account.display_name) close>
            <form class="flex flex-col gap-4" novalidate on:submit=submit>
                {current_line}
                {form.password(line)}
                {form.fault()}
                {form.actions(close, "Set password")}
            </form>
        </Dialog>
    }
    .into_any()
}
