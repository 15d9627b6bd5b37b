//! Opening replicas: which is where, is decided one after the other; the file work of many is done
//! by several threads per directory.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use ottla_config::TopicConfig;
use ottla_log::{
    LogError, OpenFiles, OpenOptions, RealStorage, RollLimits, Storage, open_log, store_topic_id,
};
use ottla_partition::{Partition, Settings};
use ottla_runtime::ReplicaParts;
use ottla_types::{NodeId, Offset, TopicId, TopicPartition};

use super::{Logs, RunningDirectory, index_interval_bytes, replica_settings};
use crate::Replica;

/// The file work of opening one replica.
pub struct OpenPlan<S: Storage = RealStorage> {
    partition: TopicPartition,
    topic_id: TopicId,
    node_id: NodeId,
    directory: RunningDirectory<S>,
    /// By number, among the directories of the node.
    directory_index: usize,
    open_files: Arc<OpenFiles<S>>,
    options: OpenOptions,
    high_watermark: Offset,
    settings: Settings,
    limits: RollLimits,
    is_new: bool,
}

/// A replica that was opened, or why not.
pub type Opening<S = RealStorage> = (OpenPlan<S>, Result<Arc<Replica<S>>, LogError>);

impl<S: Storage> Logs<S> {
    /// Plans to open a replica, where it was found or else in the working directory with the fewest
    /// replicas.
    ///
    /// # Errors
    /// When no directory works, or it may lie in one that is offline: unless it `is_created`, an
    /// empty one must not take its place.
    pub fn begin_open(
        &mut self,
        partition: &TopicPartition,
        (topic_id, is_created): (TopicId, bool),
        config: &TopicConfig,
    ) -> Result<OpenPlan<S>, LogError> {
        let index = self.directory_for(partition, is_created).ok_or_else(|| {
            LogError::Refused(format!("the log directory of {partition} is offline"))
        })?;
        let Some(loaded) = self.directories.get_mut(index) else {
            unreachable!("a directory that was chosen exists")
        };
        let is_new = loaded.replicas.insert(partition.clone());
        // What the checkpoints know of the name of a new log is of another that had it before.
        let offset = |of: &super::Offsets| match of.get(partition) {
            Some(offset) if !is_new => *offset,
            _ => Offset::ZERO,
        };
        let (settings, limits) =
            replica_settings(partition, config, self.producer_id_expiration_ms);
        Ok(OpenPlan {
            partition: partition.clone(),
            topic_id,
            node_id: self.node_id,
            directory: Arc::clone(&loaded.running),
            directory_index: index,
            open_files: Arc::clone(&self.open_files),
            options: OpenOptions {
                index_interval_bytes: index_interval_bytes(config),
                write_back_bytes: self.write_back_bytes,
                recovery_point: offset(&loaded.recovery_points),
                log_start_offset: offset(&loaded.log_starts),
                was_clean: loaded.was_clean || is_new,
                now: loaded.running.now().wall,
                producer_id_expiration_ms: self.producer_id_expiration_ms,
            },
            high_watermark: offset(&loaded.high_watermarks),
            settings,
            limits,
            is_new,
        })
    }

    /// Takes note that a replica could not be opened, so that it may be made somewhere else.
    pub fn on_open_failed(&mut self, plan: &OpenPlan<S>) {
        if let Some(loaded) = self.directories.get_mut(plan.directory_index)
            && plan.is_new
        {
            loaded.replicas.remove(&plan.partition);
        }
    }
}

impl<S: Storage> OpenPlan<S> {
    /// The partition.
    #[must_use]
    pub fn partition(&self) -> &TopicPartition {
        &self.partition
    }

    /// Its topic.
    #[must_use]
    pub fn topic_id(&self) -> TopicId {
        self.topic_id
    }

    /// Where it lies.
    #[must_use]
    pub fn directory(&self) -> &RunningDirectory<S> {
        &self.directory
    }

    fn perform(&self) -> Result<Arc<Replica<S>>, LogError> {
        let storage = self.directory.storage();
        let path = self.directory.path().join(self.partition.to_string());
        let opened = open_log(storage, &path, &self.open_files, &self.options)?;
        if self.is_new {
            store_topic_id(storage, &path, self.topic_id)?;
        }
        if opened.report.truncated_bytes > 0 {
            let partition = &self.partition;
            tracing::warn!(%partition, report = ?opened.report, "log mended after a crash");
        }
        let machine = Partition::new(
            self.settings,
            opened.log.log_start_offset(),
            opened.log.log_end_offset(),
            self.high_watermark,
            opened.producers,
        );
        Ok(Replica::new(ReplicaParts {
            topic_partition: self.partition.clone(),
            topic_id: self.topic_id,
            node_id: self.node_id,
            directory: Arc::clone(&self.directory),
            machine,
            log: opened.log,
            limits: self.limits,
        }))
    }

    fn open(self) -> Opening<S> {
        let opened = self.perform();
        (self, opened)
    }
}

/// Making a log waits for the device, which takes what many ask of it at once as easily as what one
/// asks.
const CREATING_THREADS: usize = 16;

/// Opens replicas one after the other. Blocks until all are done.
#[must_use]
pub fn open_in_turn<S: Storage>(plans: Vec<OpenPlan<S>>) -> Vec<Opening<S>> {
    plans.into_iter().map(OpenPlan::open).collect()
}

/// Opens replicas with `threads` threads per directory
/// (`num.recovery.threads.per.data.dir`), more if they are new. Blocks until all are done.
#[must_use]
pub fn open_by_threads<S: Storage>(plans: Vec<OpenPlan<S>>, threads: usize) -> Vec<Opening<S>> {
    if plans.len() < 2 {
        return open_in_turn(plans);
    }
    let mut by_directory: Vec<VecDeque<OpenPlan<S>>> = Vec::new();
    for plan in plans {
        let index = plan.directory_index;
        if by_directory.len() <= index {
            by_directory.resize_with(index + 1, VecDeque::new);
        }
        if let Some(plans) = by_directory.get_mut(index) {
            plans.push_back(plan);
        }
    }
    let done = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for plans in by_directory {
            let are_new = plans.iter().all(|plan| plan.is_new);
            let threads = if are_new { CREATING_THREADS } else { threads };
            let count = threads.max(1).min(plans.len());
            let plans = Arc::new(Mutex::new(plans));
            for _ in 0..count {
                let (plans, done) = (Arc::clone(&plans), &done);
                scope.spawn(move || open_some(&plans, done));
            }
        }
    });
    done.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn open_some<S: Storage>(plans: &Mutex<VecDeque<OpenPlan<S>>>, done: &Mutex<Vec<Opening<S>>>) {
    loop {
        let next = plans
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front();
        let Some(plan) = next else { return };
        let opened = plan.open();
        done.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(opened);
    }
}
