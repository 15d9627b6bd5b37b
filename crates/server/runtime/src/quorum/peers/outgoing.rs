//! This member's own requests to peers, and what their answers say.

use std::collections::BTreeMap;

use bytes::Bytes;
use ottla_messages::begin_quorum_epoch_request::{self, BeginQuorumEpochRequest};
use ottla_messages::end_quorum_epoch_request::{self, EndQuorumEpochRequest};
use ottla_messages::fetch_request::{self, FetchRequest, ReplicaState};
use ottla_messages::fetch_response::FetchResponse;
use ottla_messages::vote_request::{self, VoteRequest};
use ottla_messages::{ErrorCode, KafkaString};
use ottla_raft::{EpochStart, PeerRequest, ReplicaKey, SnapshotId};
use ottla_types::{LeaderEpoch, NodeId, Offset, Uuid};

use super::{METADATA_TOPIC, METADATA_TOPIC_ID, QuorumRequest, QuorumResponse};
use crate::node_connection::NodeAddress;
use crate::quorum::control_records::{QuorumEndpoint, Voter};

/// How long a fetch may wait for news, as in Kafka.
const FETCH_WAIT_MS: i32 = 500;

/// What every request of this member carries.
#[derive(Clone, Debug)]
pub(in crate::quorum) struct Sender {
    pub(in crate::quorum) cluster_id: String,
    pub(in crate::quorum) local: ReplicaKey,
    pub(in crate::quorum) endpoints: Vec<QuorumEndpoint>,
    pub(in crate::quorum) fetch_bytes_max: usize,
}

impl Sender {
    /// The message for what the machine wants said.
    pub(in crate::quorum) fn message(
        &self,
        to: NodeId,
        request: &PeerRequest,
        voters: &[Voter],
    ) -> QuorumRequest {
        let peer = voters.iter().find(|voter| voter.key.id == to);
        let peer_directory = peer.map_or(Uuid::ZERO, |voter| voter.key.directory_id);
        match request {
            PeerRequest::Vote {
                epoch,
                last_epoch,
                last_offset,
            } => QuorumRequest::Vote(self.vote(
                to,
                peer_directory,
                *epoch,
                *last_epoch,
                *last_offset,
            )),
            PeerRequest::BeginQuorumEpoch { epoch } => {
                QuorumRequest::BeginQuorumEpoch(self.begin_quorum_epoch(to, peer_directory, *epoch))
            }
            PeerRequest::EndQuorumEpoch { epoch, successors } => {
                QuorumRequest::EndQuorumEpoch(self.end_quorum_epoch(*epoch, successors, voters))
            }
            PeerRequest::Fetch {
                epoch,
                fetch_offset,
                last_fetched_epoch,
                high_watermark,
            } => QuorumRequest::Fetch(self.fetch(fetch_request::FetchPartition {
                current_leader_epoch: epoch.0,
                fetch_offset: fetch_offset.0,
                last_fetched_epoch: last_fetched_epoch.0,
                replica_directory_id: self.local.directory_id,
                high_watermark: high_watermark.0,
                partition_max_bytes: 0,
                ..Default::default()
            })),
        }
    }

    fn cluster_id(&self) -> Option<KafkaString> {
        Some(KafkaString::copy_from(&self.cluster_id))
    }

    fn vote(
        &self,
        to: NodeId,
        voter_directory_id: Uuid,
        epoch: LeaderEpoch,
        last_epoch: LeaderEpoch,
        last_offset: Offset,
    ) -> VoteRequest {
        VoteRequest {
            cluster_id: self.cluster_id(),
            voter_id: to.0,
            topics: vec![vote_request::TopicData {
                topic_name: METADATA_TOPIC.into(),
                partitions: vec![vote_request::PartitionData {
                    replica_epoch: epoch.0,
                    replica_id: self.local.id.0,
                    replica_directory_id: self.local.directory_id,
                    voter_directory_id,
                    last_offset_epoch: last_epoch.0,
                    last_offset: last_offset.0,
                    ..Default::default()
                }],
            }],
        }
    }

    fn begin_quorum_epoch(
        &self,
        to: NodeId,
        voter_directory_id: Uuid,
        epoch: LeaderEpoch,
    ) -> BeginQuorumEpochRequest {
        let endpoints = self.endpoints.iter();
        BeginQuorumEpochRequest {
            cluster_id: self.cluster_id(),
            voter_id: to.0,
            topics: vec![begin_quorum_epoch_request::TopicData {
                topic_name: METADATA_TOPIC.into(),
                partitions: vec![begin_quorum_epoch_request::PartitionData {
                    voter_directory_id,
                    leader_id: self.local.id.0,
                    leader_epoch: epoch.0,
                    ..Default::default()
                }],
            }],
            leader_endpoints: endpoints
                .map(|endpoint| begin_quorum_epoch_request::LeaderEndpoint {
                    name: KafkaString::copy_from(&endpoint.listener),
                    host: KafkaString::copy_from(&endpoint.host),
                    port: endpoint.port,
                })
                .collect(),
        }
    }

    fn end_quorum_epoch(
        &self,
        epoch: LeaderEpoch,
        successors: &[NodeId],
        voters: &[Voter],
    ) -> EndQuorumEpochRequest {
        let directory = |id: NodeId| {
            let voter = voters.iter().find(|voter| voter.key.id == id);
            voter.map_or(Uuid::ZERO, |voter| voter.key.directory_id)
        };
        let candidates = successors.iter();
        let endpoints = self.endpoints.iter();
        EndQuorumEpochRequest {
            cluster_id: self.cluster_id(),
            topics: vec![end_quorum_epoch_request::TopicData {
                topic_name: METADATA_TOPIC.into(),
                partitions: vec![end_quorum_epoch_request::PartitionData {
                    leader_id: self.local.id.0,
                    leader_epoch: epoch.0,
                    preferred_candidates: candidates
                        .map(|&id| end_quorum_epoch_request::ReplicaInfo {
                            candidate_id: id.0,
                            candidate_directory_id: directory(id),
                        })
                        .collect(),
                    ..Default::default()
                }],
            }],
            leader_endpoints: endpoints
                .map(|endpoint| end_quorum_epoch_request::LeaderEndpoint {
                    name: KafkaString::copy_from(&endpoint.listener),
                    host: KafkaString::copy_from(&endpoint.host),
                    port: endpoint.port,
                })
                .collect(),
        }
    }

    fn fetch(&self, partition: fetch_request::FetchPartition) -> FetchRequest {
        FetchRequest {
            cluster_id: self.cluster_id(),
            replica_state: ReplicaState {
                replica_id: self.local.id.0,
                replica_epoch: -1,
            },
            max_wait_ms: FETCH_WAIT_MS,
            max_bytes: i32::try_from(self.fetch_bytes_max).unwrap_or(i32::MAX),
            topics: vec![fetch_request::FetchTopic {
                topic_id: METADATA_TOPIC_ID,
                partitions: vec![partition],
                ..Default::default()
            }],
            ..Default::default()
        }
    }
}

/// What a peer has answered.
#[derive(Clone, Debug)]
pub(in crate::quorum) struct PeerAnswer {
    /// The epoch it is in.
    pub(in crate::quorum) epoch: LeaderEpoch,
    /// The leader it knows.
    pub(in crate::quorum) leader: Option<NodeId>,
    /// Where the nodes that it names listen.
    pub(in crate::quorum) addresses: BTreeMap<NodeId, NodeAddress>,
    pub(in crate::quorum) outcome: PeerOutcome,
}

/// The rest of an answer.
#[derive(Clone, Debug)]
pub(in crate::quorum) enum PeerOutcome {
    Vote {
        error: ErrorCode,
        granted: bool,
    },
    BeginQuorumEpoch {
        error: ErrorCode,
    },
    EndQuorumEpoch {
        error: ErrorCode,
    },
    Records {
        bytes: Bytes,
        high_watermark: Option<Offset>,
    },
    Diverging(EpochStart),
    Snapshot(SnapshotId),
    FetchRefused(ErrorCode),
}

/// Reads an answer.
///
/// # Errors
/// The code by which the whole request is refused; `INVALID_REQUEST` stands for an answer that is
/// not about the metadata log.
pub(in crate::quorum) fn read_answer(response: QuorumResponse) -> Result<PeerAnswer, ErrorCode> {
    /// The three answers that have the same shape, but for what they answer.
    macro_rules! partition_of {
        ($response:expr) => {{
            check($response.error_code)?;
            let topic = $response.topics.first().ok_or(ErrorCode::INVALID_REQUEST)?;
            topic.partitions.first().ok_or(ErrorCode::INVALID_REQUEST)?
        }};
    }
    macro_rules! answer {
        ($response:expr, $partition:expr, $outcome:expr) => {
            PeerAnswer {
                epoch: LeaderEpoch($partition.leader_epoch),
                leader: known(NodeId($partition.leader_id)),
                addresses: $response
                    .node_endpoints
                    .iter()
                    .map(|node| (NodeId(node.node_id), address(&node.host, node.port)))
                    .collect(),
                outcome: $outcome,
            }
        };
    }
    Ok(match response {
        QuorumResponse::Vote(response) => {
            let partition = partition_of!(response);
            let outcome = PeerOutcome::Vote {
                error: ErrorCode(partition.error_code),
                granted: partition.vote_granted,
            };
            answer!(response, partition, outcome)
        }
        QuorumResponse::BeginQuorumEpoch(response) => {
            let partition = partition_of!(response);
            let error = ErrorCode(partition.error_code);
            answer!(response, partition, PeerOutcome::BeginQuorumEpoch { error })
        }
        QuorumResponse::EndQuorumEpoch(response) => {
            let partition = partition_of!(response);
            let error = ErrorCode(partition.error_code);
            answer!(response, partition, PeerOutcome::EndQuorumEpoch { error })
        }
        QuorumResponse::Fetch(response) => fetched(response)?,
        QuorumResponse::DescribeQuorum(_) => return Err(ErrorCode::INVALID_REQUEST),
    })
}

fn fetched(response: FetchResponse) -> Result<PeerAnswer, ErrorCode> {
    check(response.error_code)?;
    let topic = response.responses.into_iter().next();
    let partition = topic.and_then(|topic| topic.partitions.into_iter().next());
    let partition = partition.ok_or(ErrorCode::INVALID_REQUEST)?;
    let error = ErrorCode(partition.error_code);
    let outcome = if error != ErrorCode::NONE {
        PeerOutcome::FetchRefused(error)
    } else if partition.diverging_epoch.epoch >= 0 {
        PeerOutcome::Diverging(EpochStart {
            epoch: LeaderEpoch(partition.diverging_epoch.epoch),
            start_offset: Offset(partition.diverging_epoch.end_offset),
        })
    } else if partition.snapshot_id.epoch >= 0 || partition.snapshot_id.end_offset >= 0 {
        PeerOutcome::Snapshot(SnapshotId {
            end_offset: Offset(partition.snapshot_id.end_offset),
            epoch: LeaderEpoch(partition.snapshot_id.epoch),
        })
    } else {
        let high_watermark = Offset(partition.high_watermark);
        PeerOutcome::Records {
            bytes: partition.records.unwrap_or_default(),
            high_watermark: (high_watermark >= Offset::ZERO).then_some(high_watermark),
        }
    };
    let addresses = response.node_endpoints.iter().filter_map(|node| {
        let port = u16::try_from(node.port).ok()?;
        Some((NodeId(node.node_id), address(&node.host, port)))
    });
    Ok(PeerAnswer {
        epoch: LeaderEpoch(partition.current_leader.leader_epoch),
        leader: known(NodeId(partition.current_leader.leader_id)),
        addresses: addresses.collect(),
        outcome,
    })
}

fn check(error_code: i16) -> Result<(), ErrorCode> {
    match ErrorCode(error_code) {
        ErrorCode::NONE => Ok(()),
        error => Err(error),
    }
}

fn known(id: NodeId) -> Option<NodeId> {
    (id >= NodeId(0)).then_some(id)
}

fn address(host: &KafkaString, port: u16) -> NodeAddress {
    NodeAddress {
        host: host.to_string(),
        port,
    }
}
