//! The page of rejected messages, for administrators: the gateway delivered them, but the server could not store them.

use leptos::prelude::*;
use shared::rejected_message::RejectedMessage;

use crate::{
    api::RequestError,
    components::{
        heading::Heading,
        more_button::more_button,
        notices::use_notices,
        permission::for_managers_of_accounts,
        person::or_dash,
        placeholder::{empty, failed, skeleton},
        table::{BODY, ROW, TABLE, cell, head},
        timestamp::date_and_time,
    },
    language::{marked, received, t},
    session::{use_client, use_session},
    tasks::TaskScope,
    time_zone::Zone,
};

const COLUMNS: &[(&str, &str)] = &[
    (marked!("Received"), "w-30 lg:w-44"),
    (marked!("From"), "w-38 lg:w-56"),
    (marked!("To"), "w-38 lg:w-56"),
    (marked!("What happened"), ""),
    (marked!("Gateway id"), "w-[22%]"),
];

/// The page `/rejected-messages`.
pub(crate) fn rejected_messages_page() -> AnyView {
    for_managers_of_accounts(t!("Rejected messages"), page)
}

fn page() -> AnyView {
    let client = use_client();
    let notices = use_notices();
    let zone = use_session().zone();
    let rows = RwSignal::new(None::<Vec<RejectedMessage>>);
    let cursor = RwSignal::new(None::<String>);
    let error = RwSignal::new(None::<RequestError>);
    let busy = RwSignal::new(false);
    let scope = TaskScope::current();
    let fetch = move || {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        scope.spawn(async move {
            let from = cursor.get_untracked();
            let page = client.list_rejected_messages(from.as_deref()).await;
            busy.try_set(false);
            match page {
                Ok(page) => {
                    cursor.try_set(page.next_cursor);
                    rows.try_update(|rows| rows.get_or_insert_default().extend(page.items));
                }
                Err(error) if from.is_some() => notices.error(&error),
                Err(new_error) => {
                    error.try_set(Some(new_error));
                }
            }
        });
    };
    fetch();

    let any_rows = Memo::new(move |_| rows.with(|rows| rows.as_ref().map(|rows| !rows.is_empty())));
    let body = move || match any_rows.get() {
        None => match error.get() {
            Some(error) => failed(&error, Callback::new(move |()| fetch())),
            None => skeleton(3),
        },
        Some(false) => empty(t!("No rejected messages in the past 30 days")),
        Some(true) => {
            let zone = zone.clone();
            view! {
                <table role="table" aria-label=t!("Rejected messages") class=TABLE>
                    {head(COLUMNS)}
                    <tbody role="rowgroup" class=BODY>
                        {move || {
                            rows.with(|rows| rows.iter().flatten().map(|message| row(message, &zone)).collect_view())
                        }}
                    </tbody>
                </table>
            }
            .into_any()
        }
    };
    let has_more = move || cursor.with(Option::is_some);
    view! {
        <Heading text=t!("Rejected messages") />
        <p class="mt-2 mb-4 max-w-prose text-sm">
            {t!("Messages that the server could not add to a conversation. To read one, look up its gateway id in the gateway’s console. Entries are kept for 30 days.")}
        </p>
        {move || body()}
        {more_button(has_more, busy, None, Callback::new(move |()| fetch()))}
    }
    .into_any()
}

fn row(message: &RejectedMessage, zone: &Zone) -> AnyView {
    let isolated = |text: Option<&str>| view! { <bdi class="wrap-anywhere">{or_dash(text)}</bdi> };
    view! {
        <tr role="row" class=ROW>
            {cell("Received", date_and_time(message.received_at, zone))}
            {cell("From", isolated(message.from.as_deref()))}
            {cell("To", isolated(message.to.as_deref()))}
            {cell("What happened", received(&message.text))}
            {cell("Gateway id", isolated(message.gateway_id.as_deref()))}
        </tr>
    }
    .into_any()
}
