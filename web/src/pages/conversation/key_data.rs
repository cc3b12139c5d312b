//! What the current daily file says about the customer.

use leptos::prelude::*;
use shared::customer::{CustomerKeyData, KeyData};

use super::Desk;
use crate::{
    api::Fault,
    components::placeholder::{failed, skeleton},
    live::{News, coalesced, use_live},
    time_zone::date,
};

/// The key data panel.
#[component]
pub(super) fn KeyDataPanel(desk: Desk) -> impl IntoView {
    let data = RwSignal::new(None::<Result<KeyData, Fault>>);
    let fetch = coalesced(move || async move {
        let answer = desk.client.get_key_data(desk.id).await;
        data.try_update(|data| {
            // Key data on screen stays when it could not be fetched again.
            if answer.is_ok() || !matches!(data, Some(Ok(_))) {
                *data = Some(answer);
            }
        });
    });
    fetch.run(());
    use_live().listen(move |news| {
        if matches!(news, News::Opened) {
            fetch.run(());
        }
    });
    let title = move || {
        let file = data.with(|data| data.as_ref().and_then(|data| data.as_ref().ok()?.file_date));
        file.map(|file| format!(" · file of {}", date(file)))
    };
    let body = move || {
        data.with(|data| match data {
            None => skeleton(3),
            Some(Err(fault)) => failed(fault, fetch),
            Some(Ok(data)) => customers(data),
        })
    };
    view! {
        <section aria-labelledby="key-data" class="rounded-box border border-base-300 p-4">
            <h2 id="key-data" class="mb-2 font-semibold">"Key data"{move || title()}</h2>
            {move || body()}
        </section>
    }
}

fn customers(data: &KeyData) -> AnyView {
    let note = match (data.file_date, data.customers.len()) {
        (None, _) => Some("This team has no daily file yet."),
        (Some(_), 0) => Some("This number is not in the current daily file"),
        (Some(_), 1) => None,
        (Some(_), _) => Some("Several customers share this number:"),
    };
    let changed = data.changed_owner.then(|| {
        view! {
            <p role="alert" class="alert alert-warning mb-2 py-2 text-sm">
                "This number now belongs to another customer. Earlier messages are with its previous holder."
            </p>
        }
    });
    view! {
        {changed}
        {note.map(|note| view! { <p class="text-sm">{note}</p> })}
        <div class="flex flex-col gap-4">{data.customers.iter().map(customer).collect_view()}</div>
    }
    .into_any()
}

fn customer(customer: &CustomerKeyData) -> AnyView {
    let fields = customer.fields.iter().map(|field| {
        let value = if field.value.is_empty() { "–" } else { &field.value };
        view! {
            <dt class="wrap-anywhere text-base-content/80">{field.name.clone()}</dt>
            <dd class="wrap-anywhere">{value.to_owned()}</dd>
        }
    });
    view! {
        <div>
            <h3 class="text-sm font-medium">{format!("{} · {}", customer.reference, customer.name)}</h3>
            <dl class="mt-1 grid grid-cols-[minmax(0,2fr)_minmax(0,3fr)] gap-x-3 gap-y-1 text-sm">
                {fields.collect_view()}
            </dl>
        </div>
    }
    .into_any()
}
