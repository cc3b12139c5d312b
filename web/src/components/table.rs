//! A table whose rows become cards on a narrow screen. Browsers drop the table semantics when CSS changes `display`, so
//! the ARIA roles are explicit.

use crate::language::{marked, t, text};
use leptos::prelude::*;
use shared::ids::ConversationId;

pub(crate) const TABLE: &str = "table table-sm table-fixed max-md:block md:[&_td]:h-row md:[&_td]:py-1 \
     md:max-lg:[&_td]:px-2 md:max-lg:[&_th]:px-2 [&_td]:text-sm [&_td]:wrap-anywhere [&_th]:text-xs [&_th]:font-medium \
     [&_th]:text-quiet";
pub(crate) const BODY: &str = "max-md:flex max-md:flex-col max-md:gap-2";
pub(crate) const ROW: &str = "hover:bg-panel focus-within:bg-panel max-md:block max-md:rounded-box \
     max-md:border max-md:border-edge max-md:px-3 max-md:py-2";
const CELL: &str = "max-md:flex max-md:items-baseline max-md:gap-3 max-md:border-0 max-md:px-0 max-md:py-0.5 \
     max-md:before:w-28 max-md:before:shrink-0 max-md:before:text-quiet \
     max-md:before:content-[attr(data-label)]";

/// The header row. `columns` are pairs of a name and a CSS class for the width.
pub(crate) fn head(columns: &'static [(&'static str, &'static str)]) -> AnyView {
    let cells = columns.iter().map(|&(name, class)| {
        view! { <th role="columnheader" scope="col" class=class>{text(name)}</th> }
    });
    view! {
        <thead role="rowgroup" class="max-md:sr-only">
            <tr role="row">{cells.collect_view()}</tr>
        </thead>
    }
    .into_any()
}

/// A cell. `label` is the column's name, shown on cards.
pub(crate) fn cell(label: &'static str, content: impl IntoView + 'static) -> AnyView {
    view! { <td role="cell" data-label=text(label) class=CELL>{content.into_any()}</td> }.into_any()
}

/// A cell of a row that is a card of two lines on a narrow screen. `class` is its place on the card.
pub(crate) fn card_cell(class: &'static str, content: AnyView) -> AnyView {
    view! { <td role="cell" class=format!("max-md:border-0 max-md:p-0 {class}")>{content}</td> }.into_any()
}

/// The customer's reference number as a link to the conversation, or a dash. Not a tab stop: the row's last link is,
/// and rows without a reference have that link too.
pub(crate) fn ref_link(id: ConversationId, reference: Option<AnyView>) -> AnyView {
    match reference {
        Some(reference) => view! {
            <a href=format!("/conversations/{id}") class="link min-w-0" tabindex="-1" dir="auto">
                {reference}
            </a>
        }
        .into_any(),
        None => "–".into_any(),
    }
}

/// A name cell. `<bdi>` isolates right-to-left names from the text around them.
pub(crate) fn name_cell(content: impl IntoView + 'static) -> AnyView {
    cell(marked!("Name"), view! { <bdi class="min-w-0">{content.into_any()}</bdi> })
}

/// The cell with the link to the conversation. `label` is the link's accessible name.
pub(crate) fn link_cell(id: ConversationId, label: Signal<String>) -> AnyView {
    cell(marked!("Link"), row_link(id, label))
}

/// The link to the conversation. `label` is its accessible name.
pub(crate) fn row_link(id: ConversationId, label: Signal<String>) -> AnyView {
    view! {
        <a href=format!("/conversations/{id}") class="link font-medium whitespace-nowrap" data-row-link="" aria-label=label>
            {t!("Open")}
            <span aria-hidden="true">" →"</span>
        </a>
    }
    .into_any()
}
