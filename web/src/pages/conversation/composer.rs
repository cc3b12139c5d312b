//! Writing a reply: template, box, count, send. Nothing typed is ever lost, and nothing is sent twice.

use leptos::{ev::KeyboardEvent, html, prelude::*, task::spawn_local};
use shared::{
    ErrorCode,
    ids::{MessageId, TemplateId},
    message::{Message, MessageBody, NewMessage},
    template::{RenderedTemplate, placeholders},
};

use super::{
    Desk,
    counter::counter,
    draft::{Draft, Place},
};
use crate::{
    api::{Fault, new_idempotency_key},
    session::use_session,
};

#[derive(Clone, Copy)]
struct Writing {
    desk: Desk,
    place: StoredValue<Place>,
    draft: RwSignal<Draft>,
    fault: RwSignal<Option<String>>,
    /// What the customer wrote meanwhile, which held the reply back.
    moved: RwSignal<Vec<Message>>,
    /// What a template replaced.
    replaced: RwSignal<Option<Draft>>,
    busy: RwSignal<bool>,
    message: NodeRef<html::Textarea>,
}

impl Writing {
    fn change(self, change: impl FnOnce(&mut Draft)) {
        self.draft.update(change);
        self.place
            .with_value(|place| self.draft.with_untracked(|draft| draft.keep(place)));
        self.fault.set(None);
    }

    fn typed(self, text: String) {
        self.replaced.set(None);
        self.change(|draft| {
            if text.is_empty() {
                draft.template_id = None;
            }
            draft.text = text;
        });
    }

    fn choose(self, template: &RenderedTemplate) {
        let before = self.draft.get_untracked();
        self.replaced
            .set((!before.text.trim().is_empty() && before.text != template.rendered).then_some(before));
        self.change(|draft| {
            draft.text.clone_from(&template.rendered);
            draft.template_id = Some(template.id);
        });
        self.focus();
    }

    fn focus(self) {
        if let Some(message) = self.message.try_get_untracked().flatten() {
            let _ = message.focus();
        }
    }

    /// Why the text cannot be sent as it is.
    fn obstacle(text: &str) -> Option<String> {
        if let Err(fault) = MessageBody::parse(text.to_owned()) {
            return Some(fault.to_string());
        }
        let missing = placeholders(text);
        (!missing.is_empty()).then(|| format!("Not sent. Fill in first: {}", named(&missing)))
    }

    fn send(self, last_seen: Option<MessageId>, refetch: impl Fn() + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        let draft = self.draft.get_untracked();
        if let Some(obstacle) = Self::obstacle(&draft.text) {
            self.fault.set(Some(obstacle));
            return self.focus();
        }
        self.busy.set(true);
        self.fault.set(None);
        self.focus();
        let place = self.place.get_value();
        let reply = NewMessage {
            body: draft.text,
            template_id: draft.template_id,
            last_seen_message_id: last_seen,
        };
        // Not bound to the page: whoever goes on to the next conversation has sent this.
        spawn_local(async move {
            let answer = self
                .desk
                .client
                .create_message(self.desk.id, &reply, &draft.key)
                .await;
            self.busy.try_set(false);
            match answer {
                Ok(message) => {
                    Draft::forget(&place, &draft.key);
                    self.draft.try_set(Draft::empty());
                    self.moved.try_set(Vec::new());
                    self.replaced.try_set(None);
                    self.desk.thread.put(vec![message]);
                }
                Err(fault) => self.refused(&fault, refetch),
            }
            self.focus();
        });
    }

    fn refused(self, fault: &Fault, refetch: impl Fn()) {
        match (fault.code(), fault.problem()) {
            (Some(ErrorCode::ConversationMoved), Some(problem)) => {
                self.desk.thread.put(problem.messages.clone());
                self.moved.try_set(problem.messages.clone());
                return;
            }
            (Some(ErrorCode::ConversationClosed), _) => refetch(),
            (Some(ErrorCode::IdempotencyKeyReused), _) => {
                // An earlier wording did arrive, although its answer did not.
                self.draft.try_update(|draft| draft.key = new_idempotency_key());
                refetch();
                self.fault.try_set(Some(
                    "An earlier wording of this text was sent already. Look at the thread before sending again."
                        .to_owned(),
                ));
                return;
            }
            _ => {}
        }
        let field = fault
            .problem()
            .and_then(|problem| problem.field("body"))
            .map(str::to_owned);
        self.fault.try_set(Some(field.unwrap_or_else(|| fault.words())));
    }
}

fn named(placeholders: &[String]) -> String {
    let named: Vec<String> = placeholders
        .iter()
        .map(|name| format!("{{{{{name}}}}}"))
        .collect();
    named.join(", ")
}

/// The composer.
#[component]
pub(super) fn Composer(desk: Desk, refetch: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let place = Place::new(use_session().me().map(|me| me.account.id), desk.id);
    let writing = Writing {
        desk,
        draft: RwSignal::new(Draft::recall(&place)),
        place: StoredValue::new(place),
        fault: RwSignal::new(None),
        moved: RwSignal::new(Vec::new()),
        replaced: RwSignal::new(None),
        busy: RwSignal::new(false),
        message: NodeRef::new(),
    };
    let text = Memo::new(move |_| writing.draft.with(|draft| draft.text.clone()));
    let missing = Memo::new(move |_| text.with(|text| placeholders(text)));
    let send = move || writing.send(desk.thread.seen.get_untracked(), refetch);
    let key = move |event: KeyboardEvent| {
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
            event.prevent_default();
            send();
        }
    };
    view! {
        <form
            class="mt-3 flex flex-col gap-2"
            aria-label="Reply"
            novalidate
            on:submit=move |event| {
                event.prevent_default();
                send();
            }
        >
            <Moved writing refetch />
            <div class="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
                <Templates writing />
                {counter(text)}
            </div>
            <div class="flex items-end gap-2">
                <textarea
                    node_ref=writing.message
                    class="textarea max-h-60 min-h-20 w-full flex-1 text-base field-sizing-content"
                    rows="3"
                    aria-label="Message"
                    aria-describedby="message-missing message-fault message-count"
                    aria-invalid=move || (writing.fault.with(Option::is_some)).to_string()
                    placeholder="Write a message – Ctrl+Enter sends"
                    prop:value=text
                    prop:readOnly=move || writing.busy.get()
                    on:input:target=move |event| writing.typed(event.target().value())
                    on:keydown=key
                ></textarea>
                <button class="btn btn-primary" aria-disabled=move || writing.busy.get().to_string()>
                    {move || if writing.busy.get() { "Sending…" } else { "Send" }}
                </button>
            </div>
            <p id="message-missing" class="text-sm font-medium empty:hidden">
                {move || {
                    let told = writing.fault.with(Option::is_some);
                    missing.with(|missing| {
                        (!told && !missing.is_empty()).then(|| format!("Fill in: {}", named(missing)))
                    })
                }}
            </p>
            <p id="message-fault" role="alert" class="text-sm font-medium text-red-700 dark:text-red-300 empty:hidden">
                {move || writing.fault.get()}
            </p>
        </form>
    }
}

#[component]
fn Templates(writing: Writing) -> impl IntoView {
    let templates = RwSignal::new(None::<Result<Vec<RenderedTemplate>, Fault>>);
    leptos::task::spawn_local_scoped_with_cancellation(async move {
        let answer = writing
            .desk
            .client
            .list_conversation_templates(writing.desk.id)
            .await;
        templates.try_set(Some(answer));
    });
    let chosen = move |value: String| {
        let Ok(id) = value.parse::<TemplateId>() else {
            return;
        };
        templates.with_untracked(|templates| {
            let known = templates
                .iter()
                .flatten()
                .flatten()
                .find(|template| template.id == id);
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
    let selected = move || {
        writing
            .draft
            .with(|draft| draft.template_id.map(|id| id.to_string()).unwrap_or_default())
    };
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
            <Show when=move || writing.replaced.with(Option::is_some)>
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
            </Show>
        </div>
    }
}

#[component]
fn Moved(writing: Writing, refetch: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let anyway = move |_| {
        let newest = writing
            .moved
            .with_untracked(|moved| moved.iter().map(|message| message.id).max());
        writing.send(newest, refetch);
    };
    let texts = move || {
        writing.moved.with(|moved| {
            let item =
                |message: &Message| view! { <li class="whitespace-pre-wrap">{message.body.clone()}</li> };
            moved.iter().map(item).collect_view()
        })
    };
    view! {
        <div role="alert">
            <Show when=move || writing.moved.with(|moved| !moved.is_empty())>
                <div class="alert alert-warning flex flex-col items-start gap-2">
                    <p class="font-medium">"Not sent yet: the customer has written meanwhile."</p>
                    <ul class="list-disc pl-5">{move || texts()}</ul>
                    <div class="flex gap-2">
                        <button type="button" class="btn btn-sm btn-primary" on:click=anyway>
                            "Send anyway"
                        </button>
                        <button type="button" class="btn btn-sm" on:click=move |_| {
                            writing.moved.set(Vec::new());
                            writing.focus();
                        }>"Keep editing"</button>
                    </div>
                </div>
            </Show>
        </div>
    }
}
