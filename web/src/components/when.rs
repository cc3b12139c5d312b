//! `Show` and `For` of Leptos with type-erased arguments: compiled once instead of once per use, which keeps the
//! download small.

use std::sync::Arc;

use leptos::prelude::*;

type View = Box<dyn Fn() -> AnyView + Send + Sync>;

/// Shows the view while the condition is true.
pub(crate) fn when(
    condition: impl Fn() -> bool + Send + Sync + 'static,
    view: impl Fn() -> AnyView + Send + Sync + 'static,
) -> AnyView {
    fn boxed(condition: Signal<bool>, view: View) -> AnyView {
        let holds = Memo::new(move |_| condition.get());
        view! { {move || holds.get().then(&view)} }.into_any()
    }
    boxed(Signal::derive(condition), Box::new(view))
}

/// A row, with the heading above it. It keeps its element while the id and the presence of a heading stay the same.
#[derive(Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) id: i64,
    pub(crate) above: Option<String>,
}

impl Row {
    pub(crate) fn new(id: i64) -> Self {
        Self { id, above: None }
    }
}

/// Rows that keep their elements, and so focus and selection, when other rows are added, removed or moved.
pub(crate) fn keyed(
    rows: impl Fn() -> Vec<Row> + Send + Sync + 'static,
    render: impl Fn(Row) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    type Render = Arc<dyn Fn(Row) -> AnyView + Send + Sync>;
    fn boxed(rows: Signal<Vec<Row>>, render: Render) -> AnyView {
        view! {
            <For each=move || rows.get() key=|row| (row.id, row.above.is_some()) children=move |row| render(row) />
        }
        .into_any()
    }
    boxed(Signal::derive(rows), Arc::new(render))
}
