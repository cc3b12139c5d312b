//! The content of the dialog that gives a conversation to a colleague, with a note.

use leptos::{ev::SubmitEvent, html, prelude::*};
use shared::{account::AccountName, assignment::NewAssignment, ids::AccountId};

use super::ConversationContext;
use crate::{
    api::RequestError,
    components::{
        form::{Field, Form, hint_and_error},
        notices::use_notices,
        person::isolated,
    },
    language::t,
    tasks::spawn,
};

/// The form. Closes its dialog when the conversation is given.
#[component]
pub(crate) fn Give() -> impl IntoView {
    let context = use_context::<ConversationContext>()?;
    let form = Form::new();
    let notices = use_notices();
    let note = RwSignal::new(String::new());
    let colleagues = RwSignal::new(None::<Result<Vec<AccountName>, RequestError>>);
    let select = NodeRef::<html::Select>::new();
    spawn(async move {
        let response = context.client.list_assignees(context.id).await;
        colleagues.try_set(Some(response));
        if let Some(select) = select.try_get_untracked().flatten() {
            let _ = select.focus();
        }
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(select) = select.get() else { return };
        let Ok(account_id) = select.value().parse::<AccountId>() else {
            form.set_error(RequestError::in_field("account_id", t!("Choose a colleague.")));
            let _ = select.focus();
            return;
        };
        let name = colleagues.with_untracked(|colleagues| {
            let mut known = colleagues.iter().flatten().flatten();
            known.find(|colleague| colleague.id == account_id).map(|colleague| colleague.name.clone())
        });
        let name = name.unwrap_or_default();
        let new = NewAssignment { account_id, note: Some(note.get_untracked()), force: true };
        form.send(async move { context.client.put_assignment(context.id, &new).await }, move |()| {
            notices.info(&t!("You gave the conversation to {name}.", name = isolated(&name)));
            context.refetch.try_run(());
            context.giving.set(false);
        });
    };
    let placeholder = move || {
        colleagues.with(|colleagues| {
            if colleagues.is_none() { t!("Loading colleagues…") } else { t!("Choose a colleague") }
        })
    };
    let error = form.field_error("account_id");
    Some(view! {
        <form class="flex flex-col gap-4" novalidate on:submit=submit>
            {move || {
                colleagues.with(|colleagues| match colleagues {
                    Some(Err(error)) => {
                        view! { <p role="alert" class="alert alert-error">{error.message()}</p> }.into_any()
                    }
                    _ => ().into_any(),
                })
            }}
            <div class="flex flex-col gap-1">
                <label for="field-account_id" class="text-sm font-medium">{t!("Colleague")}</label>
                <select
                    node_ref=select
                    id="field-account_id"
                    class="select w-full"
                    aria-describedby="error-account_id"
                    aria-invalid=move || error.with(Option::is_some).to_string()
                >
                    <option value="">{placeholder}</option>
                    {move || colleagues.with(|colleagues| options(context, colleagues.as_ref()))}
                </select>
                {hint_and_error("error-account_id".to_owned(), "", error)}
            </div>
            {form.text_area(Field::text("note", t!("Note (optional)"), note))}
            {form.error()}
            {form.actions(Callback::new(move |()| context.giving.set(false)), t!("Give"))}
        </form>
    })
}

/// The colleagues, without the account that has the conversation.
fn options(
    context: ConversationContext,
    colleagues: Option<&Result<Vec<AccountName>, RequestError>>,
) -> impl IntoView + use<> {
    let holder = context
        .detail
        .with_untracked(|detail| detail.as_ref().and_then(|detail| detail.conversation.assigned_to.clone()));
    let known = colleagues.into_iter().flatten().flatten();
    known
        .filter(|colleague| holder.as_ref() != Some(*colleague))
        .map(|colleague| view! { <option value=colleague.id.to_string()>{colleague.name.clone()}</option> })
        .collect_view()
}
