//! The templates of a reply, filled in for the conversation's customer or for the one that the agent has picked.

use leptos::prelude::*;
use shared::{ErrorCode, event::EventKind};

use super::reply::ReplyState;
use crate::{
    compose::templates::{TemplateList, template_choice},
    live::{LiveUpdate, coalesce, use_live},
};

/// The template drop-down.
#[component]
pub(super) fn ReplyTemplates(state: ReplyState) -> impl IntoView {
    let ReplyState { context, composer, .. } = state;
    let fetch = coalesce(move || async move {
        let picked = context.picked.try_get_untracked().flatten();
        let response = context.client.list_conversation_templates(context.id, picked.as_deref()).await;
        match response {
            // In a newer daily file the picked customer has another number.
            Err(error) if picked.is_some() && error.code() == Some(ErrorCode::ValidationFailed) => {
                context.picked.try_set(None);
            }
            // The fetched templates still serve.
            Err(_) if composer.are_templates_loaded() => {}
            response => {
                composer.show_templates(response.map(|templates| TemplateList::new(templates, None)));
            }
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
    template_choice(composer, fetch)
}
