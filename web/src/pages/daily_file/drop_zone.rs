//! File selection: a file input, and files dropped anywhere on the page.

use leptos::{ev::DragEvent, html, prelude::*};
use web_sys::{DataTransfer, FileList};

use super::import::Import;
use crate::{
    components::notices::{Notices, use_notices},
    language::t,
};

/// Handles dropped and chosen files.
#[derive(Clone, Copy)]
pub(super) struct DropZone {
    import: Import,
    notices: Notices,
    /// Whether files are being dragged over the page.
    dragging: RwSignal<bool>,
}

impl DropZone {
    /// Listens for drops until the section is removed. Handles drops on the whole page, because the browser would
    /// otherwise open a file that is dropped beside the box or during an upload.
    pub(super) fn new(import: Import) -> Self {
        let zone = Self { import, notices: use_notices(), dragging: RwSignal::new(false) };
        let dragover = window_event_listener(leptos::ev::dragover, move |event| {
            if files_of(&event).is_some() {
                event.prevent_default();
                zone.dragging.set(true);
            }
        });
        let dragleave = window_event_listener(leptos::ev::dragleave, move |event| {
            // `None` only when the pointer leaves the page, not when it moves between elements.
            if event.related_target().is_none() {
                zone.dragging.set(false);
            }
        });
        let drop = window_event_listener(leptos::ev::drop, move |event| {
            if let Some(data) = files_of(&event) {
                event.prevent_default();
                zone.dragging.set(false);
                zone.take(data.files());
            }
        });
        on_cleanup(move || {
            dragover.remove();
            dragleave.remove();
            drop.remove();
        });
        zone
    }

    fn take(self, files: Option<FileList>) {
        let Some(files) = files else { return };
        match (files.length(), files.get(0)) {
            (1, Some(file)) => self.import.preview(file),
            (0, _) => {}
            _ => self.notices.info(t!("Drop one file at a time. Nothing was uploaded.")),
        }
    }
}

/// The box with the file input.
pub(super) fn drop_zone(zone: DropZone) -> AnyView {
    let input = NodeRef::<html::Input>::new();
    let chosen = move |_| {
        let Some(input) = input.get() else { return };
        zone.take(input.files());
        // Otherwise choosing the same file again, after correcting it, fires no event.
        input.set_value("");
    };
    let class = move || {
        let colours =
            if zone.dragging.get() { "border-primary bg-base-200" } else { "border-base-content/40" };
        format!("flex flex-col gap-2 rounded-box border-2 border-dashed p-4 sm:p-6 {colours}")
    };
    view! {
        <div class=class>
            <label for="daily-file" class="font-medium">{t!("Drop a CSV file here, or choose one")}</label>
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
                {t!("The file needs a header row and columns for ref, name and number. All other columns become key data. You can check the changes before the file is used.")}
            </p>
        </div>
    }
    .into_any()
}

/// Returns the dragged data if it contains files.
fn files_of(event: &DragEvent) -> Option<DataTransfer> {
    let data = event.data_transfer()?;
    data.types().includes(&"Files".into(), 0).then_some(data)
}
