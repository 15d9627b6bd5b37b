//! Envelope (58), version 0: a broker passes on what a client asked it (KIP-590).
//!
//! Whom the envelope names is whom the answer is for; without authentication everybody is
//! ANONYMOUS, so the principal says nothing that is not known.

use std::rc::Rc;

use ottla_messages::envelope_request::EnvelopeRequest;
use ottla_messages::{ApiKey, ErrorCode};

use crate::apis::{self, CONTROLLER};
use crate::reactor::ReactorService;
use crate::request::{FrameRefusal, Opened, RequestContext};

/// Opens the envelope and has the request in it answered, into an envelope again.
pub fn handle(service: &Rc<ReactorService>, context: RequestContext, request: EnvelopeRequest) {
    let opened = match Opened::open(request.request_data) {
        Ok(opened) => opened,
        Err(FrameRefusal::UnknownApi(_)) => {
            return context.refuse_envelope(ErrorCode::INVALID_REQUEST);
        }
        Err(refusal) => {
            tracing::debug!(%refusal, "an envelope around no request");
            return context.refuse_envelope(ErrorCode::INVALID_REQUEST);
        }
    };
    let api = CONTROLLER.find(opened.api);
    let Some(api) = api.filter(|_| is_forwardable(opened.api)) else {
        return context.refuse_envelope(ErrorCode::INVALID_REQUEST);
    };
    if !api.versions.contains(&opened.version) {
        return context.refuse_envelope(ErrorCode::UNSUPPORTED_VERSION);
    }
    let body = opened.body.clone();
    let context = context.enveloped(&opened);
    if let Err(error) = apis::handle(api, service, context, body) {
        // As for a request outside an envelope: its place in the order of answers is given up,
        // which closes the connection.
        tracing::debug!(%error, "an envelope around a request that cannot be read");
    }
}

/// What brokers pass on to the controller, as Kafka's do.
fn is_forwardable(api: ApiKey) -> bool {
    matches!(
        api,
        ApiKey::CreateTopics
            | ApiKey::DeleteTopics
            | ApiKey::CreateAcls
            | ApiKey::DeleteAcls
            | ApiKey::AlterConfigs
            | ApiKey::CreatePartitions
            | ApiKey::CreateDelegationToken
            | ApiKey::RenewDelegationToken
            | ApiKey::ExpireDelegationToken
            | ApiKey::ElectLeaders
            | ApiKey::IncrementalAlterConfigs
            | ApiKey::AlterPartitionReassignments
            | ApiKey::ListPartitionReassignments
            | ApiKey::AlterClientQuotas
            | ApiKey::AlterUserScramCredentials
            | ApiKey::DescribeQuorum
            | ApiKey::UpdateFeatures
            | ApiKey::UnregisterBroker
            | ApiKey::AddRaftVoter
            | ApiKey::RemoveRaftVoter
            | ApiKey::UnregisterController
    )
}
