//! The template drop-down: choosing one puts its text into the box, filled in for the number, and again for another
//! number as long as nobody has edited it.

use leptos::prelude::*;
use shared::{PhoneNumber, ids::TemplateId, template::RenderedTemplate};

use super::writing::Writing;
use crate::{api::Fault, components::when::when, typing::Typing};

type Fetched = Option<Result<Vec<RenderedTemplate>, Fault>>;

/// The drop-down.
pub(super) fn templates(writing: Writing) -> AnyView {
    let fetched = RwSignal::new(None as Fetched);
    let typing = Typing::new();
    // While a number is being looked at, the templates stay those of the one before.
    let number = Memo::new(move |before: Option<&Option<PhoneNumber>>| {
        if writing.checked.with(Option::is_some) { writing.number() } else { before.cloned().flatten() }
    });
    let fetch = move || {
        let number = number.get();
        let team = writing.team.with_value(|team| team.id);
        let asked = number.clone();
        typing.ask_now(
            async move { writing.client.list_team_templates(team, asked.as_ref()).await },
            move |answer| {
                if let Ok(templates) = &answer {
                    writing.filled_in_anew(templates, number.as_ref());
                }
                fetched.set(Some(answer));
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
        Memo::new(move |_| writing.draft.with(|draft| draft.template.as_ref().map(|chosen| chosen.id)));
    let chosen = move |value: String| match value.parse().ok().and_then(find) {
        Some(template) => writing.choose(&template),
        None => writing.change(|draft| draft.template = None),
    };
    let first = move || {
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
    let bring_back = when(
        move || writing.replaced.with(Option::is_some),
        move || {
            view! {
                <button type="button" class="btn btn-sm btn-ghost" on:click=move |_| writing.bring_back()>
                    "Bring back my text"
                </button>
            }
            .into_any()
        },
    );
    let for_another = when(
        move || {
            let is_settled = fetched.with(|fetched| matches!(fetched, Some(Err(_))));
            writing.number().is_some_and(|number| {
                writing
                    .draft
                    .with(|draft| draft.is_for_another(&number) && (is_settled || !draft.is_unedited()))
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
                                writing.choose(&template);
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
                <select class="select select-sm w-56" on:change:target=move |event| chosen(event.target().value())>
                    <option value="" prop:selected=move || selected.get().is_none()>{move || first()}</option>
                    {move || options()}
                </select>
            </label>
            {retry}
            {bring_back}
        </div>
        <div role="status" class="empty:hidden">{for_another}</div>
    }
    .into_any()
}
