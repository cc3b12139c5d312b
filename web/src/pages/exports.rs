//! The export page: messages or conversations of a period, as a list and as files.

use chrono::{DateTime, Days, TimeDelta, Utc};
use leptos::prelude::*;
use shared::{
    Page,
    conversation::{Conversation, ConversationStatus},
    export::ExportedMessage,
    ids::TeamId,
    message::Direction,
};

use crate::{
    api::{Export, RequestError},
    clock::now,
    components::{
        download::download,
        heading::Heading,
        permission::for_viewers_of_reports,
        person::or_dash,
        placeholder::{empty, failed, skeleton},
        table::{BODY, ROW, TABLE, cell, head},
        timestamp::date_and_time,
    },
    debounce::Debounced,
    language::{marked, t, text},
    pages::conversation::times::{parse, to_utc},
    session::{use_client, use_session},
    time_zone::Zone,
};

/// Number of rows that the page shows.
const SHOWN: u8 = 20;
const MESSAGES: &str = "messages";
const CONVERSATIONS: &str = "conversations";

const MESSAGE_COLUMNS: &[(&str, &str)] = &[
    (marked!("Written"), "w-36"),
    (marked!("Number"), "w-40"),
    (marked!("Name"), "w-[16%]"),
    (marked!("From"), "w-32"),
    (marked!("Text"), ""),
    (marked!("State"), "w-28"),
];

const CONVERSATION_COLUMNS: &[(&str, &str)] = &[
    (marked!("Started"), "w-36"),
    (marked!("Number"), "w-40"),
    (marked!("Name"), ""),
    (marked!("State"), "w-28"),
    (marked!("Closed"), "w-36"),
    (marked!("Closure reason"), "w-[20%]"),
];

/// The page `/export`.
pub(crate) fn export_page() -> AnyView {
    for_viewers_of_reports(t!("Export"), page)
}

/// The rows that the page shows.
#[derive(Clone)]
enum Rows {
    Messages(Page<ExportedMessage>),
    Conversations(Page<Conversation>),
}

fn page() -> AnyView {
    let client = use_client();
    let teams = use_session().me().map(|me| me.teams).unwrap_or_default();
    let zone = use_session().zone();
    let today = zone.local(now()).date();
    let noun = RwSignal::new(MESSAGES);
    let team = RwSignal::new(None::<TeamId>);
    let first = RwSignal::new((today - TimeDelta::days(6)).to_string());
    let last = RwSignal::new(today.to_string());
    let of_zone = zone.clone();
    let export = Memo::new(move |_| {
        let start = |date: &str| Some(parse(&format!("{date}T00:00"))?.date());
        let (first, last) = (first.with(|date| start(date))?, last.with(|date| start(date))?);
        let midnight = |date: chrono::NaiveDate| -> DateTime<Utc> {
            to_utc(date.and_time(chrono::NaiveTime::MIN), &|at| of_zone.local(at))
        };
        let end = last.checked_add_days(Days::new(1))?;
        (first <= last).then(|| Export {
            noun: noun.get(),
            team: team.get(),
            from: midnight(first),
            to: midnight(end),
        })
    });
    let rows = RwSignal::new(None::<Result<Rows, RequestError>>);
    let debounced = Debounced::new();
    let fetch = move || {
        rows.set(None);
        let Some(export) = export.get() else { return debounced.cancel() };
        let request = async move {
            match export.noun {
                MESSAGES => client.list_exported(&export, SHOWN).await.map(Rows::Messages),
                _ => client.list_exported(&export, SHOWN).await.map(Rows::Conversations),
            }
        };
        debounced.run_now(request, move |found| {
            rows.try_set(Some(found));
        });
    };
    Effect::new(move |_| fetch());
    let list = move || {
        if export.with(Option::is_none) {
            return empty(t!("Choose a first day and a last day that is not before it."));
        }
        rows.with(|rows| match rows {
            None => skeleton(6),
            Some(Err(error)) => failed(error, Callback::new(move |()| untrack(fetch))),
            Some(Ok(Rows::Messages(page))) => messages(page, &zone),
            Some(Ok(Rows::Conversations(page))) => conversations(page, &zone),
        })
    };
    let team_options = teams.iter().map(|team| (team.id.to_string(), team.name.clone())).collect::<Vec<_>>();
    view! {
        <Heading text=t!("Export") />
        <p class="mt-1 mb-4 max-w-prose text-sm">
            {t!("The messages that were written, or the conversations that started, in a period. A file has all rows; the list shows the first ones.")}
        </p>
        <div class="mb-4 flex flex-wrap items-end gap-3">
            {select(
                t!("Export of"),
                vec![(MESSAGES.to_owned(), t!("Messages").to_owned()), (CONVERSATIONS.to_owned(), t!("Conversations").to_owned())],
                Callback::new(move |value: String| noun.set(if value == MESSAGES { MESSAGES } else { CONVERSATIONS })),
            )}
            {(team_options.len() > 1).then(|| {
                let all = (String::new(), t!("All my teams").to_owned());
                select(
                    t!("Team"),
                    [vec![all], team_options].concat(),
                    Callback::new(move |value: String| team.set(value.parse().ok())),
                )
            })}
            {date(t!("First day"), first)}
            {date(t!("Last day"), last)}
            {move || export.get().map(files)}
        </div>
        {list}
    }
    .into_any()
}

/// The links to both files.
fn files(export: Export) -> AnyView {
    let link = |format: &'static str, class, text: &'static str| {
        download(export.file(format), class, text, t!("all rows of the period"))
    };
    view! {
        <div class="flex flex-wrap gap-2">
            {link("csv", "btn btn-primary", t!("Download CSV"))}
            {link("ndjson", "btn", t!("Download NDJSON"))}
        </div>
    }
    .into_any()
}

fn select(label: &'static str, options: Vec<(String, String)>, choose: Callback<String>) -> AnyView {
    let options = options.into_iter().map(|(value, text)| view! { <option value=value>{text}</option> });
    view! {
        <label class="flex flex-col gap-1">
            <span class="text-sm font-medium">{label}</span>
            <select class="select w-48" on:change:target=move |event| choose.run(event.target().value())>
                {options.collect_view()}
            </select>
        </label>
    }
    .into_any()
}

fn date(label: &'static str, value: RwSignal<String>) -> AnyView {
    view! {
        <label class="flex flex-col gap-1">
            <span class="text-sm font-medium">{label}</span>
            <input
                type="date"
                class="input w-40"
                prop:value=value
                on:input:target=move |event| value.set(event.target().value())
            />
        </label>
    }
    .into_any()
}

fn messages(page: &Page<ExportedMessage>, zone: &Zone) -> AnyView {
    let row = |row: &ExportedMessage| {
        let from = match row.direction {
            Direction::Inbound => t!("Customer").to_owned(),
            _ => row.sender.name.clone().unwrap_or_else(|| t!("System").to_owned()),
        };
        view! {
            <tr role="row" class=ROW>
                {cell("Written", date_and_time(row.created_at, zone))}
                {cell("Number", link(row.conversation_id.0, row.number.display()))}
                {cell("Name", view! { <bdi>{or_dash(row.name.as_deref())}</bdi> })}
                {cell("From", view! { <bdi>{from}</bdi> })}
                {cell("Text", view! { <span dir="auto" class="line-clamp-2 min-w-0">{row.body.clone()}</span> })}
                {cell("State", text(message_state(row)))}
            </tr>
        }
        .into_any()
    };
    table(MESSAGE_COLUMNS, page.items.iter().map(row).collect(), page.next_cursor.is_some())
}

fn message_state(row: &ExportedMessage) -> &'static str {
    use shared::message::MessageStatus::{
        Delivered, Failed, Held, Queued, Received, Scheduled, Sending, Sent, Undelivered,
    };
    match row.status {
        Received if row.direction == Direction::Note => marked!("note"),
        Received => marked!("received"),
        Scheduled => marked!("scheduled"),
        Held => marked!("held"),
        Queued | Sending => marked!("queued"),
        Sent => marked!("sent"),
        Delivered => marked!("delivered"),
        Undelivered | Failed => marked!("not delivered"),
    }
}

fn conversations(page: &Page<Conversation>, zone: &Zone) -> AnyView {
    let row = |row: &Conversation| {
        let state = match row.status {
            ConversationStatus::Pending => t!("awaiting reply"),
            ConversationStatus::Open => t!("in progress"),
            ConversationStatus::Closed => t!("closed"),
        };
        let closed = row.closed_at.map_or_else(|| "–".into_any(), |at| date_and_time(at, zone));
        view! {
            <tr role="row" class=ROW>
                {cell("Started", date_and_time(row.opened_at, zone))}
                {cell("Number", link(row.id.0, row.number.display()))}
                {cell("Name", view! { <bdi>{or_dash(row.name.as_deref())}</bdi> })}
                {cell("State", state)}
                {cell("Closed", closed)}
                {cell("Closure reason", view! { <bdi>{or_dash(row.closure_reason.as_deref())}</bdi> })}
            </tr>
        }
        .into_any()
    };
    table(CONVERSATION_COLUMNS, page.items.iter().map(row).collect(), page.next_cursor.is_some())
}

fn link(conversation: i64, number: String) -> AnyView {
    view! {
        <a href=format!("/conversations/{conversation}") class="link whitespace-nowrap" data-row-link="">
            <bdi>{number}</bdi>
        </a>
    }
    .into_any()
}

fn table(columns: &'static [(&'static str, &'static str)], rows: Vec<AnyView>, has_more: bool) -> AnyView {
    if rows.is_empty() {
        return empty(t!("Nothing in this period"));
    }
    let more = has_more.then_some(t!("These are the first rows. The files have all of them."));
    view! {
        <table role="table" aria-label=t!("Export") class=TABLE>
            {head(columns)}
            <tbody role="rowgroup" class=BODY>{rows}</tbody>
        </table>
        <p class="mt-2 text-sm text-quiet empty:hidden">{more}</p>
    }
    .into_any()
}
