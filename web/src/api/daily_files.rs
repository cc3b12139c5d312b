//! Requests for a team's daily files: upload, history and column mapping.

use gloo_net::http::Method;
use shared::{
    daily_file::{ColumnMapping, DailyFile, FilePreview, ImportedFile},
    ids::{DailyFileId, TeamId},
};
use web_sys::File;

use super::{
    Client, RequestError,
    client::{BASE, read},
    upload::upload,
};

impl Client {
    /// Returns the team's files, newest first.
    pub(crate) async fn list_daily_files(self, team: TeamId) -> Result<Vec<DailyFile>, RequestError> {
        self.get_all(&format!("/teams/{team}/daily_files")).await
    }

    /// Compares a file with the current one without storing it. `progress` receives the percentage that was sent.
    pub(crate) async fn preview_daily_file(
        self,
        team: TeamId,
        file: &File,
        progress: impl Fn(u32) + 'static,
    ) -> Result<FilePreview, RequestError> {
        self.get_text("/me").await?;
        let path = format!("/teams/{team}/daily_files?preview=true");
        read(&upload(&path, file, Box::new(progress)).await?)
    }

    /// Uploads a file and makes it the current one. `confirm` accepts a file that replaces most customers. `progress`
    /// receives the percentage that was sent.
    pub(crate) async fn create_daily_file(
        self,
        team: TeamId,
        file: &File,
        confirm: bool,
        progress: impl Fn(u32) + 'static,
    ) -> Result<ImportedFile, RequestError> {
        // Renews the session first if necessary, so that a large file is not sent and then refused.
        self.get_text("/me").await?;
        let path = format!("/teams/{team}/daily_files?confirm={confirm}");
        read(&upload(&path, file, Box::new(progress)).await?)
    }

    /// Makes an earlier file the current one.
    pub(crate) async fn restore_daily_file(
        self,
        team: TeamId,
        id: DailyFileId,
    ) -> Result<ImportedFile, RequestError> {
        self.write(Method::POST, &format!("/teams/{team}/daily_files/{id}/restore"), &()).await
    }

    /// Returns which columns of the team's files have the ref, name and number, with the version.
    pub(crate) async fn get_column_mapping(
        self,
        team: TeamId,
    ) -> Result<(ColumnMapping, String), RequestError> {
        self.get_version(&format!("/teams/{team}/column_mapping")).await
    }

    /// Sets which columns have the ref, name and number, from the next file on.
    pub(crate) async fn update_column_mapping(
        self,
        team: TeamId,
        mapping: &ColumnMapping,
        version: &str,
    ) -> Result<(ColumnMapping, String), RequestError> {
        let saved = self.change(&format!("/teams/{team}/column_mapping"), mapping, version).await?;
        Ok((read(&saved.text)?, saved.version()))
    }
}

/// Returns the address to download the rejected rows of a file from.
pub(crate) fn rejected_rows(team: TeamId, id: DailyFileId) -> String {
    format!("{BASE}/teams/{team}/daily_files/{id}/rejected")
}
