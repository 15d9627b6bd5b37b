//! The controller as the metadata quorum hosts it, and this node as the one who acts on its log.

use std::convert::Infallible;

use ottla_config::Roles;
use ottla_controller::{
    Controller, ControllerContext, ControllerRequest, ControllerResponse, ControllerSoft,
    ControllerState, activation_records,
};
use ottla_coordinator::{Decision, Entry, Event, Rejection, Shard};
use ottla_messages::metadata_record::MetadataRecord;
use ottla_metadata::{MetadataDelta, MetadataImage};
use ottla_runtime::quorum::{MetadataPublisher, MetadataShard, QuorumError, QuorumFacts};
use ottla_types::{Instant, Now, Offset, RequestId};

use crate::node::Halt;
use crate::protection;
use crate::publisher::Publisher;

/// The controller with what its quorum needs of it. Everything else is [`Controller`]'s.
#[derive(Debug)]
pub enum ClusterController {}

impl Shard for ClusterController {
    type Hard = ControllerState;
    type Soft = ControllerSoft;
    type Context = ControllerContext;
    type Request = ControllerRequest;
    type Response = ControllerResponse;
    type Record = MetadataRecord;
    type Effect = Infallible;

    fn decide(
        hard: &ControllerState,
        soft: &mut ControllerSoft,
        context: &ControllerContext,
        now: Now,
        event: Event<ControllerRequest>,
    ) -> Decision<MetadataRecord, ControllerResponse, Infallible> {
        Controller::decide(hard, soft, context, now, event)
    }

    fn replay(hard: &mut ControllerState, offset: Offset, entry: Entry<MetadataRecord>) {
        Controller::replay(hard, offset, entry);
    }

    fn restart(
        hard: &ControllerState,
        context: &ControllerContext,
        now: Now,
        seed: u64,
    ) -> (ControllerSoft, Vec<Infallible>) {
        Controller::restart(hard, context, now, seed)
    }

    fn reject(
        soft: &mut ControllerSoft,
        request: RequestId,
        intended: Option<ControllerResponse>,
        rejection: &Rejection,
    ) -> ControllerResponse {
        Controller::reject(soft, request, intended, rejection)
    }

    fn waiting(soft: &ControllerSoft) -> Vec<RequestId> {
        Controller::waiting(soft)
    }

    fn next_deadline(soft: &ControllerSoft) -> Option<Instant> {
        Controller::next_deadline(soft)
    }
}

impl MetadataShard for ClusterController {
    fn image(hard: &ControllerState) -> &MetadataImage {
        &hard.image
    }

    fn update_context(context: &mut ControllerContext, facts: QuorumFacts<'_>) {
        context.log_end_offset = facts.log_end_offset;
        context.kraft_version = facts.kraft_version;
        if context.voters != facts.voters {
            context.voters = facts.voters.to_vec();
        }
    }

    fn activation_records(
        hard: &ControllerState,
        context: &ControllerContext,
        bootstrap: &[MetadataRecord],
    ) -> Vec<MetadataRecord> {
        activation_records(hard, bootstrap, context.settings.min_insync_replicas)
    }

    fn refuse(request: &ControllerRequest, rejection: &Rejection) -> ControllerResponse {
        request.body.rejected(rejection)
    }
}

/// Hands committed metadata to the publisher; without them the process ends.
pub struct ClusterPublisher {
    publisher: Publisher,
    halt: Halt,
    must_look_first: bool,
}

impl ClusterPublisher {
    /// Hands over to `publisher`. A controller alone serves before it knows the metadata, which may
    /// need the other nodes of its quorum: it looks at them when they come, as a broker does before
    /// it lets clients in.
    #[must_use]
    pub fn new(publisher: Publisher, halt: Halt, roles: Roles) -> ClusterPublisher {
        ClusterPublisher {
            publisher,
            halt,
            must_look_first: !roles.broker,
        }
    }

    /// Ends the process if the first metadata have what protects the cluster and is not enforced.
    fn look_at(&mut self, image: &MetadataImage) {
        if !std::mem::take(&mut self.must_look_first) {
            return;
        }
        if let Err(refusal) = protection::check(image) {
            tracing::error!("{refusal}");
            self.halt.halt();
        }
    }
}

impl MetadataPublisher<Infallible> for ClusterPublisher {
    fn publish(&mut self, delta: MetadataDelta) {
        self.look_at(&delta.after);
        if let Err(error) = self.publisher.publish(&delta) {
            tracing::error!(%error, "the log directories cannot be served: the process ends");
            self.halt.halt();
        }
    }

    fn perform(&mut self, effect: Infallible) {
        match effect {}
    }

    fn stopped(&mut self, outcome: Result<(), QuorumError>) {
        if let Err(error) = outcome {
            tracing::error!(%error, "without its metadata quorum the node cannot go on");
            self.halt.halt();
        }
    }
}
