//! Records and answers as lines of text.

use ottla_messages::describe_groups_response::DescribedGroup;
use ottla_messages::join_group_response::JoinGroupResponse;
use ottla_messages::leave_group_response::LeaveGroupResponse;
use ottla_messages::list_groups_response::{ListGroupsResponse, ListedGroup};
use ottla_messages::offset_fetch_response::OffsetFetchResponseGroup;
use ottla_messages::{ErrorCode, KafkaString};

use crate::{GroupRecord, GroupResponse};

fn code(error_code: i16) -> ErrorCode {
    ErrorCode(error_code)
}

fn text(bytes: &[u8]) -> String {
    if bytes.iter().all(u8::is_ascii_graphic) {
        String::from_utf8_lossy(bytes).into_owned()
    } else {
        format!("{} bytes", bytes.len())
    }
}

fn short(text: &KafkaString) -> String {
    if text.len() > 20 {
        format!("{} bytes", text.len())
    } else {
        text.to_string()
    }
}

fn or_dash(text: Option<&KafkaString>) -> String {
    text.map_or_else(|| "-".to_owned(), ToString::to_string)
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(" ")
}

pub(super) fn record(record: &GroupRecord) -> String {
    match record {
        GroupRecord::OffsetCommit { key, value } => {
            let place = format!("offset {} {}-{}", key.group, key.topic, key.partition);
            match value {
                None => format!("{place} deleted"),
                Some(value) => format!(
                    "{place} at={} epoch={} metadata={:?} time={} expires={} topic-id={}",
                    value.offset,
                    value.leader_epoch,
                    short(&value.metadata),
                    value.commit_timestamp,
                    value.expire_timestamp,
                    value.topic_id
                ),
            }
        }
        GroupRecord::GroupMetadata { group, value: None } => format!("group {group} deleted"),
        GroupRecord::GroupMetadata {
            group,
            value: Some(value),
        } => {
            let members = value.members.iter().map(|member| {
                format!(
                    "{}({} {} {}/{} {:?} -> {:?})",
                    member.member_id,
                    or_dash(member.group_instance_id.as_ref()),
                    member.client_host,
                    member.session_timeout,
                    member.rebalance_timeout,
                    text(&member.subscription),
                    text(&member.assignment),
                )
            });
            format!(
                "group {group} type={:?} generation={} protocol={} leader={} time={} [{}]",
                value.protocol_type,
                value.generation,
                or_dash(value.protocol.as_ref()),
                or_dash(value.leader.as_ref()),
                value.current_state_timestamp,
                join(members)
            )
        }
        GroupRecord::Foreign {
            record_type,
            group,
            value,
            ..
        } => {
            let what = if value.is_some() { "kept" } else { "deleted" };
            format!("foreign {group} type {record_type} {what}")
        }
    }
}

pub(super) fn response(response: &GroupResponse) -> String {
    match response {
        GroupResponse::JoinGroup(join) => joined(join),
        GroupResponse::SyncGroup(sync) => format!(
            "SyncGroup {} {:?} {}/{}",
            code(sync.error_code),
            text(&sync.assignment),
            or_dash(sync.protocol_type.as_ref()),
            or_dash(sync.protocol_name.as_ref())
        ),
        GroupResponse::Heartbeat(heartbeat) => format!("Heartbeat {}", code(heartbeat.error_code)),
        GroupResponse::LeaveGroup(response) => left(response),
        GroupResponse::OffsetCommit(commit) => {
            let topics = commit.topics.iter().flat_map(|topic| {
                let of =
                    |p: &ottla_messages::offset_commit_response::OffsetCommitResponsePartition| {
                        format!(
                            "{}-{}={}",
                            topic.name,
                            p.partition_index,
                            code(p.error_code)
                        )
                    };
                topic.partitions.iter().map(of)
            });
            format!("OffsetCommit [{}]", join(topics))
        }
        GroupResponse::OffsetFetch(group) => fetched(group),
        GroupResponse::OffsetDelete(delete) => {
            let topics = delete.topics.iter().flat_map(|topic| {
                let of =
                    |p: &ottla_messages::offset_delete_response::OffsetDeleteResponsePartition| {
                        format!(
                            "{}-{}={}",
                            topic.name,
                            p.partition_index,
                            code(p.error_code)
                        )
                    };
                topic.partitions.iter().map(of)
            });
            format!(
                "OffsetDelete {} [{}]",
                code(delete.error_code),
                join(topics)
            )
        }
        GroupResponse::ListGroups(response) => listed(response),
        GroupResponse::DescribeGroups(groups) => described(groups),
        GroupResponse::DeleteGroups(results) => {
            let results = results
                .iter()
                .map(|it| format!("{}={}", it.group_id, code(it.error_code)));
            format!("DeleteGroups [{}]", join(results))
        }
    }
}

fn joined(response: &JoinGroupResponse) -> String {
    let members = response.members.iter().map(|member| {
        let instance = or_dash(member.group_instance_id.as_ref());
        format!(
            "{}({instance} {:?})",
            member.member_id,
            text(&member.metadata)
        )
    });
    format!(
        "JoinGroup {} member={:?} generation={} {}/{} leader={:?}{} [{}]",
        code(response.error_code),
        response.member_id,
        response.generation_id,
        or_dash(response.protocol_type.as_ref()),
        or_dash(response.protocol_name.as_ref()),
        response.leader,
        if response.skip_assignment {
            " skip-assignment"
        } else {
            ""
        },
        join(members)
    )
}

fn fetched(group: &OffsetFetchResponseGroup) -> String {
    let topics = group.topics.iter().flat_map(|topic| {
        topic.partitions.iter().map(|partition| {
            let error = match code(partition.error_code) {
                ErrorCode::NONE => String::new(),
                code => format!(":{code}"),
            };
            format!(
                "{}-{}={}@{}{:?}{error}",
                topic.name,
                partition.partition_index,
                partition.committed_offset,
                partition.committed_leader_epoch,
                partition.metadata.clone().unwrap_or_default()
            )
        })
    });
    format!(
        "OffsetFetch {} {} [{}]",
        group.group_id,
        code(group.error_code),
        join(topics)
    )
}

fn left(leave: &LeaveGroupResponse) -> String {
    let members = leave.members.iter().map(|member| {
        let instance = or_dash(member.group_instance_id.as_ref());
        format!(
            "{:?}/{instance}={}",
            member.member_id,
            code(member.error_code)
        )
    });
    format!("LeaveGroup {} [{}]", code(leave.error_code), join(members))
}

fn listed(list: &ListGroupsResponse) -> String {
    let group = |group: &ListedGroup| {
        format!(
            "{}({} {} {:?})",
            group.group_id, group.group_type, group.group_state, group.protocol_type
        )
    };
    format!(
        "ListGroups {} [{}]",
        code(list.error_code),
        join(list.groups.iter().map(group))
    )
}

fn described(groups: &[DescribedGroup]) -> String {
    let lines = groups.iter().map(|group| {
        let members = group.members.iter().map(|member| {
            format!(
                "{}({} {} {:?} -> {:?})",
                member.member_id,
                or_dash(member.group_instance_id.as_ref()),
                member.client_id,
                text(&member.member_metadata),
                text(&member.member_assignment)
            )
        });
        format!(
            "DescribeGroups {} {} {} {:?}/{:?} [{}] {}",
            group.group_id,
            code(group.error_code),
            group.group_state,
            group.protocol_type,
            group.protocol_data,
            join(members),
            or_dash(group.error_message.as_ref())
        )
    });
    lines.collect::<Vec<_>>().join("\n  ")
}
