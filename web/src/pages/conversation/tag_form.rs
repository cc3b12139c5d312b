//! The content of the dialog that changes the tags of the conversation.

use std::collections::BTreeSet;

use leptos::{ev::SubmitEvent, prelude::*};
use shared::{ids::TagId, tag::ConversationTag};

use super::ConversationContext;
use crate::{
    api::RequestError,
    components::{
        form::Form,
        placeholder::{failed, skeleton},
        tags::chip,
    },
    keys::focus_first,
    tasks::TaskScope,
};

/// The form. Closes its dialog when the tags are saved.
#[component]
pub(crate) fn TagForm() -> impl IntoView {
    let context = use_context::<ConversationContext>()?;
    let (team, before) = context.detail.with_untracked(|detail| {
        detail.as_ref().map(|detail| (detail.team.id, detail.conversation.tags.clone()))
    })?;
    let chosen = RwSignal::new(before.iter().map(|tag| tag.id).collect::<BTreeSet<TagId>>());
    let offered = RwSignal::new(None::<Result<Vec<ConversationTag>, RequestError>>);
    let before = StoredValue::new(before);
    let (scope, form) = (TaskScope::current(), Form::new());
    let fetch = move || {
        scope.spawn(async move {
            let mut response = context.client.list_team_tags(team).await;
            if let Ok(tags) = &mut response {
                // Archived tags are not offered, but can stay.
                let archived =
                    before.get_value().into_iter().filter(|tag| tags.iter().all(|known| known.id != tag.id));
                let archived: Vec<ConversationTag> = archived.collect();
                tags.extend(archived);
            }
            offered.try_set(Some(response));
            // The dialog has moved the focus before the tags were there.
            request_animation_frame(|| focus_first("[data-tag-form] input"));
        });
    };
    fetch();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let tags: Vec<TagId> = chosen.get_untracked().into_iter().collect();
        form.send(async move { context.client.put_conversation_tags(context.id, tags).await }, move |()| {
            context.refetch.try_run(());
            context.tagging.set(false);
        });
    };
    let close = Callback::new(move |()| context.tagging.set(false));
    let body = move || {
        offered.with(|offered| match offered {
            None => skeleton(3),
            Some(Err(error)) => failed(error, Callback::new(move |()| fetch())),
            Some(Ok(tags)) if tags.is_empty() => view! {
                <p class="text-sm">"This team has no tags yet. Supervisors add them on the page Tags."</p>
            }
            .into_any(),
            Some(Ok(tags)) => {
                let boxes = tags.iter().map(|tag| checkbox(tag, chosen)).collect_view();
                view! {
                    <fieldset class="min-w-0">
                        <legend class="sr-only">"Tags of the conversation"</legend>
                        <div class="grid gap-x-4 gap-y-1 sm:grid-cols-2">{boxes}</div>
                    </fieldset>
                    {form.error()}
                    {form.actions(close, "Save")}
                }
                .into_any()
            }
        })
    };
    Some(view! {
        <form class="flex flex-col gap-4" data-tag-form="" novalidate on:submit=submit>
            {body}
        </form>
    })
}

fn checkbox(tag: &ConversationTag, chosen: RwSignal<BTreeSet<TagId>>) -> AnyView {
    let id = tag.id;
    let change = move |is_chosen: bool| {
        chosen.update(|chosen| {
            if is_chosen {
                chosen.insert(id);
            } else {
                chosen.remove(&id);
            }
        });
    };
    view! {
        <label class="flex min-h-8 min-w-0 items-center gap-2 text-sm">
            <input
                type="checkbox"
                class="checkbox checkbox-sm shrink-0"
                prop:checked=move || chosen.with(|chosen| chosen.contains(&id))
                on:change:target=move |event| change(event.target().checked())
            />
            {chip(tag)}
        </label>
    }
    .into_any()
}
