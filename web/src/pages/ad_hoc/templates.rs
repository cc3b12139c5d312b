//! The templates of an ad-hoc message, filled in for the customer with the typed number. Shows a warning if the text was
//! filled in for another number.

use leptos::prelude::*;
use shared::PhoneNumber;

use super::state::AdHocState;
use crate::{
    components::when::when,
    compose::{
        draft::Draft,
        templates::{TemplateList, template_choice},
    },
    debounce::Debounced,
    language::t,
};

/// The template drop-down and the warning.
pub(super) fn templates(state: AdHocState) -> AnyView {
    let composer = state.composer;
    let debounced = Debounced::new();
    // While a new number is being checked, the templates stay those of the previous one.
    let number = Memo::new(move |before: Option<&Option<PhoneNumber>>| {
        if state.checked.with(Option::is_some) { state.number() } else { before.cloned().flatten() }
    });
    let fetch = move || {
        let number = number.get();
        let team = state.team.with_value(|team| team.id);
        debounced.run_now(
            async move {
                let templates = state.client.list_team_templates(team, number.as_ref()).await?;
                Ok(TemplateList::new(templates, number))
            },
            move |response| composer.show_templates(response),
        );
    };
    Effect::new(move |_| fetch());
    view! {
        {template_choice(composer, Callback::new(move |()| untrack(fetch)))}
        <div role="status" class="empty:hidden">{other_number_warning(state)}</div>
    }
    .into_any()
}

fn other_number_warning(state: AdHocState) -> AnyView {
    let composer = state.composer;
    let is_for_another_number = move || {
        let have_failed = composer.templates.with(|templates| matches!(templates, Some(Err(_))));
        state.number().is_some_and(|number| {
            composer.draft.with(|draft| {
                // An unedited text follows the number, if the templates can be fetched.
                draft.is_filled_for_another(&number) && (have_failed || !draft.has_unedited_template())
            })
        })
    };
    let fill_in_again = move |_| {
        if let Some(id) = composer.draft.with_untracked(Draft::template_id) {
            composer.choose_template(id);
        }
    };
    when(is_for_another_number, move || {
        view! {
            <div class="alert alert-warning flex flex-wrap items-center justify-between gap-2">
                <p>{t!("The template was filled in for another number. Check it before you send.")}</p>
                <button type="button" class="btn btn-sm" on:click=fill_in_again>
                    {t!("Fill in again")}
                </button>
            </div>
        }
        .into_any()
    })
}
