//! The template drop-down: choosing one puts its text into the box.

use leptos::prelude::*;
use shared::{ErrorCode, event::EventKind, ids::TemplateId, template::RenderedTemplate};

use super::writing::Writing;
use crate::{
    api::Fault,
    components::when::when,
    live::{News, coalesced, use_live},
};

/// The drop-down.
#[component]
pub(super) fn Templates(writing: Writing) -> impl IntoView {
    let templates = RwSignal::new(None::<Result<Vec<RenderedTemplate>, Fault>>);
    let desk = writing.desk;
    let fetch = coalesced(move || async move {
        let picked = desk.picked.try_get_untracked().flatten();
        let answer = desk.client.list_conversation_templates(desk.id, picked.as_deref()).await;
        if picked.is_some()
            && matches!(&answer, Err(fault) if fault.code() == Some(ErrorCode::ValidationFailed))
        {
            // In a newer file the picked customer has another number.
            desk.picked.try_set(None);
            return;
        }
        let before = templates.try_get_untracked().flatten();
        if let (Some(Ok(before)), Ok(now)) = (&before, &answer) {
            for now in now {
                before
                    .iter()
                    .filter(|before| before.id == now.id)
                    .for_each(|before| writing.refresh(before, now));
            }
        }
        if answer.is_ok() || !matches!(before, Some(Ok(_))) {
            templates.try_set(Some(answer));
        }
    });
    Effect::new(move |_| {
        desk.picked.track();
        fetch.run(());
    });
    use_live().listen(move |news| {
        // A new daily file is one of the things that change a team.
        if matches!(news, News::Event(event) if event.kind == EventKind::TeamChanged && desk.is_of(event.team_id)) {
            fetch.run(());
        }
    });
    let chosen = move |value: String| {
        let Ok(id) = value.parse::<TemplateId>() else {
            return;
        };
        templates.with_untracked(|templates| {
            let known = templates.iter().flatten().flatten().find(|template| template.id == id);
            if let Some(template) = known {
                writing.choose(template);
            }
        });
    };
    let first = move || {
        templates.with(|templates| match templates {
            None => "Loading templates…",
            Some(Err(_)) => "Templates could not be loaded",
            Some(Ok(templates)) if templates.is_empty() => "No templates",
            Some(Ok(_)) => "Choose a template",
        })
    };
    let options = move || {
        templates.with(|templates| {
            let known = templates.iter().flatten().flatten();
            let option = |template: &RenderedTemplate| {
                view! { <option value=template.id.to_string()>{template.name.clone()}</option> }
            };
            known.map(option).collect_view()
        })
    };
    let selected =
        move || writing.draft.with(|draft| draft.template_id.map(|id| id.to_string()).unwrap_or_default());
    let bring_back = when(
        move || writing.replaced.with(Option::is_some),
        move || {
            view! {
                <button
                    type="button"
                    class="btn btn-sm btn-ghost"
                    on:click=move |_| {
                        if let Some(before) = writing.replaced.get_untracked() {
                            writing.replaced.set(None);
                            writing.change(|draft| *draft = before);
                            writing.focus();
                        }
                    }
                >
                    "Bring back my text"
                </button>
            }
            .into_any()
        },
    );
    view! {
        <div class="flex flex-wrap items-center gap-2">
            <label class="flex items-center gap-2 text-sm">
                <span class="font-medium">"Template"</span>
                <select
                    class="select select-sm w-56"
                    prop:value=selected
                    on:change:target=move |event| chosen(event.target().value())
                >
                    <option value="">{move || first()}</option>
                    {move || options()}
                </select>
            </label>
            {bring_back}
        </div>
    }
}
