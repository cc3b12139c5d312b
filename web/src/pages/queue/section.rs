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
        table::{BODY, ROW, TABLE, cell, head, link_cell, ref_link},
        timestamp::timestamp,
        viewers::viewers,
        waiting::{attention, needs_agent, waiting},
        when::{keyed, when},
    },
    time_zone::Zone,
};

const COLUMNS: &[(&str, &str)] = &[
    ("Ref", "w-24 xl:w-36"),
    ("Name", ""),
    ("Number", "w-38 xl:w-48"),
    ("Last Message", "w-30 xl:w-44"),
    ("Next Action", "w-44 lg:w-56 xl:w-[30%]"),
    ("Link", "w-20 xl:w-24"),
];

/// The section.
#[component]
pub(super) fn Section(state: QueueState, team: TeamId) -> impl IntoView {
    let section = TeamSection::new(state, team);
    let heading = format!("team-{team}");
    view! {
        <section aria-labelledby=heading.clone()>
            <div class="mb-1 flex flex-wrap items-center gap-x-3 gap-y-1">
                <h2 id=heading.clone() class="text-sm font-semibold">{section.name}</h2>
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
    let reference = Memo::new(move |_| {
        conversation
            .with(|conversation| conversation.as_ref()?.reference.clone().filter(|text| !text.is_empty()))
    });
    let last = move || {
        let at =
            conversation.with(|conversation| conversation.as_ref().and_then(|found| found.last_message_at));
        match at {
            Some(at) => timestamp(at, &zone),
            None => "–".into_any(),
        }
    };
    let next = move || conversation.with(|conversation| conversation.as_ref().map(next_action));
    let holder = move || conversation.with(|conversation| conversation.as_ref().and_then(holder_avatar));
    let avatar = move || conversation.with(|conversation| conversation.as_ref().map(customer_avatar));
    view! {
        <tr role="row" class=ROW>
            {cell("Ref", view! { {move || ref_link(id, reference.get().map(IntoAny::into_any))} })}
            {cell(
                "Name",
                view! {
                    <span class="flex min-w-0 items-center gap-2 max-lg:[&>.initials]:hidden">
                        {avatar}
                        <bdi class="min-w-0">{text(|conversation| or_dash(conversation.name.as_deref()))}</bdi>
                    </span>
                },
            )}
            {cell(
                "Number",
                view! {
                    <span class="whitespace-nowrap">
                        {text(|conversation| conversation.number.display())}
                    </span>
                },
            )}
            {cell("Last Message", view! { {move || last()} })}
            {cell(
                "Next Action",
                view! {
                    <span class="flex min-w-0 grow items-center gap-2">
                        {move || next()} {draft_mark(id)} {viewers(id)} {move || holder()}
                    </span>
                },
            )}
            {link_cell(id, text(open_label))}
        </tr>
    }
    .into_any()
}

fn next_action(conversation: &Conversation) -> AnyView {
    if !needs_agent(conversation) {
        let warning = conversation.attention.as_ref().map(attention);
        let customer = view! { <span class="me-3 shrink-0 text-quiet">"Customer"</span> };
        return view! { <span class="flex min-w-0 grow items-center">{customer} {warning}</span> }.into_any();
    }
    let detail = match &conversation.attention {
        Some(warning) => {
            // The code in words ("not delivered"); wide screens also show what to do.
            let text = warning.text.clone();
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
            <span class="me-3 shrink-0 font-medium">"Agent"</span>
            {detail}
        </span>
    }
    .into_any()
}

/// "3 waiting for a reply · 5 with the customer"
fn counts(counts: Counts) -> String {
    format!("{} waiting for a reply · {} with the customer", counts.agent, counts.customer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_shown_as_text() {
        assert_eq!(
            counts(Counts { agent: 3, customer: 5, unassigned: 0 }),
            "3 waiting for a reply · 5 with the customer"
        );
        assert_eq!(
            counts(Counts { agent: 1, customer: 0, unassigned: 1 }),
            "1 waiting for a reply · 0 with the customer"
        );
    }
}
