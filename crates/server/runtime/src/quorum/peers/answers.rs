//! The machine's answers as messages of the wire.

use ottla_log::Storage;
use ottla_messages::describe_quorum_request::DescribeQuorumRequest;
use ottla_messages::describe_quorum_response::{self, DescribeQuorumResponse};
use ottla_messages::fetch_response::{self, FetchResponse};
use ottla_messages::{
    ErrorCode, KafkaString, begin_quorum_epoch_response, end_quorum_epoch_response, vote_response,
};
use ottla_raft::{FetchAnswer, QuorumDescription, ReplicaProgress, Response};
use ottla_types::{LeaderEpoch, NodeId, Offset, TimestampMs, Uuid};

use super::{METADATA_TOPIC, METADATA_TOPIC_ID, QuorumResponse};
use crate::quorum::control_records::{QuorumEndpoint, Voter};
use crate::quorum::metadata_log::MetadataLog;

/// The API a call came by, with what its answer needs.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Vote { listener: String },
    BeginQuorumEpoch { listener: String },
    EndQuorumEpoch { listener: String },
    Fetch { listener: String, api_version: i16 },
}

/// The leader, as every answer names it.
pub(super) struct Leader<'a> {
    pub(super) epoch: LeaderEpoch,
    pub(super) id: Option<NodeId>,
    pub(super) voters: &'a [Voter],
}

impl Leader<'_> {
    fn id_or_none(&self) -> i32 {
        self.id.unwrap_or(NodeId::NONE).0
    }

    fn endpoint(&self, listener: &str) -> Option<(i32, &QuorumEndpoint)> {
        let voter = self
            .voters
            .iter()
            .find(|voter| Some(voter.key.id) == self.id)?;
        let mut endpoints = voter.endpoints.iter();
        let endpoint = endpoints.find(|endpoint| endpoint.listener == listener)?;
        Some((voter.key.id.0, endpoint))
    }
}

impl Place {
    /// The answer to a request that is not for this quorum, or no request of a quorum at all.
    pub(super) fn refused(&self, error: ErrorCode) -> QuorumResponse {
        let error_code = error.0;
        match self {
            Place::Vote { .. } => QuorumResponse::Vote(vote_response::VoteResponse {
                error_code,
                ..Default::default()
            }),
            Place::BeginQuorumEpoch { .. } => QuorumResponse::BeginQuorumEpoch(
                begin_quorum_epoch_response::BeginQuorumEpochResponse {
                    error_code,
                    ..Default::default()
                },
            ),
            Place::EndQuorumEpoch { .. } => {
                QuorumResponse::EndQuorumEpoch(end_quorum_epoch_response::EndQuorumEpochResponse {
                    error_code,
                    ..Default::default()
                })
            }
            Place::Fetch { .. } => QuorumResponse::Fetch(FetchResponse {
                error_code,
                ..Default::default()
            }),
        }
    }

    /// What the machine has answered.
    pub(super) fn answer<S: Storage>(
        &self,
        leader: &Leader<'_>,
        response: Response,
        log: &MetadataLog<S>,
        max_bytes: usize,
    ) -> QuorumResponse {
        match (self, response) {
            (Place::Vote { listener }, Response::Vote { error, granted }) => {
                QuorumResponse::Vote(vote(leader, listener, error, granted))
            }
            (Place::BeginQuorumEpoch { listener }, Response::BeginQuorumEpoch { error }) => {
                QuorumResponse::BeginQuorumEpoch(begin_quorum_epoch(leader, listener, error))
            }
            (Place::EndQuorumEpoch { listener }, Response::EndQuorumEpoch { error }) => {
                QuorumResponse::EndQuorumEpoch(end_quorum_epoch(leader, listener, error))
            }
            (
                Place::Fetch {
                    listener,
                    api_version,
                },
                Response::Fetch(answer),
            ) => {
                let partition = fetched_partition(leader, answer, log, max_bytes);
                QuorumResponse::Fetch(fetch(leader, listener, *api_version, partition))
            }
            (place, _) => place.refused(ErrorCode::UNKNOWN_SERVER_ERROR),
        }
    }
}

fn vote(
    leader: &Leader<'_>,
    listener: &str,
    error: ErrorCode,
    vote_granted: bool,
) -> vote_response::VoteResponse {
    let endpoint = leader.endpoint(listener);
    vote_response::VoteResponse {
        topics: vec![vote_response::TopicData {
            topic_name: METADATA_TOPIC.into(),
            partitions: vec![vote_response::PartitionData {
                partition_index: 0,
                error_code: error.0,
                leader_id: leader.id_or_none(),
                leader_epoch: leader.epoch.0,
                vote_granted,
            }],
        }],
        node_endpoints: endpoint
            .map(|(node_id, at)| vote_response::NodeEndpoint {
                node_id,
                host: KafkaString::copy_from(&at.host),
                port: at.port,
            })
            .into_iter()
            .collect(),
        ..Default::default()
    }
}

fn begin_quorum_epoch(
    leader: &Leader<'_>,
    listener: &str,
    error: ErrorCode,
) -> begin_quorum_epoch_response::BeginQuorumEpochResponse {
    let endpoint = leader.endpoint(listener);
    begin_quorum_epoch_response::BeginQuorumEpochResponse {
        topics: vec![begin_quorum_epoch_response::TopicData {
            topic_name: METADATA_TOPIC.into(),
            partitions: vec![begin_quorum_epoch_response::PartitionData {
                partition_index: 0,
                error_code: error.0,
                leader_id: leader.id_or_none(),
                leader_epoch: leader.epoch.0,
            }],
        }],
        node_endpoints: endpoint
            .map(|(node_id, at)| begin_quorum_epoch_response::NodeEndpoint {
                node_id,
                host: KafkaString::copy_from(&at.host),
                port: at.port,
            })
            .into_iter()
            .collect(),
        ..Default::default()
    }
}

fn end_quorum_epoch(
    leader: &Leader<'_>,
    listener: &str,
    error: ErrorCode,
) -> end_quorum_epoch_response::EndQuorumEpochResponse {
    let endpoint = leader.endpoint(listener);
    end_quorum_epoch_response::EndQuorumEpochResponse {
        topics: vec![end_quorum_epoch_response::TopicData {
            topic_name: METADATA_TOPIC.into(),
            partitions: vec![end_quorum_epoch_response::PartitionData {
                partition_index: 0,
                error_code: error.0,
                leader_id: leader.id_or_none(),
                leader_epoch: leader.epoch.0,
            }],
        }],
        node_endpoints: endpoint
            .map(|(node_id, at)| end_quorum_epoch_response::NodeEndpoint {
                node_id,
                host: KafkaString::copy_from(&at.host),
                port: at.port,
            })
            .into_iter()
            .collect(),
        ..Default::default()
    }
}

fn fetch(
    leader: &Leader<'_>,
    listener: &str,
    api_version: i16,
    partition: fetch_response::PartitionData,
) -> FetchResponse {
    let by_id = api_version >= 13;
    let endpoint = leader.endpoint(listener).filter(|_| api_version >= 16);
    FetchResponse {
        responses: vec![fetch_response::FetchableTopicResponse {
            topic: if by_id {
                "".into()
            } else {
                METADATA_TOPIC.into()
            },
            topic_id: if by_id { METADATA_TOPIC_ID } else { Uuid::ZERO },
            partitions: vec![partition],
        }],
        node_endpoints: endpoint
            .map(|(node_id, at)| fetch_response::NodeEndpoint {
                node_id,
                host: KafkaString::copy_from(&at.host),
                port: i32::from(at.port),
                rack: None,
            })
            .into_iter()
            .collect(),
        ..Default::default()
    }
}

fn fetched_partition<S: Storage>(
    leader: &Leader<'_>,
    answer: FetchAnswer,
    log: &MetadataLog<S>,
    max_bytes: usize,
) -> fetch_response::PartitionData {
    let mut partition = fetch_response::PartitionData {
        partition_index: 0,
        high_watermark: -1,
        log_start_offset: log.start_offset().0,
        current_leader: fetch_response::LeaderIdAndEpoch {
            leader_id: leader.id_or_none(),
            leader_epoch: leader.epoch.0,
        },
        records: Some(bytes::Bytes::new()),
        ..Default::default()
    };
    match answer {
        FetchAnswer::Records {
            from,
            high_watermark,
        } => {
            partition.high_watermark = high_watermark.unwrap_or(Offset::NONE).0;
            match log.read(from, log.end_offset(), max_bytes) {
                Ok(records) => partition.records = Some(records),
                Err(error) => {
                    tracing::error!(%error, "the metadata log cannot be read for a replica");
                    partition.error_code = ErrorCode::KAFKA_STORAGE_ERROR.0;
                }
            }
        }
        FetchAnswer::Diverging(end) => {
            partition.diverging_epoch.epoch = end.epoch.0;
            partition.diverging_epoch.end_offset = end.start_offset.0;
        }
        FetchAnswer::Snapshot(id) => {
            partition.snapshot_id.end_offset = id.end_offset.0;
            partition.snapshot_id.epoch = id.epoch.0;
        }
        FetchAnswer::Refused(error) => partition.error_code = error.0,
    }
    partition
}

/// The answer to DescribeQuorum; without a description, this node does not lead.
pub(super) fn describe_quorum(
    request: &DescribeQuorumRequest,
    api_version: i16,
    description: Option<&QuorumDescription>,
    voters: &[Voter],
) -> DescribeQuorumResponse {
    let partitions_of = |topic: &describe_quorum_response::TopicData| topic.partitions.len();
    let topics: Vec<_> = request
        .topics
        .iter()
        .map(|topic| describe_quorum_response::TopicData {
            topic_name: topic.topic_name.clone(),
            partitions: topic
                .partitions
                .iter()
                .map(|partition| {
                    let is_metadata = topic.topic_name.as_str() == METADATA_TOPIC
                        && partition.partition_index == 0;
                    described_partition(
                        partition.partition_index,
                        api_version,
                        is_metadata,
                        description,
                    )
                })
                .collect(),
        })
        .collect();
    let has_metadata = topics.iter().map(partitions_of).sum::<usize>() > 0 && description.is_some();
    let nodes = voters
        .iter()
        .filter(|_| has_metadata && api_version >= 2)
        .map(|voter| describe_quorum_response::Node {
            node_id: voter.key.id.0,
            listeners: voter
                .endpoints
                .iter()
                .map(|endpoint| describe_quorum_response::Listener {
                    name: KafkaString::copy_from(&endpoint.listener),
                    host: KafkaString::copy_from(&endpoint.host),
                    port: endpoint.port,
                })
                .collect(),
        });
    DescribeQuorumResponse {
        topics,
        nodes: nodes.collect(),
        ..Default::default()
    }
}

fn described_partition(
    partition_index: i32,
    api_version: i16,
    is_metadata: bool,
    description: Option<&QuorumDescription>,
) -> describe_quorum_response::PartitionData {
    let refused = |error: ErrorCode| describe_quorum_response::PartitionData {
        partition_index,
        error_code: error.0,
        ..Default::default()
    };
    let described = match description {
        _ if !is_metadata => return refused(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
        None => return refused(ErrorCode::NOT_LEADER_OR_FOLLOWER),
        Some(described) => described,
    };
    let replicas = |replicas: &[ReplicaProgress]| {
        let described = replicas
            .iter()
            .map(|replica| progress(replica, api_version));
        described.collect::<Vec<_>>()
    };
    describe_quorum_response::PartitionData {
        partition_index,
        leader_id: described.leader.0,
        leader_epoch: described.epoch.0,
        high_watermark: described.high_watermark.unwrap_or(Offset::NONE).0,
        current_voters: replicas(&described.voters),
        observers: replicas(&described.observers),
        ..Default::default()
    }
}

fn progress(replica: &ReplicaProgress, api_version: i16) -> describe_quorum_response::ReplicaState {
    let time = |time: Option<TimestampMs>| time.unwrap_or(TimestampMs::NONE).0;
    describe_quorum_response::ReplicaState {
        replica_id: replica.key.id.0,
        replica_directory_id: if api_version >= 2 {
            replica.key.directory_id
        } else {
            Uuid::ZERO
        },
        log_end_offset: replica.log_end_offset.unwrap_or(Offset::NONE).0,
        last_fetch_timestamp: time(replica.last_fetch),
        last_caught_up_timestamp: time(replica.last_caught_up),
    }
}
