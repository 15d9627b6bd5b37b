//! Takes old records out of logs: `retention.ms`, `retention.bytes`, and what DeleteRecords left
//! behind.

use std::sync::Arc;
use std::time::Duration;

use ottla_config::TopicConfig;
use ottla_log::{LogError, RetentionLimits, Storage};
use ottla_runtime::Notices;

use crate::Replica;

/// Removes the segments of a replica that its topic's configuration does not keep. Blocks.
///
/// # Errors
/// When a file cannot be looked at or renamed.
pub fn expire_records<S: Storage>(
    replica: &Arc<Replica<S>>,
    config: &TopicConfig,
    deliver: impl FnOnce(Notices),
) -> Result<(), LogError> {
    // Compacted topics are neither cleaned nor expired yet: see docs/compatibility.md.
    if !config.cleanup_policy.delete || config.cleanup_policy.compact {
        return Ok(());
    }
    let limits = RetentionLimits {
        retention_ms: config.retention.ms.unwrap_or(-1),
        retention_bytes: config.retention.bytes.unwrap_or(-1),
    };
    let directory = replica.directory();
    let (view, committed) =
        replica.look(|machine, log| (log.retention_view(), machine.high_watermark()));
    let Some(start) = view.breached(&limits, committed, directory.now().wall)? else {
        return Ok(());
    };
    let (removal, notices) = replica.remove_below(start);
    deliver(notices);
    if removal.is_empty() {
        return Ok(());
    }
    let deleted = removal.perform()?;
    tracing::info!(partition = %replica.topic_partition(), %start, "old segments removed");
    let delay = u64::try_from(config.segment.file_delete_delay_ms).unwrap_or(0);
    let failing = Arc::clone(directory);
    let unlink = move || {
        if let Err(error) = deleted.unlink() {
            failing.fail(&error);
        }
    };
    directory.after(Duration::from_millis(delay), Box::new(unlink));
    Ok(())
}
