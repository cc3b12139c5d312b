//! The dialogs of the page: which one is open, and the short ones themselves.

use leptos::prelude::*;
use shared::account::{AccountChange, AccountDetail, NewPassword};

use super::{Accounts, Asked, editor::editor};
use crate::{
    components::{
        dialog::Dialog,
        form::{Form, Line, PASSWORD_HINT},
        notices::use_notices,
        question::{Question, ask},
    },
    session::use_session,
};

/// The dialog that is open.
pub(super) fn dialog(page: Accounts, asked: Asked) -> AnyView {
    let close = Callback::new(move |()| page.asked.set(None));
    match asked {
        Asked::New => editor(page, None, close),
        Asked::Edit(account) => editor(page, Some(account), close),
        Asked::Password(account) => password(page, account, close),
        Asked::Disable(account) => {
            let question = Question {
                title: format!("Disable {}?", account.display_name),
                text: "This signs them out at once, and they cannot sign in again until the account is enabled. \
                       What they wrote stays.",
                button: "Disable account",
                is_dangerous: true,
            };
            turn(page, &account, question, true, close)
        }
        Asked::Enable(account) => {
            let question = Question {
                title: format!("Enable {}?", account.display_name),
                text: "They can sign in again, with the password that they had.",
                button: "Enable account",
                is_dangerous: false,
            };
            turn(page, &account, question, false, close)
        }
    }
}

fn turn(
    page: Accounts,
    account: &AccountDetail,
    question: Question,
    disabled: bool,
    close: Callback<()>,
) -> AnyView {
    let id = account.id;
    let done = Callback::new(move |()| {
        close.run(());
        page.refetch.run(());
    });
    let request = move || async move {
        let change = AccountChange { disabled: Some(disabled), ..AccountChange::default() };
        page.client.update_account(id, &change).await
    };
    ask(question, close, request, done)
}

fn password(page: Accounts, account: AccountDetail, close: Callback<()>) -> AnyView {
    let form = Form::new();
    let (typed, current) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let is_own = use_session().account() == Some(account.id);
    let said = format!("{} has a new password.", account.display_name);
    let notices = use_notices();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let current_password = is_own.then(|| current.get_untracked());
        let (password, said) =
            (NewPassword { password: typed.get_untracked(), current_password }, said.clone());
        form.send(async move { page.client.put_password(account.id, &password).await }, move |()| {
            close.run(());
            notices.say(&said);
        });
    };
    let line = Line {
        kind: "password",
        hint: PASSWORD_HINT,
        autocomplete: "new-password",
        ..Line::text("password", "New password", typed)
    };
    let current = is_own.then(|| {
        form.password(Line {
            kind: "password",
            autocomplete: "current-password",
            ..Line::text("current_password", "Current password", current)
        })
    });
    view! {
        <Dialog title=format!("New password for {}", account.display_name) close>
            <form class="flex flex-col gap-4" novalidate on:submit=submit>
                {current}
                {form.password(line)}
                {form.fault()}
                {form.actions(close, "Set password")}
            </form>
        </Dialog>
    }
    .into_any()
}
