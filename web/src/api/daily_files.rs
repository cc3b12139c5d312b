//! A team's daily files: uploading one, the earlier ones, and which columns hold what.

use gloo_net::http::Method;
use shared::{
    daily_file::{ColumnMapping, DailyFile, FilePreview, ImportedFile},
    ids::{DailyFileId, TeamId},
};
use web_sys::File;

use super::{
    Client, Fault,
    client::{BASE, read},
    upload::upload,
};

impl Client {
    /// The team's files, the newest first.
    pub(crate) async fn list_daily_files(self, team: TeamId) -> Result<Vec<DailyFile>, Fault> {
        self.get_all(&format!("/teams/{team}/daily_files")).await
    }

    /// Compares a file with the current one; nothing changes. `progress` gets the part that was sent, in per cent.
    pub(crate) async fn preview_daily_file(
        self,
        team: TeamId,
        file: &File,
        progress: impl Fn(u32) + 'static,
    ) -> Result<FilePreview, Fault> {
        self.get_text("/me").await?;
        let path = format!("/teams/{team}/daily_files?preview=true");
        read(&upload(&path, file, Box::new(progress)).await?)
    }

    /// Uploads a file, which becomes the current one. `confirm` uses it although it replaces most customers; `told` gets
    /// the part that was sent, in per cent.
    pub(crate) async fn create_daily_file(
        self,
        team: TeamId,
        file: &File,
        confirm: bool,
        told: impl Fn(u32) + 'static,
    ) -> Result<ImportedFile, Fault> {
        // The session is renewed first, if it has to be: nothing large is sent in vain.
        self.get_text("/me").await?;
        let path = format!("/teams/{team}/daily_files?confirm={confirm}");
        read(&upload(&path, file, Box::new(told)).await?)
    }

    /// Makes an earlier file the current one.
    pub(crate) async fn restore_daily_file(
        self,
        team: TeamId,
        id: DailyFileId,
    ) -> Result<ImportedFile, Fault> {
        self.write(Method::POST, &format!("/teams/{team}/daily_files/{id}/restore"), &()).await
    }

    /// Which columns of the team's files hold what.
    pub(crate) async fn get_column_mapping(self, team: TeamId) -> Result<ColumnMapping, Fault> {
        self.get(&format!("/teams/{team}/column_mapping")).await
    }

    /// Says which columns of the team's files hold what, from the next file on.
    pub(crate) async fn update_column_mapping(
        self,
        team: TeamId,
        mapping: &ColumnMapping,
    ) -> Result<ColumnMapping, Fault> {
        self.write(Method::PUT, &format!("/teams/{team}/column_mapping"), mapping).await
    }
}

/// Where the rows of a file can be downloaded that were not taken.
pub(crate) fn rejected_rows(team: TeamId, id: DailyFileId) -> String {
    format!("{BASE}/teams/{team}/daily_files/{id}/rejected")
}
