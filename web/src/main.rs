//! The single-page app. Reading order: [`app`] (which screen), [`session`] and [`live`] (what all pages share),
//! then a page in [`pages`] and what it asks for in [`api`].
//!
//! It must never hold a rule of the desk: those are in `shared` and on the server.

#![expect(unreachable_pub, reason = "`#[component]` puts a `pub` function into a module of its own")]

mod api;
mod app;
mod clock;
mod components;
mod keys;
mod live;
mod pages;
mod places;
mod resize;
mod session;
mod storage;
mod tasks;
mod theme;
mod time_zone;
mod typing;

fn main() {
    leptos::mount::mount_to_body(app::App);
}
