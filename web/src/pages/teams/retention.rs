//! How long a team's data is kept.

use leptos::prelude::*;
use shared::retention::Retention;

use super::team::TeamContext;
use crate::{
    components::{
        conflict::{Changes, Conflict, Version},
        form::{Field, Form},
    },
    language::t,
    tasks::TaskScope,
};

/// The "Retention" section of a team's page.
pub(super) fn retention(context: TeamContext) -> AnyView {
    let saved = RwSignal::new(None::<Version<Retention>>);
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

fn form(context: TeamContext, loaded: Version<Retention>) -> AnyView {
    let form = Form::new();
    let text = |days: Option<i32>| days.map(|days| days.to_string()).unwrap_or_default();
    let [conversations, key_data, audit] =
        [loaded.0.conversation_days, loaded.0.key_data_days, loaded.0.audit_days]
            .map(|days| RwSignal::new(text(days)));
    let conflict = Conflict::new();
    let base = StoredValue::new(loaded);
    let compare = move |changes: &mut Changes, before: &Retention, theirs: &Retention| {
        for (label, input, before, theirs) in [
            (t!("Days of conversations"), conversations, before.conversation_days, theirs.conversation_days),
            (t!("Days of earlier daily files"), key_data, before.key_data_days, theirs.key_data_days),
            (t!("Days of the audit log"), audit, before.audit_days, theirs.audit_days),
        ] {
            changes.text(label, input, (&text(before), &text(theirs)));
        }
    };
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
        let request = async move {
            let send =
                async |version: String| context.client.update_retention(context.id, &new, &version).await;
            conflict.save(base, send, compare).await
        };
        form.send(request, move |saved| {
            if let Some(saved) = saved {
                base.set_value(saved);
                context.notices.info(t!("The retention is saved."));
            }
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
            {conflict.view()}
            {form.error()}
            <div>{form.submit(t!("Save retention"))}</div>
        </form>
    }
    .into_any()
}
