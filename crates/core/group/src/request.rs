//! What a group coordinator can be asked, and what it answers.
//!
//! *Kafka*: `GroupCoordinatorService` for what is answered where no coordinator is.

use ottla_messages::ErrorCode;
use ottla_messages::KafkaString;
use ottla_messages::delete_groups_response::DeletableGroupResult;
use ottla_messages::describe_groups_response::DescribedGroup;
use ottla_messages::heartbeat_request::HeartbeatRequest;
use ottla_messages::heartbeat_response::HeartbeatResponse;
use ottla_messages::join_group_request::JoinGroupRequest;
use ottla_messages::join_group_response::JoinGroupResponse;
use ottla_messages::leave_group_request::LeaveGroupRequest;
use ottla_messages::leave_group_response::LeaveGroupResponse;
use ottla_messages::list_groups_request::ListGroupsRequest;
use ottla_messages::list_groups_response::ListGroupsResponse;
use ottla_messages::offset_commit_request::OffsetCommitRequest;
use ottla_messages::offset_commit_response::{
    OffsetCommitResponse, OffsetCommitResponsePartition, OffsetCommitResponseTopic,
};
use ottla_messages::offset_delete_request::OffsetDeleteRequest;
use ottla_messages::offset_delete_response::OffsetDeleteResponse;
use ottla_messages::offset_fetch_request::OffsetFetchRequestGroup;
use ottla_messages::offset_fetch_response::OffsetFetchResponseGroup;
use ottla_messages::sync_group_request::SyncGroupRequest;
use ottla_messages::sync_group_response::SyncGroupResponse;

use crate::offsets::{fail_offset_fetch_partition, failed_offset_fetch, offset_fetch_code};

/// Who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    /// From the request's header; empty if it has none.
    pub id: KafkaString,
    /// Where it connects from, as Java prints an address: `/127.0.0.1`.
    pub host: KafkaString,
}

/// A request about groups of one shard. Topics carry what handlers have resolved: name and id.
#[derive(Clone, Debug, PartialEq)]
pub enum GroupRequest {
    /// JoinGroup, versions 0 to 9.
    JoinGroup {
        /// The request's version.
        version: i16,
        /// Who joins.
        client: Client,
        /// The request.
        request: JoinGroupRequest,
    },
    /// SyncGroup, versions 0 to 5.
    SyncGroup {
        /// The request's version.
        version: i16,
        /// The request.
        request: SyncGroupRequest,
    },
    /// Heartbeat, versions 0 to 4.
    Heartbeat(HeartbeatRequest),
    /// LeaveGroup, versions 0 to 5.
    LeaveGroup {
        /// The request's version.
        version: i16,
        /// The request.
        request: LeaveGroupRequest,
    },
    /// OffsetCommit, versions 2 to 10.
    OffsetCommit {
        /// The request's version.
        version: i16,
        /// The request; names and, from version 10 on, ids of topics are both set.
        request: OffsetCommitRequest,
    },
    /// One group of an OffsetFetch, versions 1 to 10 (see `offset_fetch_groups`).
    OffsetFetch {
        /// The request's version.
        version: i16,
        /// The group and its topics, with names and ids; no topics means all.
        group: OffsetFetchRequestGroup,
        /// Whether a partition with an open transaction is refused (KIP-447).
        require_stable: bool,
    },
    /// OffsetDelete.
    OffsetDelete(OffsetDeleteRequest),
    /// ListGroups: every shard is asked.
    ListGroups(ListGroupsRequest),
    /// Those groups of a DescribeGroups that lie in this shard.
    DescribeGroups {
        /// The request's version.
        version: i16,
        /// The ids of the groups.
        groups: Vec<KafkaString>,
    },
    /// Those groups of a DeleteGroups that lie in this shard.
    DeleteGroups(Vec<KafkaString>),
}

/// The answer to the request of the same name.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum GroupResponse {
    JoinGroup(JoinGroupResponse),
    SyncGroup(SyncGroupResponse),
    Heartbeat(HeartbeatResponse),
    LeaveGroup(LeaveGroupResponse),
    OffsetCommit(OffsetCommitResponse),
    OffsetFetch(OffsetFetchResponseGroup),
    OffsetDelete(OffsetDeleteResponse),
    ListGroups(ListGroupsResponse),
    DescribeGroups(Vec<DescribedGroup>),
    DeleteGroups(Vec<DeletableGroupResult>),
}

impl GroupRequest {
    /// The answer where there is no coordinator to ask: COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR,
    /// COORDINATOR_LOAD_IN_PROGRESS (a heartbeat during the load is simply well: the member keeps
    /// its session).
    #[must_use]
    pub fn refused(&self, code: ErrorCode) -> GroupResponse {
        match self {
            GroupRequest::JoinGroup {
                version, request, ..
            } => GroupResponse::JoinGroup(failed_join(*version, request.member_id.clone(), code)),
            GroupRequest::SyncGroup { .. } => GroupResponse::SyncGroup(failed_sync(code)),
            GroupRequest::Heartbeat(_) if code == ErrorCode::COORDINATOR_LOAD_IN_PROGRESS => {
                GroupResponse::Heartbeat(HeartbeatResponse::default())
            }
            GroupRequest::Heartbeat(_) => GroupResponse::Heartbeat(failed_heartbeat(code)),
            GroupRequest::LeaveGroup { .. } => GroupResponse::LeaveGroup(failed_leave(code)),
            GroupRequest::OffsetCommit { request, .. } => {
                GroupResponse::OffsetCommit(failed_commit(request, code))
            }
            GroupRequest::OffsetFetch { version, group, .. } => {
                GroupResponse::OffsetFetch(failed_offset_fetch(group, *version, code))
            }
            GroupRequest::OffsetDelete(_) => GroupResponse::OffsetDelete(OffsetDeleteResponse {
                error_code: code.into(),
                ..Default::default()
            }),
            GroupRequest::ListGroups(_) => GroupResponse::ListGroups(ListGroupsResponse {
                error_code: code.into(),
                ..Default::default()
            }),
            GroupRequest::DescribeGroups { groups, .. } => {
                let describe = |group: &KafkaString| failed_describe(group.clone(), code);
                GroupResponse::DescribeGroups(groups.iter().map(describe).collect())
            }
            GroupRequest::DeleteGroups(groups) => {
                let delete = |group: &KafkaString| failed_delete(group.clone(), code);
                GroupResponse::DeleteGroups(groups.iter().map(delete).collect())
            }
        }
    }
}

impl GroupResponse {
    /// The same kind of answer, refused: what was decided was not written or not committed.
    pub(crate) fn into_refused(self, code: ErrorCode) -> GroupResponse {
        let error_code = i16::from(code);
        match self {
            GroupResponse::JoinGroup(intended) => {
                // An answer of version 7 on has a protocol type, or no protocol at all.
                let is_old = intended.protocol_type.is_none() && intended.protocol_name.is_some();
                GroupResponse::JoinGroup(JoinGroupResponse {
                    error_code,
                    protocol_name: is_old.then(KafkaString::default),
                    ..Default::default()
                })
            }
            GroupResponse::SyncGroup(_) => GroupResponse::SyncGroup(failed_sync(code)),
            GroupResponse::Heartbeat(_) => GroupResponse::Heartbeat(failed_heartbeat(code)),
            GroupResponse::LeaveGroup(_) => GroupResponse::LeaveGroup(failed_leave(code)),
            GroupResponse::OffsetCommit(mut response) => {
                let topics = response.topics.iter_mut();
                for partition in topics.flat_map(|topic| topic.partitions.iter_mut()) {
                    partition.error_code = error_code;
                }
                GroupResponse::OffsetCommit(response)
            }
            GroupResponse::OffsetFetch(mut group) => {
                // Version 1 has no place for the error but the partitions.
                let code = offset_fetch_code(code);
                group.error_code = code.into();
                let topics = group.topics.iter_mut();
                for partition in topics.flat_map(|topic| topic.partitions.iter_mut()) {
                    fail_offset_fetch_partition(partition, code);
                }
                GroupResponse::OffsetFetch(group)
            }
            GroupResponse::OffsetDelete(_) => GroupResponse::OffsetDelete(OffsetDeleteResponse {
                error_code,
                ..Default::default()
            }),
            GroupResponse::ListGroups(_) => GroupResponse::ListGroups(ListGroupsResponse {
                error_code,
                ..Default::default()
            }),
            GroupResponse::DescribeGroups(groups) => {
                let describe = |group: DescribedGroup| failed_describe(group.group_id, code);
                GroupResponse::DescribeGroups(groups.into_iter().map(describe).collect())
            }
            GroupResponse::DeleteGroups(results) => {
                let delete = |result: DeletableGroupResult| failed_delete(result.group_id, code);
                GroupResponse::DeleteGroups(results.into_iter().map(delete).collect())
            }
        }
    }
}

pub(crate) fn failed_join(
    version: i16,
    member_id: KafkaString,
    code: ErrorCode,
) -> JoinGroupResponse {
    let response = JoinGroupResponse {
        error_code: code.into(),
        member_id,
        ..Default::default()
    };
    for_version(version, response)
}

/// A missing protocol is written as an empty one before version 7, and as null from it on.
pub(crate) fn for_version(version: i16, mut response: JoinGroupResponse) -> JoinGroupResponse {
    let name = response.protocol_name.take().unwrap_or_default();
    response.protocol_name = (version < 7 || !name.is_empty()).then_some(name);
    if version < 7 {
        response.protocol_type = None;
    }
    response
}

pub(crate) fn failed_sync(code: ErrorCode) -> SyncGroupResponse {
    SyncGroupResponse {
        error_code: code.into(),
        ..Default::default()
    }
}

pub(crate) fn failed_heartbeat(code: ErrorCode) -> HeartbeatResponse {
    HeartbeatResponse {
        error_code: code.into(),
        ..Default::default()
    }
}

fn failed_leave(code: ErrorCode) -> LeaveGroupResponse {
    LeaveGroupResponse {
        error_code: code.into(),
        ..Default::default()
    }
}

pub(crate) fn failed_commit(
    request: &OffsetCommitRequest,
    code: ErrorCode,
) -> OffsetCommitResponse {
    let topic = |topic: &ottla_messages::offset_commit_request::OffsetCommitRequestTopic| {
        OffsetCommitResponseTopic {
            name: topic.name.clone(),
            topic_id: topic.topic_id,
            partitions: topic
                .partitions
                .iter()
                .map(|partition| OffsetCommitResponsePartition {
                    partition_index: partition.partition_index,
                    error_code: code.into(),
                })
                .collect(),
        }
    };
    OffsetCommitResponse {
        topics: request.topics.iter().map(topic).collect(),
        ..Default::default()
    }
}

pub(crate) fn failed_delete(group_id: KafkaString, code: ErrorCode) -> DeletableGroupResult {
    DeletableGroupResult {
        group_id,
        error_code: code.into(),
        ..Default::default()
    }
}

fn failed_describe(group_id: KafkaString, code: ErrorCode) -> DescribedGroup {
    DescribedGroup {
        group_id,
        error_code: code.into(),
        ..Default::default()
    }
}
