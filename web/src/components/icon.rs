//! Icons, as inline SVG: only those that are used. All are decoration beside a text, so screen readers skip them.
//!
//! The shapes are from Lucide 0.469 (<https://lucide.dev>), copyright Lucide Contributors and Cole Bemis, under the ISC
//! licence. Circles and lines are written as paths.

use leptos::prelude::*;

/// An icon: the path on a grid of 24 by 24.
#[derive(Clone, Copy)]
pub(crate) struct Icon(&'static str);

impl Icon {
    /// A magnifying glass.
    pub(crate) const SEARCH: Icon = Icon("M19 11a8 8 0 1 1-16 0 8 8 0 0 1 16 0ZM21 21l-4.3-4.3");
    /// A triangle with an exclamation mark: something failed.
    pub(crate) const FAILED: Icon =
        Icon("m21.73 18-8-14a2 2 0 0 0-3.48 0l-8 14A2 2 0 0 0 4 21h16a2 2 0 0 0 1.73-3M12 9v4M12 17h.01");
    /// A speech bubble: the app, and a conversation.
    pub(crate) const CONVERSATION: Icon = Icon("M7.9 20A9 9 0 1 0 4 16.1L2 22Z");
    /// An angle that points down: a menu.
    pub(crate) const MENU: Icon = Icon("m6 9 6 6 6-6");
    /// A cross: close.
    pub(crate) const CLOSE: Icon = Icon("M18 6 6 18M6 6l12 12");
    /// An arrow to the right: a page.
    pub(crate) const PAGE: Icon = Icon("M5 12h14M12 5l7 7-7 7");
    /// A flash: an action.
    pub(crate) const ACTION: Icon = Icon(
        "M4 14a1 1 0 0 1-.78-1.63l9.9-10.2a.5.5 0 0 1 .86.46l-1.92 6.02A1 1 0 0 0 13 10h7a1 1 0 0 1 .78 1.63l-9.9 \
         10.2a.5.5 0 0 1-.86-.46l1.92-6.02A1 1 0 0 0 11 14z",
    );
}

/// Renders an icon. `class` sets the size and colour.
///
/// As markup in a text, because elements of SVG in `view!` add 3 kB to the first download.
pub(crate) fn icon(Icon(path): Icon, class: &'static str) -> AnyView {
    let svg = format!(
        "<svg viewBox='0 0 24 24' fill='none' stroke='currentColor' stroke-width='2' stroke-linecap='round' \
         stroke-linejoin='round'><path d='{path}'/></svg>"
    );
    view! { <span aria-hidden="true" class=class inner_html=svg></span> }.into_any()
}
