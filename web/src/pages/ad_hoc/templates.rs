//! The template drop-down. Choosing a template puts its text into the message box, filled in for the customer's number.
//! An unedited text is filled in again when the number changes.

use leptos::prelude::*;
use shared::{PhoneNumber, ids::TemplateId, template::RenderedTemplate};

use super::state::AdHocState;
use crate::{api::RequestError, components::when::when, debounce::Debounced};

type Fetched = Option<Result<Vec<RenderedTemplate>, RequestError>>;

/// The drop-down.
pub(super) fn templates(state: AdHocState) -> AnyView {
    let fetched = RwSignal::new(None as Fetched);
    let debounced = Debounced::new();
    // While a new number is being checked, the templates stay those of the previous one.
    let number = Memo::new(move |before: Option<&Option<PhoneNumber>>| {
        if state.checked.with(Option::is_some) { state.number() } else { before.cloned().flatten() }
    });
    let fetch = move || {
        let number = number.get();
        let team = state.team.with_value(|team| team.id);
        let requested = number.clone();
        debounced.run_now(
            async move { state.client.list_team_templates(team, requested.as_ref()).await },
            move |response| {
                if let Ok(templates) = &response {
                    state.refill_template(templates, number.as_ref());
                }
                fetched.set(Some(response));
            },
        );
    };
    Effect::new(move |_| fetch());

    let find = move |id: TemplateId| {
        fetched.with_untracked(|fetched| {
            fetched.iter().flatten().flatten().find(|template| template.id == id).cloned()
        })
    };
    let selected =
        Memo::new(move |_| state.draft.with(|draft| draft.template.as_ref().map(|chosen| chosen.id)));
    let choose = move |value: String| match value.parse().ok().and_then(find) {
        Some(template) => state.choose_template(&template),
        None => state.change(|draft| draft.template = None),
    };
    let placeholder = move || {
        fetched.with(|fetched| match fetched {
            None => "Loading templates…",
            Some(Err(_)) => "Templates could not be loaded",
            Some(Ok(templates)) if templates.is_empty() => "No templates",
            Some(Ok(_)) => "Choose a template",
        })
    };
    let option = move |template: &RenderedTemplate| {
        let id = template.id;
        view! {
            <option value=id.to_string() prop:selected=move || selected.get() == Some(id)>
                {template.name.clone()}
            </option>
        }
    };
    let options =
        move || fetched.with(|fetched| fetched.iter().flatten().flatten().map(option).collect_view());
    let retry = when(
        move || fetched.with(|fetched| matches!(fetched, Some(Err(_)))),
        move || {
            view! {
                <button type="button" class="btn btn-sm" on:click=move |_| untrack(fetch)>
                    "Retry"
                    <span class="sr-only">" loading the templates"</span>
                </button>
            }
            .into_any()
        },
    );
    let restore_button = when(
        move || state.replaced.with(Option::is_some),
        move || {
            view! {
                <button type="button" class="btn btn-sm btn-ghost" on:click=move |_| state.restore_replaced()>
                    "Restore my text"
                </button>
            }
            .into_any()
        },
    );
    let other_number_notice = when(
        move || {
            let has_failed = fetched.with(|fetched| matches!(fetched, Some(Err(_))));
            state.number().is_some_and(|number| {
                state
                    .draft
                    .with(|draft| draft.is_for_another(&number) && (has_failed || !draft.is_unedited()))
            })
        },
        move || {
            view! {
                <div class="alert alert-warning flex flex-wrap items-center justify-between gap-2">
                    <p>"The template was filled in for another number. Check it before you send."</p>
                    <button
                        type="button"
                        class="btn btn-sm"
                        on:click=move |_| {
                            if let Some(template) = selected.get_untracked().and_then(find) {
                                state.choose_template(&template);
                            }
                        }
                    >
                        "Fill in again"
                    </button>
                </div>
            }
            .into_any()
        },
    );
    view! {
        <div class="flex flex-wrap items-center gap-2">
            <label class="flex max-w-full min-w-0 flex-wrap items-center gap-2 text-sm">
                <span class="font-medium">"Template"</span>
                <select class="select select-sm w-56" on:change:target=move |event| choose(event.target().value())>
                    <option value="" prop:selected=move || selected.get().is_none()>{move || placeholder()}</option>
                    {move || options()}
                </select>
            </label>
            {retry}
            {restore_button}
        </div>
        <div role="status" class="empty:hidden">{other_number_notice}</div>
    }
    .into_any()
}
