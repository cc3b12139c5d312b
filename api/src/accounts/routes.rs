//! `/accounts`.

use std::collections::BTreeSet;

use actix_web::{HttpRequest, HttpResponse, web};
use shared::{
    Page, Problem,
    account::{AccountChange, AccountDetail, NewAccount, NewPassword, Permission},
    audit_entry::AuditAction,
    clean::clean_code,
    ids::{AccountId, TeamId},
};

use super::{
    about,
    change::{self, CreateAccountError, ManageAccountError, UpdateAccountError},
    profile, queries,
};
use crate::{
    auth::{Authority, Caller},
    body::Body,
    error::ApiError,
    fields::Validation,
    idempotency::IdempotentRequest,
    paging::{PageQuery, decode_cursor, encode_cursor, page, page_size},
    precondition::{self, Expected, routes::ConditionalChange},
    state::AppState,
};

/// Lists the accounts of the caller's teams, oldest first. An admin gets all accounts.
#[utoipa::path(get, path = "/api/v1/accounts", operation_id = "list_accounts", tag = "accounts",
    params(PageQuery),
    responses((status = 200, body = Page<AccountDetail>), (status = 403, description = "`forbidden`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn list_accounts(
    state: web::Data<AppState>,
    caller: Caller,
    query: web::Query<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageAccounts)?;
    let limit = page_size(query.limit)?;
    let after: Option<AccountId> = decode_cursor(query.cursor.as_deref())?;
    let found = state.db.read(move |conn| queries::list(conn, &caller.scope, after, limit + 1)).await?;
    Ok(HttpResponse::Ok().json(page(found, limit, |last| encode_cursor(&last.id))))
}

/// Creates an account.
#[utoipa::path(post, path = "/api/v1/accounts", operation_id = "create_account", tag = "accounts",
    request_body(content = NewAccount, example = json!({"email": "eve@example.com", "display_name": "Eve",
        "role": "agent", "team_ids": [1], "password": "four words of yours"})),
    responses((status = 201, body = AccountDetail),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 409, description = "`already_exists`", body = Problem),
        (status = 503, description = "`busy`, with `Retry-After`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn create_account(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    new: Body<NewAccount>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageAccounts)?;
    let once = IdempotentRequest::of(&state, &request, &caller, &*new)?;
    let authority = Authority::from(&caller);
    let (new, password) = change::check(new.into_inner(), &authority);
    let hash = state.auth.passwords.hash(password).await?;
    let now = state.clock.now();
    let made = state
        .db
        .write(move |conn| {
            once.run(conn, |conn| {
                let created = change::create(conn, new, &authority, &hash, now)?;
                about(AuditAction::AccountCreated, &caller, &created)
                    .detail("role", created.role.as_str())
                    .record(conn, now)?;
                Ok::<_, CreateAccountError>(created)
            })
        })
        .await?;
    state.committed();
    Ok(made.created())
}

/// One account.
#[utoipa::path(get, path = "/api/v1/accounts/{id}", operation_id = "get_account", tag = "accounts",
    params(("id" = i64, Path, description = "The account")),
    responses((status = 200, body = AccountDetail), (status = 403, description = "`forbidden`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn get_account(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<AccountId>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageAccounts)?;
    let (authority, id) = (Authority::from(&caller), id.into_inner());
    let found = state.db.read(move |conn| change::detail(conn, &authority, id)).await?;
    Ok(precondition::routes::versioned(&found))
}

/// Changes an account. Fields that are left out keep their values. Disabling an account ends its sessions at once.
///
/// To change the e-mail address of your own account, send `current_password`.
#[utoipa::path(put, path = "/api/v1/accounts/{id}", operation_id = "update_account", tag = "accounts",
    params(("id" = i64, Path, description = "The account"), ConditionalChange),
    request_body(content = AccountChange, example = json!({"display_name": "Eve", "disabled": true})),
    responses((status = 200, body = AccountDetail),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 409, description = "`already_exists`, `last_admin`", body = Problem),
        (status = 429, description = "`too_many_requests`, with `Retry-After`", body = Problem),
        (status = 503, description = "`busy`, with `Retry-After`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn update_account(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<AccountId>,
    expected: Expected,
    change: Body<AccountChange>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageAccounts)?;
    let (authority, by) = (Authority::from(&caller), caller.account_id());
    let (id, mut change, now) = (id.into_inner(), change.into_inner(), state.clock.now());
    let current = change.current_password.take();
    if changes_own_email(&caller, id, &change) {
        profile::confirm_own_change(&state.auth, &caller, id, current).await?;
    }
    let changes = changed_fields(&change);
    let changed = state
        .db
        .write(move |conn| {
            let changed = change::update(conn, &authority, by, id, &expected, change, now)?;
            about(AuditAction::AccountChanged, &caller, &changed)
                .detail("fields", changes)
                .record(conn, now)?;
            Ok::<_, UpdateAccountError>(changed)
        })
        .await?;
    state.committed();
    Ok(precondition::routes::versioned(&changed))
}

/// Sets an account's password, and ends its sessions at once.
///
/// For your own account, send `current_password`.
#[utoipa::path(put, path = "/api/v1/accounts/{id}/password", operation_id = "update_account_password",
    tag = "accounts", params(("id" = i64, Path, description = "The account")), request_body = NewPassword,
    responses((status = 204, description = "Changed"),
        (status = 403, description = "`forbidden`, `csrf_mismatch`", body = Problem),
        (status = 429, description = "`too_many_requests`, with `Retry-After`", body = Problem),
        (status = 503, description = "`busy`, with `Retry-After`", body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn update_account_password(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<AccountId>,
    new: Body<NewPassword>,
) -> Result<HttpResponse, ApiError> {
    caller.require(Permission::ManageAccounts)?;
    let (authority, id, now) = (Authority::from(&caller), id.into_inner(), state.clock.now());
    let (manages, new) = (authority.clone(), new.into_inner());
    let account = state.db.read(move |conn| change::find_manageable(conn, &manages, id)).await?;
    let mut validation = Validation::default();
    let password = validation.password("password", new.password, &[&account.email, &account.display_name]);
    validation.finish()?;
    profile::confirm_own_change(&state.auth, &caller, id, new.current_password).await?;
    let hash = state.auth.passwords.hash(password).await?;
    let event = about(AuditAction::PasswordChanged, &caller, &account);
    state
        .db
        .write(move |conn| {
            change::reset_password(conn, &authority, id, &hash, now)?;
            event.detail("sessions", "all sessions are ended").record(conn, now)?;
            Ok::<_, ManageAccountError>(())
        })
        .await?;
    state.committed();
    Ok(HttpResponse::NoContent().finish())
}

/// Whether the caller changes the e-mail address of their own account.
fn changes_own_email(caller: &Caller, id: AccountId, change: &AccountChange) -> bool {
    let Ok((account, _)) = caller.require_account() else { return false };
    let differs = |email: &String| clean_code(email).to_lowercase() != account.email;
    account.id == id && change.email.as_ref().is_some_and(differs)
}

/// Describes a change for the audit log, with the values of roles, permissions and teams, but without personal data.
fn changed_fields(change: &AccountChange) -> String {
    let permissions = |permissions: &BTreeSet<Permission>| {
        let words: Vec<&str> = permissions.iter().map(|permission| permission.as_str()).collect();
        format!("permissions=[{}]", words.join(" "))
    };
    let teams = |teams: &Vec<TeamId>| {
        let ids: Vec<String> = teams.iter().map(ToString::to_string).collect();
        format!("team_ids=[{}]", ids.join(" "))
    };
    let fields = [
        change.email.as_ref().map(|_| "email".to_owned()),
        change.display_name.as_ref().map(|_| "display_name".to_owned()),
        change.role.map(|role| format!("role={}", role.as_str())),
        change.permissions.as_ref().map(permissions),
        change.team_ids.as_ref().map(teams),
        change.disabled.map(|disabled| format!("disabled={disabled}")),
    ];
    fields.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
