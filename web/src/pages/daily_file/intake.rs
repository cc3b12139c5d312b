//! The "Upload a file" section: file selection, progress, preview, and the result or error.

use leptos::prelude::*;
use shared::ids::TeamId;
use wasm_bindgen::JsCast;
use web_sys::{FocusOptions, HtmlElement};

use super::{
    comparison::comparison,
    counts::{customers, size},
    drop_zone::{DropZone, drop_zone},
    import::{Import, Stage},
    outcome::outcome,
    progress::progress,
    refusal::{refusal, unreadable},
};
use crate::{components::person::isolated, language::t, time_zone::date};

/// The section.
pub(super) fn intake(import: Import, team: TeamId) -> AnyView {
    let stage = import.stage;
    let is_sending = Memo::new(move |_| stage.with(|stage| *stage == Stage::Sending));
    let zone = DropZone::new(import);
    let top = move || if is_sending.get() { progress(import) } else { drop_zone(zone) };
    let below = move || {
        stage.with(|stage| match stage {
            Stage::Waiting | Stage::Sending => ().into_any(),
            Stage::Previewed(preview) => comparison(import, preview),
            Stage::Imported(file) | Stage::Restored(file) => outcome(&file.difference, Some((team, file.id))),
            Stage::Refused(error) => refusal(import, error),
            Stage::Unreadable => unreadable(import),
        })
    };
    let is_sent = Memo::new(move |_| import.sent.get() == 100);
    let status = move || {
        let name = import.name.get();
        stage.with(|stage| status_text(stage, is_sent.get(), &name, import.size()))
    };
    Effect::new(move |before: Option<()>| {
        stage.track();
        if before.is_some() {
            request_animation_frame(keep_focus);
        }
    });
    view! {
        <section aria-labelledby="intake" class="flex flex-col gap-4 rounded-box border border-base-300 p-4">
            <h2 id="intake" tabindex="-1" class="font-semibold outline-none">{t!("Upload a file")}</h2>
            {top}
            <p role="status" class="font-medium wrap-anywhere empty:-mt-4">{status}</p>
            {below}
        </section>
    }
    .into_any()
}

/// Returns the status of the upload, which screen readers announce.
fn status_text(stage: &Stage, is_sent: bool, name: &str, bytes: f64) -> Option<String> {
    let name = isolated(name);
    let status = match stage {
        Stage::Waiting | Stage::Refused(_) | Stage::Unreadable => return None,
        Stage::Sending if is_sent => t!("Reading the file…").to_owned(),
        Stage::Sending => t!("Sending {name} ({size})…", name, size = size(bytes)),
        Stage::Previewed(_) => t!("{name} is ready. Nothing has changed yet.", name),
        Stage::Imported(file) => {
            t!("{name} was uploaded: {customers}.", name, customers = customers(file.difference.accepted))
        }
        Stage::Restored(file) => t!(
            "The file of {day} was restored: {customers}.",
            day = date(file.file_date),
            customers = customers(file.difference.accepted),
        ),
    };
    Some(status)
}

/// Moves a lost focus to the section's heading, without scrolling. The focus is lost when a focused button is removed.
fn keep_focus() {
    if document().active_element().is_some_and(|active| active.tag_name() != "BODY") {
        return;
    }
    let heading = document().get_element_by_id("intake");
    if let Some(heading) = heading.and_then(|heading| heading.dyn_into::<HtmlElement>().ok()) {
        let options = FocusOptions::new();
        options.set_prevent_scroll(true);
        let _ = heading.focus_with_options(&options);
    }
}

#[cfg(test)]
mod tests {
    use shared::daily_file::ImportedFile;

    use super::*;

    fn file() -> ImportedFile {
        serde_json::from_value(serde_json::json!({
            "id": 7, "file_date": "2026-11-22", "rows": 1205, "accepted": 1204, "rejected": [],
            "rejected_rows": 1, "added": 3, "changed": 2, "dropped": 1, "unchanged": 0, "columns": ["Balance"],
            "duplicates": [], "duplicate_refs": 0, "examples": {"added": [], "changed": [], "dropped": []},
        }))
        .unwrap()
    }

    #[test]
    fn the_status_text_follows_the_stage() {
        let text = |stage: Stage, is_sent| status_text(&stage, is_sent, "today.csv", 12_345_678.0);
        assert_eq!(text(Stage::Waiting, true), None);
        assert_eq!(text(Stage::Sending, false).as_deref(), Some("Sending today.csv (12.3 MB)…"));
        assert_eq!(text(Stage::Sending, true).as_deref(), Some("Reading the file…"));
        assert_eq!(
            text(Stage::Imported(file()), true).as_deref(),
            Some("today.csv was uploaded: 1,204 customers.")
        );
    }
}
