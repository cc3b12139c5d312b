//! Restores a page on Back or Forward: its rows, its scroll position and the focused row. Held in memory while the same
//! account is signed in; a reload clears it.

use std::{any::Any, cell::RefCell, collections::HashMap, rc::Rc};

use leptos::prelude::*;
use shared::ids::AccountId;
use wasm_bindgen::JsCast;
use web_sys::{Element, FocusOptions, HtmlElement};

/// The scroll position and the focused row of a page.
#[derive(Clone, Default)]
struct Position {
    scroll: f64,
    /// The address that the focused row links to.
    row: Option<String>,
}

#[derive(Default)]
struct Saved {
    account: Option<AccountId>,
    positions: HashMap<String, Position>,
    rows: HashMap<String, Rc<dyn Any>>,
}

/// The saved positions and rows of all pages.
#[derive(Clone, Copy)]
pub(crate) struct ScrollRestoration {
    saved: StoredValue<Rc<RefCell<Saved>>, LocalStorage>,
    /// Whether the last navigation was the browser's Back or Forward.
    returned: StoredValue<bool>,
}

impl ScrollRestoration {
    /// Records positions and provides them as context. Must run before the router starts to listen, because its pages
    /// check whether Back or Forward opened them.
    pub(crate) fn provide() {
        let restoration =
            Self { saved: StoredValue::new_local(Rc::default()), returned: StoredValue::new(false) };
        provide_context(restoration);
        let scrolled = window_event_listener(leptos::ev::scroll, move |_| {
            let scroll = window().scroll_y().unwrap_or_default();
            restoration.update(|position| position.scroll = scroll);
        });
        let focused = window_event_listener(leptos::ev::focusin, move |event| {
            let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            if let Some(row) = target.and_then(|element| row_of(&element)) {
                restoration.update(|position| position.row = Some(row));
            }
        });
        // A clicked row counts as focused, even in a browser that does not focus it.
        let clicked = window_event_listener(leptos::ev::click, move |event| {
            let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            if let Some(row) = target.and_then(|element| row_of(&element)) {
                restoration.update(|position| position.row = Some(row));
            }
            restoration.returned.try_set_value(false);
        });
        let pressed = window_event_listener(leptos::ev::keydown, move |_| {
            restoration.returned.try_set_value(false);
        });
        let returned = window_event_listener(leptos::ev::popstate, move |_| {
            restoration.returned.try_set_value(true);
        });
        on_cleanup(move || {
            for listener in [scrolled, focused, clicked, pressed, returned] {
                listener.remove();
            }
        });
    }

    /// Clears the positions when another account signs in.
    pub(crate) fn reset_for(self, account: Option<AccountId>) {
        self.saved.try_with_value(|saved| {
            let mut saved = saved.borrow_mut();
            if saved.account != account {
                *saved = Saved { account, ..Saved::default() };
            }
        });
    }

    fn update(self, change: impl FnOnce(&mut Position)) {
        self.saved.try_with_value(|saved| change(saved.borrow_mut().positions.entry(here()).or_default()));
    }

    /// Saves a page's rows under a name.
    pub(crate) fn save_rows<T: 'static>(self, name: &str, rows: T) {
        self.saved.try_with_value(|saved| saved.borrow_mut().rows.insert(name.to_owned(), Rc::new(rows)));
    }

    /// Returns the rows saved under the name, if Back or Forward opened this page.
    pub(crate) fn saved_rows<T: Clone + 'static>(self, name: &str) -> Option<T> {
        if !self.returned.get_value() {
            return None;
        }
        let rows = self.saved.with_value(|saved| saved.borrow().rows.get(name).cloned())?;
        rows.downcast_ref::<T>().cloned()
    }

    /// Restores the scroll position and the focused row once `rendered` returns true. Does nothing when the page was
    /// opened in another way than Back or Forward.
    pub(crate) fn restore_when(self, rendered: impl Fn() -> bool + 'static) {
        let position = self
            .saved
            .with_value(|saved| saved.borrow().positions.get(&here()).cloned())
            .filter(|_| self.returned.get_value());
        let position = StoredValue::new(position);
        Effect::new(move |_| {
            if rendered()
                && let Some(position) = position.try_update_value(Option::take).flatten()
            {
                // In the next frame: after the heading has taken the focus and the browser has laid out the rows.
                request_animation_frame(move || restore(&position));
            }
        });
    }
}

fn restore(position: &Position) {
    let row = position.row.as_ref().and_then(|row| {
        let link = document().query_selector(&format!("[data-row-link][href=\"{row}\"]")).ok().flatten()?;
        link.dyn_into::<HtmlElement>().ok()
    });
    if let Some(row) = row {
        let options = FocusOptions::new();
        options.set_prevent_scroll(true);
        let _ = row.focus_with_options(&options);
    }
    window().scroll_to_with_x_and_y(0.0, position.scroll);
}

/// Returns the address that the row around an element links to.
fn row_of(element: &Element) -> Option<String> {
    let row = element.closest("tr").ok()??;
    row.query_selector("[data-row-link]").ok()??.get_attribute("href")
}

/// Returns the address of the current page.
fn here() -> String {
    let location = window().location();
    location.pathname().unwrap_or_default() + &location.search().unwrap_or_default()
}

/// Returns the saved positions, inside the app.
pub(crate) fn use_scroll_restoration() -> Option<ScrollRestoration> {
    use_context()
}
