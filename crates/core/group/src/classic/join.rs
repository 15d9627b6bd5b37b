//! JoinGroup: a new member, one that was given its id, one that is there already.

use ottla_messages::join_group_request::JoinGroupRequest;
use ottla_messages::{ErrorCode, KafkaString};
use ottla_types::RequestId;

use super::member::distinct;
use super::{ClassicGroup, ClassicGroupState, Member, Waiter, failed_join};
use crate::Client;
use crate::soft::TimerKey;
use crate::turn::Turn;

/// How long a new member may wait for its first generation before its place is given up: its
/// client may be gone, and while its JoinGroup waits no heartbeat can tell.
const NEW_MEMBER_JOIN_TIMEOUT_MS: i32 = 5 * 60 * 1000;

/// Ids that may be given out in one group and not come back yet; without a limit a client that
/// never comes back would fill the memory.
const PENDING_JOIN_MEMBERS_LIMIT: usize = 10_000;

/// From this version on a member without an id is sent away with one first (KIP-394).
const KNOWN_MEMBER_ID_VERSION: i16 = 4;

/// A JoinGroup and who sent it.
pub(crate) struct Joining<'a> {
    pub(crate) request: RequestId,
    pub(crate) version: i16,
    pub(crate) client: &'a Client,
    pub(crate) message: &'a JoinGroupRequest,
}

impl Joining<'_> {
    pub(super) fn waiter(&self) -> Waiter {
        Waiter {
            request: self.request,
            version: self.version,
        }
    }

    /// Version 0 has no rebalance timeout of its own.
    pub(super) fn rebalance_timeout_ms(&self) -> i32 {
        if self.version == 0 {
            self.message.session_timeout_ms
        } else {
            self.message.rebalance_timeout_ms
        }
    }

    pub(crate) fn fail(&self, member_id: &KafkaString, code: ErrorCode, turn: &mut Turn<'_>) {
        turn.answer_join(self.waiter(), failed_join(member_id, code));
    }

    fn member(&self, id: KafkaString) -> Member {
        Member {
            id,
            instance_id: self.message.group_instance_id.clone(),
            client_id: self.client.id.clone(),
            client_host: self.client.host.clone(),
            rebalance_timeout_ms: self.rebalance_timeout_ms(),
            session_timeout_ms: self.message.session_timeout_ms,
            protocols: distinct(&self.message.protocols),
            assignment: bytes::Bytes::new(),
            awaiting_join: None,
            awaiting_sync: None,
            is_new: true,
        }
    }
}

impl ClassicGroup {
    /// Decides on a JoinGroup.
    pub(crate) fn join(&mut self, joining: &Joining<'_>, turn: &mut Turn<'_>) {
        let message = joining.message;
        let unknown = KafkaString::default();
        if !self.accepts(&message.member_id, turn.configuration.max_size) {
            if let Some(member) = self.remove(&message.member_id) {
                self.forget_waits(member, turn);
            }
            joining.fail(&unknown, ErrorCode::GROUP_MAX_SIZE_REACHED, turn);
        } else if !self.supports(&message.protocol_type, &message.protocols) {
            // Answered with the id it came with: none, for a new member.
            let code = ErrorCode::INCONSISTENT_GROUP_PROTOCOL;
            joining.fail(&message.member_id, code, turn);
        } else if message.member_id.is_empty() {
            self.join_without_id(joining, turn);
        } else {
            self.join_with_id(joining, turn);
        }
    }

    /// Whether there is room: among the members, or while they gather, among those gathered.
    fn accepts(&self, member_id: &str, max_size: i32) -> bool {
        let max_size = usize::try_from(max_size).unwrap_or(0);
        let member = self.members.get(member_id);
        match self.state {
            ClassicGroupState::Empty | ClassicGroupState::Dead => true,
            ClassicGroupState::PreparingRebalance => {
                member.is_some_and(|member| member.awaiting_join.is_some())
                    || self.awaiting_join < max_size
            }
            ClassicGroupState::CompletingRebalance | ClassicGroupState::Stable => {
                member.is_some() || self.members.len() < max_size
            }
        }
    }

    fn join_without_id(&mut self, joining: &Joining<'_>, turn: &mut Turn<'_>) {
        let message = joining.message;
        if let Some(instance_id) = &message.group_instance_id {
            let new_id = turn.new_member_id(instance_id);
            match self.static_members.get(instance_id).cloned() {
                Some(old_id) => self.replace_static_member(joining, &old_id, new_id, turn),
                None => self.add_new_member(joining, new_id, turn),
            }
            return;
        }
        let new_id = turn.new_member_id(&joining.client.id);
        if joining.version < KNOWN_MEMBER_ID_VERSION {
            self.add_new_member(joining, new_id, turn);
            return;
        }
        if self.pending_join_members.len() >= PENDING_JOIN_MEMBERS_LIMIT {
            let unknown = KafkaString::default();
            joining.fail(&unknown, ErrorCode::GROUP_MAX_SIZE_REACHED, turn);
            return;
        }
        self.pending_join_members.insert(new_id.clone());
        turn.schedule(self.session_timer(&new_id), message.session_timeout_ms);
        joining.fail(&new_id, ErrorCode::MEMBER_ID_REQUIRED, turn);
    }

    fn join_with_id(&mut self, joining: &Joining<'_>, turn: &mut Turn<'_>) {
        let message = joining.message;
        let member_id = &message.member_id;
        // Ids are given out to dynamic members only: one with an instance id is somebody else's.
        if message.group_instance_id.is_none() && self.pending_join_members.contains(member_id) {
            self.add_new_member(joining, member_id.clone(), turn);
            return;
        }
        if let Err(code) = self.validate_member(member_id, message.group_instance_id.as_ref()) {
            joining.fail(member_id, code, turn);
            return;
        }
        let protocols = distinct(&message.protocols);
        let unchanged = self
            .member(member_id)
            .is_some_and(|member| member.protocols == protocols);
        match self.state {
            ClassicGroupState::CompletingRebalance if unchanged => {
                // It lost the answer to its JoinGroup and is told again.
                turn.answer_join(joining.waiter(), self.joined(member_id));
            }
            ClassicGroupState::Stable if unchanged && !self.is_leader(member_id) => {
                // The leader starts a rebalance by joining again; for the others nothing is new.
                turn.answer_join(joining.waiter(), self.joined(member_id));
            }
            ClassicGroupState::PreparingRebalance
            | ClassicGroupState::CompletingRebalance
            | ClassicGroupState::Stable => {
                self.update_member(member_id, joining, turn);
                self.rebalance_or_complete_join(turn);
            }
            ClassicGroupState::Empty | ClassicGroupState::Dead => {
                joining.fail(member_id, ErrorCode::UNKNOWN_MEMBER_ID, turn);
            }
        }
    }

    fn add_new_member(&mut self, joining: &Joining<'_>, id: KafkaString, turn: &mut Turn<'_>) {
        if let Some(initial) = &mut self.initial_rebalance {
            initial.member_added = true;
        }
        if self.members.is_empty() {
            self.protocol_type = Some(joining.message.protocol_type.clone());
        }
        self.add(joining.member(id.clone()));
        self.await_join(&id, joining.waiter(), turn);
        turn.schedule(self.session_timer(&id), NEW_MEMBER_JOIN_TIMEOUT_MS);
        self.rebalance_or_complete_join(turn);
    }

    /// Takes over what a member says of itself when it joins again, and lets it wait.
    pub(super) fn update_member(
        &mut self,
        member_id: &KafkaString,
        joining: &Joining<'_>,
        turn: &mut Turn<'_>,
    ) {
        self.set_member_terms(
            member_id,
            distinct(&joining.message.protocols),
            joining.rebalance_timeout_ms(),
            joining.message.session_timeout_ms,
        );
        self.await_join(member_id, joining.waiter(), turn);
    }

    pub(super) fn set_member_terms(
        &mut self,
        member_id: &str,
        protocols: Vec<ottla_messages::join_group_request::JoinGroupRequestProtocol>,
        rebalance_timeout_ms: i32,
        session_timeout_ms: i32,
    ) {
        let Some(mut member) = self.members.remove(member_id) else {
            return;
        };
        self.uncount_protocols(&member);
        member.protocols = protocols;
        member.rebalance_timeout_ms = rebalance_timeout_ms;
        member.session_timeout_ms = session_timeout_ms;
        self.count_protocols(&member);
        self.members.insert(member.id.clone(), member);
    }

    /// A member that was taken out for want of room learns it, if it waits.
    fn forget_waits(&self, member: Member, turn: &mut Turn<'_>) {
        turn.timers.cancel(&TimerKey::Session {
            group: self.id.clone(),
            member: member.id,
        });
        let unknown = KafkaString::default();
        if let Some(waiter) = member.awaiting_join {
            let code = ErrorCode::GROUP_MAX_SIZE_REACHED;
            turn.answer_join(waiter, failed_join(&unknown, code));
        }
        if let Some(request) = member.awaiting_sync {
            let code = ErrorCode::UNKNOWN_MEMBER_ID;
            turn.answer_sync(request, crate::request::failed_sync(code));
        }
    }
}
