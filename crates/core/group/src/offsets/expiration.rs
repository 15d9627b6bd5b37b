//! Expiry: offsets that nobody has use for are deleted, and groups without offsets and members.
//!
//! An offset of a group without members expires when the group has been empty for the retention
//! time; one of a topic that the members of a stable group of consumers do not subscribe to, or of
//! a group that was never joined, that long after its commit. Nothing expires during a rebalance
//! (KAFKA-13636), nor while a transaction has an offset of the same partition pending.
//!
//! *Kafka*: KIP-211, KIP-496.

use ottla_messages::KafkaString;
use ottla_types::TimestampMs;

use super::CommittedOffset;
use crate::GroupRecord;
use crate::classic::{ClassicGroup, ClassicGroupState};
use crate::foreign::GroupType;
use crate::shard::{Found, GROUPS_PER_STEP, PACE_MS, RECORDS_PER_STEP, Step};
use crate::soft::TimerKey;

/// When an offset without an expiry of its own has had its last use.
enum Expiry {
    /// Never, as the group is now.
    Not,
    /// With its commit.
    SinceCommit,
    /// When its group became empty.
    Since(TimestampMs),
}

impl Step<'_> {
    /// Takes one step of the expiry: a bounded number of groups and records. After the last group
    /// the next round begins when its interval has passed.
    pub(crate) fn expire(&mut self) {
        let after = self.soft.expired_up_to.take();
        let groups = self.groups_after(after.as_ref(), GROUPS_PER_STEP);
        let is_last_step = groups.len() < GROUPS_PER_STEP;
        for group_id in groups {
            let is_full = self.expire_group(&group_id);
            if is_full {
                // There is more in this group: it comes first in the next step.
                self.continue_expiry();
                return;
            }
            self.soft.expired_up_to = Some(group_id);
        }
        if is_last_step {
            self.soft.expired_up_to = None;
            let interval = self.context.configuration.offsets_retention_check_interval;
            let at = self.now.monotonic.after(interval);
            self.soft.timers.schedule(TimerKey::Expiration, at);
        } else {
            self.continue_expiry();
        }
    }

    fn continue_expiry(&mut self) {
        let at = self.now.monotonic.after_ms(PACE_MS);
        self.soft.timers.schedule(TimerKey::Expiration, at);
    }

    /// True if the step is full and the group is not done.
    fn expire_group(&mut self, group_id: &KafkaString) -> bool {
        let expired = match self.find(group_id) {
            Found::Missing => {
                self.soft.forget(group_id);
                return false;
            }
            Found::Foreign(GroupType::Share, _) | Found::Foreign(_, true) => return false,
            Found::Foreign(_, false) => {
                self.expired_offsets(group_id, &Expiry::SinceCommit, |_| false)
            }
            Found::Classic => {
                let Some(group) = self.classic_group(group_id) else {
                    return false;
                };
                let expiry = expiry_of(&group);
                self.expired_offsets(group_id, &expiry, |topic| group.is_subscribed_to(topic))
            }
        };
        let Expired { tombstones, is_all } = expired;
        let room = RECORDS_PER_STEP.saturating_sub(self.decision.records.len());
        let is_full = tombstones.len() > room;
        self.decision
            .records
            .extend(tombstones.into_iter().take(room));
        let is_used = self.hard.offsets().has_open_transactions(group_id)
            || self
                .soft
                .groups
                .get(group_id)
                .is_some_and(ClassicGroup::expects_members);
        if !is_full && is_all && !is_used {
            self.delete_group_if_empty(group_id);
        }
        is_full
    }

    fn expired_offsets(
        &self,
        group_id: &KafkaString,
        expiry: &Expiry,
        is_subscribed: impl Fn(&str) -> bool,
    ) -> Expired {
        let offsets = self.hard.offsets();
        let mut expired = Expired {
            tombstones: Vec::new(),
            is_all: true,
        };
        for (topic, partition, offset) in offsets.of_group(group_id) {
            let is_kept = is_subscribed(topic)
                || !self.has_expired(offset, expiry)
                || offsets.is_pending(group_id, topic, partition);
            if is_kept {
                expired.is_all = false;
            } else {
                let record = GroupRecord::offset_tombstone(group_id, topic, partition);
                expired.tombstones.push(record);
            }
        }
        expired
    }

    fn has_expired(&self, offset: &CommittedOffset, expiry: &Expiry) -> bool {
        let now = self.now.wall.0;
        let last_use = match expiry {
            Expiry::Not => return false,
            _ if offset.expire_timestamp != TimestampMs::NONE => {
                return now >= offset.expire_timestamp.0;
            }
            Expiry::SinceCommit => offset.commit_timestamp,
            Expiry::Since(TimestampMs::NONE) => offset.commit_timestamp,
            Expiry::Since(emptied) => *emptied,
        };
        let retention = self.context.configuration.offsets_retention.as_millis();
        let retention = i64::try_from(retention).unwrap_or(i64::MAX);
        now.saturating_sub(last_use.0) >= retention
    }
}

struct Expired {
    tombstones: Vec<GroupRecord>,
    /// Whether no offset stays.
    is_all: bool,
}

fn expiry_of(group: &ClassicGroup) -> Expiry {
    match group.state() {
        _ if group.protocol_type().is_none() => Expiry::SinceCommit,
        ClassicGroupState::Empty => Expiry::Since(group.state_timestamp()),
        ClassicGroupState::Stable
            if group.uses_consumer_protocol() && group.knows_subscriptions() =>
        {
            Expiry::SinceCommit
        }
        _ => Expiry::Not,
    }
}
