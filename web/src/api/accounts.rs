//! Accounts, seen by those who look after them, and one's own. It must never keep a password.

use gloo_net::http::Method;
use shared::{
    account::{
        AccountChange, AccountDetail, Me, NewAccount, NewPassword, OwnSession, PasswordChange, Profile,
    },
    ids::AccountId,
};

use super::{Client, Fault};

impl Client {
    /// Every account that one may look after.
    pub(crate) async fn list_accounts(self) -> Result<Vec<AccountDetail>, Fault> {
        self.get_all("/accounts").await
    }

    /// Makes an account.
    pub(crate) async fn create_account(self, account: &NewAccount) -> Result<(), Fault> {
        self.write_text(Method::POST, "/accounts", account).await.map(drop)
    }

    /// Changes an account, or shuts it out.
    pub(crate) async fn update_account(self, id: AccountId, change: &AccountChange) -> Result<(), Fault> {
        self.write_text(Method::PUT, &format!("/accounts/{id}"), change).await.map(drop)
    }

    /// Gives an account another password.
    pub(crate) async fn put_password(self, id: AccountId, password: &NewPassword) -> Result<(), Fault> {
        self.write_text(Method::PUT, &format!("/accounts/{id}/password"), password).await.map(drop)
    }

    /// Changes one's own name.
    pub(crate) async fn put_profile(self, profile: &Profile) -> Result<Me, Fault> {
        self.write(Method::PUT, "/me", profile).await
    }

    /// Changes one's own password.
    pub(crate) async fn change_password(self, change: &PasswordChange) -> Result<(), Fault> {
        self.write_text(Method::PUT, "/me/password", change).await.map(drop)
    }

    /// One's own live sessions, newest first.
    pub(crate) async fn list_my_sessions(self) -> Result<Vec<OwnSession>, Fault> {
        self.get_all("/me/sessions").await
    }

    /// Ends one of one's own sessions.
    pub(crate) async fn delete_my_session(self, id: i64) -> Result<(), Fault> {
        self.delete(&format!("/me/sessions/{id}")).await
    }

    /// Ends all of one's own sessions but the current one.
    pub(crate) async fn delete_my_sessions(self) -> Result<(), Fault> {
        self.delete("/me/sessions").await
    }
}
