//! The group coordinators of this broker: one shard on each partition of `__consumer_offsets` it
//! leads, stepped under that partition's lock.

mod host;
mod load;

pub use host::GroupHost;
pub(crate) use host::GroupOffset;
pub use load::{LoadError, load_groups};

use std::sync::Arc;

use ottla_group::{GroupContext, GroupRequest, GroupResponse, partition_for};
use ottla_log::Storage;
use ottla_messages::{ErrorCode, KafkaString};
use ottla_runtime::{Notices, ShardState};
use ottla_types::{PartitionIndex, TopicId};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until};

use crate::Replica;
use crate::node::Node;
use crate::published::{Hosting, OFFSETS_TOPIC, Published};

/// The partition of the offsets topic that a group lies in; `None` while there is no such topic.
#[must_use]
pub fn partition_of_group(published: &Published, group: &str) -> Option<PartitionIndex> {
    let topic = published.image.topics.by_name(OFFSETS_TOPIC)?;
    let count = i32::try_from(topic.partitions.len())
        .ok()
        .filter(|count| *count > 0)?;
    Some(PartitionIndex(partition_for(group, count)))
}

/// Asks the coordinator of a group. Offsets alone can be kept by a group without a name.
pub async fn ask(node: &Node, group: &str, request: GroupRequest) -> GroupResponse {
    let keeps_offsets = matches!(
        request,
        GroupRequest::OffsetCommit { .. } | GroupRequest::OffsetFetch { .. }
    );
    if group.is_empty() && !keeps_offsets {
        return request.refused(ErrorCode::INVALID_GROUP_ID);
    }
    let published = node.published();
    let Some(partition) = partition_of_group(&published, group) else {
        return request.refused(ErrorCode::NOT_COORDINATOR);
    };
    ask_partition(node, &published, partition.0, request).await
}

/// Asks the coordinator on one partition of the offsets topic.
pub async fn ask_partition(
    node: &Node,
    published: &Published,
    partition: i32,
    request: GroupRequest,
) -> GroupResponse {
    let replica = published
        .topic_by_name(OFFSETS_TOPIC)
        .ok_or(ErrorCode::NOT_COORDINATOR)
        .and_then(|topic| topic.replica(partition));
    let Ok(replica) = replica else {
        return request.refused(ErrorCode::NOT_COORDINATOR);
    };
    let (reply, answer) = oneshot::channel();
    let spare = request.clone();
    let max_batch_bytes = max_batch_bytes(published);
    let (asked, notices) =
        replica.step_hosted(|host, appender| host.ask((request, reply), appender, max_batch_bytes));
    node.deliver(notices);
    if asked.is_none() {
        let code = match replica.shard_state() {
            ShardState::Loading | ShardState::Serving => ErrorCode::COORDINATOR_LOAD_IN_PROGRESS,
            ShardState::Absent | ShardState::Failed => ErrorCode::NOT_COORDINATOR,
        };
        return spare.refused(code);
    }
    answer
        .await
        .unwrap_or_else(|_| spare.refused(ErrorCode::NOT_COORDINATOR))
}

/// The most bytes that a coordinator may append at once: its topic's `max.message.bytes`.
fn max_batch_bytes<S: Storage>(published: &Published<S>) -> usize {
    let topic = published.topic_by_name(OFFSETS_TOPIC);
    topic.map_or(0, |topic| {
        usize::try_from(topic.config().max_message_bytes).unwrap_or(0)
    })
}

/// The partitions of the offsets topic that have a coordinator here.
pub fn led_partitions(published: &Published) -> Vec<i32> {
    let Some(topic) = published.topic_by_name(OFFSETS_TOPIC) else {
        return Vec::new();
    };
    let here = |hosting: &Hosting| matches!(hosting, Hosting::Here(_));
    (0..)
        .zip(topic.replicas())
        .filter(|(_, hosting)| here(hosting))
        .map(|(i, _)| i)
        .collect()
}

/// Has the coordinator of a partition loaded, and then woken whenever it wants to be.
pub fn start_loading(node: &Arc<Node>, replica: &Arc<Replica>) {
    let (node, replica) = (Arc::clone(node), Arc::clone(replica));
    let pool = replica.directory().pool().clone();
    let id = replica.begin_loading();
    pool.spawn(move || match load_groups(&replica, node.group_context(), node.random_seed()) {
        Ok(host) => {
            let changed = host.deadline_changed();
            if !replica.host(id, Some(host)) {
                return;
            }
            // What was committed while it loaded was told to nobody.
            let (_, notices) = replica.step_hosted(|host, appender| {
                host.on_loaded(appender.now(), appender.high_watermark());
            });
            node.deliver(notices);
            node.control().spawn(keep_deadlines(Arc::clone(&node), replica, changed));
        }
        // Its groups have no coordinator from now on: reading the same bytes again would not help.
        Err(error) => {
            tracing::error!(partition = %replica.topic_partition(), %error, "groups not loaded");
            replica.host(id, None);
        }
    });
}

async fn keep_deadlines(node: Arc<Node>, replica: Arc<Replica>, changed: Arc<tokio::sync::Notify>) {
    loop {
        let (deadline, _) = replica.step_hosted(|host, _| host.next_deadline());
        let Some(deadline) = deadline else { return };
        match deadline {
            None => changed.notified().await,
            Some(deadline) => {
                let at = Instant::from_std(ottla_runtime::clock::to_std(deadline));
                tokio::select! {
                    () = changed.notified() => {}
                    () = sleep_until(at) => {
                        let max_batch_bytes = max_batch_bytes(&node.published());
                        let (_, notices) = replica.step_hosted(|host, appender| {
                            host.on_deadline(appender, max_batch_bytes);
                        });
                        node.deliver(notices);
                    }
                }
            }
        }
    }
}

/// Tells every coordinator here that topics are gone; the notices that follow from it.
#[must_use]
pub fn on_topics_deleted<S: Storage>(
    published: &Published<S>,
    context: &GroupContext,
    deleted: &[(KafkaString, TopicId)],
) -> Vec<Notices> {
    let Some(offsets_topic) = published.topic_by_name(OFFSETS_TOPIC) else {
        return Vec::new();
    };
    let max_batch_bytes = max_batch_bytes(published);
    let context = GroupContext {
        deleted_topics: deleted.to_vec(),
        ..context.clone()
    };
    let here = offsets_topic
        .replicas()
        .iter()
        .filter_map(|hosting| match hosting {
            Hosting::Here(replica) => Some(replica),
            _ => None,
        });
    here.map(|replica| {
        let tell = replica.step_hosted(|host, appender| {
            host.on_image_changed(&context, appender, max_batch_bytes);
        });
        tell.1
    })
    .collect()
}
