//! Changes of a message box in the agent's place: each arrives as input, and `Ctrl+Z` undoes it.

use js_sys::Reflect;
use leptos::prelude::*;
use shared::clean::clean_pasted;
use wasm_bindgen::JsCast;
use web_sys::{DataTransfer, Event, HtmlDocument, HtmlTextAreaElement};

/// Replaces a part of the text, unless the box is read-only. Positions count UTF-16 units, as browsers do.
pub(crate) fn replace_range(area: &HtmlTextAreaElement, start: u32, end: u32, text: &str) {
    if area.read_only() {
        return;
    }
    let _ = area.focus();
    let _ = area.set_selection_range(start, end);
    let document = document().unchecked_into::<HtmlDocument>();
    // The only way of changing a text that browsers can undo.
    if document.exec_command_with_show_ui_and_value("insertText", false, text) == Ok(true) {
        return;
    }
    let _ = area.set_range_text_with_start_and_end(text, start, end);
    if let Ok(input) = Event::new("input") {
        let _ = area.dispatch_event(&input);
    }
}

/// Selects a part of the text, and scrolls it into view.
pub(crate) fn select_range(area: &HtmlTextAreaElement, start: u32, end: u32) {
    let _ = area.set_selection_range(start, end);
    // Browsers scroll to the selection of a box that gets the focus.
    let _ = area.blur();
    let _ = area.focus();
}

/// Returns the start and end of the selection.
pub(crate) fn selection(area: &HtmlTextAreaElement) -> (u32, u32) {
    let position = |found: Result<Option<u32>, _>| found.ok().flatten().unwrap_or_default();
    (position(area.selection_start()), position(area.selection_end()))
}

/// Handles a paste: inserts the cleaned text, if it differs from the pasted one.
pub(crate) fn paste(event: &Event, area: NodeRef<leptos::html::Textarea>) {
    let data = Reflect::get(event, &"clipboardData".into()).ok().and_then(|data| data.dyn_into().ok());
    let pasted = data.and_then(|data: DataTransfer| data.get_data("text/plain").ok());
    let (Some(pasted), Some(area)) = (pasted, area.get_untracked()) else { return };
    let cleaned = clean_pasted(&pasted);
    if *cleaned != *pasted {
        event.prevent_default();
        let (start, end) = selection(&area);
        replace_range(&area, start, end, &cleaned);
    }
}
