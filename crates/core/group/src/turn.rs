//! One call of `decide`: what a group may use of the shard, and what has been decided so far.

use std::collections::BTreeMap;

use ottla_coordinator::{Answer, Decision};
use ottla_machine::Random;
use ottla_messages::KafkaString;
use ottla_messages::join_group_response::JoinGroupResponse;
use ottla_messages::sync_group_response::SyncGroupResponse;
use ottla_types::{Now, RequestId};

use crate::classic::Waiter;
use crate::request::for_version;
use crate::soft::{Assumed, TimerKey, Waiting};
use crate::timers::Timers;
use crate::{GroupConfiguration, GroupRecord, GroupResponse};

/// The decision of a group shard.
pub(crate) type GroupDecision = Decision<GroupRecord, GroupResponse, std::convert::Infallible>;

/// Everything of the shard but its groups.
pub(crate) struct Turn<'a> {
    pub(crate) now: Now,
    pub(crate) configuration: &'a GroupConfiguration,
    pub(crate) timers: &'a mut Timers<TimerKey>,
    pub(crate) waiting: &'a mut BTreeMap<RequestId, Waiting>,
    pub(crate) random: &'a mut Random,
    pub(crate) assumed: &'a mut Option<Assumed>,
    pub(crate) decision: &'a mut GroupDecision,
}

impl Turn<'_> {
    pub(crate) fn schedule(&mut self, key: TimerKey, after_ms: i32) {
        let at = self.now.monotonic.after_ms(i64::from(after_ms));
        self.timers.schedule(key, at);
    }

    pub(crate) fn record(&mut self, record: GroupRecord) {
        self.decision.records.push(record);
    }

    pub(crate) fn answer(&mut self, to: RequestId, response: GroupResponse) {
        self.decision.answers.push(Answer { to, response });
    }

    pub(crate) fn answer_join(&mut self, waiter: Waiter, response: JoinGroupResponse) {
        self.waiting.remove(&waiter.request);
        let response = for_version(waiter.version, response);
        self.answer(waiter.request, GroupResponse::JoinGroup(response));
    }

    pub(crate) fn answer_sync(&mut self, request: RequestId, response: SyncGroupResponse) {
        self.waiting.remove(&request);
        self.answer(request, GroupResponse::SyncGroup(response));
    }

    pub(crate) fn wait(&mut self, request: RequestId, group: &KafkaString, member: &KafkaString) {
        let (group, member) = (group.clone(), member.clone());
        self.waiting.insert(request, Waiting { group, member });
    }

    /// A fresh id: what the client calls itself, a dash, and a random number in the form of a UUID.
    pub(crate) fn new_member_id(&mut self, prefix: &str) -> KafkaString {
        let bits = self.random.uuid().0;
        let (high, low) = ((bits >> 64) as u64, bits as u64);
        KafkaString::from(format!(
            "{prefix}-{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xffff,
            low >> 48,
            low & 0xffff_ffff_ffff,
        ))
    }
}
