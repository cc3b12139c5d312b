//! A team's section of the queue: counts and rows.

use leptos::prelude::*;
use shared::{
    conversation::{Conversation, Counts},
    ids::{ConversationId, TeamId},
};

use super::{
    drafts::draft_mark,
    state::QueueState,
    team::{TeamSection, stays_in_rows},
};
use crate::{
    components::{
        avatar::{customer_avatar, holder_avatar},
        person::{open_label, or_dash},
        table::{BODY, TABLE, card_cell, head, ref_link, row_link},
        tags::chips,
        timestamp::timestamp,
        viewers::viewers,
        waiting::{attention, needs_agent, snoozed, waiting},
        when::{keyed, when},
    },
    language::{marked, received, t},
    time_zone::Zone,
};

const COLUMNS: &[(&str, &str)] = &[
    (marked!("Ref"), "w-24 xl:w-36"),
    (marked!("Name"), ""),
    (marked!("Number"), "w-38 xl:w-48"),
    (marked!("Last Message"), "w-30 xl:w-44"),
    (marked!("Next Action"), "w-44 lg:w-56 xl:w-[30%]"),
    (marked!("Link"), "w-20 xl:w-24"),
];

/// A row; on a narrow screen a card of two lines: who and whose turn it is, then how to reach them and since when.
const ROW: &str = "group hover:bg-panel focus-within:bg-panel max-md:grid max-md:grid-cols-[auto_minmax(0,1fr)_auto] \
     max-md:items-center max-md:gap-x-2 max-md:gap-y-1 max-md:rounded-box max-md:border max-md:border-edge max-md:px-3 \
     max-md:py-2.5";

/// The cells, with their places on the card. Without a name, the number takes its place.
const REF: &str = "max-md:row-start-2 max-md:hidden max-md:has-[a]:block";
const NAME: &str = "max-md:col-span-2 max-md:col-start-1 max-md:row-start-1 max-md:font-medium \
     max-md:group-data-nameless:col-span-1 max-md:group-data-nameless:col-start-2 max-md:[&_.tag]:border-0 \
     max-md:[&_.tag]:bg-transparent max-md:[&_.tag]:p-0 max-md:[&_.tag_bdi]:sr-only";
const NUMBER: &str = "max-md:col-start-2 max-md:row-start-2 max-md:text-quiet max-md:group-data-nameless:col-start-1 \
     max-md:group-data-nameless:row-start-1 max-md:group-data-nameless:font-medium \
     max-md:group-data-nameless:text-base-content";
const LAST: &str = "max-md:col-start-3 max-md:row-start-2 max-md:text-end max-md:text-quiet";
const NEXT: &str = "max-md:col-start-3 max-md:row-start-1";
const LINK: &str = "max-md:sr-only";

/// The section.
#[component]
pub(super) fn Section(state: QueueState, team: TeamId) -> impl IntoView {
    let section = TeamSection::new(state, team);
    let heading = format!("team-{team}");
    view! {
        <section aria-labelledby=heading.clone()>
            <div class="mb-1 flex flex-wrap items-center gap-x-3 gap-y-1">
                <h2 id=heading.clone() class="text-sm font-semibold" dir="auto">{section.name}</h2>
                <p class="text-xs text-quiet">{move || counts(section.counts.get())}</p>
                {section.filter_buttons()}
            </div>
            {table(state, section, heading.clone())}
            {section.none_text()}
            {section.more_button()}
        </section>
    }
}

/// The table, if there are rows. It records whether the pointer or the focus is on the rows.
fn table(state: QueueState, section: TeamSection, heading: String) -> AnyView {
    let zone = section.zone();
    when(
        move || section.has_rows(),
        move || {
            let zone = zone.clone();
            let rows = keyed(
                move || section.rows(),
                move |shown| row(section, ConversationId(shown.id), zone.clone()),
            );
            view! {
                <table role="table" aria-labelledby=heading.clone() class=TABLE>
                    {head(COLUMNS)}
                    <tbody
                        role="rowgroup"
                        class=BODY
                        data-rows=""
                        on:pointerenter=move |_| state.pointed.set(true)
                        on:pointerleave=move |_| state.pointed.set(false)
                        on:focusin=move |_| state.focused.set(true)
                        on:focusout=move |event| state.focused.set(stays_in_rows(&event))
                    >
                        {rows}
                    </tbody>
                </table>
            }
            .into_any()
        },
    )
}

fn row(section: TeamSection, id: ConversationId, zone: Zone) -> AnyView {
    let conversation = section.conversation(id);
    let text = move |read: fn(&Conversation) -> String| {
        Signal::derive(move || {
            conversation.with(|conversation| conversation.as_ref().map(read).unwrap_or_default())
        })
    };
    let known = move |read: fn(&Conversation) -> Option<String>| {
        Memo::new(move |_| {
            conversation
                .with(|conversation| conversation.as_ref().and_then(read).filter(|text| !text.is_empty()))
        })
    };
    let reference = known(|conversation| conversation.reference.clone());
    let name = known(|conversation| conversation.name.clone());
    let next_zone = zone.clone();
    let last = move || {
        let at =
            conversation.with(|conversation| conversation.as_ref().and_then(|found| found.last_message_at));
        match at {
            Some(at) => timestamp(at, &zone),
            None => "–".into_any(),
        }
    };
    let next = move || {
        conversation.with(|conversation| conversation.as_ref().map(|row| next_action(row, &next_zone)))
    };
    let holder = move || conversation.with(|conversation| conversation.as_ref().and_then(holder_avatar));
    let tags =
        move || conversation.with(|conversation| conversation.as_ref().and_then(|row| chips(&row.tags)));
    let avatar = move || conversation.with(|conversation| conversation.as_ref().map(customer_avatar));
    let nameless = move || name.with(Option::is_none).then_some("");
    let name_class =
        move || if name.with(Option::is_none) { "min-w-0 max-md:hidden" } else { "min-w-0 max-md:truncate" };
    let name = view! {
        <span class="flex min-w-0 items-center gap-2 max-lg:[&>.initials]:hidden">
            {avatar}
            <bdi class=name_class>{move || name.with(|name| or_dash(name.as_deref()))}</bdi>
            {tags}
        </span>
    };
    let number =
        view! { <span class="whitespace-nowrap">{text(|conversation| conversation.number.display())}</span> };
    let next = view! {
        <span class="flex min-w-0 grow items-center gap-2">
            {move || next()} {draft_mark(id)} {viewers(id)} {move || holder()}
        </span>
    };
    view! {
        <tr role="row" class=ROW data-nameless=nameless>
            {card_cell(REF, view! { {move || ref_link(id, reference.get().map(IntoAny::into_any))} }.into_any())}
            {card_cell(NAME, name.into_any())} {card_cell(NUMBER, number.into_any())}
            {card_cell(LAST, view! { {move || last()} }.into_any())} {card_cell(NEXT, next.into_any())}
            {card_cell(LINK, row_link(id, text(open_label)))}
        </tr>
    }
    .into_any()
}

fn next_action(conversation: &Conversation, zone: &Zone) -> AnyView {
    if let Some(until) = conversation.snoozed_until {
        return snoozed(until, zone);
    }
    if !needs_agent(conversation) {
        let warning = conversation.attention.as_ref().map(attention);
        let customer = view! { <span class="me-3 shrink-0 text-quiet">{t!("Customer")}</span> };
        return view! { <span class="flex min-w-0 grow items-center">{customer} {warning}</span> }.into_any();
    }
    let detail = match &conversation.attention {
        Some(warning) => {
            // The code in words ("not delivered"); wide screens also show what to do.
            let text = received(&warning.text);
            view! {
                {attention(warning)}
                <span class="ms-3 hidden min-w-0 truncate text-xs text-quiet xl:inline" title=text.clone()>
                    {text.clone()}
                </span>
            }
            .into_any()
        }
        None => waiting(conversation.waiting_since, ""),
    };
    view! {
        <span class="flex min-w-0 grow items-center">
            <span class="me-3 shrink-0 font-medium max-md:sr-only">{t!("Agent")}</span>
            {detail}
        </span>
    }
    .into_any()
}

/// "3 waiting for a reply · 5 with the customer"
fn counts(counts: Counts) -> String {
    t!(
        "{agent} waiting for a reply · {customer} with the customer",
        agent = counts.agent,
        customer = counts.customer,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_shown_as_text() {
        assert_eq!(
            counts(Counts { agent: 3, customer: 5, ..Counts::default() }),
            "3 waiting for a reply · 5 with the customer"
        );
        assert_eq!(
            counts(Counts { agent: 1, unassigned: 1, ..Counts::default() }),
            "1 waiting for a reply · 0 with the customer"
        );
    }
}
