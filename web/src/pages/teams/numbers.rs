//! The numbers of a team: listed, added and removed.

use leptos::prelude::*;
use shared::{PhoneNumber, team::NewTeamNumber};

use super::team::{TeamContext, show};
use crate::{
    components::{
        confirmation::{Confirmation, confirm},
        form::{Field, Form},
        when::when,
    },
    keys::focus_first,
    language::t,
};

/// The "Numbers" section of a team's page.
pub(super) fn numbers(context: TeamContext) -> AnyView {
    let to_remove = RwSignal::new(None::<PhoneNumber>);
    let numbers = Memo::new(move |_| {
        context.team.with(|team| team.as_ref().map(|team| team.numbers.clone()).unwrap_or_default())
    });
    let item = move |number: PhoneNumber| {
        let shown = number.display();
        view! {
            <li class="flex items-center justify-between gap-3 py-1">
                <span class="tabular-nums">{shown.clone()}</span>
                <button
                    type="button"
                    class="btn btn-sm btn-danger"
                    on:click=move |_| to_remove.set(Some(number.clone()))
                >
                    {t!("Remove")}
                    <span class="sr-only">" " {shown}</span>
                </button>
            </li>
        }
    };
    let none = when(
        move || numbers.with(Vec::is_empty),
        || {
            view! { <p class="text-sm">{t!("No numbers yet. Add one so that the team can send and receive messages.")}</p> }.into_any()
        },
    );
    view! {
        <section aria-labelledby="numbers" class="rounded-box border border-base-300 p-4">
            <h2 id="numbers" tabindex="-1" class="mb-2 font-semibold outline-none">{t!("Numbers")}</h2>
            {none}
            <ul class="mb-3">{move || numbers.get().into_iter().map(item).collect_view()}</ul>
            {add(context)}
        </section>
        {move || to_remove.get().map(|number| remove(context, to_remove, number))}
    }
    .into_any()
}

fn add(context: TeamContext) -> AnyView {
    let form = Form::new();
    let typed = RwSignal::new(String::new());
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let number = NewTeamNumber { number: typed.get_untracked() };
        form.send(async move { context.client.create_team_number(context.id, &number).await }, move |team| {
            typed.set(String::new());
            show(context.team, team);
        });
    };
    let field = Field {
        kind: "tel",
        hint: t!("Any format, e.g. 07700 900123. It must belong to your gateway account."),
        ..Field::text("number", t!("Add a number"), typed)
    };
    view! {
        <form class="flex flex-col gap-2" novalidate on:submit=submit>
            {form.text_field(field)}
            {form.error()}
            <div>{form.submit(t!("Add number"))}</div>
        </form>
    }
    .into_any()
}

fn remove(context: TeamContext, to_remove: RwSignal<Option<PhoneNumber>>, number: PhoneNumber) -> AnyView {
    let confirmation = Confirmation {
        title: t!("Remove {number}?", number = number.display()),
        text: t!("The team no longer sends or receives on this number. Its past conversations stay."),
        button: t!("Remove number"),
        is_dangerous: true,
    };
    let close = Callback::new(move |()| to_remove.set(None));
    let done = Callback::new(move |()| {
        to_remove.set(None);
        request_animation_frame(|| focus_first("#numbers"));
        context.refetch.run(());
    });
    let request = move || {
        let number = number.clone();
        async move { context.client.delete_team_number(context.id, &number).await }
    };
    confirm(confirmation, close, request, done)
}
