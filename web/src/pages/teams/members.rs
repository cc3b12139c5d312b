//! The members of a team: listed, added and removed.

use leptos::{html, prelude::*};
use shared::{account::AccountDetail, ids::AccountId, team::Member};

use super::team::TeamContext;
use crate::{
    api::RequestError,
    components::{
        confirmation::{Confirmation, confirm},
        form::{Form, hint_and_error},
        permission::role_name,
        person::isolated,
        placeholder::{empty, failed},
        table::{BODY, ROW, TABLE, cell, head},
    },
    keys::focus_first,
    language::{marked, t},
    tasks::spawn,
};

const COLUMNS: &[(&str, &str)] = &[
    (marked!("Name"), ""),
    (marked!("E-mail"), "w-[35%]"),
    (marked!("Role"), "w-32"),
    (marked!("Actions"), "w-28 lg:w-36"),
];

/// The "Members" section of a team's page.
pub(super) fn members(context: TeamContext) -> AnyView {
    let to_remove = RwSignal::new(None::<Member>);
    let members = Memo::new(move |_| {
        context.team.with(|team| team.as_ref().map(|team| team.members.clone()).unwrap_or_default())
    });
    let body = move || {
        let members = members.get();
        if members.is_empty() {
            return empty(t!("No members"));
        }
        view! {
            <table role="table" aria-labelledby="members" class=TABLE>
                {head(COLUMNS)}
                <tbody role="rowgroup" class=BODY>
                    {members.into_iter().map(|member| row(to_remove, member)).collect_view()}
                </tbody>
            </table>
        }
        .into_any()
    };
    view! {
        <section aria-labelledby="members" class="mt-6">
            <h2 id="members" tabindex="-1" class="mb-1 text-base font-semibold outline-none">{t!("Members")}</h2>
            {body}
            {add(context, members)}
        </section>
        {move || to_remove.get().map(|member| remove(context, to_remove, member))}
    }
    .into_any()
}

fn row(to_remove: RwSignal<Option<Member>>, member: Member) -> AnyView {
    let name = member.display_name.clone();
    let shown = if member.disabled { t!("{name} (disabled)", name = isolated(&name)) } else { name.clone() };
    let (email, role) = (member.email.clone(), role_name(member.role));
    let remove = view! {
        <button type="button" class="btn btn-sm btn-danger" on:click=move |_| to_remove.set(Some(member.clone()))>
            {t!("Remove")}
            <span class="sr-only">" " <bdi>{name}</bdi></span>
        </button>
    };
    view! {
        <tr role="row" class=ROW>
            {cell("Name", view! { <bdi class="min-w-0 font-medium wrap-anywhere">{shown}</bdi> })}
            {cell("E-mail", view! { <bdi class="min-w-0 wrap-anywhere">{email}</bdi> })}
            {cell("Role", role)}
            {cell("Actions", remove)}
        </tr>
    }
    .into_any()
}

fn add(context: TeamContext, members: Memo<Vec<Member>>) -> AnyView {
    let form = Form::new();
    let accounts = RwSignal::new(None::<Result<Vec<AccountDetail>, RequestError>>);
    let select = NodeRef::<html::Select>::new();
    let fetch = move || {
        spawn(async move {
            let response = context.client.list_accounts().await;
            accounts.try_set(Some(response));
        });
    };
    fetch();
    let error = form.field_error("account_id");
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let Some(select) = select.get() else { return };
        let Ok(account) = select.value().parse::<AccountId>() else {
            form.set_error(RequestError::in_field("account_id", t!("Choose an account.")));
            let _ = select.focus();
            return;
        };
        form.send(async move { context.client.put_member(context.id, account).await }, move |()| {
            select.set_value("");
            context.refetch.run(());
        });
    };
    let placeholder = move || {
        accounts.with(
            |accounts| if accounts.is_none() { t!("Loading accounts…") } else { t!("Choose an account") },
        )
    };
    let options = move || {
        accounts.with(|accounts| {
            let known = accounts.iter().flatten().flatten();
            members.with(|members| {
                let candidates = known.filter(|account| can_be_added(account, members));
                let option = |account: &AccountDetail| {
                    let text = format!("{} · {}", isolated(&account.display_name), account.email);
                    view! { <option value=account.id.to_string()>{text}</option> }
                };
                candidates.map(option).collect_view()
            })
        })
    };
    view! {
        <form class="mt-3 flex max-w-xl flex-col gap-2" novalidate on:submit=submit>
            {move || {
                accounts.with(|accounts| match accounts {
                    Some(Err(error)) => failed(error, Callback::new(move |()| fetch())),
                    _ => ().into_any(),
                })
            }}
            <label class="flex flex-col gap-1">
                <span class="text-sm font-medium">{t!("Add a member")}</span>
                <select
                    node_ref=select
                    class="select w-full"
                    aria-describedby="error-account"
                    aria-invalid=move || error.with(Option::is_some).to_string()
                    on:change=move |_| form.clear()
                >
                    <option value="">{placeholder}</option>
                    {options}
                </select>
            </label>
            {hint_and_error("error-account".to_owned(), "", error)}
            {form.error()}
            <div>{form.submit(t!("Add member"))}</div>
        </form>
    }
    .into_any()
}

/// Returns whether an account can be added: it is enabled and not yet a member.
fn can_be_added(account: &AccountDetail, members: &[Member]) -> bool {
    account.disabled_at.is_none() && !members.iter().any(|member| member.account_id == account.id)
}

fn remove(context: TeamContext, to_remove: RwSignal<Option<Member>>, member: Member) -> AnyView {
    let confirmation = Confirmation {
        title: t!("Remove {name} from the team?", name = isolated(&member.display_name)),
        text: t!(
            "They no longer see the team's conversations. Their messages stay. Administrators can still act in every \
             team."
        ),
        button: t!("Remove member"),
        is_dangerous: true,
    };
    let close = Callback::new(move |()| to_remove.set(None));
    let done = Callback::new(move |()| {
        to_remove.set(None);
        request_animation_frame(|| focus_first("#members"));
        context.refetch.run(());
    });
    let request = move || async move { context.client.delete_member(context.id, member.account_id).await };
    confirm(confirmation, close, request, done)
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
        assert!(!can_be_added(&account(1, None), &members));
        assert!(!can_be_added(&account(2, Some("2026-11-22T09:00:00Z")), &members));
        assert!(can_be_added(&account(2, None), &members));
    }
}
