//! What a file would change, before it is used.

use leptos::prelude::*;
use shared::daily_file::{FileDifference, FilePreview};

use super::{
    counts::{customers, grouped},
    import::Import,
    outcome::outcome,
};

/// The difference, and the choice to use the file or not.
pub(super) fn comparison(import: Import, preview: &FilePreview) -> AnyView {
    let asks = preview.needs_confirmation;
    let warning = asks.then(|| {
        view! {
            <div role="alert" class="alert alert-warning flex flex-col items-start gap-1">
                <p class="font-medium">"This file replaces most of your customers."</p>
                <p>{replaced(&preview.difference)} " Check that it is the right file for this team."</p>
            </div>
        }
    });
    let (class, text) = match asks {
        true => ("btn btn-sm btn-warning", "Replace the customers"),
        false => ("btn btn-sm btn-primary", "Use this file"),
    };
    view! {
        <div class="flex flex-col gap-4">
            {warning}
            <div class="flex flex-wrap gap-2">
                <button type="button" class=class on:click=move |_| import.accept(asks)>{text}</button>
                <button type="button" class="btn btn-sm" on:click=move |_| import.forget()>
                    "Keep the current file"
                </button>
            </div>
            {outcome(&preview.difference, None)}
        </div>
    }
    .into_any()
}

/// "36 of the 40 current customers are not in it, and 4 of its 8 customers are new."
fn replaced(difference: &FileDifference) -> String {
    let FileDifference { added, changed, dropped, unchanged, .. } = *difference;
    format!(
        "{} of the {} in the current file would be dropped, and {} of its {} would be new.",
        grouped(dropped),
        customers(changed + dropped + unchanged),
        grouped(added),
        customers(added + changed + unchanged),
    )
}
