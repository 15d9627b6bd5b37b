//! The end of a node, in the order that the next start relies on (kraft A.9): leaderships handed
//! over, logs closed, checkpoints stored, and only then the markers of a clean stop.

use std::sync::Arc;
use std::thread;

use ottla_log::{CleanShutdown, LogDirectory, LogError, RealStorage, Storage};
use ottla_messages::ErrorCode;
use ottla_partition::Input;
use ottla_runtime::{Directory, Notices};

use crate::Replica;
use crate::checkpoints::store_checkpoints_at_stop;
use crate::groups::GroupHost;
use crate::maintenance::Maintenance;
use crate::node::Node;

/// Closing waits for the device, which takes what many ask of it at once as easily as what one
/// asks.
const CLOSING_THREADS: usize = 16;

/// Closes every log of every directory. A directory in which something goes wrong gets no marker:
/// the next start then looks at everything.
pub fn close_directories(
    node: &Node,
    maintenance: &Maintenance,
    directories: &[(Arc<Directory<GroupHost>>, LogDirectory<RealStorage>)],
    broker_epoch: i64,
) {
    for (directory, files) in directories {
        if directory.has_failed() {
            continue;
        }
        let marker = CleanShutdown { broker_epoch };
        let closed = close_logs(node, maintenance, directory)
            .and_then(|()| {
                let replicas = maintenance.replicas_in(directory);
                store_checkpoints_at_stop((directory, files), &replicas)
            })
            .and_then(|()| files.store_clean_shutdown(&marker));
        if let Err(error) = closed {
            tracing::error!(directory = %directory.path().display(), %error, "not closed cleanly");
        }
        directory.stop();
    }
}

/// Lets a replica lead no more, then closes its log. Blocks.
///
/// # Errors
/// When it cannot be closed: its directory must not be marked clean.
pub fn close_replica<S: Storage>(
    replica: &Arc<Replica<S>>,
    deliver: impl FnOnce(Notices),
) -> Result<(), LogError> {
    let error = ErrorCode::NOT_LEADER_OR_FOLLOWER;
    deliver(replica.step(Input::StopLeading { error }));
    replica.close()
}

fn close_logs(
    node: &Node,
    maintenance: &Maintenance,
    directory: &Arc<Directory<GroupHost>>,
) -> Result<(), LogError> {
    let replicas = maintenance.replicas_in(directory);
    let share = replicas.len().div_ceil(CLOSING_THREADS).max(1);
    thread::scope(|scope| {
        let close = |replicas: &[Arc<Replica>]| -> Result<(), LogError> {
            for replica in replicas {
                close_replica(replica, |notices| node.deliver(notices))?;
            }
            Ok(())
        };
        let threads: Vec<_> = replicas
            .chunks(share)
            .map(|replicas| scope.spawn(move || close(replicas)))
            .collect();
        let ends = threads.into_iter().map(|thread| {
            let end = thread.join();
            end.unwrap_or_else(|_| unreachable!("a panic ends the process"))
        });
        // All are waited for, also behind the first that failed.
        ends.collect::<Vec<_>>().into_iter().collect()
    })
}
