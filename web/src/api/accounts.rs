//! Requests for managing accounts, and for the signed-in account. Passwords are not stored.

use gloo_net::http::Method;
use serde::Deserialize;
use shared::{
    account::{Account, AccountChange, AccountDetail, Me, NewAccount, NewPassword, PasswordChange, Profile},
    ids::AccountId,
    session::OwnSession,
};

use super::{Client, RequestError, client::read};

/// The part of the caller that is its profile.
#[derive(PartialEq, Deserialize)]
pub(crate) struct Own {
    pub(crate) account: Account,
}

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
        version: &str,
    ) -> Result<(), RequestError> {
        self.change(&format!("/accounts/{id}"), change, version).await.map(drop)
    }

    /// Sets an account's password.
    pub(crate) async fn put_password(
        self,
        id: AccountId,
        password: &NewPassword,
    ) -> Result<(), RequestError> {
        self.write_text(Method::PUT, &format!("/accounts/{id}/password"), password).await.map(drop)
    }

    /// Returns the caller's own profile, with its version.
    pub(crate) async fn get_profile(self) -> Result<(Own, String), RequestError> {
        self.get_version("/me").await
    }

    /// Changes the caller's own profile. Returns the caller, with the new version of the profile.
    pub(crate) async fn put_profile(
        self,
        profile: &Profile,
        version: &str,
    ) -> Result<(Me, String), RequestError> {
        let changed = self.change("/me", profile, version).await?;
        Ok((read(&changed.text)?, changed.version()))
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
