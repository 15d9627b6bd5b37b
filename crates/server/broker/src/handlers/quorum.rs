//! The metadata quorum, from outside: Vote (52), versions 0–1; BeginQuorumEpoch (53), 0–1;
//! EndQuorumEpoch (54), 0–1; Fetch (1) of the metadata log by replicas, 12–18; DescribeQuorum (55),
//! 0–2.
//
//! Vote 2 brought pre-votes (KIP-996), which are not implemented; a candidate that is told so votes
//! without. FetchSnapshot (59) is not implemented either: who needs a snapshot cannot follow yet.

use std::rc::Rc;

use ottla_messages::ErrorCode;
use ottla_messages::begin_quorum_epoch_request::BeginQuorumEpochRequest;
use ottla_messages::begin_quorum_epoch_response::BeginQuorumEpochResponse;
use ottla_messages::describe_quorum_request::DescribeQuorumRequest;
use ottla_messages::describe_quorum_response::DescribeQuorumResponse;
use ottla_messages::end_quorum_epoch_request::EndQuorumEpochRequest;
use ottla_messages::end_quorum_epoch_response::EndQuorumEpochResponse;
use ottla_messages::fetch_request::FetchRequest;
use ottla_messages::fetch_response::FetchResponse;
use ottla_messages::vote_request::VoteRequest;
use ottla_messages::vote_response::VoteResponse;
use ottla_runtime::quorum::{QuorumRequest, QuorumResponse};

use crate::reactor::ReactorService;
use crate::request::RequestContext;

/// One function per API: wraps the request, asks, unwraps the answer. A quorum that has stopped is
/// not available.
macro_rules! ask {
    ($function:ident, $variant:ident, $request:ty, $response:ident) => {
        /// Has the quorum answer.
        pub async fn $function(
            service: &Rc<ReactorService>,
            context: &RequestContext,
            request: $request,
        ) -> $response {
            let quorum = service.node().quorum();
            let listener = &context.connection().listener;
            let request = QuorumRequest::$variant(request);
            match quorum.call(request, context.version, listener).await {
                Some(QuorumResponse::$variant(response)) => response,
                Some(other) => unreachable!("the quorum answers in kind, not {other:?}"),
                None => $response {
                    error_code: ErrorCode::BROKER_NOT_AVAILABLE.0,
                    ..$response::default()
                },
            }
        }
    };
}

ask!(vote, Vote, VoteRequest, VoteResponse);
ask!(
    begin_quorum_epoch,
    BeginQuorumEpoch,
    BeginQuorumEpochRequest,
    BeginQuorumEpochResponse
);
ask!(
    end_quorum_epoch,
    EndQuorumEpoch,
    EndQuorumEpochRequest,
    EndQuorumEpochResponse
);
ask!(fetch, Fetch, FetchRequest, FetchResponse);
ask!(
    describe_here,
    DescribeQuorum,
    DescribeQuorumRequest,
    DescribeQuorumResponse
);

/// Describes the quorum; a broker whose controller is elsewhere passes the request on.
pub async fn describe_quorum(
    service: &Rc<ReactorService>,
    context: &RequestContext,
    request: DescribeQuorumRequest,
) -> DescribeQuorumResponse {
    let node = service.node();
    let listener = &context.connection().listener;
    let is_controllers = node.config().listeners.is_controller_listener(listener);
    if is_controllers || node.controller().is_here() {
        return describe_here(service, context, request).await;
    }
    let controller = node.controller();
    let answer = controller
        .envelope(&request, context.version, &context.client())
        .await;
    answer.unwrap_or_else(|| DescribeQuorumResponse {
        error_code: ErrorCode::NOT_CONTROLLER.0,
        ..DescribeQuorumResponse::default()
    })
}
