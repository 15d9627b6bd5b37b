//! The requests of other quorum members and of observers: from the messages of the wire to the
//! machine's words and back.
//!
//! Served: Vote 0–1 (pre-votes, version 2, are not known), BeginQuorumEpoch, EndQuorumEpoch, Fetch
//! of the metadata log from version 12, DescribeQuorum.

mod addresses;
mod answers;
mod outgoing;

use std::collections::BTreeMap;

use ottla_log::Storage;
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
use ottla_messages::{ErrorCode, KafkaString};
use ottla_raft::{self as raft, Input, ReplicaKey, Response};
use ottla_types::{LeaderEpoch, NodeId, Now, Offset, RequestId, Uuid};

use super::QuorumError;
use super::node::Reply;
use super::replica::Replica;
pub(super) use addresses::{PeerAddresses, bootstrap_ids};
use answers::{Leader, Place};
pub(super) use outgoing::{PeerAnswer, PeerOutcome, Sender, read_answer};

/// The topic of the metadata log.
pub const METADATA_TOPIC: &str = "__cluster_metadata";
/// Its fixed id.
pub const METADATA_TOPIC_ID: Uuid = Uuid::ONE;

/// No fetch waits longer for news, whatever it asks for: its connection may be gone by then.
/// Kafka's nodes ask for 500 ms.
const FETCH_WAIT_MS_MAX: i32 = 30_000;

/// A request about the metadata log itself.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum QuorumRequest {
    Vote(VoteRequest),
    BeginQuorumEpoch(BeginQuorumEpochRequest),
    EndQuorumEpoch(EndQuorumEpochRequest),
    Fetch(FetchRequest),
    DescribeQuorum(DescribeQuorumRequest),
}

/// Its answer, of the same API.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum QuorumResponse {
    Vote(VoteResponse),
    BeginQuorumEpoch(BeginQuorumEpochResponse),
    EndQuorumEpoch(EndQuorumEpochResponse),
    Fetch(FetchResponse),
    DescribeQuorum(DescribeQuorumResponse),
}

/// A request with what is known of its way in.
pub struct QuorumCall {
    /// What is asked.
    pub request: QuorumRequest,
    /// The version it was asked at.
    pub api_version: i16,
    /// The name of the listener: the leader is named by its address there.
    pub listener: String,
    /// Takes the answer.
    pub reply: Reply<QuorumResponse>,
}

/// The calls that wait for the machine.
pub(super) struct PeerCalls {
    cluster_id: String,
    fetch_bytes_max: usize,
    waiting: BTreeMap<RequestId, Waiting>,
    last_request: u64,
}

struct Waiting {
    place: Place,
    /// What a fetch asks for at most.
    max_bytes: usize,
    reply: Reply<QuorumResponse>,
}

impl PeerCalls {
    pub(super) fn new(cluster_id: String, fetch_bytes_max: usize) -> PeerCalls {
        PeerCalls {
            cluster_id,
            fetch_bytes_max,
            waiting: BTreeMap::new(),
            last_request: 0,
        }
    }

    /// Hands a call to the machine, or answers it at once.
    pub(super) fn call<S: Storage>(
        &mut self,
        now: Now,
        replica: &mut Replica<S>,
        call: QuorumCall,
    ) -> Result<(), QuorumError> {
        self.last_request += 1;
        let id = RequestId(self.last_request);
        let listener = call.listener;
        match call.request {
            QuorumRequest::Vote(request) => {
                let parsed = self.parse_vote(&request);
                let place = Place::Vote { listener };
                self.hand_over(now, replica, (id, place, 0, call.reply), parsed, |vote| {
                    Input::VoteRequest(id, vote)
                })
            }
            QuorumRequest::BeginQuorumEpoch(request) => {
                let parsed = self.parse_begin(&request);
                let place = Place::BeginQuorumEpoch { listener };
                self.hand_over(now, replica, (id, place, 0, call.reply), parsed, |begin| {
                    Input::BeginQuorumEpochRequest(id, begin)
                })
            }
            QuorumRequest::EndQuorumEpoch(request) => {
                let mut successors = Vec::new();
                let parsed = self.parse_end(&request, &mut successors);
                let place = Place::EndQuorumEpoch { listener };
                self.hand_over(now, replica, (id, place, 0, call.reply), parsed, |end| {
                    Input::EndQuorumEpochRequest(id, end)
                })
            }
            QuorumRequest::Fetch(request) => {
                let parsed = self.parse_fetch(&request, call.api_version);
                let max_bytes = usize::try_from(request.max_bytes).unwrap_or(0);
                let place = Place::Fetch {
                    listener,
                    api_version: call.api_version,
                };
                let waiting = (id, place, max_bytes.min(self.fetch_bytes_max), call.reply);
                self.hand_over(now, replica, waiting, parsed, |fetch| {
                    Input::FetchRequest(id, fetch)
                })
            }
            QuorumRequest::DescribeQuorum(request) => {
                let description = replica.raft().describe(now);
                let answer = answers::describe_quorum(
                    &request,
                    call.api_version,
                    description.as_ref(),
                    replica.voters(),
                );
                (call.reply)(QuorumResponse::DescribeQuorum(answer));
                Ok(())
            }
        }
    }

    /// Steps the machine with a request that was understood; refuses another one.
    fn hand_over<'a, S: Storage, Asked>(
        &mut self,
        now: Now,
        replica: &mut Replica<S>,
        (id, place, max_bytes, reply): (RequestId, Place, usize, Reply<QuorumResponse>),
        parsed: Result<Asked, ErrorCode>,
        input: impl FnOnce(Asked) -> Input<'a>,
    ) -> Result<(), QuorumError> {
        match parsed {
            Ok(asked) => {
                let waiting = Waiting {
                    place,
                    max_bytes,
                    reply,
                };
                self.waiting.insert(id, waiting);
                replica.step(now, input(asked))
            }
            Err(error) => {
                reply(place.refused(error));
                Ok(())
            }
        }
    }

    /// Passes on what the machine answers.
    pub(super) fn reply<S: Storage>(
        &mut self,
        replica: &Replica<S>,
        request: RequestId,
        (epoch, leader): (LeaderEpoch, Option<NodeId>),
        response: Response,
    ) {
        let Some(waiting) = self.waiting.remove(&request) else {
            return;
        };
        let leader = Leader {
            epoch,
            id: leader,
            voters: replica.voters(),
        };
        let answer = waiting
            .place
            .answer(&leader, response, replica.log(), waiting.max_bytes);
        (waiting.reply)(answer);
    }

    /// A request with another cluster's id is not for this quorum; none is accepted.
    fn check_cluster(&self, asked: Option<&KafkaString>) -> Result<(), ErrorCode> {
        match asked {
            Some(id) if id.as_str() != self.cluster_id => Err(ErrorCode::INCONSISTENT_CLUSTER_ID),
            _ => Ok(()),
        }
    }

    fn parse_vote(&self, request: &VoteRequest) -> Result<raft::VoteRequest, ErrorCode> {
        self.check_cluster(request.cluster_id.as_ref())?;
        let topic = only(&request.topics)?;
        let partition = only(&topic.partitions)?;
        check_partition(&topic.topic_name, partition.partition_index)?;
        Ok(raft::VoteRequest {
            epoch: LeaderEpoch(partition.replica_epoch),
            candidate: ReplicaKey {
                id: NodeId(partition.replica_id),
                directory_id: partition.replica_directory_id,
            },
            voter: voter(request.voter_id, partition.voter_directory_id),
            last_epoch: LeaderEpoch(partition.last_offset_epoch),
            last_offset: Offset(partition.last_offset),
        })
    }

    fn parse_begin(
        &self,
        request: &BeginQuorumEpochRequest,
    ) -> Result<raft::BeginQuorumEpochRequest, ErrorCode> {
        self.check_cluster(request.cluster_id.as_ref())?;
        let topic = only(&request.topics)?;
        let partition = only(&topic.partitions)?;
        check_partition(&topic.topic_name, partition.partition_index)?;
        Ok(raft::BeginQuorumEpochRequest {
            epoch: LeaderEpoch(partition.leader_epoch),
            leader: NodeId(partition.leader_id),
            voter: voter(request.voter_id, partition.voter_directory_id),
        })
    }

    fn parse_end<'a>(
        &self,
        request: &EndQuorumEpochRequest,
        successors: &'a mut Vec<NodeId>,
    ) -> Result<raft::EndQuorumEpochRequest<'a>, ErrorCode> {
        self.check_cluster(request.cluster_id.as_ref())?;
        let topic = only(&request.topics)?;
        let partition = only(&topic.partitions)?;
        check_partition(&topic.topic_name, partition.partition_index)?;
        let candidates = partition.preferred_candidates.iter();
        successors.extend(candidates.map(|candidate| NodeId(candidate.candidate_id)));
        // Before version 1 they have no directories.
        successors.extend(partition.preferred_successors.iter().copied().map(NodeId));
        Ok(raft::EndQuorumEpochRequest {
            epoch: LeaderEpoch(partition.leader_epoch),
            leader: NodeId(partition.leader_id),
            successors,
        })
    }

    fn parse_fetch(
        &self,
        request: &FetchRequest,
        api_version: i16,
    ) -> Result<raft::FetchRequest, ErrorCode> {
        self.check_cluster(request.cluster_id.as_ref())?;
        let topic = only(&request.topics)?;
        let partition = only(&topic.partitions)?;
        let is_metadata = if api_version >= 13 {
            topic.topic_id == METADATA_TOPIC_ID
        } else {
            topic.topic.as_str() == METADATA_TOPIC
        };
        if !is_metadata || partition.partition != 0 {
            return Err(ErrorCode::INVALID_REQUEST);
        }
        let id = if api_version >= 15 {
            request.replica_state.replica_id
        } else {
            request.replica_id
        };
        Ok(raft::FetchRequest {
            replica: voter(id, partition.replica_directory_id),
            epoch: LeaderEpoch(partition.current_leader_epoch),
            fetch_offset: Offset(partition.fetch_offset),
            last_fetched_epoch: LeaderEpoch(partition.last_fetched_epoch),
            max_wait_ms: request.max_wait_ms.min(FETCH_WAIT_MS_MAX),
            known_high_watermark: Offset(partition.high_watermark),
        })
    }
}

/// A replica by the wire's two fields; none for a negative id.
fn voter(id: i32, directory_id: Uuid) -> Option<ReplicaKey> {
    (id >= 0).then_some(ReplicaKey {
        id: NodeId(id),
        directory_id,
    })
}

fn only<T>(items: &[T]) -> Result<&T, ErrorCode> {
    match items {
        [item] => Ok(item),
        _ => Err(ErrorCode::INVALID_REQUEST),
    }
}

fn check_partition(topic: &KafkaString, partition: i32) -> Result<(), ErrorCode> {
    if topic.as_str() == METADATA_TOPIC && partition == 0 {
        Ok(())
    } else {
        Err(ErrorCode::INVALID_REQUEST)
    }
}

#[cfg(test)]
mod tests;
