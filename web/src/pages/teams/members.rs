//! Who belongs to a team: taken in and let go.

use leptos::{html, prelude::*};
use shared::{account::AccountDetail, ids::AccountId, team::Member};

use super::team::Desk;
use crate::{
    api::Fault,
    components::{
        form::Form,
        permission::role_name,
        placeholder::{empty, failed},
        question::{Question, ask},
        table::{BODY, ROW, TABLE, cell, head},
    },
    keys::focus_first,
    tasks::start,
};

const COLUMNS: &[(&str, &str)] =
    &[("Name", ""), ("E-mail", "w-[35%]"), ("Role", "w-32"), ("Actions", "w-28 lg:w-36")];

/// The section.
pub(super) fn members(desk: Desk) -> AnyView {
    let asked = RwSignal::new(None::<Member>);
    let members = Memo::new(move |_| {
        desk.team.with(|team| team.as_ref().map(|team| team.members.clone()).unwrap_or_default())
    });
    let body = move || {
        let members = members.get();
        if members.is_empty() {
            return empty("No members");
        }
        view! {
            <table role="table" aria-labelledby="members" class=TABLE>
                {head(COLUMNS)}
                <tbody role="rowgroup" class=BODY>
                    {members.into_iter().map(|member| row(asked, member)).collect_view()}
                </tbody>
            </table>
        }
        .into_any()
    };
    view! {
        <section aria-labelledby="members" class="mt-6">
            <h2 id="members" tabindex="-1" class="mb-1 text-base font-semibold outline-none">"Members"</h2>
            {body}
            {add(desk, members)}
        </section>
        {move || asked.get().map(|member| remove(desk, asked, member))}
    }
    .into_any()
}

fn row(asked: RwSignal<Option<Member>>, member: Member) -> AnyView {
    let name = member.display_name.clone();
    let shown = if member.disabled { format!("{name} (disabled)") } else { name.clone() };
    let (email, role) = (member.email.clone(), role_name(member.role));
    let remove = view! {
        <button type="button" class="btn btn-sm btn-danger" on:click=move |_| asked.set(Some(member.clone()))>
            "Remove"
            <span class="sr-only">" " {name}</span>
        </button>
    };
    view! {
        <tr role="row" class=ROW>
            {cell("Name", view! { <span class="min-w-0 font-medium wrap-anywhere">{shown}</span> })}
            {cell("E-mail", view! { <span class="min-w-0 wrap-anywhere">{email}</span> })}
            {cell("Role", role)}
            {cell("Actions", remove)}
        </tr>
    }
    .into_any()
}

fn add(desk: Desk, members: Memo<Vec<Member>>) -> AnyView {
    let form = Form::new();
    let accounts = RwSignal::new(None::<Result<Vec<AccountDetail>, Fault>>);
    let select = NodeRef::<html::Select>::new();
    let fetch = move || {
        start(async move {
            let answer = desk.client.list_accounts().await;
            accounts.try_set(Some(answer));
        });
    };
    fetch();
    let nobody = RwSignal::new(false);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let Some(select) = select.get() else { return };
        let Ok(account) = select.value().parse::<AccountId>() else {
            nobody.set(true);
            let _ = select.focus();
            return;
        };
        form.send(async move { desk.client.put_member(desk.id, account).await }, move |()| {
            select.set_value("");
            desk.refetch.run(());
        });
    };
    let first = move || {
        accounts.with(|accounts| if accounts.is_none() { "Loading accounts…" } else { "Choose an account" })
    };
    let options = move || {
        accounts.with(|accounts| {
            let known = accounts.iter().flatten().flatten();
            members.with(|members| {
                let free = known.filter(|account| is_free(account, members));
                let option = |account: &AccountDetail| {
                    let text = format!("{} · {}", account.display_name, account.email);
                    view! { <option value=account.id.to_string()>{text}</option> }
                };
                free.map(option).collect_view()
            })
        })
    };
    view! {
        <form class="mt-3 flex max-w-xl flex-col gap-2" novalidate on:submit=submit>
            {move || {
                accounts.with(|accounts| match accounts {
                    Some(Err(fault)) => failed(fault, Callback::new(move |()| fetch())),
                    _ => ().into_any(),
                })
            }}
            <label class="flex flex-col gap-1">
                <span class="text-sm font-medium">"Add a member"</span>
                <select
                    node_ref=select
                    class="select w-full"
                    aria-describedby="member-fault"
                    aria-invalid=move || nobody.get().to_string()
                    on:change=move |_| nobody.set(false)
                >
                    <option value="">{first}</option>
                    {options}
                </select>
            </label>
            <p id="member-fault" role="alert" class="text-sm font-medium text-red-700 dark:text-red-300 empty:hidden">
                {move || nobody.get().then_some("Choose an account.")}
            </p>
            {form.fault()}
            <div>{form.submit("Add member")}</div>
        </form>
    }
    .into_any()
}

/// Whether an account can be taken in: it can sign in, and is no member yet.
fn is_free(account: &AccountDetail, members: &[Member]) -> bool {
    account.disabled_at.is_none() && !members.iter().any(|member| member.account_id == account.id)
}

fn remove(desk: Desk, asked: RwSignal<Option<Member>>, member: Member) -> AnyView {
    let question = Question {
        title: format!("Remove {} from the team?", member.display_name),
        text: "They no longer see the team's conversations. What they wrote stays. Administrators still \
               act in every team.",
        button: "Remove member",
        is_dangerous: true,
    };
    let close = Callback::new(move |()| asked.set(None));
    let done = Callback::new(move |()| {
        asked.set(None);
        request_animation_frame(|| focus_first("#members"));
        desk.refetch.run(());
    });
    let request = move || async move { desk.client.delete_member(desk.id, member.account_id).await };
    ask(question, close, request, done)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn account(id: i64, disabled_at: Option<&str>) -> AccountDetail {
        serde_json::from_value(json!({
            "id": id, "email": "ann@example.com", "display_name": "Ann", "role": "agent", "permissions": [],
            "team_ids": [], "created_at": "2026-11-22T09:00:00Z", "disabled_at": disabled_at,
        }))
        .unwrap()
    }

    #[test]
    fn members_and_disabled_accounts_are_not_offered() {
        let members: Vec<Member> = serde_json::from_value(json!([{
            "account_id": 1, "display_name": "Ann", "email": "ann@example.com", "role": "agent", "disabled": false,
        }]))
        .unwrap();
        assert!(!is_free(&account(1, None), &members));
        assert!(!is_free(&account(2, Some("2026-11-22T09:00:00Z")), &members));
        assert!(is_free(&account(2, None), &members));
    }
}
