//! Where one was on a page: its rows, how far it was scrolled, and which row had the focus, so that Back leads to just
//! there. Kept in memory while one account is signed in; a reload begins anew.

use std::{any::Any, cell::RefCell, collections::HashMap, rc::Rc};

use leptos::prelude::*;
use shared::ids::AccountId;
use wasm_bindgen::JsCast;
use web_sys::{Element, FocusOptions, HtmlElement};

/// Where one was on a page.
#[derive(Clone, Default)]
struct Place {
    scroll: f64,
    /// The address that the focused row leads to.
    row: Option<String>,
}

#[derive(Default)]
struct Kept {
    account: Option<AccountId>,
    places: HashMap<String, Place>,
    rows: HashMap<String, Rc<dyn Any>>,
}

/// Where one was on each page.
#[derive(Clone, Copy)]
pub(crate) struct Places {
    kept: StoredValue<Rc<RefCell<Kept>>, LocalStorage>,
    /// The browser's Back or Forward led here.
    returned: StoredValue<bool>,
}

impl Places {
    /// Takes note of where one is, for the components below. Before the router listens: its pages ask whether Back led to
    /// them.
    pub(crate) fn provide() {
        let places = Self { kept: StoredValue::new_local(Rc::default()), returned: StoredValue::new(false) };
        provide_context(places);
        let scrolled = window_event_listener(leptos::ev::scroll, move |_| {
            let scroll = window().scroll_y().unwrap_or_default();
            places.note(|place| place.scroll = scroll);
        });
        let focused = window_event_listener(leptos::ev::focusin, move |event| {
            let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            if let Some(row) = target.and_then(|element| row_of(&element)) {
                places.note(|place| place.row = Some(row));
            }
        });
        // The row that was clicked is the one that was left, whether it took the focus or not.
        let clicked = window_event_listener(leptos::ev::click, move |event| {
            let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            if let Some(row) = target.and_then(|element| row_of(&element)) {
                places.note(|place| place.row = Some(row));
            }
            places.returned.try_set_value(false);
        });
        let pressed = window_event_listener(leptos::ev::keydown, move |_| {
            places.returned.try_set_value(false);
        });
        let returned = window_event_listener(leptos::ev::popstate, move |_| {
            places.returned.try_set_value(true);
        });
        on_cleanup(move || {
            for listener in [scrolled, focused, clicked, pressed, returned] {
                listener.remove();
            }
        });
    }

    /// Forgets another account's places.
    pub(crate) fn belong_to(self, account: Option<AccountId>) {
        self.kept.try_with_value(|kept| {
            let mut kept = kept.borrow_mut();
            if kept.account != account {
                *kept = Kept { account, ..Kept::default() };
            }
        });
    }

    fn note(self, change: impl FnOnce(&mut Place)) {
        self.kept.try_with_value(|kept| change(kept.borrow_mut().places.entry(here()).or_default()));
    }

    /// Keeps a page's rows under a name.
    pub(crate) fn keep<T: 'static>(self, name: &str, rows: T) {
        self.kept.try_with_value(|kept| kept.borrow_mut().rows.insert(name.to_owned(), Rc::new(rows)));
    }

    /// The rows that were kept under the name, when Back or Forward led here.
    pub(crate) fn rows<T: Clone + 'static>(self, name: &str) -> Option<T> {
        if !self.returned.get_value() {
            return None;
        }
        let rows = self.kept.with_value(|kept| kept.borrow().rows.get(name).cloned())?;
        rows.downcast_ref::<T>().cloned()
    }

    /// Scrolls to where one was, and focuses the row, once `drawn` says that the rows are there. A page that one comes to
    /// in another way begins at its top.
    pub(crate) fn return_when(self, drawn: impl Fn() -> bool + 'static) {
        let place = self
            .kept
            .with_value(|kept| kept.borrow().places.get(&here()).cloned())
            .filter(|_| self.returned.get_value());
        let place = StoredValue::new(place);
        Effect::new(move |_| {
            if drawn()
                && let Some(place) = place.try_update_value(Option::take).flatten()
            {
                // After the heading, which takes the focus, and after the browser has laid the rows out.
                request_animation_frame(move || return_to(&place));
            }
        });
    }
}

fn return_to(place: &Place) {
    let row = place.row.as_ref().and_then(|row| {
        let link = document().query_selector(&format!("[data-row-link][href=\"{row}\"]")).ok().flatten()?;
        link.dyn_into::<HtmlElement>().ok()
    });
    if let Some(row) = row {
        let options = FocusOptions::new();
        options.set_prevent_scroll(true);
        let _ = row.focus_with_options(&options);
    }
    window().scroll_to_with_x_and_y(0.0, place.scroll);
}

/// The address that the row leads to in which an element stands.
fn row_of(element: &Element) -> Option<String> {
    let row = element.closest("tr").ok()??;
    row.query_selector("[data-row-link]").ok()??.get_attribute("href")
}

/// The page's address.
fn here() -> String {
    let location = window().location();
    location.pathname().unwrap_or_default() + &location.search().unwrap_or_default()
}

/// Where one was, inside the signed-in app.
pub(crate) fn use_places() -> Option<Places> {
    use_context()
}
