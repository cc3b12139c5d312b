//! The template drop-down. Choosing a template puts its text into the message box.

use leptos::prelude::*;
use shared::{ErrorCode, event::EventKind, ids::TemplateId, template::RenderedTemplate};

use super::reply::ReplyState;
use crate::{
    api::RequestError,
    components::when::when,
    live::{LiveUpdate, coalesce, use_live},
};

/// The drop-down.
#[component]
pub(super) fn Templates(state: ReplyState) -> impl IntoView {
    let templates = RwSignal::new(None::<Result<Vec<RenderedTemplate>, RequestError>>);
    let context = state.context;
    let fetch = coalesce(move || async move {
        let picked = context.picked.try_get_untracked().flatten();
        let response = context.client.list_conversation_templates(context.id, picked.as_deref()).await;
        if picked.is_some()
            && matches!(&response, Err(error) if error.code() == Some(ErrorCode::ValidationFailed))
        {
            // In a newer daily file the picked customer has another number.
            context.picked.try_set(None);
            return;
        }
        let before = templates.try_get_untracked().flatten();
        if let (Some(Ok(before)), Ok(now)) = (&before, &response) {
            for now in now {
                before
                    .iter()
                    .filter(|before| before.id == now.id)
                    .for_each(|before| state.refresh(before, now));
            }
        }
        if response.is_ok() || !matches!(before, Some(Ok(_))) {
            templates.try_set(Some(response));
        }
    });
    Effect::new(move |_| {
        context.picked.track();
        fetch.run(());
    });
    use_live().listen(move |update| {
        // A new daily file is announced by this event too.
        if let LiveUpdate::Event(event) = update
            && event.kind == EventKind::TeamChanged
            && context.belongs_to(event.team_id)
        {
            fetch.run(());
        }
    });
    let choose = move |value: String| {
        let Ok(id) = value.parse::<TemplateId>() else {
            return;
        };
        templates.with_untracked(|templates| {
            let known = templates.iter().flatten().flatten().find(|template| template.id == id);
            if let Some(template) = known {
                state.choose(template);
            }
        });
    };
    let placeholder = move || {
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
        move || state.draft.with(|draft| draft.template_id.map(|id| id.to_string()).unwrap_or_default());
    let restore_button = when(
        move || state.replaced.with(Option::is_some),
        move || {
            view! {
                <button
                    type="button"
                    class="btn btn-sm btn-ghost"
                    on:click=move |_| {
                        if let Some(before) = state.replaced.get_untracked() {
                            state.replaced.set(None);
                            state.change(|draft| *draft = before);
                            state.focus();
                        }
                    }
                >
                    "Restore my text"
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
                    on:change:target=move |event| choose(event.target().value())
                >
                    <option value="">{move || placeholder()}</option>
                    {move || options()}
                </select>
            </label>
            {restore_button}
        </div>
    }
}
