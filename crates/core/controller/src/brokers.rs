//! The life of brokers: what happens to partitions when a broker comes, goes, or loses a directory.
//!
//! *Kafka*: `ClusterControlManager`, the broker part of `ReplicationControlManager`.

mod directories;
mod heartbeat;
mod registration;

use ottla_messages::ErrorCode;
use ottla_messages::broker_registration_change_record::BrokerRegistrationChangeRecord;
use ottla_messages::metadata_record::MetadataRecord;
use ottla_messages::unregister_broker_record::UnregisterBrokerRecord;
use ottla_messages::unregister_broker_request::UnregisterBrokerRequest;
use ottla_messages::unregister_broker_response::UnregisterBrokerResponse;
use ottla_metadata::{Broker, Partition, Topic};
use ottla_types::{NodeId, PartitionIndex};

use crate::deciding::{Decided, Deciding, refuse};
use crate::election::{Election, PartitionChange, Rules};

/// What a record says about fencing.
const FENCE: i8 = 1;
const UNFENCE: i8 = -1;

/// Whom a round of elections is about.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Affected {
    /// It may not lead and is no longer in sync.
    removed: Option<NodeId>,
    /// It may lead although the image still shows it as fenced.
    added: Option<NodeId>,
    /// It may not lead, is not in sync, and may have lost records.
    unclean_shutdown: Option<NodeId>,
}

impl Affected {
    fn removed(broker: NodeId) -> Affected {
        Affected {
            removed: Some(broker),
            ..Affected::default()
        }
    }
}

impl Deciding<'_> {
    pub(crate) fn unregister_broker(
        &mut self,
        request: &UnregisterBrokerRequest,
    ) -> Decided<UnregisterBrokerResponse> {
        let id = NodeId(request.broker_id);
        let Some(broker) = self.image().brokers.get(&id).cloned() else {
            return Err(refuse(
                ErrorCode::BROKER_ID_NOT_REGISTERED,
                format!("Broker ID {id} is not currently registered"),
            ));
        };
        let in_sync = |partition: &Partition| partition.isr.contains(&id);
        let mut records = self.change_partitions(Affected::removed(id), in_sync);
        let eligible = |partition: &Partition| partition.elr.contains(&id);
        records.extend(self.change_partitions(Affected::removed(id), eligible));
        records.push(
            UnregisterBrokerRecord {
                broker_id: id.0,
                broker_epoch: broker.epoch,
            }
            .into(),
        );
        self.soft.remove(id);
        Ok((records, UnregisterBrokerResponse::default()))
    }

    /// One broker whose session is over loses its place; the next one is looked at in the next
    /// decision, which sees what became of this one.
    pub(crate) fn fence_first_expired(&mut self) -> Vec<MetadataRecord> {
        let Some((id, epoch)) = self.soft.first_expired(self.now.monotonic) else {
            return Vec::new();
        };
        match self.image().brokers.get(&id).cloned() {
            Some(broker) if broker.epoch == epoch && !broker.fenced => {
                let retry = self.context.settings.broker_session_timeout / 8;
                self.soft.check_again(id, self.now.monotonic.after(retry));
                self.fence(&broker)
            }
            Some(_) => {
                self.soft.stop_expecting(id);
                Vec::new()
            }
            None => {
                self.soft.remove(id);
                Vec::new()
            }
        }
    }

    fn fence(&self, broker: &Broker) -> Vec<MetadataRecord> {
        let id = broker.id;
        let in_sync = |partition: &Partition| partition.isr.contains(&id);
        let mut records = self.change_partitions(Affected::removed(id), in_sync);
        records.push(fencing(broker, FENCE));
        records
    }

    /// The broker first, then every partition without a leader that it can lead.
    fn unfence(&self, broker: &Broker) -> Vec<MetadataRecord> {
        let affected = Affected {
            added: Some(broker.id),
            ..Affected::default()
        };
        let leaderless = |partition: &Partition| partition.leader == NodeId::NONE;
        let mut records = vec![fencing(broker, UNFENCE)];
        records.extend(self.change_partitions(affected, leaderless));
        records
    }

    fn start_controlled_shutdown(&self, broker: &Broker) -> Vec<MetadataRecord> {
        let id = broker.id;
        let mut records = Vec::new();
        if !broker.in_controlled_shutdown {
            records.push(
                BrokerRegistrationChangeRecord {
                    broker_id: id.0,
                    broker_epoch: broker.epoch,
                    in_controlled_shutdown: 1,
                    ..BrokerRegistrationChangeRecord::default()
                }
                .into(),
            );
        }
        let in_sync = |partition: &Partition| partition.isr.contains(&id);
        records.extend(self.change_partitions(Affected::removed(id), in_sync));
        records
    }

    /// A broker has come back as another process: it is in sync nowhere any more. If it did not
    /// stop cleanly, it may lack records it had.
    fn take_out_former_incarnation(&self, id: NodeId, clean: bool) -> Vec<MetadataRecord> {
        let in_sync = |partition: &Partition| partition.isr.contains(&id);
        if clean || !self.image().features.eligible_leader_replicas_enabled() {
            return self.change_partitions(Affected::removed(id), in_sync);
        }
        let affected = Affected {
            unclean_shutdown: Some(id),
            ..Affected::default()
        };
        let mut records = self.change_partitions(affected, in_sync);
        let eligible = |partition: &Partition| partition.elr.contains(&id);
        records.extend(self.change_partitions(affected, eligible));
        records
    }

    /// The changes of all partitions that `concerns` picks.
    fn change_partitions(
        &self,
        affected: Affected,
        concerns: impl Fn(&Partition) -> bool,
    ) -> Vec<MetadataRecord> {
        let mut records = Vec::new();
        for topic in self.image().topics.iter() {
            let partitions = topic.partitions.iter();
            let mut concerned = partitions
                .filter(|(_, partition)| concerns(partition))
                .peekable();
            if concerned.peek().is_none() {
                continue;
            }
            // Looks up configurations: once for all partitions of the topic.
            let rules = self.rules(topic, Election::Online);
            records.extend(concerned.filter_map(|(index, partition)| {
                self.change_partition((topic, *index, partition), rules, affected)
            }));
        }
        records
    }

    fn change_partition(
        &self,
        (topic, index, partition): (&Topic, PartitionIndex, &Partition),
        rules: Rules,
        affected: Affected,
    ) -> Option<MetadataRecord> {
        let stays =
            |id: &NodeId| affected.removed != Some(*id) && affected.unclean_shutdown != Some(*id);
        let isr = partition.isr.iter().copied().filter(stays).collect();
        let mut change = PartitionChange::new(partition, rules).with_isr(isr);
        if let Some(replica) = affected.unclean_shutdown {
            change = change.with_unclean_shutdown(replica);
        }
        let can_lead = |id: NodeId| {
            stays(&id)
                && (affected.added == Some(id) || self.is_active(id))
                && self.has_online_directory(id, partition)
        };
        change.record(topic.id, index.0, &can_lead).map(Into::into)
    }

    /// How elections of a topic go. An online election becomes an unclean one where that is
    /// allowed.
    pub(crate) fn rules(&self, topic: &Topic, election: Election) -> Rules {
        let unclean = election == Election::Online
            && self.unclean_leader_election_enabled(topic.name.as_str());
        let configured = self
            .topic_value(topic.name.as_str(), "min.insync.replicas")
            .and_then(|value| value.parse::<usize>().ok())
            .unwrap_or(1);
        let replicas = topic
            .partitions
            .values()
            .next()
            .map_or(1, |first| first.replicas.len());
        Rules {
            metadata_version: self.metadata_version(),
            min_insync_replicas: configured.min(replicas),
            keeps_elr: self.image().features.eligible_leader_replicas_enabled(),
            election: if unclean { Election::Unclean } else { election },
        }
    }

    /// Whether a replica may lead: its broker is there and its directory works.
    pub(crate) fn can_lead(&self, id: NodeId, partition: &Partition) -> bool {
        self.is_active(id) && self.has_online_directory(id, partition)
    }

    fn has_online_directory(&self, id: NodeId, partition: &Partition) -> bool {
        let broker = self.image().brokers.get(&id);
        let directory = partition.directory(id);
        match (broker, directory) {
            (Some(broker), Some(directory)) => broker.has_online_directory(directory),
            _ => false,
        }
    }
}

fn fencing(broker: &Broker, fenced: i8) -> MetadataRecord {
    BrokerRegistrationChangeRecord {
        broker_id: broker.id.0,
        broker_epoch: broker.epoch,
        fenced,
        ..BrokerRegistrationChangeRecord::default()
    }
    .into()
}
