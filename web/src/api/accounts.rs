//! Requests for managing accounts, and for the signed-in account. Passwords are not stored.

use gloo_net::http::Method;
use shared::{
    account::{AccountChange, AccountDetail, Me, NewAccount, NewPassword, PasswordChange, Profile},
    ids::AccountId,
    session::OwnSession,
};

use super::{Client, RequestError};

impl Client {
    /// Returns every account that the caller can manage.
    pub(crate) async fn list_accounts(self) -> Result<Vec<AccountDetail>, RequestError> {
        self.get_all("/accounts").await
    }

    /// Creates an account.
    pub(crate) async fn create_account(self, account: &NewAccount) -> Result<(), RequestError> {
        self.write_text(Method::POST, "/accounts", account).await.map(drop)
    }

    /// Changes or disables an account.
    pub(crate) async fn update_account(
        self,
        id: AccountId,
        change: &AccountChange,
    ) -> Result<(), RequestError> {
        self.write_text(Method::PUT, &format!("/accounts/{id}"), change).await.map(drop)
    }

    /// Sets an account's password.
    pub(crate) async fn put_password(
        self,
        id: AccountId,
        password: &NewPassword,
    ) -> Result<(), RequestError> {
        self.write_text(Method::PUT, &format!("/accounts/{id}/password"), password).await.map(drop)
    }

    /// Changes the caller's own profile.
    pub(crate) async fn put_profile(self, profile: &Profile) -> Result<Me, RequestError> {
        self.write(Method::PUT, "/me", profile).await
    }

    /// Changes the caller's own password.
    pub(crate) async fn change_password(self, change: &PasswordChange) -> Result<(), RequestError> {
        self.write_text(Method::PUT, "/me/password", change).await.map(drop)
    }

    /// Returns the caller's active sessions, newest first.
    pub(crate) async fn list_my_sessions(self) -> Result<Vec<OwnSession>, RequestError> {
        self.get_all("/me/sessions").await
    }

    /// Ends one of the caller's sessions.
    pub(crate) async fn delete_my_session(self, id: i64) -> Result<(), RequestError> {
        self.delete(&format!("/me/sessions/{id}")).await
    }

    /// Ends all of the caller's sessions except the current one.
    pub(crate) async fn delete_my_sessions(self) -> Result<(), RequestError> {
        self.delete("/me/sessions").await
    }
}
