//! What a node does again and again: checkpoints, retention, forgetting idle producers.
//!
//! Everything here may wait for a disk and runs on the pools of the directories.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use ottla_log::{LogDirectory, LogError, OffsetCheckpoint, RealStorage};
use ottla_partition::Input;
use ottla_runtime::Directory;
use tokio::time::sleep;

use crate::Replica;
use crate::checkpoints::store_checkpoints;
use crate::groups::GroupHost;
use crate::node::Node;
use crate::publisher::OpenReplicas;
use crate::retention::expire_records;

type DirectoryPair = (Arc<Directory<GroupHost>>, LogDirectory<RealStorage>);

/// Everything maintenance works on.
#[derive(Clone)]
pub struct Maintenance {
    node: Arc<Node>,
    replicas: OpenReplicas,
    directories: Arc<Vec<DirectoryPair>>,
}

impl Maintenance {
    /// Maintenance of a node's replicas in these directories.
    #[must_use]
    pub fn new(
        node: Arc<Node>,
        replicas: OpenReplicas,
        directories: Vec<DirectoryPair>,
    ) -> Maintenance {
        Maintenance {
            node,
            replicas,
            directories: Arc::new(directories),
        }
    }

    /// Starts the tasks; they run until the control runtime ends.
    pub fn start(&self) {
        let config = &self.node.config().log_dirs;
        let every = |ms: i64| Duration::from_millis(u64::try_from(ms.max(1)).unwrap_or(1));
        self.repeat(
            every(config.high_watermark_checkpoint_interval_ms),
            |this, pair| this.checkpoint(pair, &[OffsetCheckpoint::Replication]),
        );
        self.repeat(
            every(config.flush_offset_checkpoint_interval_ms),
            |this, pair| this.checkpoint(pair, &[OffsetCheckpoint::RecoveryPoint]),
        );
        self.repeat(
            every(config.flush_start_offset_checkpoint_interval_ms),
            |this, pair| this.checkpoint(pair, &[OffsetCheckpoint::LogStart]),
        );
        self.repeat(
            every(config.retention_check_interval_ms),
            Maintenance::enforce_retention,
        );
        // By default never, and so far off that no clock counts it.
        if config.flush_scheduler_interval_ms < i64::MAX {
            self.repeat(every(config.flush_scheduler_interval_ms), |this, pair| {
                for replica in this.replicas_in(&pair.0) {
                    replica.flush_if_due();
                }
                Ok(())
            });
        }
        let expiration = self.node.config().producer_ids.expiration_check_interval_ms;
        self.repeat(every(expiration.into()), |this, pair| {
            for replica in this.replicas_in(&pair.0) {
                this.node.deliver(replica.step(Input::ExpireProducers));
            }
            Ok(())
        });
    }

    fn repeat(
        &self,
        interval: Duration,
        work: fn(&Maintenance, &DirectoryPair) -> Result<(), LogError>,
    ) {
        for index in 0..self.directories.len() {
            let this = self.clone();
            self.node.control().spawn(async move {
                loop {
                    sleep(interval).await;
                    let (done, finished) = tokio::sync::oneshot::channel();
                    let that = this.clone();
                    let Some(pair) = this.directories.get(index) else {
                        return;
                    };
                    pair.0.pool().spawn(move || {
                        that.work_on(index, work);
                        // Nobody waits any more when the node is stopping.
                        let _ = done.send(());
                    });
                    if finished.await.is_err() {
                        return;
                    }
                }
            });
        }
    }

    fn work_on(
        &self,
        index: usize,
        work: fn(&Maintenance, &DirectoryPair) -> Result<(), LogError>,
    ) {
        let Some(pair) = self.directories.get(index) else {
            return;
        };
        if pair.0.has_failed() {
            return;
        }
        if let Err(error) = work(self, pair) {
            pair.0.fail(&error);
        }
    }

    /// The open replicas of a directory.
    #[must_use]
    pub fn replicas_in(&self, directory: &Arc<Directory<GroupHost>>) -> Vec<Arc<Replica>> {
        let replicas = self.replicas.lock().unwrap_or_else(PoisonError::into_inner);
        let here = |replica: &&Arc<Replica>| Arc::ptr_eq(replica.directory(), directory);
        replicas.values().filter(here).cloned().collect()
    }

    fn checkpoint(
        &self,
        (directory, files): &DirectoryPair,
        checkpoints: &[OffsetCheckpoint],
    ) -> Result<(), LogError> {
        let replicas = || self.replicas_in(directory);
        store_checkpoints((directory, files), replicas, checkpoints).map(|_| ())
    }

    fn enforce_retention(&self, (directory, _): &DirectoryPair) -> Result<(), LogError> {
        let published = self.node.published();
        for replica in self.replicas_in(directory) {
            if let Some(topic) = published.topic_by_id(replica.topic_id()) {
                let deliver = |notices| self.node.deliver(notices);
                match expire_records(&replica, topic.config(), deliver) {
                    Ok(()) => {}
                    // The device itself: nothing else in the directory can be looked at either.
                    Err(error @ LogError::Storage { .. }) => return Err(error),
                    // Gone meanwhile, or broken in one place: the others are looked at all the
                    // same.
                    Err(error) => {
                        let partition = replica.topic_partition();
                        tracing::warn!(%partition, %error, "retention passes it over");
                    }
                }
            }
        }
        Ok(())
    }
}
