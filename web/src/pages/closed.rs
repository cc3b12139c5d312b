//! The page of closed conversations: a section per team, newest first.

use leptos::prelude::*;
use shared::{
    conversation::Conversation,
    ids::{TagId, TeamId},
    page::DEFAULT_LIMIT,
    team::TeamSummary,
};

use crate::{
    api::{Client, RequestError, StatusFilter},
    components::{
        heading::Heading,
        more_button::more_button,
        notices::{Notices, use_notices},
        person::{open_label, or_dash},
        placeholder::{empty, failed, skeleton},
        table::{BODY, ROW, TABLE, cell, head, link_cell, name_cell, ref_link},
        tags::{chips, tag_filter},
        timestamp::date_and_time,
    },
    language::{marked, t},
    scroll_restoration::use_scroll_restoration,
    session::{use_client, use_session},
    tasks::TaskScope,
    time_zone::Zone,
};

const COLUMNS: &[(&str, &str)] = &[
    (marked!("Ref"), "w-22 lg:w-24 xl:w-36"),
    (marked!("Name"), ""),
    (marked!("Number"), "w-34 lg:w-38 xl:w-48"),
    (marked!("Closed"), "w-26 lg:w-30 xl:w-44"),
    (marked!("Reason"), "w-28 lg:w-[20%]"),
    (marked!("By"), "w-26 xl:w-40"),
    (marked!("Link"), "w-18 lg:w-20 xl:w-24"),
];

/// The page `/closed`.
#[component]
pub(crate) fn ClosedPage() -> impl IntoView {
    let teams = use_session().me().map(|me| me.teams).unwrap_or_default();
    let sections = teams.into_iter().map(|team| view! { <Section team /> }).collect_view();
    view! {
        <Heading text=t!("Closed") />
        <div class="mt-4 flex flex-col gap-6">{sections}</div>
    }
}

/// The loaded rows of a team, the cursor of the next page, and the tag that the rows have.
type SavedRows = (Option<Vec<Conversation>>, Option<String>, Option<TagId>);

/// The rows of a team's section.
#[derive(Clone, Copy)]
struct ClosedRows {
    team: TeamId,
    client: Client,
    notices: Notices,
    scope: TaskScope,
    rows: RwSignal<Option<Vec<Conversation>>>,
    cursor: RwSignal<Option<String>>,
    /// Only conversations with this tag are shown.
    tag: RwSignal<Option<TagId>>,
    error: RwSignal<Option<RequestError>>,
    busy: RwSignal<bool>,
}

impl ClosedRows {
    /// Restores the rows after Back or Forward, or fetches the first ones.
    fn new(team: TeamId) -> Self {
        let key = format!("closed-{team}");
        let restoration = use_scroll_restoration();
        let saved: Option<SavedRows> = restoration.and_then(|restoration| restoration.saved_rows(&key));
        let (rows, cursor, tag) = saved.unwrap_or_default();
        let (rows, cursor, tag) = (RwSignal::new(rows), RwSignal::new(cursor), RwSignal::new(tag));
        if let Some(restoration) = restoration {
            on_cleanup(move || {
                if let (Some(rows), Some(cursor)) = (rows.try_get_untracked(), cursor.try_get_untracked()) {
                    let tag = tag.try_get_untracked().flatten();
                    restoration.save_rows::<SavedRows>(&key, (rows, cursor, tag));
                }
            });
            restoration.restore_when(move || rows.with(Option::is_some));
        }
        let closed = Self {
            team,
            client: use_client(),
            notices: use_notices(),
            scope: TaskScope::current(),
            rows,
            cursor,
            tag,
            error: RwSignal::new(None),
            busy: RwSignal::new(false),
        };
        if rows.with_untracked(Option::is_none) {
            closed.fetch();
        }
        closed
    }

    /// Shows only conversations with a tag, or all again.
    fn filter(self, tag: Option<TagId>) {
        self.tag.set(tag);
        self.rows.set(None);
        self.cursor.set(None);
        self.busy.set(false);
        self.fetch();
    }

    /// Fetches the next rows.
    fn fetch(self) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.error.set(None);
        self.scope.spawn(async move {
            let (from, tag) = (self.cursor.get_untracked(), self.tag.get_untracked());
            let limit = DEFAULT_LIMIT as usize;
            let page = self
                .client
                .list_conversations(self.team, StatusFilter::Closed(tag), limit, from.as_deref())
                .await;
            if self.tag.try_get_untracked() != Some(tag) {
                // The agent has chosen another tag meanwhile, which has its own request.
                return;
            }
            self.busy.try_set(false);
            match page {
                Ok(page) => {
                    self.cursor.try_set(page.next_cursor);
                    self.rows.try_update(|rows| rows.get_or_insert_default().extend(page.items));
                }
                Err(error) if from.is_some() => self.notices.error(&error),
                Err(error) => {
                    self.error.try_set(Some(error));
                }
            }
        });
    }
}

#[component]
fn Section(team: TeamSummary) -> impl IntoView {
    let closed = ClosedRows::new(team.id);
    let zone = Zone::new(&team.time_zone);
    let heading = format!("closed-{}", team.id);
    let table_label = heading.clone();
    let any_rows = Memo::new(move |_| closed.rows.with(|rows| rows.as_ref().map(|rows| !rows.is_empty())));
    let fetch = Callback::new(move |()| closed.fetch());
    let body = move || match any_rows.get() {
        None => match closed.error.get() {
            Some(error) => failed(&error, fetch),
            None => skeleton(3),
        },
        Some(false) if closed.tag.with_untracked(Option::is_some) => {
            empty(t!("No closed conversation has this tag"))
        }
        Some(false) => empty(t!("No closed conversations")),
        Some(true) => {
            let zone = zone.clone();
            let rows = move || {
                closed.rows.with(|rows| rows.iter().flatten().map(|item| row(item, &zone)).collect_view())
            };
            view! {
                <table role="table" aria-labelledby=table_label.clone() class=TABLE>
                    {head(COLUMNS)}
                    <tbody role="rowgroup" class=BODY>{rows}</tbody>
                </table>
            }
            .into_any()
        }
    };
    let filter = tag_filter(team.id, closed.tag.into(), Callback::new(move |tag| closed.filter(tag)));
    let has_more = move || closed.cursor.with(Option::is_some);
    view! {
        <section aria-labelledby=heading.clone()>
            <div class="mb-1 flex flex-wrap items-center gap-x-3 gap-y-1">
                <h2 id=heading.clone() class="text-base font-semibold"><bdi>{team.name.clone()}</bdi></h2>
                {filter}
            </div>
            {move || body()}
            {more_button(has_more, closed.busy, Some(Signal::stored(team.name)), fetch)}
        </section>
    }
}

fn row(conversation: &Conversation, zone: &Zone) -> AnyView {
    let reference = conversation.reference.clone().filter(|text| !text.is_empty()).map(IntoAny::into_any);
    let closed = conversation.closed_at.map(|at| date_and_time(at, zone));
    view! {
        <tr role="row" class=ROW>
            {cell("Ref", ref_link(conversation.id, reference))}
            {name_cell(view! { {or_dash(conversation.name.as_deref())} {chips(&conversation.tags)} })}
            {cell(
                "Number",
                view! { <span class="whitespace-nowrap tabular-nums">{conversation.number.display()}</span> },
            )}
            {cell("Closed", closed)}
            {cell("Reason", view! { <bdi>{or_dash(conversation.closure_reason.as_deref())}</bdi> })}
            {cell("By", view! { <bdi>{or_dash(conversation.closed_by.as_deref())}</bdi> })}
            {link_cell(conversation.id, Signal::stored(open_label(conversation)))}
        </tr>
    }
    .into_any()
}
