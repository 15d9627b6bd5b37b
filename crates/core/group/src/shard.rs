//! The shard: routes what happens to the groups it concerns.
//!
//! A request whose client is gone goes on waiting: its member is no less a member, and when it is
//! not heard of again its session ends. The answer goes nowhere.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::ops::Bound;

use ottla_coordinator::{Answer, Decision, Entry, Event, Rejection, Shard};
use ottla_messages::heartbeat_request::HeartbeatRequest;
use ottla_messages::join_group_request::JoinGroupRequest;
use ottla_messages::leave_group_request::LeaveGroupRequest;
use ottla_messages::leave_group_response::LeaveGroupResponse;
use ottla_messages::sync_group_request::SyncGroupRequest;
use ottla_messages::{ErrorCode, KafkaString};
use ottla_types::{Instant, Now, Offset, RequestId, TopicId};

use crate::classic::{
    ClassicGroup, ClassicGroupState, Joining, Waited, empty_group_record, leave_unknown_group,
};
use crate::foreign::GroupType;
use crate::request::{failed_heartbeat, failed_join, failed_sync};
use crate::soft::{Assumed, TimerKey};
use crate::turn::{GroupDecision, Turn};
use crate::{
    Client, GroupConfiguration, GroupHard, GroupRecord, GroupRequest, GroupResponse, GroupSoft,
};

/// Tombstones that one step of housekeeping may write: it shares its batch with nobody's request.
pub(crate) const RECORDS_PER_STEP: usize = 1_000;
/// Groups that one step of housekeeping may look at.
pub(crate) const GROUPS_PER_STEP: usize = 1_000;
/// Timers that one step may let run out; the rest is due at once.
const TIMERS_PER_STEP: usize = 256;
/// The time between two steps of housekeeping, in which requests are served.
pub(crate) const PACE_MS: i64 = 50;

/// Classic groups and offsets of one partition of `__consumer_offsets`.
#[derive(Debug)]
pub struct GroupShard;

/// What the shell knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupContext {
    /// The settings of this broker.
    pub configuration: GroupConfiguration,
    /// With [`Event::ImageChanged`]: the topics that have been deleted since the last one.
    pub deleted_topics: Vec<(KafkaString, TopicId)>,
}

/// Where a group is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Missing,
    Classic,
    /// A group of another protocol, and whether it has members.
    Foreign(GroupType, bool),
}

/// One decision being taken.
pub(crate) struct Step<'a> {
    pub(crate) hard: &'a GroupHard,
    pub(crate) soft: &'a mut GroupSoft,
    pub(crate) context: &'a GroupContext,
    pub(crate) now: Now,
    pub(crate) decision: GroupDecision,
}

impl Shard for GroupShard {
    type Hard = GroupHard;
    type Soft = GroupSoft;
    type Context = GroupContext;
    type Request = GroupRequest;
    type Response = GroupResponse;
    type Record = GroupRecord;
    type Effect = Infallible;

    fn decide(
        hard: &GroupHard,
        soft: &mut GroupSoft,
        context: &GroupContext,
        now: Now,
        event: Event<GroupRequest>,
    ) -> Decision<GroupRecord, GroupResponse, Infallible> {
        soft.now = now;
        soft.assumed = None;
        let mut step = Step {
            hard,
            soft,
            context,
            now,
            decision: Decision::default(),
        };
        match event {
            Event::Request(request, asked) => step.decide_request(request, asked),
            Event::Deadline => step.on_deadline(),
            Event::Cancelled(_) => {}
            Event::ImageChanged => step.on_topics_deleted(&context.deleted_topics),
        }
        step.decision
    }

    fn replay(hard: &mut GroupHard, offset: Offset, entry: Entry<GroupRecord>) {
        hard.replay(offset, entry);
    }

    fn restart(
        hard: &GroupHard,
        context: &GroupContext,
        now: Now,
        seed: u64,
    ) -> (GroupSoft, Vec<Infallible>) {
        let mut soft = GroupSoft::new(seed, now);
        let interval = context.configuration.offsets_retention_check_interval;
        let at = now.monotonic.after(interval);
        soft.timers.schedule(TimerKey::Expiration, at);
        let mut step = Step {
            hard,
            soft: &mut soft,
            context,
            now,
            decision: Decision::default(),
        };
        for (group_id, persisted) in hard.groups() {
            if persisted
                .metadata
                .as_ref()
                .is_some_and(|it| !it.members.is_empty())
            {
                step.resume(group_id);
            }
        }
        (soft, Vec::new())
    }

    fn reject(
        soft: &mut GroupSoft,
        request: RequestId,
        intended: Option<GroupResponse>,
        rejection: &Rejection,
    ) -> GroupResponse {
        let code = refusal_code(rejection.code);
        let waiting = soft.waiting.remove(&request);
        let response = intended
            .map(|intended| intended.into_refused(code))
            .unwrap_or_else(|| {
                let waited = waiting.as_ref().and_then(|waiting| {
                    let group = soft.groups.get_mut(&waiting.group)?;
                    group.stop_waiting(&waiting.member, request)
                });
                let member = waiting.map(|waiting| waiting.member).unwrap_or_default();
                match waited {
                    Some(Waited::Sync) => GroupResponse::SyncGroup(failed_sync(code)),
                    Some(Waited::Join(version)) => {
                        GroupResponse::JoinGroup(failed_join(version, member, code))
                    }
                    None => GroupResponse::JoinGroup(failed_join(0, member, code)),
                }
            });
        soft.revert();
        response
    }

    fn waiting(soft: &GroupSoft) -> Vec<RequestId> {
        soft.waiting.keys().copied().collect()
    }

    fn next_deadline(soft: &GroupSoft) -> Option<Instant> {
        soft.timers.next()
    }
}

impl Step<'_> {
    /// Where a group is now. One without members, and without anybody on the way, is what the log
    /// says of it: nothing, when its last offset is gone.
    pub(crate) fn find(&self, group_id: &str) -> Found {
        let living = self.soft.groups.get(group_id);
        if living.is_some_and(|group| group.member_count() > 0 || group.expects_members()) {
            return Found::Classic;
        }
        let foreign = self.hard.foreign(group_id);
        if let Some((foreign, group_type)) = foreign.and_then(|it| Some((it, it.group_type()?))) {
            return Found::Foreign(group_type, foreign.has_members());
        }
        if self.hard.knows(group_id) {
            Found::Classic
        } else {
            Found::Missing
        }
    }

    /// A classic group to look at: as it lives, or as the log has it.
    pub(crate) fn classic_group(&self, group_id: &KafkaString) -> Option<Cow<'_, ClassicGroup>> {
        if self.find(group_id) != Found::Classic {
            return None;
        }
        let living = self.soft.groups.get(group_id).map(Cow::Borrowed);
        Some(living.unwrap_or_else(|| Cow::Owned(self.load(group_id))))
    }

    fn load(&self, group_id: &KafkaString) -> ClassicGroup {
        let metadata = self
            .hard
            .group(group_id)
            .and_then(|group| group.metadata.as_ref());
        ClassicGroup::from_record(group_id.clone(), metadata, self.now.wall)
    }

    /// Lets a classic group act, if there is one.
    pub(crate) fn with_group<Result>(
        &mut self,
        group_id: &KafkaString,
        act: impl FnOnce(&mut ClassicGroup, &mut Turn<'_>) -> Result,
    ) -> Option<Result> {
        if self.find(group_id) != Found::Classic {
            return None;
        }
        self.take_over(group_id);
        self.with_living_group(group_id, act)
    }

    /// Brings a group that only the log knows to life.
    fn take_over(&mut self, group_id: &KafkaString) {
        if !self.soft.groups.contains_key(group_id) {
            let group = self.load(group_id);
            self.soft.groups.insert(group.id().clone(), group);
        }
    }

    fn with_living_group<Result>(
        &mut self,
        group_id: &KafkaString,
        act: impl FnOnce(&mut ClassicGroup, &mut Turn<'_>) -> Result,
    ) -> Option<Result> {
        let group = self.soft.groups.get_mut(group_id)?;
        let mut turn = Turn {
            now: self.now,
            configuration: &self.context.configuration,
            timers: &mut self.soft.timers,
            waiting: &mut self.soft.waiting,
            random: &mut self.soft.random,
            assumed: &mut self.soft.assumed,
            decision: &mut self.decision,
        };
        Some(act(group, &mut turn))
    }

    /// Makes a group without members; its record is the caller's.
    fn create_group(&mut self, group_id: &KafkaString) {
        let group = ClassicGroup::new(group_id.clone(), self.now.wall);
        self.soft.groups.insert(group.id().clone(), group);
    }

    /// The ids of at most `limit` groups after `after`, in order.
    pub(crate) fn groups_after(
        &self,
        after: Option<&KafkaString>,
        limit: usize,
    ) -> Vec<KafkaString> {
        let after = after.map_or(Bound::Unbounded, |id| Bound::Excluded(id.as_str()));
        let living = self.soft.groups.range::<str, _>((after, Bound::Unbounded));
        let living = living.map(|(id, _)| id).take(limit);
        let ids: BTreeSet<&KafkaString> = self
            .hard
            .group_ids_after(after, limit)
            .chain(living)
            .collect();
        ids.into_iter().take(limit).cloned().collect()
    }

    fn decide_request(&mut self, request: RequestId, asked: GroupRequest) {
        let response = match asked {
            GroupRequest::JoinGroup {
                version,
                client,
                request: message,
            } => {
                self.join(request, version, &client, &message);
                return;
            }
            GroupRequest::SyncGroup {
                version,
                request: message,
            } => {
                self.sync(request, version, &message);
                return;
            }
            GroupRequest::Heartbeat(message) => {
                GroupResponse::Heartbeat(failed_heartbeat(self.heartbeat(&message)))
            }
            GroupRequest::LeaveGroup {
                version,
                request: message,
            } => GroupResponse::LeaveGroup(self.leave(version, &message)),
            GroupRequest::OffsetCommit {
                version,
                request: message,
            } => GroupResponse::OffsetCommit(self.commit_offsets(version, &message)),
            GroupRequest::OffsetFetch {
                group,
                require_stable,
                ..
            } => GroupResponse::OffsetFetch(self.fetch_offsets(&group, require_stable)),
            GroupRequest::OffsetDelete(message) => {
                GroupResponse::OffsetDelete(self.delete_offsets(&message))
            }
            GroupRequest::ListGroups(message) => {
                GroupResponse::ListGroups(self.list_groups(&message))
            }
            GroupRequest::DescribeGroups { version, groups } => {
                GroupResponse::DescribeGroups(self.describe_groups(version, &groups))
            }
            GroupRequest::DeleteGroups(groups) => {
                GroupResponse::DeleteGroups(self.delete_groups(&groups))
            }
        };
        self.decision.answers.push(Answer {
            to: request,
            response,
        });
    }

    fn join(
        &mut self,
        request: RequestId,
        version: i16,
        client: &Client,
        message: &JoinGroupRequest,
    ) {
        let (group_id, member_id) = (&message.group_id, &message.member_id);
        let timeouts = self.context.configuration.session_timeouts_ms();
        let found = self.find(group_id);
        let refused = if group_id.is_empty() {
            Some((ErrorCode::INVALID_GROUP_ID, member_id.clone()))
        } else if !timeouts.contains(&message.session_timeout_ms) {
            Some((ErrorCode::INVALID_SESSION_TIMEOUT, member_id.clone()))
        } else {
            match found {
                Found::Foreign(GroupType::Share, _) | Found::Foreign(_, true) => {
                    Some((ErrorCode::INCONSISTENT_GROUP_PROTOCOL, KafkaString::new()))
                }
                Found::Missing | Found::Foreign(..) if !member_id.is_empty() => {
                    Some((ErrorCode::UNKNOWN_MEMBER_ID, member_id.clone()))
                }
                Found::Missing | Found::Foreign(..) | Found::Classic => None,
            }
        };
        if let Some((code, member_id)) = refused {
            let response = GroupResponse::JoinGroup(failed_join(version, member_id, code));
            self.decision.answers.push(Answer {
                to: request,
                response,
            });
            return;
        }
        let is_new = found != Found::Classic;
        if is_new {
            // An empty group of another protocol gives its id to the new one.
            self.delete_foreign_group(group_id);
            self.create_group(group_id);
        } else {
            self.take_over(group_id);
        }
        self.with_living_group(group_id, |group, turn| {
            let joining = Joining {
                request,
                version,
                client,
                message,
            };
            group.join(&joining, turn);
            if is_new {
                turn.record(empty_group_record(group));
                *turn.assumed = Some(Assumed::Created(group.id().clone()));
            }
        });
    }

    fn sync(&mut self, request: RequestId, version: i16, message: &SyncGroupRequest) {
        let has_protocol = message.protocol_type.is_some() && message.protocol_name.is_some();
        let refused = if version >= 5 && !has_protocol {
            Some(ErrorCode::INCONSISTENT_GROUP_PROTOCOL)
        } else if message.group_id.is_empty() {
            Some(ErrorCode::INVALID_GROUP_ID)
        } else {
            let synced = self.with_group(&message.group_id, |group, turn| {
                group.sync(request, message, turn);
            });
            synced.is_none().then_some(ErrorCode::UNKNOWN_MEMBER_ID)
        };
        if let Some(code) = refused {
            let response = GroupResponse::SyncGroup(failed_sync(code));
            self.decision.answers.push(Answer {
                to: request,
                response,
            });
        }
    }

    fn heartbeat(&mut self, message: &HeartbeatRequest) -> ErrorCode {
        if message.group_id.is_empty() {
            return ErrorCode::INVALID_GROUP_ID;
        }
        let code = self.with_group(&message.group_id, |group, turn| {
            group.heartbeat(message, turn)
        });
        code.unwrap_or(ErrorCode::UNKNOWN_MEMBER_ID)
    }

    fn leave(&mut self, version: i16, message: &LeaveGroupRequest) -> LeaveGroupResponse {
        if message.group_id.is_empty() {
            return LeaveGroupResponse {
                error_code: ErrorCode::INVALID_GROUP_ID.into(),
                ..Default::default()
            };
        }
        let left = self.with_group(&message.group_id, |group, turn| {
            group.leave(version, message, turn)
        });
        left.unwrap_or_else(|| leave_unknown_group(version, message))
    }

    /// Takes a group with members over from the log: their sessions begin anew.
    fn resume(&mut self, group_id: &KafkaString) {
        self.with_group(group_id, |group, turn| {
            let members: Vec<KafkaString> = group.members().map(|it| it.id.clone()).collect();
            for member_id in &members {
                group.renew_session(member_id, turn);
            }
            let max_size = usize::try_from(turn.configuration.max_size).unwrap_or(0);
            if group.member_count() > max_size {
                group.prepare_rebalance(turn);
            }
        });
    }

    fn on_deadline(&mut self) {
        for _ in 0..TIMERS_PER_STEP {
            match self.soft.timers.take_due(self.now.monotonic) {
                None => return,
                Some(TimerKey::Expiration) => self.expire(),
                Some(TimerKey::DeletedTopics) => self.delete_offsets_of_deleted_topics(),
                Some(TimerKey::Session { group, member }) => {
                    self.with_group(&group, |group, turn| {
                        group.on_session_timeout(&member, turn)
                    });
                }
                Some(TimerKey::Join(group)) => {
                    self.with_group(&group, ClassicGroup::on_join_timeout);
                }
                Some(TimerKey::Sync(group)) => {
                    self.with_group(&group, ClassicGroup::on_sync_timeout);
                }
            }
        }
    }
}

impl GroupSoft {
    /// The records of the last decision were refused: what they would have made true is not.
    fn revert(&mut self) {
        match self.assumed.take() {
            None => {}
            Some(Assumed::Created(group_id)) => self.forget(&group_id),
            Some(Assumed::Synced(group_id)) => {
                if let Some(group) = self.groups.get_mut(&group_id)
                    && group.state() == ClassicGroupState::Stable
                {
                    group.revert_sync(&mut self.timers, self.now);
                }
            }
            Some(Assumed::Replaced {
                group,
                new_member_id,
                old_member,
            }) => {
                if let Some(group) = self.groups.get_mut(&group) {
                    let session = |member: KafkaString| TimerKey::Session {
                        group: group.id().clone(),
                        member,
                    };
                    let timeout = i64::from(old_member.session_timeout_ms);
                    let at = self.now.monotonic.after_ms(timeout);
                    self.timers.cancel(&session(new_member_id.clone()));
                    self.timers.schedule(session(old_member.id.clone()), at);
                    group.revert_replacement(&new_member_id, *old_member);
                }
            }
        }
    }
}

/// What a client hears when the partition refuses to take records.
fn refusal_code(code: ErrorCode) -> ErrorCode {
    match code {
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
        | ErrorCode::NOT_ENOUGH_REPLICAS
        | ErrorCode::REQUEST_TIMED_OUT => ErrorCode::COORDINATOR_NOT_AVAILABLE,
        ErrorCode::NOT_LEADER_OR_FOLLOWER | ErrorCode::KAFKA_STORAGE_ERROR => {
            ErrorCode::NOT_COORDINATOR
        }
        ErrorCode::MESSAGE_TOO_LARGE
        | ErrorCode::RECORD_LIST_TOO_LARGE
        | ErrorCode::INVALID_FETCH_SIZE => ErrorCode::UNKNOWN_SERVER_ERROR,
        other => other,
    }
}

#[cfg(test)]
mod tests;
