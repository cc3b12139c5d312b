//! How long a team's data is kept.

use leptos::prelude::*;
use shared::retention::Retention;

use super::team::TeamContext;
use crate::{
    components::form::{Field, Form},
    language::t,
    tasks::TaskScope,
};

/// The "Retention" section of a team's page.
pub(super) fn retention(context: TeamContext) -> AnyView {
    let saved = RwSignal::new(None::<Retention>);
    TaskScope::current().spawn(async move {
        match context.client.get_retention(context.id).await {
            Ok(found) => {
                saved.try_set(Some(found));
            }
            Err(error) => context.notices.error(&error),
        }
    });
    let body = move || saved.get().map(|saved| form(context, saved));
    view! {
        <section aria-labelledby="retention" class="rounded-box border border-base-300 p-4">
            <h2 id="retention" class="mb-2 font-semibold">{t!("Retention")}</h2>
            <p class="mb-2 text-sm">
                {t!("After this many days, data is removed. Leave a field empty to keep the data. What a legal hold covers stays.")}
            </p>
            {body}
        </section>
    }
    .into_any()
}

fn form(context: TeamContext, saved: Retention) -> AnyView {
    let form = Form::new();
    let value = |days: Option<i32>| RwSignal::new(days.map(|days| days.to_string()).unwrap_or_default());
    let (conversations, key_data, audit) =
        (value(saved.conversation_days), value(saved.key_data_days), value(saved.audit_days));
    // A text that is no number is out of range, so that the server names the field.
    let days = |value: RwSignal<String>| {
        let typed = value.get_untracked();
        (!typed.trim().is_empty()).then(|| typed.trim().parse().unwrap_or(0))
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let new = Retention {
            conversation_days: days(conversations),
            key_data_days: days(key_data),
            audit_days: days(audit),
        };
        form.send(async move { context.client.update_retention(context.id, &new).await }, move |_| {
            context.notices.info(t!("The retention is saved."));
        });
    };
    view! {
        <form class="flex flex-col gap-2" novalidate on:submit=submit>
            {form.text_field(Field {
                hint: t!("After their closure. Texts, names and numbers are removed; the counts stay."),
                ..Field::text("conversation_days", t!("Days of conversations"), conversations)
            })}
            {form.text_field(Field {
                hint: t!("Also of the rows of ended campaigns. The current daily file stays."),
                ..Field::text("key_data_days", t!("Days of earlier daily files"), key_data)
            })}
            {form.text_field(Field {
                hint: t!("At least 30."),
                ..Field::text("audit_days", t!("Days of the audit log"), audit)
            })}
            {form.error()}
            <div>{form.submit(t!("Save retention"))}</div>
        </form>
    }
    .into_any()
}
