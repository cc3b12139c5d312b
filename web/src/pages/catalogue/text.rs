//! A template's text: the box, its count, the placeholders to put in, and what a customer would read.

use leptos::{html, prelude::*};
use shared::{
    ids::TeamId,
    template::{Placeholder, fill},
};

use crate::{
    api::{Client, Fault},
    components::{
        counter::counter,
        form::{Form, explained},
        placeholder::failed,
        when::when,
    },
    tasks::start,
};

type Known = RwSignal<Option<Result<Vec<Placeholder>, Fault>>>;

/// The field `body`.
pub(super) fn text(client: Client, form: Form, team: Option<TeamId>, body: RwSignal<String>) -> AnyView {
    let area = NodeRef::<html::Textarea>::new();
    let known: Known = RwSignal::new(None);
    let fetch = move || {
        start(async move {
            let answer = client.list_placeholders(team).await;
            known.try_set(Some(answer));
        });
    };
    fetch();
    let fault = form.fault_of("body");
    view! {
        <div class="flex flex-col gap-1">
            <div class="flex flex-wrap items-baseline justify-between gap-x-4">
                <label for="field-body" class="text-sm font-medium">"Text"</label>
                {counter(Memo::new(move |_| body.get()))}
            </div>
            <textarea
                node_ref=area
                id="field-body"
                class="textarea max-h-60 min-h-24 w-full text-base field-sizing-content"
                rows="4"
                dir="auto"
                aria-describedby="fault-body message-count"
                aria-invalid=move || fault.with(Option::is_some).to_string()
                prop:value=body
                on:input:target=move |event| body.set(event.target().value())
            ></textarea>
            {explained("fault-body".to_owned(), "", fault)}
        </div>
        {move || known.with(|known| match known {
            None => ().into_any(),
            Some(Err(fault)) => failed(fault, Callback::new(move |()| fetch())),
            Some(Ok(known)) => buttons(known, area, body),
        })}
        {preview(known, body)}
    }
    .into_any()
}

fn buttons(known: &[Placeholder], area: NodeRef<html::Textarea>, body: RwSignal<String>) -> AnyView {
    let button = |placeholder: &Placeholder| {
        let mark = mark(&placeholder.name);
        let name = placeholder.name.clone();
        view! {
            <button type="button" class="btn btn-xs h-auto min-h-6 max-w-full wrap-anywhere" on:click=move |_| put_in(area, body, &mark)>
                {name}
            </button>
        }
    };
    view! {
        <fieldset class="min-w-0">
            <legend class="mb-1 text-sm font-medium">"Insert a field"</legend>
            <div class="flex flex-wrap gap-1">{known.iter().map(button).collect_view()}</div>
        </fieldset>
    }
    .into_any()
}

/// Puts a placeholder where the cursor is, in place of what is selected.
fn put_in(area: NodeRef<html::Textarea>, body: RwSignal<String>, mark: &str) {
    let Some(area) = area.get_untracked() else { return };
    let start = area.selection_start().ok().flatten().unwrap_or_default();
    if area.set_range_text(mark).is_err() {
        return;
    }
    // The browser counts UTF-16 units.
    let after = start + u32::try_from(mark.encode_utf16().count()).unwrap_or_default();
    let _ = area.set_selection_range(after, after);
    let _ = area.focus();
    body.set(area.value());
}

fn preview(known: Known, body: RwSignal<String>) -> AnyView {
    let filled = Memo::new(move |_| {
        known.with(|known| {
            let known = known.as_ref()?.as_ref().ok()?;
            body.with(|body| (!body.trim().is_empty()).then(|| (sample(body, known), names(known))))
        })
    });
    let told = move || {
        filled.with(|filled| {
            let ((_, unknown), known) = filled.as_ref()?;
            (!unknown.is_empty())
                .then(|| format!("Unknown field: {}. You can use: {}.", marks(unknown), marks(known)))
        })
    };
    when(
        move || filled.with(Option::is_some),
        move || {
            let read = move || filled.with(|filled| filled.as_ref().map(|((text, _), _)| text.clone()));
            view! {
                <div class="flex flex-col gap-1">
                    <p class="text-sm font-medium">"Preview"</p>
                    <p class="rounded-box bg-base-200 px-3 py-2 wrap-anywhere whitespace-pre-wrap">{read}</p>
                    <p role="status" class="text-sm font-medium wrap-anywhere text-red-700 dark:text-red-300 empty:hidden">
                        {told}
                    </p>
                </div>
            }
            .into_any()
        },
    )
}

fn mark(name: &str) -> String {
    format!("{{{{{name}}}}}")
}

fn marks(names: &[String]) -> String {
    names.iter().map(|name| mark(name)).collect::<Vec<_>>().join(", ")
}

fn names(known: &[Placeholder]) -> Vec<String> {
    known.iter().map(|placeholder| placeholder.name.clone()).collect()
}

/// The text for the sample customer, and the placeholders that nobody knows. The server matches names in any case, too.
/// A known one without a sample shows its name.
fn sample(body: &str, known: &[Placeholder]) -> (String, Vec<String>) {
    fill(body, |name| {
        let name = name.to_lowercase();
        let found = known.iter().find(|placeholder| placeholder.name.to_lowercase() == name)?;
        Some(found.sample.clone().unwrap_or_else(|| format!("[{}]", found.name)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Vec<Placeholder> {
        let placeholder = |name: &str, sample: Option<&str>| Placeholder {
            name: name.to_owned(),
            sample: sample.map(str::to_owned),
        };
        vec![placeholder("name", Some("Maria Jones")), placeholder("Due date", None)]
    }

    #[test]
    fn the_preview_is_what_the_sample_customer_would_read() {
        let (text, unknown) = sample("Hi {{ Name }}, by {{due date}}.", &known());
        assert_eq!((text.as_str(), unknown.is_empty()), ("Hi Maria Jones, by [Due date].", true));
    }

    #[test]
    fn unknown_placeholders_are_named_as_they_are_written() {
        let (text, unknown) = sample("{{name}} {{nam}} {{Balance}}", &known());
        assert_eq!(text, "Maria Jones {{nam}} {{Balance}}");
        assert_eq!(marks(&unknown), "{{nam}}, {{Balance}}");
    }
}
