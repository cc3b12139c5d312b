//! The upload of a file: first to compare it with the current file, then, once the difference was seen, to use it. It goes
//! on while other pages are open, and ends with the session. Leaving the app during an upload asks first.

use std::cell::RefCell;

use leptos::prelude::*;
use shared::{
    daily_file::{FilePreview, ImportedFile},
    ids::{AccountId, DailyFileId, TeamId},
};
use wasm_bindgen_futures::JsFuture;
use web_sys::File;

use crate::{
    api::{Client, Fault},
    session::{Session, SessionState},
    tasks::start,
};

/// Where a file stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Stage {
    /// There is none.
    Waiting,
    /// It is being sent, or read by the server.
    Sending,
    /// It was compared with the current file, which has not changed.
    Compared(FilePreview),
    /// It is the current one now.
    Imported(ImportedFile),
    /// An earlier one is the current one again.
    Restored(ImportedFile),
    /// The file before is still the current one.
    Refused(Fault),
    /// The browser cannot read it.
    Unreadable,
}

/// What an upload is for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Purpose {
    Compare,
    /// Use the file, also when it replaces most customers if that was confirmed.
    Use {
        confirmed: bool,
    },
}

/// The upload of a file for a team.
#[derive(Clone, Copy)]
pub(super) struct Import {
    client: Client,
    team: TeamId,
    pub(super) stage: RwSignal<Stage>,
    /// The part that was sent, in per cent.
    pub(super) sent: RwSignal<u32>,
    /// Kept until it is in use, so that it is chosen only once.
    file: StoredValue<Option<File>, LocalStorage>,
    pub(super) name: RwSignal<String>,
    purpose: StoredValue<Purpose>,
    /// Owns what is under way.
    running: StoredValue<Option<Owner>>,
}

struct Kept {
    account: Option<AccountId>,
    import: Import,
    /// Owns the import's signals.
    owner: Owner,
}

thread_local! {
    static KEPT: RefCell<Vec<Kept>> = const { RefCell::new(Vec::new()) };
}

impl Import {
    /// What whoever is signed in brings in for this team, or brought in last.
    pub(super) fn of(session: Session, client: Client, team: TeamId) -> Self {
        let account = session.account();
        let (mut kept, others): (Vec<Kept>, Vec<Kept>) =
            KEPT.take().into_iter().partition(|kept| kept.account == account);
        for other in others {
            other.import.stop();
            other.owner.cleanup();
        }
        let known = kept.iter().find(|kept| kept.import.team == team).map(|kept| kept.import);
        let import = known.unwrap_or_else(|| {
            let owner = of_its_own();
            let import = owner.with(|| Self::new(session, client, team));
            kept.push(Kept { account, import, owner });
            import
        });
        KEPT.set(kept);
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
            purpose: StoredValue::new(Purpose::Compare),
            running: StoredValue::new(None),
        };
        Effect::new(move |_| {
            if session.state() == SessionState::SignedOut && import.stop() {
                import.stage.set(Stage::Refused(Fault::SignedOut));
            }
        });
        import
    }

    /// Compares a file with the current one.
    pub(super) fn take(self, file: File) {
        if self.stage.with_untracked(|stage| *stage == Stage::Sending) {
            return;
        }
        self.name.set(file.name());
        self.file.set_value(Some(file));
        self.send(Purpose::Compare);
    }

    /// How large the file is, in bytes.
    pub(super) fn size(self) -> f64 {
        self.file.with_value(|file| file.as_ref().map_or(0.0, |file| file.size()))
    }

    /// Sends it again for the same purpose.
    pub(super) fn retry(self) {
        self.send(self.purpose.get_value());
    }

    /// Uses the file, which becomes the current one. `confirmed` says that it may replace most customers.
    pub(super) fn accept(self, confirmed: bool) {
        self.send(Purpose::Use { confirmed });
    }

    /// Ends the upload, and forgets the file.
    pub(super) fn forget(self) {
        self.stop();
        self.file.set_value(None);
        self.stage.set(Stage::Waiting);
    }

    /// Makes an earlier file the current one.
    pub(super) async fn restore(self, id: DailyFileId) -> Result<(), Fault> {
        let restored = self.client.restore_daily_file(self.team, id).await?;
        // An upload in progress stays on screen.
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
        let owner = of_its_own();
        owner.with(|| {
            let leaving = window_event_listener(leptos::ev::beforeunload, |event| {
                event.prevent_default();
                event.set_return_value("asked");
            });
            on_cleanup(move || leaving.remove());
            start(async move {
                let told = move |percent| {
                    self.sent.try_set(percent);
                };
                let (client, team) = (self.client, self.team);
                let answer = match purpose {
                    Purpose::Compare => {
                        client.preview_daily_file(team, &file, told).await.map(Stage::Compared)
                    }
                    Purpose::Use { confirmed } => {
                        client.create_daily_file(team, &file, confirmed, told).await.map(Stage::Imported)
                    }
                };
                let stage = match answer {
                    Ok(stage) => stage,
                    Err(Fault::Unreachable) if !is_readable(&file).await => Stage::Unreadable,
                    Err(fault) => Stage::Refused(fault),
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

    /// Ends what is under way; whether something was.
    fn stop(self) -> bool {
        let running = self.running.try_update_value(Option::take).flatten();
        if let Some(owner) = &running {
            owner.cleanup();
        }
        running.is_some()
    }
}

/// An owner that ends with nothing else. Not [`Owner::new_root`], which becomes the current one as well, so that what the
/// page draws next would end with it.
fn of_its_own() -> Owner {
    Owner::default()
}

/// Whether the browser can read the file: it may have been moved or changed since it was chosen, or be a folder.
async fn is_readable(file: &File) -> bool {
    match file.slice_with_i32_and_i32(0, 1) {
        Ok(first) => JsFuture::from(first.array_buffer()).await.is_ok(),
        Err(_) => false,
    }
}
