//! The controller as a machine on the metadata log.
//!
//! *Invariants*: whatever is decided has been replayed on a copy of the state before it is
//! returned, by the rules that would stop one of Kafka's nodes; records that break them are never
//! written, and whoever asked for them hears UNKNOWN_SERVER_ERROR.
//!
//! *Kafka*: `QuorumController`.

use ottla_coordinator::{Answer, Decision, Entry, Event, Rejection, Shard};
use ottla_messages::ErrorCode;
use ottla_messages::metadata_record::MetadataRecord;
use ottla_messages::no_op_record::NoOpRecord;
use ottla_types::{Instant, Now, Offset, RequestId};

use crate::deciding::{Decided, Deciding, refuse};
use crate::request::{ControllerRequest, ControllerResponse, RequestBody};
use crate::{ControllerContext, ControllerSettings, ControllerSoft, ControllerState};

/// The controller.
#[derive(Clone, Copy, Debug)]
pub enum Controller {}

impl Shard for Controller {
    type Hard = ControllerState;
    type Soft = ControllerSoft;
    type Context = ControllerContext;
    type Request = ControllerRequest;
    type Response = ControllerResponse;
    type Record = MetadataRecord;
    /// Whatever the controller wants done is in the records.
    type Effect = std::convert::Infallible;

    fn decide(
        hard: &ControllerState,
        soft: &mut ControllerSoft,
        context: &ControllerContext,
        now: Now,
        event: Event<ControllerRequest>,
    ) -> Decision<MetadataRecord, ControllerResponse, Self::Effect> {
        let mut deciding = Deciding {
            state: hard,
            soft,
            context,
            now,
        };
        let decision = match event {
            Event::Request(to, request) => deciding.answer(to, &request),
            Event::Deadline => {
                let records = deciding.periodic_records();
                let is_legal = hard.check(&records).is_ok();
                Decision {
                    records: if is_legal { records } else { Vec::new() },
                    ..Decision::default()
                }
            }
            Event::Cancelled(_) | Event::ImageChanged => Decision::default(),
        };
        if !decision.records.is_empty() {
            soft.next_no_op = next_no_op(&context.settings, now.monotonic);
        }
        decision
    }

    /// # Panics
    /// If the record contradicts what came before it: the log is corrupt.
    fn replay(hard: &mut ControllerState, offset: Offset, entry: Entry<MetadataRecord>) {
        let record = match entry {
            Entry::Record(record) => record,
            Entry::Transactional(..) | Entry::TransactionEnd(..) => {
                panic!("the metadata log has no transactions of producers")
            }
        };
        if let Err(why) = hard.apply(offset, &record) {
            panic!("the metadata log is corrupt at offset {offset}: {why}");
        }
    }

    fn restart(
        hard: &ControllerState,
        context: &ControllerContext,
        now: Now,
        seed: u64,
    ) -> (ControllerSoft, Vec<Self::Effect>) {
        let settings = &context.settings;
        let mut soft = ControllerSoft::new(seed);
        for broker in hard.image.brokers.values() {
            if broker.fenced {
                soft.registered(broker.id, broker.epoch);
            } else {
                let timeout = settings.broker_session_timeout;
                soft.heard(broker.id, broker.epoch, now.monotonic, timeout);
            }
        }
        start_timers(&mut soft, settings, now.monotonic);
        (soft, Vec::new())
    }

    fn reject(
        _: &mut ControllerSoft,
        _: RequestId,
        _: Option<ControllerResponse>,
        rejection: &Rejection,
    ) -> ControllerResponse {
        ControllerResponse::Rejected(rejection.clone())
    }

    /// Every request is decided when it arrives.
    fn waiting(_: &ControllerSoft) -> Vec<RequestId> {
        Vec::new()
    }

    fn next_deadline(soft: &ControllerSoft) -> Option<Instant> {
        soft.next_deadline()
    }
}

fn start_timers(soft: &mut ControllerSoft, settings: &ControllerSettings, now: Instant) {
    soft.next_no_op = next_no_op(settings, now);
    let imbalance = settings.leader_imbalance_check_interval;
    soft.next_preferred_election = settings
        .auto_leader_rebalance_enable
        .then(|| now.after(imbalance));
    soft.next_unclean_election = Some(now.after(settings.unclean_leader_election_interval));
}

/// Whatever is written puts it off.
fn next_no_op(settings: &ControllerSettings, now: Instant) -> Option<Instant> {
    let idle = settings.metadata_max_idle_interval;
    (!idle.is_zero()).then(|| now.after(idle))
}

impl Deciding<'_> {
    fn answer(
        &mut self,
        to: RequestId,
        asked: &ControllerRequest,
    ) -> Decision<MetadataRecord, ControllerResponse, std::convert::Infallible> {
        let checked = self.decide(asked).and_then(|(records, response)| {
            let checked = self.state.check(&records);
            let refused = |why| {
                let why = format!("The controller would have written illegal metadata: {why}");
                refuse(ErrorCode::UNKNOWN_SERVER_ERROR, why)
            };
            checked.map(|()| (records, response)).map_err(refused)
        });
        let (records, response) =
            checked.unwrap_or_else(|rejection| (Vec::new(), asked.body.rejected(&rejection)));
        Decision {
            records,
            answers: vec![Answer { to, response }],
            effects: Vec::new(),
        }
    }

    fn decide(&mut self, asked: &ControllerRequest) -> Decided<ControllerResponse> {
        if self.image().features.metadata_version.is_none() {
            // The log has not been given its first records yet.
            return Err(refuse(
                ErrorCode::NOT_CONTROLLER,
                "The controller is not active yet.",
            ));
        }
        match &asked.body {
            RequestBody::CreateTopics(request) => wrap(
                self.create_topics(asked, request),
                ControllerResponse::CreateTopics,
            ),
            RequestBody::DeleteTopics(request) => wrap(
                self.delete_topics(asked, request),
                ControllerResponse::DeleteTopics,
            ),
            RequestBody::CreatePartitions(request) => wrap(
                self.create_partitions(request),
                ControllerResponse::CreatePartitions,
            ),
            RequestBody::BrokerRegistration(request) => {
                let decided = self.register_broker(asked, request);
                wrap(decided, ControllerResponse::BrokerRegistration)
            }
            RequestBody::BrokerHeartbeat(request) => {
                wrap(self.heartbeat(request), ControllerResponse::BrokerHeartbeat)
            }
            RequestBody::UnregisterBroker(request) => wrap(
                self.unregister_broker(request),
                ControllerResponse::UnregisterBroker,
            ),
            RequestBody::ControllerRegistration(request) => {
                let decided = self.register_controller(request);
                wrap(decided, ControllerResponse::ControllerRegistration)
            }
            RequestBody::AllocateProducerIds(request) => {
                let decided = self.allocate_producer_ids(request);
                wrap(decided, ControllerResponse::AllocateProducerIds)
            }
            RequestBody::AlterPartition(request) => wrap(
                self.alter_partition(asked, request),
                ControllerResponse::AlterPartition,
            ),
            RequestBody::AssignReplicasToDirs(request) => wrap(
                self.assign_replicas(request),
                ControllerResponse::AssignReplicasToDirs,
            ),
            RequestBody::ElectLeaders(request) => wrap(
                self.elect_leaders(request),
                ControllerResponse::ElectLeaders,
            ),
            RequestBody::IncrementalAlterConfigs(request) => {
                let decided = self.incremental_alter_configs(asked, request);
                wrap(decided, ControllerResponse::IncrementalAlterConfigs)
            }
            RequestBody::AlterPartitionReassignments(request) => wrap(
                self.alter_partition_reassignments(request),
                ControllerResponse::AlterPartitionReassignments,
            ),
            RequestBody::UpdateFeatures(request) => wrap(
                self.update_features(asked, request),
                ControllerResponse::UpdateFeatures,
            ),
            RequestBody::AlterConfigs(request) => wrap(
                self.alter_configs(asked, request),
                ControllerResponse::AlterConfigs,
            ),
        }
    }

    /// At most one kind of work at a time: the deadline is due again at once if more is left.
    fn periodic_records(&mut self) -> Vec<MetadataRecord> {
        if self.image().features.metadata_version.is_none() {
            return Vec::new();
        }
        let now = self.now.monotonic;
        let settings = &self.context.settings;
        let fenced = self.fence_first_expired();
        if !fenced.is_empty() {
            return fenced;
        }
        let is_due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        if is_due(self.soft.next_preferred_election) {
            let next = now.after(settings.leader_imbalance_check_interval);
            self.soft.next_preferred_election = Some(next);
            return self.elect_preferred_leaders();
        }
        if is_due(self.soft.next_unclean_election) {
            let next = now.after(settings.unclean_leader_election_interval);
            self.soft.next_unclean_election = Some(next);
            return self.elect_unclean_leaders();
        }
        if is_due(self.soft.next_no_op) {
            self.soft.next_no_op = next_no_op(settings, now);
            return vec![NoOpRecord::default().into()];
        }
        Vec::new()
    }
}

fn wrap<Response>(
    decided: Decided<Response>,
    kind: fn(Response) -> ControllerResponse,
) -> Decided<ControllerResponse> {
    decided.map(|(records, response)| (records, kind(response)))
}

#[cfg(test)]
mod tests;
