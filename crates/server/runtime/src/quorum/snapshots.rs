//! When a snapshot of the committed image is due, how it is written, and which ones may go.
//!
//! *Kafka*: `SnapshotGenerator`, the cleaner of `KafkaRaftLog`.

use std::path::PathBuf;

use ottla_log::Storage;
use ottla_metadata::{MetadataImage, Provenance};
use ottla_raft::SnapshotId;
use ottla_types::{Duration, Instant, LeaderEpoch, Now, Offset, TimestampMs};

use super::QuorumError;
use super::control_records::ControlState;
use super::files::replace_file;
use super::metadata_log::MetadataLog;
use super::snapshot::Snapshot;

/// How long a full device is left alone before a snapshot is tried again.
const RETRY_INTERVAL: Duration = Duration::from_secs(60);

/// The settings of snapshots, with Kafka's defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotLimits {
    /// `metadata.log.max.record.bytes.between.snapshots`.
    pub record_bytes_between: u64,
    /// `metadata.log.max.snapshot.interval.ms`; none for 0.
    pub interval: Option<Duration>,
    /// `metadata.max.retention.bytes`; none for a negative value.
    pub retention_bytes: Option<u64>,
    /// `metadata.max.retention.ms`; none for a negative value.
    pub retention: Option<Duration>,
}

impl Default for SnapshotLimits {
    fn default() -> Self {
        SnapshotLimits {
            record_bytes_between: 20 * 1024 * 1024,
            interval: Some(Duration::from_secs(3600)),
            retention_bytes: Some(100 * 1024 * 1024),
            retention: Some(Duration::from_secs(7 * 24 * 3600)),
        }
    }
}

/// When a snapshot is due.
#[derive(Clone, Copy, Debug)]
pub(super) struct SnapshotPolicy {
    limits: SnapshotLimits,
    bytes_since: u64,
    due_at: Option<Instant>,
    is_writing: bool,
}

/// A snapshot to be written, away from the quorum's thread.
#[derive(Debug)]
pub struct SnapshotJob<S: Storage> {
    storage: S,
    path: PathBuf,
    id: SnapshotId,
    image: MetadataImage,
    control: ControlState,
    provenance: Provenance,
    now: Now,
}

impl SnapshotPolicy {
    pub(super) fn new(limits: SnapshotLimits) -> SnapshotPolicy {
        SnapshotPolicy {
            limits,
            bytes_since: 0,
            due_at: None,
            is_writing: false,
        }
    }

    pub(super) fn start(&mut self, now: Now) {
        self.due_at = self.limits.interval.map(|time| now.monotonic.after(time));
    }

    pub(super) fn on_committed(&mut self, bytes: u32) {
        self.bytes_since += u64::from(bytes);
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.due_at
            .filter(|_| self.bytes_since > 0 && !self.is_writing)
    }

    /// The snapshot that is due, if one is; `image` is what everything committed makes.
    pub(super) fn take_job<S: Storage>(
        &mut self,
        now: Now,
        log: &MetadataLog<S>,
        image: &MetadataImage,
        control: &ControlState,
        provenance: Provenance,
    ) -> Option<SnapshotJob<S>> {
        let is_due = self.bytes_since >= self.limits.record_bytes_between
            || self.next_deadline().is_some_and(|at| at <= now.monotonic);
        let id = SnapshotId {
            end_offset: provenance.last_contained_offset.plus(1),
            epoch: provenance.last_contained_epoch,
        };
        let is_news = log
            .snapshots()
            .last()
            .is_none_or(|newest| newest.end_offset < id.end_offset);
        if !is_due || self.is_writing || !is_news || id.epoch < LeaderEpoch(0) {
            return None;
        }
        self.is_writing = true;
        self.bytes_since = 0;
        self.start(now);
        Some(SnapshotJob {
            storage: log.storage().clone(),
            path: log.snapshot_path(id),
            id,
            image: image.clone(),
            control: control.clone(),
            provenance,
            now,
        })
    }

    /// The snapshot found no space: it is tried again later.
    pub(super) fn on_no_space(&mut self, now: Now) {
        self.is_writing = false;
        self.bytes_since = self.bytes_since.max(1);
        self.due_at = Some(now.monotonic.after(RETRY_INTERVAL));
    }

    /// The snapshot is in place: what it makes superfluous goes.
    pub(super) fn on_written<S: Storage>(
        &mut self,
        now: Now,
        id: SnapshotId,
        log: &mut MetadataLog<S>,
    ) -> Result<(), QuorumError> {
        self.is_writing = false;
        log.on_snapshot(id);
        while let [oldest, _, ..] = log.snapshots() {
            let oldest = *oldest;
            let too_large = match self.limits.retention_bytes {
                Some(limit) => log.size_in_bytes()? > limit,
                None => false,
            };
            // A formatter's snapshot is of no age: it goes when the log's beginning does.
            let too_old = match self.limits.retention {
                Some(limit) if oldest.end_offset > Offset::ZERO => {
                    is_older(log.snapshot_written_at(oldest)?, limit, now.wall)
                }
                _ => false,
            };
            if !too_large && !too_old {
                break;
            }
            log.remove_oldest_snapshot()?;
        }
        Ok(())
    }
}

fn is_older(written: TimestampMs, limit: Duration, now: TimestampMs) -> bool {
    let age_ms = u128::try_from(now.0.saturating_sub(written.0)).unwrap_or(0);
    age_ms > limit.as_millis()
}

impl<S: Storage> SnapshotJob<S> {
    /// Writes the snapshot. Blocks.
    ///
    /// # Errors
    /// If it cannot be written; what is left of it is removed at the next start.
    pub fn run(self) -> Result<SnapshotId, QuorumError> {
        let version = self.image.features.metadata_version_or_minimum();
        let snapshot = Snapshot {
            last_contained_timestamp: self.provenance.last_contained_timestamp.0,
            control: self.control,
            records: self.image.to_records(),
        };
        let bytes = snapshot.encode(self.id.epoch, version, self.now.wall)?;
        let temporary = self.path.with_extension("checkpoint.part");
        replace_file(&self.storage, &temporary, &self.path, &bytes)?;
        Ok(self.id)
    }
}
