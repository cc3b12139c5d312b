//! Starts the background tasks.

use std::sync::Arc;

use tokio::{sync::watch, task::JoinHandle};

use crate::{
    campaigns::sending::CampaignSender,
    clock::Clock,
    config::Settings,
    conversations::{assignment::absence, presence::Presences, snooze::wake},
    daily_files::DailyFiles,
    db::{Db, DbError},
    events::{feed::Feed, position::Position, versions::Versions},
    gap_repair::GapRepair,
    gateway::client::GatewayClient,
    outbox::{
        clock_jump::ClockJumps,
        worker::{Outbox, Worker},
    },
    retention, search,
};

/// The running background tasks, and the parts of them that handlers use.
pub(super) struct Background {
    pub(super) outbox: Arc<Outbox>,
    pub(super) feed: Arc<Feed>,
    pub(super) versions: Arc<Versions>,
    pub(super) daily_files: Arc<DailyFiles>,
    pub(super) presences: Arc<Presences>,
    pub(super) tasks: Vec<JoinHandle<()>>,
}

impl Background {
    /// Starts the tasks, which end once `stopped` is set.
    pub(super) async fn start(
        settings: &Settings,
        db: &Db,
        clock: &Clock,
        gateway: &Arc<GatewayClient>,
        stopped: watch::Receiver<bool>,
    ) -> Result<Self, DbError> {
        let outbox = Arc::new(Outbox::default());
        let position = Position::end(db, clock).await?;
        let versions = Arc::new(Versions::new(clock.clone()));
        db.observe_commits(Arc::<Versions>::clone(&versions));
        let feed = Arc::new(Feed::new(Arc::clone(&versions)));
        let worker = Worker {
            db: db.clone(),
            gateway: Arc::clone(gateway),
            clock: clock.clone(),
            outbox: Arc::clone(&outbox),
            feed: Arc::clone(&feed),
            give_up_after: settings.gateway.give_up_after,
            list_lag: settings.gateway.list_lag,
            doubts: Arc::default(),
        };
        let clock_jumps = ClockJumps {
            db: db.clone(),
            clock: clock.clone(),
            outbox: Arc::clone(&outbox),
            timeout: gateway.timeout(),
        };
        let daily_files =
            Arc::new(DailyFiles::on(db.clone(), &settings.database.url, clock.clone(), Arc::clone(&feed)));
        daily_files.begin().await?;
        let presences = Arc::new(Presences::new(db.clone(), clock.clone(), Arc::clone(&feed)));
        let campaigns = CampaignSender::new(db, clock, &outbox, &feed);
        let mut tasks = vec![
            tokio::spawn(worker.run(stopped.clone())),
            tokio::spawn(campaigns.run(stopped.clone())),
            tokio::spawn(clock_jumps.run(stopped.clone())),
            tokio::spawn(Arc::clone(&daily_files).keep(stopped.clone())),
            tokio::spawn(Arc::clone(&presences).keep(stopped.clone())),
            tokio::spawn(search::refold(db.clone(), stopped.clone())),
            tokio::spawn(retention::keep(db.clone(), clock.clone(), stopped.clone())),
            tokio::spawn(absence::keep(db.clone(), clock.clone(), Arc::clone(&feed), stopped.clone())),
            tokio::spawn(wake::keep(db.clone(), clock.clone(), Arc::clone(&feed), stopped.clone())),
            tokio::spawn(Arc::clone(&feed).run(db.clone(), clock.clone(), position, stopped.clone())),
        ];
        if let Some(every) = settings.gateway.repair_every {
            let repair = GapRepair {
                db: db.clone(),
                gateway: Arc::clone(gateway),
                clock: clock.clone(),
                feed: Arc::clone(&feed),
            };
            tasks.push(tokio::spawn(repair.run(every, stopped)));
        }
        Ok(Self { outbox, feed, versions, daily_files, presences, tasks })
    }
}
