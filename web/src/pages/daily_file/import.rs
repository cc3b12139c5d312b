//! The upload of a daily file: first to preview its changes, then to import it. An upload continues while other pages
//! are open, and ends with the session. The browser asks for confirmation before it leaves the app during an upload.

use std::cell::RefCell;

use leptos::prelude::*;
use shared::{
    daily_file::{FilePreview, ImportedFile},
    ids::{AccountId, DailyFileId, TeamId},
};
use wasm_bindgen_futures::JsFuture;
use web_sys::File;

use crate::{
    api::{Client, RequestError},
    session::{Session, SessionState},
    tasks::spawn,
};

/// Stage of an upload.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Stage {
    /// No file is chosen.
    Waiting,
    /// The file is being sent, or the server is reading it.
    Sending,
    /// The server has compared the file with the current one, without importing it.
    Previewed(FilePreview),
    /// The file is the current one now.
    Imported(ImportedFile),
    /// An earlier file is the current one again.
    Restored(ImportedFile),
    /// The upload failed; the current file has not changed.
    Refused(RequestError),
    /// The browser cannot read the file.
    Unreadable,
}

/// Purpose of an upload.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Purpose {
    Preview,
    /// Import the file. `confirmed` allows it to replace most customers.
    Import {
        confirmed: bool,
    },
}

/// The upload of a file for a team.
#[derive(Clone, Copy)]
pub(super) struct Import {
    client: Client,
    team: TeamId,
    pub(super) stage: RwSignal<Stage>,
    /// Percentage of the file that has been sent.
    pub(super) sent: RwSignal<u32>,
    /// The chosen file. Kept until it is imported, because preview and import both send it.
    file: StoredValue<Option<File>, LocalStorage>,
    pub(super) name: RwSignal<String>,
    purpose: StoredValue<Purpose>,
    /// Owner of the running upload.
    running: StoredValue<Option<Owner>>,
}

/// The upload state of a team, which outlives the page.
struct TeamImport {
    account: Option<AccountId>,
    import: Import,
    /// Owner of the import's signals.
    owner: Owner,
}

thread_local! {
    static IMPORTS: RefCell<Vec<TeamImport>> = const { RefCell::new(Vec::new()) };
}

impl Import {
    /// Returns the signed-in account's import for this team. Ends the imports of other accounts.
    pub(super) fn of(session: Session, client: Client, team: TeamId) -> Self {
        let account = session.account();
        let (mut own, others): (Vec<TeamImport>, Vec<TeamImport>) =
            IMPORTS.take().into_iter().partition(|known| known.account == account);
        for other in others {
            other.import.stop();
            other.owner.cleanup();
        }
        let known = own.iter().find(|known| known.import.team == team).map(|known| known.import);
        let import = known.unwrap_or_else(|| {
            let owner = detached_owner();
            let import = owner.with(|| Self::new(session, client, team));
            own.push(TeamImport { account, import, owner });
            import
        });
        IMPORTS.set(own);
        import
    }

    fn new(session: Session, client: Client, team: TeamId) -> Self {
        let import = Self {
            client,
            team,
            stage: RwSignal::new(Stage::Waiting),
            sent: RwSignal::new(0),
            file: StoredValue::new_local(None),
            name: RwSignal::new(String::new()),
            purpose: StoredValue::new(Purpose::Preview),
            running: StoredValue::new(None),
        };
        Effect::new(move |_| {
            if session.state() == SessionState::SignedOut && import.stop() {
                import.stage.set(Stage::Refused(RequestError::SignedOut));
            }
        });
        import
    }

    /// Uploads a file for a preview. Does nothing during another upload.
    pub(super) fn preview(self, file: File) {
        if self.stage.with_untracked(|stage| *stage == Stage::Sending) {
            return;
        }
        self.name.set(file.name());
        self.file.set_value(Some(file));
        self.send(Purpose::Preview);
    }

    /// Returns the size of the file in bytes.
    pub(super) fn size(self) -> f64 {
        self.file.with_value(|file| file.as_ref().map_or(0.0, |file| file.size()))
    }

    /// Sends the file again for the same purpose.
    pub(super) fn retry(self) {
        self.send(self.purpose.get_value());
    }

    /// Imports the file, which becomes the current one. `confirmed` allows it to replace most customers.
    pub(super) fn accept(self, confirmed: bool) {
        self.send(Purpose::Import { confirmed });
    }

    /// Aborts the upload and discards the file.
    pub(super) fn cancel(self) {
        self.stop();
        self.file.set_value(None);
        self.stage.set(Stage::Waiting);
    }

    /// Makes an earlier file the current one.
    pub(super) async fn restore(self, id: DailyFileId) -> Result<(), RequestError> {
        let restored = self.client.restore_daily_file(self.team, id).await?;
        // An upload in progress keeps its stage.
        if self.stage.try_with_untracked(|stage| *stage != Stage::Sending) == Some(true) {
            self.stage.set(Stage::Restored(restored));
        }
        Ok(())
    }

    fn send(self, purpose: Purpose) {
        let Some(file) = self.file.get_value() else { return };
        self.stop();
        self.purpose.set_value(purpose);
        self.sent.set(0);
        self.stage.set(Stage::Sending);
        let owner = detached_owner();
        owner.with(|| {
            let leaving = window_event_listener(leptos::ev::beforeunload, |event| {
                event.prevent_default();
                event.set_return_value("asked");
            });
            on_cleanup(move || leaving.remove());
            spawn(async move {
                let on_progress = move |percent| {
                    self.sent.try_set(percent);
                };
                let (client, team) = (self.client, self.team);
                let response = match purpose {
                    Purpose::Preview => {
                        client.preview_daily_file(team, &file, on_progress).await.map(Stage::Previewed)
                    }
                    Purpose::Import { confirmed } => client
                        .create_daily_file(team, &file, confirmed, on_progress)
                        .await
                        .map(Stage::Imported),
                };
                let stage = match response {
                    Ok(stage) => stage,
                    Err(RequestError::Unreachable) if !is_readable(&file).await => Stage::Unreadable,
                    Err(error) => Stage::Refused(error),
                };
                if matches!(stage, Stage::Imported(_)) {
                    self.file.try_set_value(None);
                }
                self.stage.try_set(stage);
                self.stop();
            });
        });
        self.running.set_value(Some(owner));
    }

    /// Aborts the running upload. Returns whether there was one.
    fn stop(self) -> bool {
        let running = self.running.try_update_value(Option::take).flatten();
        if let Some(owner) = &running {
            owner.cleanup();
        }
        running.is_some()
    }
}

/// Returns an owner without a parent, which is cleaned up only explicitly. [`Owner::new_root`] would also become the
/// current owner, so that its cleanup would end whatever the page renders next.
fn detached_owner() -> Owner {
    Owner::default()
}

/// Returns whether the browser can read the file. It cannot if the file was moved or changed after it was chosen, or is
/// a folder.
async fn is_readable(file: &File) -> bool {
    match file.slice_with_i32_and_i32(0, 1) {
        Ok(first) => JsFuture::from(first.array_buffer()).await.is_ok(),
        Err(_) => false,
    }
}
