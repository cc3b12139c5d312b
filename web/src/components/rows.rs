//! Rows that lead somewhere: a click anywhere in one is a click on its link, in a new tab with Ctrl or the middle button.
//! A click that selects text stays a selection.

use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, MouseEvent, MouseEventInit};

const MIDDLE: i16 = 1;

/// Listens until the current owner goes away.
pub(crate) fn follow_rows() {
    let clicked = window_event_listener(leptos::ev::click, |event| follow(&event));
    let middle = window_event_listener(leptos::ev::auxclick, |event| {
        if event.button() == MIDDLE {
            follow(&event);
        }
    });
    on_cleanup(move || {
        clicked.remove();
        middle.remove();
    });
}

fn follow(event: &MouseEvent) {
    if event.default_prevented() || is_selecting() {
        return;
    }
    if let Some(link) = link_of(event) {
        // With the same keys, so that the browser and the router do what they do with a link.
        let click = MouseEventInit::new();
        click.set_bubbles(true);
        click.set_cancelable(true);
        click.set_ctrl_key(event.ctrl_key() || event.button() == MIDDLE);
        click.set_meta_key(event.meta_key() || event.button() == MIDDLE);
        click.set_shift_key(event.shift_key());
        if let Ok(click) = MouseEvent::new_with_mouse_event_init_dict("click", &click) {
            // Not within this event, whose listeners are to hear the other one too.
            set_timeout(
                move || {
                    let _ = link.dispatch_event(&click);
                },
                Duration::ZERO,
            );
        }
    }
}

/// The link of the row that was clicked, unless something in the row was clicked that acts by itself.
fn link_of(event: &MouseEvent) -> Option<HtmlElement> {
    let target: Element = event.target()?.dyn_into().ok()?;
    if target.closest("a, button, input, select, textarea, label, summary").ok()?.is_some() {
        return None;
    }
    target.closest("tr").ok()??.query_selector("[data-row-link]").ok()??.dyn_into().ok()
}

fn is_selecting() -> bool {
    let selection = window().get_selection().ok().flatten();
    selection.is_some_and(|selection| !selection.is_collapsed())
}
