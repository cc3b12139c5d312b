//! Requests for teams, their numbers and their members.

use gloo_net::http::Method;
use shared::{
    PhoneNumber,
    account::AccountName,
    ids::{AccountId, TeamId},
    team::{NewTeam, NewTeamNumber, TeamDetail, TeamSummary},
};

use super::{Client, RequestError, client::read};

impl Client {
    /// Returns every team that the caller can manage.
    pub(crate) async fn list_teams(self) -> Result<Vec<TeamSummary>, RequestError> {
        self.get_all("/teams").await
    }

    /// Returns the enabled members of a team, by name.
    pub(crate) async fn list_colleagues(self, id: TeamId) -> Result<Vec<AccountName>, RequestError> {
        self.get_all(&format!("/teams/{id}/colleagues")).await
    }

    /// Returns a team with its members.
    pub(crate) async fn get_team(self, id: TeamId) -> Result<TeamDetail, RequestError> {
        self.get(&format!("/teams/{id}")).await
    }

    /// Creates a team.
    pub(crate) async fn create_team(self, team: &NewTeam) -> Result<TeamDetail, RequestError> {
        self.write(Method::POST, "/teams", team).await
    }

    /// Changes a team.
    pub(crate) async fn update_team(
        self,
        id: TeamId,
        team: &NewTeam,
        version: &str,
    ) -> Result<TeamDetail, RequestError> {
        read(&self.change(&format!("/teams/{id}"), team, version).await?.text)
    }

    /// Adds a number to a team.
    pub(crate) async fn create_team_number(
        self,
        id: TeamId,
        number: &NewTeamNumber,
    ) -> Result<TeamDetail, RequestError> {
        self.write(Method::POST, &format!("/teams/{id}/numbers"), number).await
    }

    /// Removes a number from a team.
    pub(crate) async fn delete_team_number(
        self,
        id: TeamId,
        number: &PhoneNumber,
    ) -> Result<(), RequestError> {
        let number = String::from(js_sys::encode_uri_component(number.as_str()));
        self.delete(&format!("/teams/{id}/numbers?number={number}")).await
    }

    /// Adds an account to a team.
    pub(crate) async fn put_member(self, id: TeamId, account: AccountId) -> Result<(), RequestError> {
        self.write_text(Method::PUT, &format!("/teams/{id}/members/{account}"), &()).await.map(drop)
    }

    /// Removes an account from a team.
    pub(crate) async fn delete_member(self, id: TeamId, account: AccountId) -> Result<(), RequestError> {
        self.delete(&format!("/teams/{id}/members/{account}")).await
    }
}
