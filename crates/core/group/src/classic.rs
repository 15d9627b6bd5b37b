//! A classic group as it lives: its members, its generation, what they wait for.
//!
//! *State* (`->` with causes):
//! * Empty -> PreparingRebalance: a member joins.
//! * PreparingRebalance -> CompletingRebalance: all members have joined, or the rebalance timeout
//!   has passed and those who have not are gone. -> Empty: nobody is left.
//! * CompletingRebalance -> Stable: the leader has sent assignments. -> PreparingRebalance: a
//!   member joins, leaves, changes its protocols or sends no SyncGroup in time.
//! * Stable -> PreparingRebalance: the same causes, and the leader joining again.
//!
//! *Invariants*: `awaiting_join` counts the members with a waiting JoinGroup; `protocol_counts` the
//! members that support a protocol; every member of `static_members` and of
//! `pending_sync_members` is one of `members`.
//!
//! *Kafka*: `ClassicGroup`; KIP-62, KIP-134, KIP-345, KIP-394, KIP-814.

mod heartbeat;
mod join;
mod leave;
mod member;
mod persisted;
mod protocols;
mod rebalance;
mod state;
mod static_member;
mod sync;

pub(crate) use join::Joining;
pub(crate) use leave::leave_unknown_group;
pub(crate) use member::{Member, Waiter};
pub(crate) use persisted::empty_group_record;
pub(crate) use state::ClassicGroupState;

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use ottla_messages::KafkaString;
use ottla_messages::join_group_response::{JoinGroupResponse, JoinGroupResponseMember};
use ottla_messages::{ErrorCode, sync_group_response::SyncGroupResponse};
use ottla_types::{RequestId, TimestampMs};

use crate::soft::TimerKey;
use crate::timers::Timers;
use crate::turn::Turn;

/// The protocol type of consumers.
pub(crate) const CONSUMER_PROTOCOL_TYPE: &str = "consumer";

/// What a request has waited for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Waited {
    /// A JoinGroup of this version.
    Join(i16),
    /// A SyncGroup.
    Sync,
}

/// A group of the classic protocol.
#[derive(Clone, Debug)]
pub(crate) struct ClassicGroup {
    id: KafkaString,
    state: ClassicGroupState,
    previous_state: ClassicGroupState,
    state_timestamp: TimestampMs,
    protocol_type: Option<KafkaString>,
    protocol_name: Option<KafkaString>,
    generation_id: i32,
    leader: Option<KafkaString>,
    members: BTreeMap<KafkaString, Member>,
    /// Instance id to member id.
    static_members: BTreeMap<KafkaString, KafkaString>,
    /// Ids that were given out with MEMBER_ID_REQUIRED and have not come back.
    pending_join_members: BTreeSet<KafkaString>,
    /// Members of this generation that have not sent SyncGroup.
    pending_sync_members: BTreeSet<KafkaString>,
    awaiting_join: usize,
    protocol_counts: BTreeMap<KafkaString, usize>,
    /// `None` if the subscriptions cannot be read.
    subscribed_topics: Option<BTreeSet<KafkaString>>,
    initial_rebalance: Option<InitialRebalance>,
}

/// The delay before the first rebalance of an empty group.
#[derive(Clone, Copy, Debug)]
struct InitialRebalance {
    delay_ms: i32,
    remaining_ms: i32,
    member_added: bool,
}

impl ClassicGroup {
    /// A group that nobody has joined.
    pub(crate) fn new(id: KafkaString, now: TimestampMs) -> Self {
        ClassicGroup {
            id,
            state: ClassicGroupState::Empty,
            previous_state: ClassicGroupState::Dead,
            state_timestamp: now,
            protocol_type: None,
            protocol_name: None,
            generation_id: 0,
            leader: None,
            members: BTreeMap::new(),
            static_members: BTreeMap::new(),
            pending_join_members: BTreeSet::new(),
            pending_sync_members: BTreeSet::new(),
            awaiting_join: 0,
            protocol_counts: BTreeMap::new(),
            subscribed_topics: None,
            initial_rebalance: None,
        }
    }

    pub(crate) fn id(&self) -> &KafkaString {
        &self.id
    }

    pub(crate) fn state(&self) -> ClassicGroupState {
        self.state
    }

    pub(crate) fn state_timestamp(&self) -> TimestampMs {
        self.state_timestamp
    }

    pub(crate) fn protocol_type(&self) -> Option<&KafkaString> {
        self.protocol_type.as_ref()
    }

    pub(crate) fn protocol_name(&self) -> Option<&KafkaString> {
        self.protocol_name.as_ref()
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.values()
    }

    pub(crate) fn member_count(&self) -> usize {
        self.members.len()
    }

    pub(crate) fn member(&self, member_id: &str) -> Option<&Member> {
        self.members.get(member_id)
    }

    pub(crate) fn is_leader(&self, member_id: &str) -> bool {
        self.leader.as_deref() == Some(member_id)
    }

    /// Whether ids were given out that have not come back.
    pub(crate) fn expects_members(&self) -> bool {
        !self.pending_join_members.is_empty()
    }

    /// The longest time that a member may take to join again.
    pub(crate) fn rebalance_timeout_ms(&self) -> i32 {
        let timeouts = self
            .members
            .values()
            .map(|member| member.rebalance_timeout_ms);
        timeouts.fold(0, i32::max)
    }

    /// Whether a member is subscribed to a topic; yes if the subscriptions of consumers cannot be
    /// read.
    pub(crate) fn is_subscribed_to(&self, topic: &str) -> bool {
        match &self.subscribed_topics {
            Some(topics) => topics.contains(topic),
            None => self.uses_consumer_protocol(),
        }
    }

    pub(crate) fn knows_subscriptions(&self) -> bool {
        self.subscribed_topics.is_some()
    }

    pub(crate) fn uses_consumer_protocol(&self) -> bool {
        self.protocol_type.as_deref() == Some(CONSUMER_PROTOCOL_TYPE)
    }

    /// Whether `member_id` may act for the member it names.
    pub(crate) fn validate_member(
        &self,
        member_id: &str,
        instance_id: Option<&KafkaString>,
    ) -> Result<(), ErrorCode> {
        if let Some(instance_id) = instance_id {
            match self.static_members.get(instance_id) {
                None => return Err(ErrorCode::UNKNOWN_MEMBER_ID),
                Some(existing) if &**existing != member_id => {
                    return Err(ErrorCode::FENCED_INSTANCE_ID);
                }
                Some(_) => {}
            }
        }
        if self.members.contains_key(member_id) {
            Ok(())
        } else {
            Err(ErrorCode::UNKNOWN_MEMBER_ID)
        }
    }

    /// Whether offsets may be committed by whoever names itself so.
    pub(crate) fn validate_offset_commit(
        &self,
        member_id: &str,
        instance_id: Option<&KafkaString>,
        generation_id: i32,
    ) -> Result<(), ErrorCode> {
        let is_empty = self.state == ClassicGroupState::Empty;
        if generation_id < 0 && is_empty {
            // Offsets kept by somebody who takes no part in the group.
            return Ok(());
        }
        if generation_id >= 0 || !member_id.is_empty() || instance_id.is_some() {
            self.validate_member(member_id, instance_id)?;
            if generation_id != self.generation_id {
                return Err(ErrorCode::ILLEGAL_GENERATION);
            }
        } else if !is_empty {
            return Err(ErrorCode::UNKNOWN_MEMBER_ID);
        }
        if self.state == ClassicGroupState::CompletingRebalance {
            return Err(ErrorCode::REBALANCE_IN_PROGRESS);
        }
        Ok(())
    }

    /// Restarts a member's session.
    pub(crate) fn renew_session(&self, member_id: &str, turn: &mut Turn<'_>) {
        if let Some(member) = self.members.get(member_id) {
            turn.schedule(self.session_timer(member_id), member.session_timeout_ms);
        }
    }

    pub(crate) fn cancel_timers(&self, timers: &mut Timers<TimerKey>) {
        timers.cancel(&TimerKey::Join(self.id.clone()));
        timers.cancel(&TimerKey::Sync(self.id.clone()));
        for member in self.members.keys().chain(&self.pending_join_members) {
            timers.cancel(&self.session_timer(member));
        }
    }

    fn session_timer(&self, member_id: &str) -> TimerKey {
        let member = self
            .members
            .get_key_value(member_id)
            .map(|(id, _)| id)
            .or_else(|| self.pending_join_members.get(member_id));
        TimerKey::Session {
            group: self.id.clone(),
            member: member.map_or_else(|| KafkaString::from(member_id.to_owned()), Clone::clone),
        }
    }

    fn transition_to(&mut self, state: ClassicGroupState, now: TimestampMs) {
        assert!(
            state.may_follow(self.state),
            "a group does not go from {} to {}",
            self.state.name(),
            state.name()
        );
        self.previous_state = self.state;
        self.state = state;
        self.state_timestamp = now;
    }

    fn add(&mut self, member: Member) {
        let id = member.id.clone();
        if let Some(instance_id) = &member.instance_id {
            self.static_members.insert(instance_id.clone(), id.clone());
        }
        if self.leader.is_none() {
            self.leader = Some(id.clone());
        }
        self.pending_join_members.remove(&id);
        self.count_protocols(&member);
        self.awaiting_join += usize::from(member.awaiting_join.is_some());
        self.members.insert(id, member);
    }

    /// Takes a member out, or forgets that an id was given out. Its timer is the caller's.
    fn remove(&mut self, member_id: &str) -> Option<Member> {
        let removed = self.members.remove(member_id);
        if let Some(member) = &removed {
            self.uncount_protocols(member);
            self.awaiting_join -= usize::from(member.awaiting_join.is_some());
            if let Some(instance_id) = &member.instance_id {
                self.static_members.remove(instance_id);
            }
        }
        if self.is_leader(member_id) {
            self.leader = self.members.keys().next().cloned();
        }
        self.pending_join_members.remove(member_id);
        self.pending_sync_members.remove(member_id);
        removed
    }

    /// Lets the member's JoinGroup wait for the others. One that was waiting before is told to try
    /// again: its client has given up on it, or two of them share an id.
    fn await_join(&mut self, member_id: &KafkaString, waiter: Waiter, turn: &mut Turn<'_>) {
        let superseded = ErrorCode::REBALANCE_IN_PROGRESS;
        self.complete_join(member_id, turn, || failed_join(member_id, superseded));
        if let Some(member) = self.members.get_mut(member_id) {
            member.awaiting_join = Some(waiter);
            self.awaiting_join += 1;
            turn.wait(waiter.request, &self.id, member_id);
        }
    }

    fn await_sync(&mut self, member_id: &KafkaString, request: RequestId, turn: &mut Turn<'_>) {
        let superseded = ErrorCode::REBALANCE_IN_PROGRESS;
        self.complete_sync(member_id, turn, || crate::request::failed_sync(superseded));
        if let Some(member) = self.members.get_mut(member_id) {
            member.awaiting_sync = Some(request);
            turn.wait(request, &self.id, member_id);
        }
    }

    /// Answers the member's waiting JoinGroup, if it has one.
    fn complete_join(
        &mut self,
        member_id: &str,
        turn: &mut Turn<'_>,
        response: impl FnOnce() -> JoinGroupResponse,
    ) {
        let member = self.members.get_mut(member_id);
        if let Some(waiter) = member.and_then(|member| member.awaiting_join.take()) {
            self.awaiting_join -= 1;
            turn.answer_join(waiter, response());
        }
    }

    /// Answers the member's waiting SyncGroup; false if it has none.
    fn complete_sync(
        &mut self,
        member_id: &str,
        turn: &mut Turn<'_>,
        response: impl FnOnce() -> SyncGroupResponse,
    ) -> bool {
        let member = self.members.get_mut(member_id);
        let Some(request) = member.and_then(|member| member.awaiting_sync.take()) else {
            return false;
        };
        turn.answer_sync(request, response());
        true
    }

    /// A request that waits is refused by the shard itself. Tells what it was; `None` if it does
    /// not wait here.
    pub(crate) fn stop_waiting(&mut self, member_id: &str, request: RequestId) -> Option<Waited> {
        let member = self.members.get_mut(member_id)?;
        if let Some(waiter) = member
            .awaiting_join
            .take_if(|waiter| waiter.request == request)
        {
            self.awaiting_join -= 1;
            return Some(Waited::Join(waiter.version));
        }
        let waiting = member.awaiting_sync.take_if(|waiting| *waiting == request);
        waiting.map(|_| Waited::Sync)
    }

    fn has_all_members_joined(&self) -> bool {
        self.members.len() == self.awaiting_join && self.pending_join_members.is_empty()
    }

    /// The answer to a JoinGroup of this generation; only the leader is told of the members.
    fn joined(&self, member_id: &KafkaString) -> JoinGroupResponse {
        let members = if self.is_leader(member_id) {
            self.members_for_leader()
        } else {
            Vec::new()
        };
        JoinGroupResponse {
            members,
            member_id: member_id.clone(),
            generation_id: self.generation_id,
            protocol_name: self.protocol_name.clone(),
            protocol_type: self.protocol_type.clone(),
            leader: self.leader.clone().unwrap_or_default(),
            ..Default::default()
        }
    }

    fn members_for_leader(&self) -> Vec<JoinGroupResponseMember> {
        let describe = |member: &Member| JoinGroupResponseMember {
            member_id: member.id.clone(),
            group_instance_id: member.instance_id.clone(),
            metadata: self.subscription(member),
        };
        self.members.values().map(describe).collect()
    }

    /// A member's metadata for the protocol of this generation.
    pub(crate) fn subscription(&self, member: &Member) -> Bytes {
        let name = self.protocol_name.as_deref();
        name.and_then(|name| member.metadata(name))
            .unwrap_or_default()
    }

    /// Asserts what must always hold.
    pub(crate) fn check_invariants(&self) {
        let awaiting = self
            .members
            .values()
            .filter(|member| member.awaiting_join.is_some());
        assert_eq!(
            awaiting.count(),
            self.awaiting_join,
            "who awaits a join is counted"
        );
        for (protocol, count) in &self.protocol_counts {
            let supports = |member: &&Member| member.metadata(protocol).is_some();
            let members = self.members.values().filter(supports).count();
            assert_eq!(members, *count, "who supports {protocol:?} is counted");
        }
        for id in self
            .static_members
            .values()
            .chain(&self.pending_sync_members)
        {
            assert!(self.members.contains_key(id), "{id:?} is a member");
        }
        if let Some(leader) = &self.leader {
            assert!(self.members.contains_key(leader), "the leader is a member");
        }
        assert_eq!(
            self.state == ClassicGroupState::Empty,
            self.members.is_empty() && self.state != ClassicGroupState::PreparingRebalance,
            "only an empty group is Empty"
        );
    }
}

/// A refused JoinGroup, before it is fitted to its version.
fn failed_join(member_id: &KafkaString, code: ErrorCode) -> JoinGroupResponse {
    JoinGroupResponse {
        member_id: member_id.clone(),
        error_code: code.into(),
        ..Default::default()
    }
}
