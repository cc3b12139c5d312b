//! Where the thread is scrolled to: at its end as long as the agent was there, else where the agent left it.

use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::Element;

use crate::resize::on_resize;

/// So near the end still counts as being there.
const NEAR: i32 = 48;

/// The scrolled area.
#[derive(Clone, Copy)]
pub(super) struct Scroll {
    /// The element.
    pub(super) area: NodeRef<html::Div>,
    /// Whether the newest message is in sight.
    pub(super) at_end: RwSignal<bool>,
}

impl Scroll {
    pub(super) fn new() -> Self {
        let scroll = Self { area: NodeRef::new(), at_end: RwSignal::new(true) };
        scroll.stay_when_resized();
        scroll
    }

    /// The agent scrolled.
    pub(super) fn moved(self) {
        if let Some(area) = self.area() {
            let left = area.scroll_height() - area.scroll_top() - area.client_height();
            self.at_end.set(left < NEAR);
        }
    }

    /// Goes to the newest message; twice, since rows out of sight have only an estimated height.
    pub(super) fn to_end(self) {
        self.at_end.try_set(true);
        self.in_next_two_frames(|area| area.set_scroll_top(area.scroll_height()));
    }

    /// Keeps what is in sight in sight while `change` adds rows above it.
    pub(super) async fn hold(self, change: impl Future<Output = ()>) {
        // The very first row is drawn anew when its day is no longer the first one.
        let row = self.area().and_then(|area| area.query_selector_all("ol > li").ok()?.item(1));
        let row = row.and_then(|row| row.dyn_into::<Element>().ok());
        let place = |row: &Element| row.get_bounding_client_rect().top();
        let before = row.as_ref().map(place);
        change.await;
        self.in_next_two_frames(move |area| {
            if let (Some(row), Some(before)) = (&row, before) {
                area.set_scroll_top(area.scroll_top() + (place(row) - before).round() as i32);
            }
        });
    }

    fn area(self) -> Option<web_sys::HtmlDivElement> {
        self.area.try_get_untracked().flatten()
    }

    fn in_next_two_frames(self, act: impl Fn(&web_sys::HtmlDivElement) + 'static) {
        let act = move || {
            if let Some(area) = self.area() {
                act(&area);
            }
        };
        request_animation_frame(move || {
            act();
            request_animation_frame(act);
        });
    }

    /// When the composer below grows, what was at the end stays there.
    fn stay_when_resized(self) {
        on_resize(self.area, move |_| {
            if self.at_end.try_get_untracked() == Some(true) {
                self.to_end();
            }
        });
    }
}
