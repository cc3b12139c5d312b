//! The preview of an uploaded file: its changes, with the choice to use the file or not.

use leptos::prelude::*;
use shared::daily_file::{FileDifference, FilePreview};

use super::{counts::customers, import::Import, outcome::outcome};
use crate::language::{number, t};

/// The preview.
pub(super) fn comparison(import: Import, preview: &FilePreview) -> AnyView {
    let needs_confirmation = preview.needs_confirmation;
    let warning = needs_confirmation.then(|| {
        view! {
            <div role="alert" class="alert alert-warning flex flex-col items-start gap-1">
                <p class="font-medium">{t!("This file replaces most of your customers.")}</p>
                <p>{replaced(&preview.difference)} " " {t!("Check that it is the right file for this team.")}</p>
            </div>
        }
    });
    let (class, text) = match needs_confirmation {
        true => ("btn btn-sm btn-warning", t!("Replace the customers")),
        false => ("btn btn-sm btn-primary", t!("Use this file")),
    };
    view! {
        <div class="flex flex-col gap-4">
            {warning}
            <div class="flex flex-wrap gap-2">
                <button type="button" class=class on:click=move |_| import.accept(needs_confirmation)>{text}</button>
                <button type="button" class="btn btn-sm" on:click=move |_| import.cancel()>
                    {t!("Keep the current file")}
                </button>
            </div>
            {outcome(&preview.difference, None)}
        </div>
    }
    .into_any()
}

/// "36 of the 40 customers in the current file would be dropped, and 4 of the 8 customers in this file would be new."
fn replaced(difference: &FileDifference) -> String {
    let FileDifference { added, changed, dropped, unchanged, .. } = *difference;
    t!(
        "{dropped} of the {current} in the current file would be dropped, and {added} of the {all} in this file would \
         be new.",
        dropped = number(dropped),
        current = customers(changed + dropped + unchanged),
        added = number(added),
        all = customers(added + changed + unchanged),
    )
}
