//! The dialog that creates or edits an account.

use std::collections::BTreeSet;

use leptos::prelude::*;
use shared::{
    account::{AccountChange, AccountDetail, NewAccount, Permission, Role},
    ids::{AccountId, TeamId},
    team::TeamSummary,
};

use super::AccountsContext;
use crate::{
    api::RequestError,
    components::{
        checkboxes::{self, team_names},
        conflict::{Changes, Conflict, Version},
        dialog::Dialog,
        form::{Field, Form, PASSWORD_HINT, hint_and_error},
        permission::{label, role_name},
        person::isolated,
    },
    language::t,
    session::use_session,
};

/// Values of the form fields.
#[derive(Clone, Copy)]
struct Fields {
    email: RwSignal<String>,
    display_name: RwSignal<String>,
    role: RwSignal<Role>,
    permissions: RwSignal<BTreeSet<Permission>>,
    teams: RwSignal<BTreeSet<TeamId>>,
    password: RwSignal<String>,
    /// The current password, only for the signed-in account.
    current: RwSignal<String>,
}

impl Fields {
    fn new(account: Option<&AccountDetail>) -> Self {
        let role = account.map_or(Role::Agent, |account| account.role);
        let permissions = account.map_or_else(|| role.preset(), |account| account.permissions.clone());
        let read = |read: fn(&AccountDetail) -> String| RwSignal::new(account.map(read).unwrap_or_default());
        Self {
            email: read(|account| account.email.clone()),
            display_name: read(|account| account.display_name.clone()),
            role: RwSignal::new(role),
            permissions: RwSignal::new(permissions),
            teams: RwSignal::new(account.iter().flat_map(|account| account.team_ids.clone()).collect()),
            password: RwSignal::new(String::new()),
            current: RwSignal::new(String::new()),
        }
    }

    fn new_account(self) -> NewAccount {
        NewAccount {
            email: self.email.get_untracked(),
            display_name: self.display_name.get_untracked(),
            role: self.role.get_untracked(),
            permissions: Some(self.permissions.get_untracked()),
            team_ids: self.teams.get_untracked().into_iter().collect(),
            password: self.password.get_untracked(),
        }
    }

    fn change(self) -> AccountChange {
        AccountChange {
            email: Some(self.email.get_untracked()),
            display_name: Some(self.display_name.get_untracked()),
            role: Some(self.role.get_untracked()),
            permissions: Some(self.permissions.get_untracked()),
            team_ids: Some(self.teams.get_untracked().into_iter().collect()),
            disabled: None,
            current_password: Some(self.current.get_untracked()).filter(|current| !current.is_empty()),
        }
    }

    /// Compares the fields with what a colleague has saved.
    fn compare(
        self,
        changes: &mut Changes,
        teams: RwSignal<Vec<TeamSummary>>,
        before: &AccountDetail,
        theirs: &AccountDetail,
    ) {
        let set = |ids: &[TeamId]| ids.iter().copied().collect::<BTreeSet<TeamId>>();
        changes.text(t!("E-mail"), self.email, (&before.email, &theirs.email));
        changes.text(t!("Name"), self.display_name, (&before.display_name, &theirs.display_name));
        changes
            .field(t!("Role"), self.role, (&before.role, &theirs.role), |role| role_name(*role).to_owned());
        changes.field(
            t!("Permissions"),
            self.permissions,
            (&before.permissions, &theirs.permissions),
            |permissions| permissions.iter().copied().map(label).collect::<Vec<_>>().join(", "),
        );
        changes.field(t!("Teams"), self.teams, (&set(&before.team_ids), &set(&theirs.team_ids)), |ids| {
            let ids: Vec<TeamId> = ids.iter().copied().collect();
            teams.with_untracked(|teams| team_names(teams, &ids))
        });
    }

    /// Sets the role, with its default permissions.
    fn choose_role(self, role: Role) {
        self.role.set(role);
        self.permissions.set(role.preset());
    }
}

/// The dialog. Without an account it creates a new one.
pub(super) fn editor(
    context: AccountsContext,
    account: Option<AccountDetail>,
    close: Callback<()>,
) -> AnyView {
    let form = Form::new();
    let session = use_session();
    let fields = Fields::new(account.as_ref());
    let id = account.as_ref().map(|account| account.id);
    let title = account.as_ref().map_or_else(
        || t!("New account").to_owned(),
        |account| t!("Edit {name}", name = isolated(&account.display_name)),
    );
    let conflict = Conflict::new();
    let base = account.map(|account| StoredValue::new((account.clone(), account.version)));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let request = save(context, fields, conflict, id.zip(base));
        form.send(request, move |saved| {
            if saved.is_none() {
                return;
            }
            close.run(());
            context.refetch.run(());
            // Updates the session after a change of the signed-in account.
            if id.is_some() && id == session.account() {
                session.load();
            }
        });
    };
    let email = Field { kind: "email", ..Field::text("email", t!("E-mail"), fields.email) };
    let password = id.is_none().then(|| {
        form.password_field(Field {
            kind: "password",
            hint: PASSWORD_HINT,
            autocomplete: "new-password",
            ..Field::text("password", t!("Password"), fields.password)
        })
    });
    let current = (id.is_some() && id == session.account()).then(|| {
        form.password_field(Field {
            kind: "password",
            hint: t!("Required to change your own e-mail"),
            autocomplete: "current-password",
            ..Field::text("current_password", t!("Current password"), fields.current)
        })
    });
    let is_admin = Signal::derive(move || fields.role.get() == Role::Admin);
    let teams = checkboxes::teams(form, t!("Administrators act in every team."), context.teams, fields.teams);
    view! {
        <Dialog title close>
            <form class="flex flex-col gap-4" novalidate on:submit=submit>
                {form.text_field(email)}
                {current}
                {form.text_field(Field::text("display_name", t!("Name"), fields.display_name))}
                {password}
                {roles(form, fields)}
                {checkboxes::permissions(
                    form,
                    t!("Each role has default permissions; you can change them. Administrators have all of them."),
                    Permission::ALL.to_vec(),
                    fields.permissions,
                    is_admin,
                )}
                {teams}
                {conflict.view()}
                {form.error()}
                {form.actions(close, t!("Save"))}
            </form>
        </Dialog>
    }
    .into_any()
}

/// Creates an account, or saves the one that the fields are based on. Returns `None` if a colleague has changed it.
async fn save(
    context: AccountsContext,
    fields: Fields,
    conflict: Conflict,
    edited: Option<(AccountId, StoredValue<Version<AccountDetail>>)>,
) -> Result<Option<()>, RequestError> {
    let Some((id, base)) = edited else {
        return context.client.create_account(&fields.new_account()).await.map(Some);
    };
    let send = async |version: String| context.client.update_account(id, &fields.change(), &version).await;
    let compare = |changes: &mut Changes, before: &_, theirs: &_| {
        fields.compare(changes, context.teams, before, theirs);
    };
    conflict.save(base, send, compare).await
}

fn roles(form: Form, fields: Fields) -> AnyView {
    let choice = move |role: Role| {
        view! {
            <label class="flex min-h-6 items-center gap-2 text-sm">
                <input
                    type="radio"
                    name="role"
                    class="radio radio-sm"
                    prop:checked=move || fields.role.get() == role
                    on:change=move |_| fields.choose_role(role)
                />
                {role_name(role)}
            </label>
        }
    };
    view! {
        <fieldset aria-describedby="error-role" class="min-w-0">
            <legend class="mb-1 text-sm font-medium">{t!("Role")}</legend>
            <div class="flex flex-wrap gap-x-4 gap-y-1">{Role::ALL.map(choice).collect_view()}</div>
            {hint_and_error("error-role".to_owned(), "", form.field_error("role"))}
        </fieldset>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_sets_its_default_permissions_and_they_can_be_changed() {
        let owner = Owner::new();
        owner.set();
        let fields = Fields::new(None);
        assert_eq!(fields.new_account().permissions, Some(Role::Agent.preset()));
        fields.choose_role(Role::Supervisor);
        fields.permissions.update(|permissions| {
            permissions.remove(&Permission::Import);
        });
        let sent = fields.change().permissions.unwrap_or_default();
        assert!(sent.contains(&Permission::ManageTeam) && !sent.contains(&Permission::Import));
        fields.choose_role(Role::Admin);
        assert_eq!(fields.new_account().permissions, Some(BTreeSet::from(Permission::ALL)));
    }
}
