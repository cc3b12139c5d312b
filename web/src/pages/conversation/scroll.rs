//! Scroll position of the thread. A thread at its end stays there; otherwise new messages do not move it.

use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::Element;

use crate::resize::on_resize;

/// Distance from the end, in pixels, that still counts as the end.
const NEAR: i32 = 48;
/// Distance from the top, in pixels, at which earlier messages are fetched.
const NEAR_TOP: i32 = 400;

/// The scroll area and its position.
#[derive(Clone, Copy)]
pub(super) struct Scroll {
    /// The scrolling element.
    pub(super) area: NodeRef<html::Div>,
    /// Whether the newest message is visible.
    pub(super) at_end: RwSignal<bool>,
}

impl Scroll {
    pub(super) fn new() -> Self {
        let scroll = Self { area: NodeRef::new(), at_end: RwSignal::new(true) };
        scroll.follow_resizes();
        scroll
    }

    /// Handles a scroll event.
    pub(super) fn scrolled(self) {
        if let Some(area) = self.area() {
            let left = area.scroll_height() - area.scroll_top() - area.client_height();
            self.at_end.set(left < NEAR);
        }
    }

    /// Scrolls to the newest message. Scrolls in two frames, because rows off screen have only an estimated height.
    pub(super) fn to_end(self) {
        self.at_end.try_set(true);
        self.in_next_two_frames(|area| area.set_scroll_top(area.scroll_height()));
    }

    /// Keeps the visible rows in place while `change` adds rows above them.
    pub(super) async fn keep_position(self, change: impl Future<Output = ()>) {
        let row = self.visible_row();
        let top = |row: &Element| row.get_bounding_client_rect().top();
        let before = row.as_ref().map(top);
        change.await;
        self.in_next_two_frames(move |area| {
            if let (Some(row), Some(before)) = (&row, before) {
                area.set_scroll_top(area.scroll_top() + (top(row) - before).round() as i32);
            }
        });
    }

    /// Returns whether the agent has scrolled near the top of what can be scrolled.
    pub(super) fn is_near_top(self) -> bool {
        self.area()
            .is_some_and(|area| area.scroll_top() < NEAR_TOP && area.scroll_height() > area.client_height())
    }

    /// Returns the first visible row, but not the very first one, which is redrawn when its date separator goes away.
    fn visible_row(self) -> Option<Element> {
        let area = self.area()?;
        let rows = area.query_selector_all("ol > li").ok()?;
        let top = area.get_bounding_client_rect().top();
        let row = |n| rows.item(n).and_then(|row| row.dyn_into::<Element>().ok());
        let mut after_first = (1..rows.length()).filter_map(row);
        after_first.find(|row| row.get_bounding_client_rect().bottom() > top).or_else(|| row(0))
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

    /// Keeps a thread at its end when its height changes, for example because the composer grows.
    fn follow_resizes(self) {
        on_resize(self.area, move |_| {
            if self.at_end.try_get_untracked() == Some(true) {
                self.to_end();
            }
        });
    }
}
