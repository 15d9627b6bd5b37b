//! Topics come and go: what the administrator asks for and hears, and what the node makes of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use ottla_broker::parts::{Hosting, Published};
use ottla_controller::ControllerResponse;
use ottla_log::{LogDirectory, ReplicaState};
use ottla_messages::ErrorCode;
use ottla_metadata::{MetadataImage, Provenance};
use ottla_types::{NodeId, TopicId};

use super::World;
use crate::broker::{LOG_DIRECTORY, Replica};
use crate::checkers::{History, RecordId, Rule, Violation};
use crate::clients::{Asked, Consumer, Direction, told};
use crate::disk::SimulatedDisk;
use crate::network::ClientId;
use crate::topics::{LogId, PartitionId, topic_name, topic_number};

impl World {
    pub(super) fn administer(&mut self) {
        let known = |topic| {
            self.known
                .get(&topic)
                .map(|(_, count): &(TopicId, i32)| *count)
        };
        let Some((number, request, asked)) = self.administrator.next_request(known) else {
            return self.administer_later();
        };
        if let Asked::Change(topic, _) = &asked {
            self.facts.on_asked(topic);
        }
        self.note(format_args!("the administrator asks: {asked:?}"));
        self.send(ClientId::Administrator, number, request);
    }

    fn administer_later(&mut self) {
        let pause = self.administrator.pause();
        let at = self.now().monotonic.after(pause);
        self.wake_at(ClientId::Administrator, at);
    }

    /// The controller has answered the administrator.
    pub(super) fn changed(&mut self, response: &ControllerResponse) -> Result<(), Violation> {
        let asked = self.administrator.answered();
        self.administer_later();
        let Some(Asked::Change(topic, change)) = asked else {
            return Ok(());
        };
        let (error, id) = told(response);
        self.note(format_args!("{topic}: {change:?} is answered {error}"));
        let is_create = matches!(change, crate::checkers::Change::Create(_));
        match error {
            ErrorCode::NONE => {
                self.facts.on_acknowledged(&topic, change, id);
                if let Some((_, image)) = self.pictures.last() {
                    self.facts.compare(image)?;
                }
            }
            ErrorCode::TOPIC_ALREADY_EXISTS
            | ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
            | ErrorCode::INVALID_PARTITIONS => self.facts.on_refused(&topic),
            // Whether it was done nobody knows.
            _ => return Ok(()),
        }
        let is_there = matches!(error, ErrorCode::NONE | ErrorCode::TOPIC_ALREADY_EXISTS);
        if is_create && is_there {
            self.administrator.on_created();
        }
        Ok(())
    }

    /// Records were deleted, or not.
    pub(super) fn deleted_records(
        &mut self,
        log: Option<LogId>,
        deleted: Result<i64, ErrorCode>,
    ) -> Result<(), Violation> {
        self.administrator.answered();
        self.administer_later();
        self.note(format_args!("records are deleted: {log:?} {deleted:?}"));
        Ok(())
    }

    /// The node has acted on an image and shown it.
    pub(super) fn on_published(
        &mut self,
        provenance: Provenance,
        image: &MetadataImage,
    ) -> Result<(), Violation> {
        self.pictures.on_published(image, provenance)?;
        self.bury(image);
        self.known.clear();
        let topics: Vec<(usize, TopicId, i32)> = image
            .topics
            .iter()
            .filter_map(|topic| {
                let count = i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX);
                Some((topic_number(topic.name.as_str())?, topic.id, count))
            })
            .collect();
        for (topic, topic_id, count) in topics {
            self.known.insert(topic, (topic_id, count));
            for partition in 0..count {
                self.on_partition(PartitionId { topic, partition }, topic_id);
            }
        }
        Ok(())
    }

    /// There is a partition: it gets a history and somebody who follows it.
    fn on_partition(&mut self, partition: PartitionId, topic_id: TopicId) {
        let log = LogId {
            topic_id,
            partition: partition.partition,
        };
        let is_successor = self.gone.contains_key(&partition);
        self.histories
            .entry(log)
            .or_insert_with(|| History::new(is_successor));
        let follows = |consumer: &Consumer| {
            consumer.partition() == partition && consumer.direction() == Direction::Forward
        };
        if !self.consumers.iter().any(follows) {
            let seed = self.random.next_u64();
            let consumer = Consumer::new(partition, Direction::Forward, seed);
            self.consumers.push(consumer);
            let index = self.consumers.len() - 1;
            let now = self.now().monotonic;
            self.wake_at(ClientId::Consumer(index), now);
        }
    }

    /// What lay in topics that are not there any more is gone for ever.
    fn bury(&mut self, image: &MetadataImage) {
        let known = std::mem::take(&mut self.known);
        for (topic, (topic_id, count)) in &known {
            if image.topics.by_id(*topic_id).is_some() {
                continue;
            }
            self.note(format_args!(
                "{} of {topic_id} is deleted",
                topic_name(*topic)
            ));
            for partition in 0..*count {
                let log = LogId {
                    topic_id: *topic_id,
                    partition,
                };
                let partition = PartitionId {
                    topic: *topic,
                    partition,
                };
                let sent = self.sent.entry(partition).or_default();
                let history = self.histories.remove(&log).unwrap_or_default();
                let gone = self.gone.entry(partition).or_default();
                gone.extend(history.only_here(sent));
            }
        }
        self.known = known;
    }

    /// None of these records, which are in a partition now, was in a topic that was deleted.
    pub(super) fn check_none_is_gone(
        &self,
        partition: PartitionId,
        records: impl IntoIterator<Item = RecordId>,
    ) -> Result<(), Violation> {
        let Some(gone) = self.gone.get(&partition) else {
            return Ok(());
        };
        match records.into_iter().find(|id| gone.contains(id)) {
            None => Ok(()),
            Some(id) => {
                let detail = format!("{id:?} is back in {partition:?}");
                Err(Violation::new(Rule::DeletedRecordsStayGone, detail))
            }
        }
    }

    /// Every log of the directory is a partition's of the image, and every partition has one.
    pub(super) fn compare_directories(
        &self,
        published: &Published<SimulatedDisk>,
        replicas: &[Arc<Replica>],
    ) -> Result<(), Violation> {
        let wrong = |detail: String| Err(Violation::new(Rule::LogsAgreeWithImage, detail));
        let files = LogDirectory::new(self.disk.files().clone(), LOG_DIRECTORY);
        let found = files.replicas();
        let found = found.or_else(|error| wrong(error.to_string()).map(|()| Vec::new()))?;
        let mut there = BTreeSet::new();
        for replica in found.iter().filter(|one| one.state == ReplicaState::Live) {
            let at = &replica.partition;
            let id = files.load_topic_id(at);
            let id = id.or_else(|error| wrong(error.to_string()).map(|()| None))?;
            let topic = published.image.topics.by_name(at.topic.as_str());
            let is_right = topic.is_some_and(|topic| {
                Some(topic.id) == id && topic.partition(at.partition).is_some()
            });
            if !is_right {
                return wrong(format!(
                    "{at} of {id:?} is on the disk, and not in the image"
                ));
            }
            there.insert(at.clone());
        }
        for topic in published.image.topics.iter() {
            let entry = published.topic_by_id(topic.id);
            for (index, partition) in &topic.partitions {
                let at = crate::topics::topic_partition(topic.name.as_str(), index.0);
                let hosting = entry.and_then(|entry| entry.hosting(index.0).ok());
                // A node that was taken for dead while its disk was slow leads nothing.
                let serves = match hosting {
                    Some(Hosting::Here(_)) => true,
                    Some(Hosting::Following { .. }) => partition.leader == NodeId::NONE,
                    _ => false,
                };
                let is_open = replicas.iter().any(|one| *one.topic_partition() == at);
                if !there.contains(&at) || !serves || !is_open {
                    return wrong(format!("{at} is in the image, and does not serve"));
                }
            }
        }
        Ok(())
    }

    /// Where logs start now is where they may have been cut.
    pub(super) fn note_log_starts(&mut self) -> Result<(), Violation> {
        let (super::Node::Up(broker) | super::Node::Stopping(broker)) = &self.node else {
            return Ok(());
        };
        for replica in broker.open_replicas() {
            let (start, committed) =
                replica.look(|machine, log| (log.log_start_offset(), machine.high_watermark()));
            if start > committed {
                let at = replica.topic_partition();
                let detail = format!("{at} starts at {start}, and is committed to {committed}");
                return Err(Violation::new(Rule::LogStartIsCommitted, detail));
            }
            if let Some(history) = self.histories.get_mut(&crate::broker::log_id(&replica)) {
                history.on_start_moved(start.0);
            }
        }
        Ok(())
    }
}
