//! The content of the dialog with all keyboard shortcuts, and a checkbox that turns single-key shortcuts off.

use leptos::prelude::*;

use crate::{
    keys::{keys_of, use_keys},
    language::{t, text},
    session::use_session,
};

/// The content.
pub(crate) fn keyboard_help() -> AnyView {
    let rows = keys_of(use_session().me().as_ref()).map(|&(combination, meaning)| {
        let combination =
            combination.iter().map(|&key| view! { <kbd class="kbd kbd-sm mr-1">{text(key)}</kbd> });
        view! {
            <tr>
                <th scope="row" class="font-normal whitespace-nowrap">{combination.collect_view()}</th>
                <td>{text(meaning)}</td>
            </tr>
        }
    });
    view! {
        <h2 class="text-lg font-semibold">{t!("Keyboard shortcuts")}</h2>
        <table class="table table-sm my-3">
            <tbody>{rows.collect_view()}</tbody>
        </table>
        {shortcuts_checkbox()}
        <form method="dialog" class="modal-action">
            <button class="btn">{t!("Close")}</button>
        </form>
    }
    .into_any()
}

/// The checkbox that turns single-key shortcuts on or off.
pub(super) fn shortcuts_checkbox() -> AnyView {
    let keys = use_keys();
    view! {
        <label class="label text-sm text-base-content">
            <input
                type="checkbox"
                class="checkbox checkbox-sm"
                prop:checked=move || keys.enabled.get()
                on:change:target=move |event| keys.set_enabled(event.target().checked())
            />
            {t!("Single-key shortcuts")}
        </label>
    }
    .into_any()
}
