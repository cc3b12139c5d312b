//! The single-page app. Reading order: [`app`] (chooses the screen), [`session`] and [`live`] (used by all pages), then
//! a page in [`pages`] and its requests in [`api`].
//!
//! Business rules are in `shared` and on the server, not here.

#![expect(unreachable_pub, reason = "`#[component]` generates a `pub` function in a private module")]

mod api;
mod app;
mod clock;
mod components;
mod compose;
mod debounce;
mod json;
mod keys;
mod language;
mod live;
mod notifications;
mod pages;
mod preferences;
mod resize;
mod router;
mod scroll_restoration;
mod session;
mod storage;
mod tasks;
mod theme;
mod time_zone;

fn main() {
    language::start();
    leptos::mount::mount_to_body(app::App);
}
