//! Where a file comes in: dropped anywhere on the page, or chosen.

use leptos::{ev::DragEvent, html, prelude::*};
use web_sys::{DataTransfer, FileList};

use super::import::Import;
use crate::components::notices::{Notices, use_notices};

/// What comes in on the page.
#[derive(Clone, Copy)]
pub(super) struct DropZone {
    import: Import,
    notices: Notices,
    /// Files are held over the page.
    over: RwSignal<bool>,
}

impl DropZone {
    /// Listens until the section goes away. The whole page takes a file: one that misses the box, or comes while another is
    /// on its way, would take the page's place in the browser.
    pub(super) fn new(import: Import) -> Self {
        let zone = Self { import, notices: use_notices(), over: RwSignal::new(false) };
        let dragged = window_event_listener(leptos::ev::dragover, move |event| {
            if files_of(&event).is_some() {
                event.prevent_default();
                zone.over.set(true);
            }
        });
        let left = window_event_listener(leptos::ev::dragleave, move |event| {
            // Not from one thing on the page to the next.
            if event.related_target().is_none() {
                zone.over.set(false);
            }
        });
        let dropped = window_event_listener(leptos::ev::drop, move |event| {
            if let Some(data) = files_of(&event) {
                event.prevent_default();
                zone.over.set(false);
                zone.take(data.files());
            }
        });
        on_cleanup(move || {
            dragged.remove();
            left.remove();
            dropped.remove();
        });
        zone
    }

    fn take(self, files: Option<FileList>) {
        let Some(files) = files else { return };
        match (files.length(), files.get(0)) {
            (1, Some(file)) => self.import.take(file),
            (0, _) => {}
            _ => self.notices.say("Drop one file at a time. Nothing was uploaded."),
        }
    }
}

/// The box that says so.
pub(super) fn drop_zone(zone: DropZone) -> AnyView {
    let input = NodeRef::<html::Input>::new();
    let chosen = move |_| {
        let Some(input) = input.get() else { return };
        zone.take(input.files());
        // So that the same file can be chosen again, when it was put right.
        input.set_value("");
    };
    let class = move || {
        let colours = if zone.over.get() { "border-primary bg-base-200" } else { "border-base-content/40" };
        format!("flex flex-col gap-2 rounded-box border-2 border-dashed p-4 sm:p-6 {colours}")
    };
    view! {
        <div class=class>
            <label for="daily-file" class="font-medium">"Drop a CSV file here, or choose one"</label>
            <input
                node_ref=input
                id="daily-file"
                type="file"
                accept=".csv,.txt,.tsv,text/csv,text/plain"
                class="file-input w-full max-w-md"
                aria-describedby="daily-file-hint"
                on:change=chosen
            />
            <p id="daily-file-hint" class="text-sm">
                "With a header, and columns for the ref, the name and the number; every other column is key data. You see what changes before the file is used."
            </p>
        </div>
    }
    .into_any()
}

/// What is dragged, if it is files.
fn files_of(event: &DragEvent) -> Option<DataTransfer> {
    let data = event.data_transfer()?;
    data.types().includes(&"Files".into(), 0).then_some(data)
}
