//! The deliveries to an endpoint, newest first, with a filter by status. While one waits for its first attempt, the list
//! is fetched again every two seconds, because deliveries are no events.

use std::time::Duration;

use leptos::prelude::*;
use shared::{
    Page,
    ids::WebhookEndpointId,
    webhook_delivery::{DeliveryStatus, WebhookDelivery},
};

use super::{
    delivery::delivery_dialog,
    labels::{delivery_label, status_badge},
};
use crate::{
    api::{Client, RequestError},
    clock::pause,
    components::{
        form::Form,
        more_button::more_button,
        notices::{Notices, use_notices},
        placeholder::{empty, failed, skeleton},
        table::{BODY, ROW, TABLE, cell, head},
        timestamp::date_and_time,
    },
    debounce::Debounced,
    language::{marked, t},
    session::{use_client, use_session},
    tasks::TaskScope,
    time_zone::Zone,
};

const COLUMNS: &[(&str, &str)] = &[
    (marked!("Time"), "w-32 lg:w-40"),
    (marked!("Event"), ""),
    (marked!("Status"), "w-28"),
    (marked!("Attempts"), "w-24"),
    (marked!("Answer"), "w-[26%]"),
    (marked!("Actions"), "w-44"),
];
/// Interval at which the list is fetched while a delivery waits for its first attempt.
const INTERVAL: Duration = Duration::from_secs(2);

/// The loaded deliveries.
#[derive(Clone, Copy)]
pub(super) struct Deliveries {
    client: Client,
    notices: Notices,
    debounced: Debounced,
    scope: TaskScope,
    endpoint: WebhookEndpointId,
    status: RwSignal<Option<DeliveryStatus>>,
    loaded: RwSignal<Option<Vec<WebhookDelivery>>>,
    cursor: RwSignal<Option<String>>,
    error: RwSignal<Option<RequestError>>,
    busy: RwSignal<bool>,
    shown: RwSignal<Option<WebhookDelivery>>,
    form: Form,
}

impl Deliveries {
    pub(super) fn new(endpoint: WebhookEndpointId) -> Self {
        Self {
            client: use_client(),
            notices: use_notices(),
            debounced: Debounced::new(),
            scope: TaskScope::current(),
            endpoint,
            status: RwSignal::new(None),
            loaded: RwSignal::new(None),
            cursor: RwSignal::new(None),
            error: RwSignal::new(None),
            busy: RwSignal::new(false),
            shown: RwSignal::new(None),
            form: Form::new(),
        }
    }

    /// Fetches the newest deliveries.
    pub(super) fn fetch(self) {
        let (client, id, status) = (self.client, self.endpoint, self.status.get_untracked());
        let request = async move { client.list_webhook_deliveries(id, status, None).await };
        self.debounced.run_now(request, move |response: Result<Page<WebhookDelivery>, RequestError>| {
            match response {
                Ok(page) => {
                    let waits =
                        |one: &WebhookDelivery| one.status == DeliveryStatus::Pending && one.attempts == 0;
                    if page.items.iter().any(waits) {
                        self.fetch_later();
                    }
                    self.error.set(None);
                    self.cursor.set(page.next_cursor);
                    if self.loaded.with_untracked(|loaded| loaded.as_ref() != Some(&page.items)) {
                        self.loaded.set(Some(page.items));
                    }
                }
                Err(error) => self.error.set(Some(error)),
            }
        });
    }

    fn fetch_later(self) {
        self.scope.spawn(async move {
            pause(INTERVAL).await;
            if !self.status.is_disposed() {
                self.fetch();
            }
        });
    }

    fn fetch_more(self) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        let (status, cursor) = (self.status.get_untracked(), self.cursor.get_untracked());
        self.scope.spawn(async move {
            let page = self.client.list_webhook_deliveries(self.endpoint, status, cursor.as_deref()).await;
            self.busy.try_set(false);
            // The filter may have changed in the meantime.
            if self.cursor.try_get_untracked() != Some(cursor) {
                return;
            }
            match page {
                Ok(page) => {
                    self.cursor.try_set(page.next_cursor);
                    self.loaded.try_update(|loaded| loaded.get_or_insert_default().extend(page.items));
                }
                Err(error) => self.notices.error(&error),
            }
        });
    }

    /// Sends a delivery again.
    fn replay(self, delivery: &WebhookDelivery) {
        let (client, id) = (self.client, delivery.id);
        let request = async move { client.replay_webhook_delivery(id).await };
        self.form.send_detached(request, move |response| {
            match response {
                Ok(()) => self.notices.info(t!("The delivery is sent again.")),
                Err(error) => self.notices.error(&error),
            }
            if !self.status.is_disposed() {
                self.fetch();
            }
            Ok(())
        });
    }
}

/// The section of the endpoint's page.
pub(super) fn deliveries(state: Deliveries) -> AnyView {
    let is_loaded = Memo::new(move |_| state.loaded.with(Option::is_some));
    let zone = use_session().zone();
    let body = move || {
        if !is_loaded.get() {
            return match state.error.get() {
                Some(error) => failed(&error, Callback::new(move |()| state.fetch())),
                None => skeleton(4),
            };
        }
        let zone = zone.clone();
        view! { {move || state.loaded.with(|loaded| table(state, loaded.as_deref().unwrap_or_default(), &zone))} }
            .into_any()
    };
    let more = more_button(
        move || state.cursor.with(Option::is_some),
        state.busy,
        None,
        Callback::new(move |()| state.fetch_more()),
    );
    view! {
        <section aria-labelledby="deliveries" class="mt-8 flex flex-col">
            <div class="mb-1 flex flex-wrap items-center justify-between gap-2">
                <h2 id="deliveries" class="text-base font-semibold">{t!("Deliveries")}</h2>
                <span class="flex gap-2">{filter(state)}
                    <button type="button" class="btn btn-sm" on:click=move |_| state.fetch()>{t!("Refresh")}</button>
                </span>
            </div>
            {body} {more}
        </section>
        {move || state.shown.get().map(|shown| delivery_dialog(&shown, Callback::new(move |()| state.shown.set(None))))}
    }
    .into_any()
}

fn filter(state: Deliveries) -> AnyView {
    let options = [
        ("", t!("All")),
        ("pending", t!("Waiting")),
        ("delivered", t!("Delivered")),
        ("failed", t!("Failed")),
    ];
    let choose = move |value: String| {
        state.status.set(DeliveryStatus::ALL.into_iter().find(|status| status.as_str() == value));
        state.fetch();
    };
    view! {
        <select
            class="select select-sm w-auto"
            aria-label=t!("Status")
            on:change:target=move |event| choose(event.target().value())
        >
            {options.map(|(value, label)| view! { <option value=value>{label}</option> }).collect_view()}
        </select>
    }
    .into_any()
}

fn table(state: Deliveries, deliveries: &[WebhookDelivery], zone: &Zone) -> AnyView {
    if deliveries.is_empty() {
        return empty(t!("No deliveries"));
    }
    view! {
        <table role="table" aria-labelledby="deliveries" class=TABLE>
            {head(COLUMNS)}
            <tbody role="rowgroup" class=BODY>
                {deliveries.iter().map(|delivery| row(state, delivery, zone)).collect_view()}
            </tbody>
        </table>
    }
    .into_any()
}

fn row(state: Deliveries, delivery: &WebhookDelivery, zone: &Zone) -> AnyView {
    let (shown, replayed) = (delivery.clone(), delivery.clone());
    let answer = match (delivery.response_status, &delivery.response) {
        (Some(status), _) => format!("{status} · {} ms", delivery.duration_ms.unwrap_or_default()),
        (None, Some(reason)) => crate::language::received(reason),
        (None, None) => "–".to_owned(),
    };
    let id = delivery.id;
    let actions = view! {
        <span class="flex flex-wrap gap-1">
            <button type="button" class="btn btn-sm" on:click=move |_| state.shown.set(Some(shown.clone()))>
                {t!("Show")}
                <span class="sr-only">" " {id.to_string()}</span>
            </button>
            <button type="button" class="btn btn-sm" on:click=move |_| state.replay(&replayed)>
                {t!("Replay")}
                <span class="sr-only">" " {id.to_string()}</span>
            </button>
        </span>
    };
    view! {
        <tr role="row" class=ROW>
            {cell("Time", date_and_time(delivery.created_at, zone))}
            {cell("Event", delivery_label(delivery))}
            {cell("Status", status_badge(delivery))}
            {cell("Attempts", delivery.attempts.to_string())}
            {cell("Answer", view! { <span class="min-w-0 wrap-anywhere">{answer}</span> })}
            {cell("Actions", actions)}
        </tr>
    }
    .into_any()
}
