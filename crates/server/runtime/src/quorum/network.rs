//! The way to the other members of the quorum: one connection to each, on the runtime of background
//! tasks.

use std::collections::BTreeMap;
use std::time::Duration;

use ottla_types::NodeId;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::peers::{QuorumRequest, QuorumResponse};
use crate::node_connection::{NodeAddress, NodeConnection, NodeError};

/// From this version on Fetch says which directory fetches (KIP-853); 18 brought the high watermark
/// that the replica knows.
const FETCH_VERSIONS: (i16, i16) = (17, 18);
const FETCH_VERSION_WITH_HIGH_WATERMARK: i16 = 18;
/// The version that names voters with their directories. Vote 2 brought pre-votes.
const ELECTION_VERSION: i16 = 1;

/// Sends requests to other members.
pub trait QuorumNetwork: Send {
    /// Sends without waiting; the outcome comes back as a message to the quorum's thread.
    fn send(&mut self, call: PeerCall);
}

/// A request on its way to a peer.
#[derive(Debug)]
pub struct PeerCall {
    /// The peer.
    pub to: NodeId,
    /// Tells its answer from others of the same peer.
    pub correlation: u64,
    /// Where the peer listens.
    pub address: NodeAddress,
    /// What is asked.
    pub request: QuorumRequest,
}

/// What came of one.
#[derive(Debug)]
pub struct PeerReply {
    /// The peer.
    pub from: NodeId,
    /// That of the call.
    pub correlation: u64,
    /// The answer, or why there is none.
    pub outcome: Result<QuorumResponse, NodeError>,
}

/// Connections over TCP.
pub(super) struct TcpNetwork<F> {
    runtime: Handle,
    client_id: String,
    request_timeout: Duration,
    peers: BTreeMap<NodeAddress, UnboundedSender<PeerCall>>,
    replied: F,
}

impl<F: Fn(PeerReply) + Clone + Send + 'static> TcpNetwork<F> {
    pub(super) fn new(
        runtime: Handle,
        local: NodeId,
        request_timeout: Duration,
        replied: F,
    ) -> TcpNetwork<F> {
        TcpNetwork {
            runtime,
            client_id: format!("raft-client-{local}"),
            request_timeout,
            peers: BTreeMap::new(),
            replied,
        }
    }

    fn dial(&self, address: NodeAddress) -> UnboundedSender<PeerCall> {
        let (sender, calls) = unbounded_channel();
        let connection = NodeConnection::new(address, &self.client_id, self.request_timeout);
        self.runtime
            .spawn(serve(connection, calls, self.replied.clone()));
        sender
    }
}

impl<F: Fn(PeerReply) + Clone + Send + 'static> QuorumNetwork for TcpNetwork<F> {
    fn send(&mut self, call: PeerCall) {
        let peer = match self.peers.get(&call.address) {
            Some(peer) => peer.clone(),
            None => {
                let peer = self.dial(call.address.clone());
                self.peers.insert(call.address.clone(), peer.clone());
                peer
            }
        };
        // Without a receiver the runtime has ended, and with it the node.
        let _ = peer.send(call);
    }
}

async fn serve(
    mut connection: NodeConnection,
    mut calls: UnboundedReceiver<PeerCall>,
    replied: impl Fn(PeerReply),
) {
    let mut is_reachable = true;
    while let Some(call) = calls.recv().await {
        let outcome = exchange(&mut connection, call.request).await;
        match &outcome {
            Ok(_) => is_reachable = true,
            Err(error) if is_reachable => {
                is_reachable = false;
                tracing::warn!(peer = %connection.address(), %error, "quorum member not reached");
            }
            Err(_) => {}
        }
        replied(PeerReply {
            from: call.to,
            correlation: call.correlation,
            outcome,
        });
    }
}

async fn exchange(
    connection: &mut NodeConnection,
    request: QuorumRequest,
) -> Result<QuorumResponse, NodeError> {
    let (oldest, newest) = (ELECTION_VERSION, ELECTION_VERSION);
    Ok(match request {
        QuorumRequest::Vote(request) => {
            QuorumResponse::Vote(connection.call(oldest, newest, |_| request).await?)
        }
        QuorumRequest::BeginQuorumEpoch(request) => {
            QuorumResponse::BeginQuorumEpoch(connection.call(oldest, newest, |_| request).await?)
        }
        QuorumRequest::EndQuorumEpoch(request) => {
            QuorumResponse::EndQuorumEpoch(connection.call(oldest, newest, |_| request).await?)
        }
        QuorumRequest::Fetch(mut request) => {
            let (oldest, newest) = FETCH_VERSIONS;
            let at_version = |version| {
                if version < FETCH_VERSION_WITH_HIGH_WATERMARK {
                    let topics = request.topics.iter_mut();
                    for partition in topics.flat_map(|topic| &mut topic.partitions) {
                        partition.high_watermark = i64::MAX;
                    }
                }
                request
            };
            QuorumResponse::Fetch(connection.call(oldest, newest, at_version).await?)
        }
        QuorumRequest::DescribeQuorum(request) => {
            QuorumResponse::DescribeQuorum(connection.call(0, 2, |_| request).await?)
        }
    })
}
