//! Table rows that open their link: a click anywhere in a row is a click on its link, in a new tab with Ctrl or the
//! middle button. Selecting text in a row does not open it.

use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, MouseEvent, MouseEventInit};

const MIDDLE: i16 = 1;

/// Listens for clicks until the current owner is disposed.
pub(crate) fn open_clicked_rows() {
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
        // With the same modifier keys, so that the browser and the router treat it as a click on a link.
        let click = MouseEventInit::new();
        click.set_bubbles(true);
        click.set_cancelable(true);
        click.set_ctrl_key(event.ctrl_key() || event.button() == MIDDLE);
        click.set_meta_key(event.meta_key() || event.button() == MIDDLE);
        click.set_shift_key(event.shift_key());
        if let Ok(click) = MouseEvent::new_with_mouse_event_init_dict("click", &click) {
            // After this event, so that listeners of this event also receive the new one.
            set_timeout(
                move || {
                    let _ = link.dispatch_event(&click);
                },
                Duration::ZERO,
            );
        }
    }
}

/// Returns the link of the clicked row, unless the click was on a control in the row.
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
