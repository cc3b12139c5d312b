//! Counts with their names.

use leptos::prelude::*;

use crate::language::number;

/// A part of a `<dl>`: a count below its name.
pub(crate) fn count((name, value): (&'static str, i64)) -> AnyView {
    view! {
        <div>
            <dt class="text-sm">{name}</dt>
            <dd class="text-lg font-semibold tabular-nums">{number(value)}</dd>
        </div>
    }
    .into_any()
}
