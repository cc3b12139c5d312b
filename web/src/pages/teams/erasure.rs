//! Erases a customer of a team: a preview of what there is, then a dialog that asks for the number once more.

use leptos::prelude::*;
use shared::erasure::{ErasedData, ErasurePreview, NewErasure};

use super::team::TeamContext;
use crate::{
    api::RequestError,
    components::{
        dialog::Dialog,
        form::{Field, Form},
    },
    language::t,
};

/// The "Erase a customer" section of a team's page.
pub(super) fn erasure(context: TeamContext) -> AnyView {
    let form = Form::with_prefix("erasure-");
    let typed = RwSignal::new(String::new());
    let preview = RwSignal::new(None::<ErasurePreview>);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let number = typed.get_untracked();
        form.send(async move { context.client.preview_erasure(context.id, &number).await }, move |found| {
            preview.set(Some(found));
        });
    };
    let field = Field {
        kind: "tel",
        hint: t!("Any format, e.g. 07700 900123. You see what there is before anything is erased."),
        ..Field::text("number", t!("The customer’s number"), typed)
    };
    let close = Callback::new(move |()| preview.set(None));
    view! {
        <section aria-labelledby="erasure" class="rounded-box border border-base-300 p-4">
            <h2 id="erasure" tabindex="-1" class="mb-2 font-semibold outline-none">{t!("Erase a customer")}</h2>
            <form class="flex flex-col gap-2" novalidate on:submit=submit>
                {form.text_field(field)}
                {form.error()}
                <div>{form.submit(t!("Show data"))}</div>
            </form>
        </section>
        {move || preview.get().map(|found| dialog(context, typed, close, found))}
    }
    .into_any()
}

fn dialog(
    context: TeamContext,
    typed: RwSignal<String>,
    close: Callback<()>,
    preview: ErasurePreview,
) -> AnyView {
    let title = t!("Erase {number}?", number = preview.international.clone());
    let counts = counts(&preview.data);
    let content = match &preview.obstacle {
        Some(obstacle) => view! {
            <p role="alert" class="alert alert-warning">{crate::language::received(obstacle)}</p>
            {preview
                .conversation_id
                .map(|id| view! { <a class="link" href=format!("/conversations/{id}")>{t!("Open the conversation")}</a> })}
        }
        .into_any(),
        None => confirmation(context, typed, close, preview),
    };
    let body = view! {
        <div class="flex flex-col gap-4">
            {counts}
            {content}
        </div>
    }
    .into_any();
    view! { <Dialog title close>{body}</Dialog> }.into_any()
}

fn counts(data: &ErasedData) -> AnyView {
    let rows = [
        (t!("Conversations"), data.conversations),
        (t!("Messages"), data.messages),
        (t!("Rows of daily files"), data.customers),
        (t!("Rejected rows"), data.rejected_rows),
        (t!("Opt-outs and opt-ins"), data.consents),
    ];
    let rows = rows.map(|(name, count)| {
        view! {
            <dt>{name}</dt>
            <dd class="text-end tabular-nums">{crate::language::number(count)}</dd>
        }
    });
    view! { <dl class="grid max-w-xs grid-cols-[1fr_auto] gap-x-6 gap-y-1 text-sm">{rows.into_iter().collect_view()}</dl> }
        .into_any()
}

/// The form that erases the customer, once the number is typed again and a reason is given.
fn confirmation(
    context: TeamContext,
    typed: RwSignal<String>,
    close: Callback<()>,
    preview: ErasurePreview,
) -> AnyView {
    let form = Form::with_prefix("erasure-");
    let (again, reason) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let number = preview.number.to_string();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let is_same = [number.as_str(), &typed.get_untracked()]
            .iter()
            .any(|known| digits(known) == digits(&again.get_untracked()));
        if !is_same {
            return form.set_error(RequestError::in_field("again", t!("This is another number.")));
        }
        let erasure = NewErasure { number: number.clone(), reason: reason.get_untracked() };
        let request = async move { context.client.create_erasure(context.id, &erasure).await };
        // The event of the change can redraw the page.
        form.send_detached(request, move |response| {
            response?;
            typed.try_set(String::new());
            context.notices.info(t!("The customer is erased."));
            close.try_run(());
            Ok(())
        });
    };
    let opted_out = preview.data.opted_out.then(|| {
        view! {
            <p class="text-sm">
                {t!("The customer has opted out. A hash of the number is kept, so that no message is sent to it again.")}
            </p>
        }
    });
    view! {
        <form class="flex flex-col gap-4" novalidate on:submit=submit>
            <p class="text-sm">
                {t!("Texts, names, notes and key data are removed. The counts stay for reports. This cannot be undone. The gateway keeps its own copies of messages.")}
            </p>
            {opted_out}
            {form.text_field(Field {
                hint: t!("It stays in the audit log. Leave out the name and the number."),
                ..Field::text("reason", t!("Reason"), reason)
            })}
            {form.text_field(Field { kind: "tel", ..Field::text("again", t!("Type the number to confirm"), again) })}
            {form.error()}
            {form.destructive_actions(close, t!("Erase customer"))}
        </form>
    }
    .into_any()
}
