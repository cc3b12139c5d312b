//! The key data panel: the customer's row in the current daily file.

use leptos::prelude::*;
use shared::{
    customer::{CustomerKeyData, KeyData},
    event::EventKind,
};

use super::{ConversationContext, PANEL};
use crate::{
    api::RequestError,
    components::{
        person::isolated,
        placeholder::{failed, skeleton},
    },
    language::t,
    live::{LiveUpdate, coalesce, use_live},
    time_zone::date,
};

/// The panel.
#[component]
pub(super) fn KeyDataPanel(context: ConversationContext) -> impl IntoView {
    let data = RwSignal::new(None::<Result<KeyData, RequestError>>);
    let fetch = coalesce(move || async move {
        let response = context.client.get_key_data(context.id).await;
        if let Ok(data) = &response {
            context.thread.previous_until.try_set(data.changed_owner_since);
        }
        data.try_maybe_update(|data| {
            // Keep the key data on screen if the refetch failed or returned the same.
            let has_changed =
                data.as_ref() != Some(&response) && (response.is_ok() || !matches!(data, Some(Ok(_))));
            if has_changed {
                *data = Some(response);
            }
            (has_changed, ())
        });
    });
    fetch.run(());
    use_live().listen(move |update| match update {
        // A new daily file is announced by this event too.
        LiveUpdate::Event(event)
            if !(event.kind == EventKind::TeamChanged && context.belongs_to(event.team_id)) => {}
        _ => fetch.run(()),
    });
    let current_ref = context.read(|detail| detail.conversation.reference.clone());
    let title = move || {
        let file = data.with(|data| data.as_ref().and_then(|data| data.as_ref().ok()?.file_date));
        file.map(|file| format!(" · {}", t!("file of {date}", date = date(file))))
    };
    let body = move || {
        data.with(|data| match data {
            None => skeleton(3),
            Some(Err(error)) => failed(error, fetch),
            Some(Ok(data)) => customers(context, data, current_ref.get().as_deref()),
        })
    };
    view! {
        <section aria-labelledby="key-data" class=PANEL>
            <h2 id="key-data" class="mb-2 text-sm font-semibold">{t!("Key data")}{move || title()}</h2>
            {move || body()}
        </section>
    }
}

fn customers(context: ConversationContext, data: &KeyData, current_ref: Option<&str>) -> AnyView {
    let several = data.customers.len() > 1;
    let has_current =
        several && data.customers.iter().any(|customer| Some(customer.reference.as_str()) == current_ref);
    let note = match (data.file_date, data.customers.len()) {
        (None, _) => Some(t!("This team has no daily file yet.")),
        (Some(_), 0) => Some(t!("This number is not in the current daily file")),
        (Some(_), 1) => None,
        (Some(_), _) if has_current => {
            Some(t!("Several customers share this number. Choose whose details the templates use:"))
        }
        (Some(_), _) => Some(t!(
            "Several customers share this number. Ask who is writing, then choose whose details the templates use:"
        )),
    };
    let changed = data.changed_owner.then(|| {
        view! {
            <p role="alert" class="alert alert-warning mb-2 py-2 text-sm">
                {t!("This number now belongs to another customer. Earlier messages are from its previous holder.")}
            </p>
        }
    });
    let shown = data.customers.iter().map(|item| {
        let pick = several.then(|| pick_button(context, item.reference.clone()));
        customer(item, has_current && Some(item.reference.as_str()) == current_ref, pick)
    });
    view! {
        {changed}
        {note.map(|note| view! { <p class="text-sm">{note}</p> })}
        <div class="flex flex-col gap-4">{shown.collect_view()}</div>
    }
    .into_any()
}

/// Renders a customer. `is_current` marks the customer of this conversation among several with the same number.
fn customer(customer: &CustomerKeyData, is_current: bool, pick: Option<AnyView>) -> AnyView {
    let fields = customer.fields.iter().map(|field| {
        let value = if field.value.is_empty() { "–" } else { &field.value };
        view! {
            <dt dir="auto" class="text-start wrap-anywhere text-quiet">{field.name.clone()}</dt>
            <dd dir="auto" class="text-start wrap-anywhere">{value.to_owned()}</dd>
        }
    });
    let mark = is_current.then(|| {
        view! { " " <span class="badge badge-sm badge-outline whitespace-nowrap">{t!("This conversation")}</span> }
    });
    view! {
        <div>
            <h3 class="text-sm font-medium wrap-anywhere">
                <bdi>{customer.reference.clone()}</bdi> " · " <bdi>{customer.name.clone()}</bdi> {mark}
            </h3>
            {pick}
            <dl class="mt-1 grid grid-cols-[minmax(0,2fr)_minmax(0,3fr)] gap-x-3 gap-y-1 text-sm">
                {fields.collect_view()}
            </dl>
        </div>
    }
    .into_any()
}

/// The button that makes the templates use this customer's values.
fn pick_button(context: ConversationContext, reference: String) -> AnyView {
    let this = reference.clone();
    let is_picked =
        Memo::new(move |_| context.picked.with(|picked| picked.as_deref() == Some(this.as_str())));
    let label = move || if is_picked.get() { t!("Used in templates") } else { t!("Use in templates") };
    let shown = reference.clone();
    view! {
        <button
            type="button"
            class="btn btn-xs mt-1 aria-pressed:btn-primary"
            aria-label=move || format!("{}: {}", label(), isolated(&shown))
            aria-pressed=move || is_picked.get().to_string()
            on:click=move |_| context.picked.set(Some(reference.clone()))
        >
            {label}
        </button>
    }
    .into_any()
}
