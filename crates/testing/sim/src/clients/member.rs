//! A member of a classic group: joins, commits what it is assigned, leaves, and comes again.

use std::collections::BTreeMap;

use bytes::Bytes;
use ottla_group::{Client, GroupRequest, GroupResponse};
use ottla_machine::Random;
use ottla_messages::heartbeat_request::HeartbeatRequest;
use ottla_messages::join_group_request::{JoinGroupRequest, JoinGroupRequestProtocol};
use ottla_messages::join_group_response::JoinGroupResponse;
use ottla_messages::leave_group_request::{LeaveGroupRequest, MemberIdentity};
use ottla_messages::offset_commit_request::{
    OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use ottla_messages::offset_fetch_request::{OffsetFetchRequestGroup, OffsetFetchRequestTopics};
use ottla_messages::sync_group_request::{SyncGroupRequest, SyncGroupRequestAssignment};
use ottla_messages::sync_group_response::SyncGroupResponse;
use ottla_messages::{ErrorCode, KafkaString};
use ottla_types::Duration;

/// Partitions that the group shares out.
pub const GROUP_PARTITIONS: i32 = 3;

const GROUP: &str = "members";
const TOPIC: &str = "shared";
const PROTOCOL_TYPE: &str = "consumer";
const PROTOCOL: &str = "range";
const SESSION_TIMEOUT_MS: i32 = 6_000;
const REBALANCE_TIMEOUT_MS: i32 = 4_000;

/// What a member does next.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Join,
    /// The leader's share-out; empty for others.
    Sync(Vec<SyncGroupRequestAssignment>),
    FetchOffsets,
    Commit,
    Heartbeat,
    Leave,
}

/// What a member learnt or did, for the checkers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberFact {
    /// A commit is on its way.
    Committing(i32, i64),
    /// A commit was acknowledged.
    Committed(i32, i64),
    /// This is committed; it was asked when so much was known to be.
    Fetched(i32, i64),
}

/// A member.
#[derive(Debug)]
pub struct Member {
    random: Random,
    member_id: KafkaString,
    generation: i32,
    state: State,
    /// What is assigned, with what is committed next.
    assigned: BTreeMap<i32, i64>,
    in_flight: Option<u64>,
    next_number: u64,
    rests: bool,
}

impl Member {
    /// A member that has not joined.
    #[must_use]
    pub fn new(seed: u64) -> Member {
        Member {
            random: Random::from_seed(seed),
            member_id: KafkaString::default(),
            generation: -1,
            state: State::Join,
            assigned: BTreeMap::new(),
            in_flight: None,
            next_number: 0,
            rests: true,
        }
    }

    /// Whether this request waits for its answer.
    #[must_use]
    pub fn awaits(&self, number: u64) -> bool {
        self.in_flight == Some(number)
    }

    /// How long it waits before its next request.
    pub fn pause(&mut self) -> Duration {
        let most = if std::mem::take(&mut self.rests) {
            3_000_000
        } else {
            300_000
        };
        Duration::from_micros(1 + self.random.below(most))
    }

    /// Its connection ended.
    pub fn disconnected(&mut self) {
        self.in_flight = None;
    }

    /// The next request, unless one is on its way.
    pub fn next_request(&mut self) -> Option<(u64, GroupRequest, Vec<MemberFact>)> {
        if self.in_flight.is_some() {
            return None;
        }
        let number = self.next_number;
        self.next_number += 1;
        self.in_flight = Some(number);
        let mut facts = Vec::new();
        let request = match &self.state {
            State::Join => self.join(),
            State::Sync(assignments) => self.sync(assignments.clone()),
            State::FetchOffsets => self.fetch_offsets(),
            State::Commit => {
                facts.extend(
                    self.assigned
                        .iter()
                        .map(|(partition, next)| MemberFact::Committing(*partition, *next)),
                );
                self.commit()
            }
            State::Heartbeat => GroupRequest::Heartbeat(HeartbeatRequest {
                group_id: GROUP.into(),
                generation_id: self.generation,
                member_id: self.member_id.clone(),
                ..Default::default()
            }),
            State::Leave => self.leave(),
        };
        Some((number, request, facts))
    }

    fn join(&self) -> GroupRequest {
        GroupRequest::JoinGroup {
            version: 9,
            client: Client::default(),
            request: JoinGroupRequest {
                group_id: GROUP.into(),
                session_timeout_ms: SESSION_TIMEOUT_MS,
                rebalance_timeout_ms: REBALANCE_TIMEOUT_MS,
                member_id: self.member_id.clone(),
                protocol_type: PROTOCOL_TYPE.into(),
                protocols: vec![JoinGroupRequestProtocol {
                    name: PROTOCOL.into(),
                    metadata: Bytes::new(),
                }],
                ..Default::default()
            },
        }
    }

    fn sync(&self, assignments: Vec<SyncGroupRequestAssignment>) -> GroupRequest {
        GroupRequest::SyncGroup {
            version: 5,
            request: SyncGroupRequest {
                group_id: GROUP.into(),
                generation_id: self.generation,
                member_id: self.member_id.clone(),
                protocol_type: Some(PROTOCOL_TYPE.into()),
                protocol_name: Some(PROTOCOL.into()),
                assignments,
                ..Default::default()
            },
        }
    }

    fn fetch_offsets(&self) -> GroupRequest {
        GroupRequest::OffsetFetch {
            version: 9,
            group: OffsetFetchRequestGroup {
                group_id: GROUP.into(),
                topics: Some(vec![OffsetFetchRequestTopics {
                    name: TOPIC.into(),
                    partition_indexes: self.assigned.keys().copied().collect(),
                    ..Default::default()
                }]),
                ..Default::default()
            },
            require_stable: false,
        }
    }

    fn commit(&self) -> GroupRequest {
        let partitions = self.assigned.iter();
        let partitions = partitions.map(|(partition, next)| OffsetCommitRequestPartition {
            partition_index: *partition,
            committed_offset: *next,
            ..Default::default()
        });
        GroupRequest::OffsetCommit {
            version: 8,
            request: OffsetCommitRequest {
                group_id: GROUP.into(),
                generation_id_or_member_epoch: self.generation,
                member_id: self.member_id.clone(),
                topics: vec![OffsetCommitRequestTopic {
                    name: TOPIC.into(),
                    partitions: partitions.collect(),
                    ..Default::default()
                }],
                ..Default::default()
            },
        }
    }

    fn leave(&self) -> GroupRequest {
        GroupRequest::LeaveGroup {
            version: 5,
            request: LeaveGroupRequest {
                group_id: GROUP.into(),
                members: vec![MemberIdentity {
                    member_id: self.member_id.clone(),
                    ..Default::default()
                }],
                ..Default::default()
            },
        }
    }

    /// Takes an answer in; what it tells.
    pub fn answered(&mut self, response: &GroupResponse) -> Vec<MemberFact> {
        self.in_flight = None;
        match response {
            GroupResponse::JoinGroup(joined) => self.joined(joined),
            GroupResponse::SyncGroup(synced) => self.synced(synced),
            GroupResponse::OffsetFetch(group) => return self.fetched(group),
            GroupResponse::OffsetCommit(response) => {
                let partitions = response.topics.iter().flat_map(|topic| &topic.partitions);
                let codes: Vec<_> = partitions
                    .map(|partition| (partition.partition_index, partition.error_code))
                    .collect();
                return self.committed(&codes);
            }
            GroupResponse::Heartbeat(response) => self.heard(response.error_code),
            GroupResponse::LeaveGroup(_) => {
                self.forget();
                self.rests = true;
            }
            _ => {}
        }
        Vec::new()
    }

    fn joined(&mut self, joined: &JoinGroupResponse) {
        if joined.error_code == i16::from(ErrorCode::MEMBER_ID_REQUIRED) {
            self.member_id = joined.member_id.clone();
            return;
        }
        if !self.is_fine(joined.error_code) {
            return;
        }
        self.member_id = joined.member_id.clone();
        self.generation = joined.generation_id;
        let count = joined.members.len().max(1);
        let share = |(index, member): (usize, &KafkaString)| SyncGroupRequestAssignment {
            member_id: member.clone(),
            assignment: (0..GROUP_PARTITIONS)
                .filter(|partition| usize::try_from(*partition).is_ok_and(|p| p % count == index))
                .filter_map(|partition| u8::try_from(partition).ok())
                .collect(),
        };
        let members = joined.members.iter().map(|member| &member.member_id);
        self.state = State::Sync(members.enumerate().map(share).collect());
    }

    fn synced(&mut self, synced: &SyncGroupResponse) {
        if self.is_fine(synced.error_code) {
            let mine = synced.assignment.iter();
            self.assigned = mine.map(|partition| (i32::from(*partition), 0)).collect();
            self.state = State::FetchOffsets;
        }
    }

    fn heard(&mut self, error_code: i16) {
        if self.is_fine(error_code) {
            self.choose_next();
        }
    }

    fn fetched(
        &mut self,
        group: &ottla_messages::offset_fetch_response::OffsetFetchResponseGroup,
    ) -> Vec<MemberFact> {
        if !self.is_fine(group.error_code) {
            return Vec::new();
        }
        let mut facts = Vec::new();
        for partition in group.topics.iter().flat_map(|topic| &topic.partitions) {
            let (index, offset) = (partition.partition_index, partition.committed_offset.max(0));
            self.assigned.insert(index, offset + 1);
            facts.push(MemberFact::Fetched(index, offset));
        }
        self.choose_next();
        facts
    }

    fn committed(&mut self, codes: &[(i32, i16)]) -> Vec<MemberFact> {
        let mut facts = Vec::new();
        for (partition, code) in codes {
            if !self.is_fine(*code) {
                return facts;
            }
            if let Some(next) = self.assigned.get_mut(partition) {
                facts.push(MemberFact::Committed(*partition, *next));
                *next += 1;
            }
        }
        self.choose_next();
        facts
    }

    fn choose_next(&mut self) {
        self.state = match self.random.below(30) {
            0 => State::Leave,
            1..10 => State::Heartbeat,
            _ => State::Commit,
        };
    }

    /// Whether an answer is no error; one makes the member join again, or only try again.
    fn is_fine(&mut self, code: i16) -> bool {
        match ErrorCode(code) {
            ErrorCode::NONE => return true,
            ErrorCode::UNKNOWN_MEMBER_ID => self.forget(),
            ErrorCode::REBALANCE_IN_PROGRESS | ErrorCode::ILLEGAL_GENERATION => {
                self.state = State::Join;
            }
            // The coordinator is loading, or not there.
            _ => {}
        }
        false
    }

    fn forget(&mut self) {
        self.member_id = KafkaString::default();
        self.generation = -1;
        self.assigned.clear();
        self.state = State::Join;
    }
}
