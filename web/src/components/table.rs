//! A table whose rows become cards on a narrow screen. CSS takes a table's meaning away when it changes its display,
//! so the roles are said again.

use leptos::prelude::*;
use shared::ids::ConversationId;

pub(crate) const TABLE: &str =
    "table table-sm table-fixed max-md:block [&_td]:text-sm [&_td]:wrap-anywhere [&_th]:text-base-content";
pub(crate) const BODY: &str = "max-md:flex max-md:flex-col max-md:gap-2";
pub(crate) const ROW: &str = "hover:bg-base-200 focus-within:bg-base-200 max-md:block max-md:rounded-box \
     max-md:border max-md:border-base-300 max-md:px-3 max-md:py-2";
const CELL: &str = "max-md:flex max-md:items-baseline max-md:gap-3 max-md:border-0 max-md:px-0 max-md:py-0.5 \
     max-md:before:w-28 max-md:before:shrink-0 max-md:before:text-base-content/80 \
     max-md:before:content-[attr(data-label)]";

/// The head row. `columns` are a name and the class of its width.
pub(crate) fn head(columns: &'static [(&'static str, &'static str)]) -> AnyView {
    let cells = columns.iter().map(|&(name, class)| {
        view! { <th role="columnheader" scope="col" class=class>{name}</th> }
    });
    view! {
        <thead role="rowgroup" class="max-md:sr-only">
            <tr role="row">{cells.collect_view()}</tr>
        </thead>
    }
    .into_any()
}

/// A cell; `label` is its column's name, shown on cards.
pub(crate) fn cell(label: &'static str, content: impl IntoView + 'static) -> AnyView {
    view! { <td role="cell" data-label=label class=CELL>{content.into_any()}</td> }.into_any()
}

/// A cell whose text changes.
pub(crate) fn text_cell(label: &'static str, text: Signal<String>) -> AnyView {
    cell(label, text)
}

/// The cell that leads to the conversation; `label` says whose it is.
pub(crate) fn link_cell(id: ConversationId, label: Signal<String>) -> AnyView {
    cell(
        "Link",
        view! {
            <a href=format!("/conversations/{id}") class="link font-medium whitespace-nowrap" data-row-link="" aria-label=label>
                "Open"
                <span aria-hidden="true">" →"</span>
            </a>
        },
    )
}
