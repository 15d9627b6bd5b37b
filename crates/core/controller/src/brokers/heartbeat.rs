//! BrokerHeartbeat: a broker says that it is there, how far it has read, and what it wants.
//!
//! *State* of a broker: fenced → unfenced when it wants to and has read its own registration;
//! unfenced → fenced when it wants to; unfenced → controlled shutdown when it wants to stop and
//! leads something; controlled shutdown → may stop when it leads nothing and the others have read
//! that. Whoever leads nothing, or is fenced, may stop at once.
//!
//! *Kafka*: `BrokerHeartbeatManager`.

use ottla_messages::broker_heartbeat_request::BrokerHeartbeatRequest;
use ottla_messages::broker_heartbeat_response::BrokerHeartbeatResponse;
use ottla_messages::metadata_record::MetadataRecord;
use ottla_metadata::Broker;
use ottla_types::{NodeId, Offset};

use crate::deciding::{Decided, Deciding};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BrokerState {
    Fenced,
    Unfenced,
    ControlledShutdown,
    ShutdownNow,
}

impl Deciding<'_> {
    pub(crate) fn heartbeat(
        &mut self,
        request: &BrokerHeartbeatRequest,
    ) -> Decided<BrokerHeartbeatResponse> {
        let id = NodeId(request.broker_id);
        let broker = self
            .broker_of_epoch(request.broker_id, request.broker_epoch)?
            .clone();
        let timeout = self.context.settings.broker_session_timeout;
        self.soft
            .heard(id, broker.epoch, self.now.monotonic, timeout);
        let caught_up = self.is_caught_up(id, request.current_metadata_offset);
        let current = self.state_of(&broker);
        let next = self.next_state(&broker, current, caught_up, request);
        let mut records = self.transition(&broker, current, next);
        self.note_progress(id, next, request.current_metadata_offset, records.len());
        records.extend(self.directory_changes(&broker, request));
        let response = BrokerHeartbeatResponse {
            is_caught_up: caught_up,
            is_fenced: matches!(next, BrokerState::Fenced | BrokerState::ShutdownNow),
            should_shut_down: next == BrokerState::ShutdownNow,
            ..BrokerHeartbeatResponse::default()
        };
        Ok((records, response))
    }

    fn is_caught_up(&self, id: NodeId, metadata_offset: i64) -> bool {
        let registered = self.state.registration_offsets.get(&id).copied();
        Offset(metadata_offset) >= registered.unwrap_or(Offset::ZERO)
    }

    fn state_of(&self, broker: &Broker) -> BrokerState {
        let session = self.soft.session(broker.id);
        if broker.fenced {
            BrokerState::Fenced
        } else if session.is_some_and(|session| session.controlled_shutdown_offset.is_some()) {
            BrokerState::ControlledShutdown
        } else {
            BrokerState::Unfenced
        }
    }

    fn next_state(
        &self,
        broker: &Broker,
        current: BrokerState,
        caught_up: bool,
        request: &BrokerHeartbeatRequest,
    ) -> BrokerState {
        match current {
            BrokerState::Fenced if request.want_shut_down => BrokerState::ShutdownNow,
            BrokerState::Fenced if !request.want_fence && caught_up => BrokerState::Unfenced,
            BrokerState::Fenced => BrokerState::Fenced,
            BrokerState::Unfenced if request.want_fence && request.want_shut_down => {
                BrokerState::ShutdownNow
            }
            BrokerState::Unfenced if request.want_fence => BrokerState::Fenced,
            BrokerState::Unfenced if request.want_shut_down && self.leads(broker.id) => {
                BrokerState::ControlledShutdown
            }
            BrokerState::Unfenced if request.want_shut_down => BrokerState::ShutdownNow,
            BrokerState::Unfenced => BrokerState::Unfenced,
            BrokerState::ControlledShutdown => {
                let session = self.soft.session(broker.id);
                let awaited = session.and_then(|session| session.controlled_shutdown_offset);
                let known = self.lowest_active_metadata_offset();
                let others_know = awaited.is_none_or(|awaited| awaited <= known);
                if !self.leads(broker.id) && others_know {
                    BrokerState::ShutdownNow
                } else {
                    BrokerState::ControlledShutdown
                }
            }
            BrokerState::ShutdownNow => BrokerState::ShutdownNow,
        }
    }

    fn transition(
        &self,
        broker: &Broker,
        current: BrokerState,
        next: BrokerState,
    ) -> Vec<MetadataRecord> {
        if current == next {
            return Vec::new();
        }
        match next {
            BrokerState::Fenced | BrokerState::ShutdownNow if broker.fenced => Vec::new(),
            BrokerState::Fenced | BrokerState::ShutdownNow => self.fence(broker),
            BrokerState::Unfenced => self.unfence(broker),
            BrokerState::ControlledShutdown => self.start_controlled_shutdown(broker),
        }
    }

    /// The broker may stop once the others have read the records of this very decision.
    fn note_progress(
        &mut self,
        id: NodeId,
        next: BrokerState,
        metadata_offset: i64,
        records: usize,
    ) {
        let records = i64::try_from(records).expect("few records");
        let last = Offset(self.context.log_end_offset.0 + records - 1);
        if let Some(session) = self.soft.session_mut(id) {
            session.metadata_offset = Offset(metadata_offset);
            session.controlled_shutdown_offset = match next {
                BrokerState::ControlledShutdown => {
                    session.controlled_shutdown_offset.or(Some(last))
                }
                _ => None,
            };
        }
    }

    fn leads(&self, id: NodeId) -> bool {
        let mut partitions = self
            .image()
            .topics
            .iter()
            .flat_map(|topic| topic.partitions.values());
        partitions.any(|partition| partition.leader == id)
    }

    /// How far all brokers that may lead have read: nowhere as long as one was not heard.
    fn lowest_active_metadata_offset(&self) -> Offset {
        let active = self
            .image()
            .brokers
            .values()
            .filter(|broker| broker.is_active());
        let offsets = active.map(|broker| {
            let session = self.soft.session(broker.id);
            session.map_or(Offset::NONE, |session| session.metadata_offset)
        });
        offsets.min().unwrap_or(Offset(i64::MAX))
    }

    fn directory_changes(
        &self,
        broker: &Broker,
        request: &BrokerHeartbeatRequest,
    ) -> Vec<MetadataRecord> {
        let mut records = Vec::new();
        if self.metadata_version().supports_directory_assignment() {
            records.extend(self.take_directories_offline(broker, &request.offline_log_dirs));
        }
        if self.metadata_version().supports_cordoned_log_directories() {
            let cordoned = request.cordoned_log_dirs.as_deref();
            records.extend(cordoned.and_then(|cordoned| self.cordon(broker, cordoned)));
        }
        records
    }
}
