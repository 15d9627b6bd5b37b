//! What dies with the leadership of a shard: the groups as they live, timers, who waits.

use std::collections::{BTreeMap, VecDeque};

use ottla_machine::Random;
use ottla_messages::KafkaString;
use ottla_types::{Now, RequestId, TopicId};

use crate::classic::{ClassicGroup, Member};
use crate::timers::Timers;

/// The soft state of a shard.
#[derive(Clone, Debug)]
pub struct GroupSoft {
    /// Classic groups that have lived since the leadership began. One that is only in hard state is
    /// as the log says; it comes here when something happens to it.
    pub(crate) groups: BTreeMap<KafkaString, ClassicGroup>,
    pub(crate) timers: Timers<TimerKey>,
    pub(crate) waiting: BTreeMap<RequestId, Waiting>,
    pub(crate) random: Random,
    /// When the last decision was taken.
    pub(crate) now: Now,
    /// What the last decision took for granted about its records.
    pub(crate) assumed: Option<Assumed>,
    /// Topics whose offsets are being removed.
    pub(crate) deleted_topics: VecDeque<(KafkaString, TopicId)>,
    /// The expiry goes on after this group; `None` between its rounds.
    pub(crate) expired_up_to: Option<KafkaString>,
}

/// What a timer is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TimerKey {
    /// A member's session ends.
    Session {
        /// The member's group.
        group: KafkaString,
        /// The member.
        member: KafkaString,
    },
    /// The join phase of a group ends.
    Join(KafkaString),
    /// Members of a group that have not sent SyncGroup are removed.
    Sync(KafkaString),
    /// The next step of the expiry of offsets.
    Expiration,
    /// The next step of removing offsets of deleted topics.
    DeletedTopics,
}

/// A JoinGroup or SyncGroup that waits for other members.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    pub(crate) group: KafkaString,
    pub(crate) member: KafkaString,
}

/// What is taken back when a decision's records are refused.
#[derive(Clone, Debug)]
pub(crate) enum Assumed {
    /// The group is new.
    Created(KafkaString),
    /// The leader's assignment makes the group stable.
    Synced(KafkaString),
    /// A static member has come back under a new id.
    Replaced {
        group: KafkaString,
        new_member_id: KafkaString,
        old_member: Box<Member>,
    },
}

impl GroupSoft {
    pub(crate) fn new(seed: u64, now: Now) -> Self {
        GroupSoft {
            groups: BTreeMap::new(),
            timers: Timers::default(),
            waiting: BTreeMap::new(),
            random: Random::from_seed(seed),
            now,
            assumed: None,
            deleted_topics: VecDeque::new(),
            expired_up_to: None,
        }
    }

    /// Asserts what must always hold.
    ///
    /// # Panics
    /// If it does not.
    pub fn check_invariants(&self) {
        self.groups
            .values()
            .for_each(ClassicGroup::check_invariants);
        for (request, waiting) in &self.waiting {
            let group = self.groups.get(&waiting.group);
            let member = group.and_then(|group| group.member(&waiting.member));
            assert!(
                member.is_some_and(|member| member.awaits(*request)),
                "request {request} waits for {waiting:?}"
            );
        }
    }

    /// Forgets a group that is deleted; nobody waits in it.
    pub(crate) fn forget(&mut self, group_id: &str) {
        if let Some(group) = self.groups.remove(group_id) {
            group.cancel_timers(&mut self.timers);
        }
    }
}
