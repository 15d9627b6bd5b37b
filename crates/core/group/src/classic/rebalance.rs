//! Rebalances: gathering the members, starting a generation, giving up on those who are missing.

use ottla_messages::{ErrorCode, KafkaString};
use ottla_types::Now;

use super::{ClassicGroup, ClassicGroupState, InitialRebalance, failed_join};
use crate::soft::TimerKey;
use crate::timers::Timers;
use crate::turn::Turn;

impl ClassicGroup {
    /// Something has changed: starts a rebalance where none runs, else sees whether it is complete.
    pub(super) fn rebalance_or_complete_join(&mut self, turn: &mut Turn<'_>) {
        if ClassicGroupState::PreparingRebalance.may_follow(self.state) {
            self.prepare_rebalance(turn);
        } else {
            self.maybe_complete_join_phase(turn);
        }
    }

    /// Asks all members to join again, or, in an empty group, waits a while for more of them.
    pub(crate) fn prepare_rebalance(&mut self, turn: &mut Turn<'_>) {
        if self.state == ClassicGroupState::CompletingRebalance {
            self.forget_assignments();
            self.propagate_assignments(Some(ErrorCode::REBALANCE_IN_PROGRESS), turn);
        }
        self.stop_expecting_syncs(turn.timers);
        let is_initial = self.state == ClassicGroupState::Empty;
        self.transition_to(ClassicGroupState::PreparingRebalance, turn.now.wall);
        if is_initial {
            let delay_ms = turn.configuration.initial_rebalance_delay_ms;
            let remaining_ms = self.rebalance_timeout_ms().saturating_sub(delay_ms).max(0);
            self.initial_rebalance = Some(InitialRebalance {
                delay_ms,
                remaining_ms,
                member_added: false,
            });
            turn.schedule(TimerKey::Join(self.id.clone()), delay_ms);
        } else if self.has_all_members_joined() {
            self.complete_join_phase(turn);
        } else {
            turn.schedule(TimerKey::Join(self.id.clone()), self.rebalance_timeout_ms());
        }
    }

    /// The leader's assignment could not be written: it is gone, and so is the generation.
    pub(crate) fn revert_sync(&mut self, timers: &mut Timers<TimerKey>, now: Now) {
        self.forget_assignments();
        self.stop_expecting_syncs(timers);
        self.transition_to(ClassicGroupState::PreparingRebalance, now.wall);
        let timeout = i64::from(self.rebalance_timeout_ms());
        timers.schedule(
            TimerKey::Join(self.id.clone()),
            now.monotonic.after_ms(timeout),
        );
    }

    fn stop_expecting_syncs(&mut self, timers: &mut Timers<TimerKey>) {
        self.pending_sync_members.clear();
        timers.cancel(&TimerKey::Sync(self.id.clone()));
    }

    /// Ends the join phase if everybody is there; the first one of a group runs its full delay.
    pub(super) fn maybe_complete_join_phase(&mut self, turn: &mut Turn<'_>) {
        if self.state == ClassicGroupState::PreparingRebalance
            && self.previous_state != ClassicGroupState::Empty
            && self.has_all_members_joined()
        {
            self.complete_join_phase(turn);
        }
    }

    /// The time to join has passed. While members keep coming to a new group it waits further, by
    /// the initial delay each time and never longer than their rebalance timeout.
    pub(crate) fn on_join_timeout(&mut self, turn: &mut Turn<'_>) {
        let delay = turn.configuration.initial_rebalance_delay_ms;
        match &mut self.initial_rebalance {
            Some(initial) if initial.member_added && initial.remaining_ms != 0 => {
                let next_delay_ms = delay.min(initial.remaining_ms);
                initial.member_added = false;
                initial.remaining_ms = initial.remaining_ms.saturating_sub(initial.delay_ms).max(0);
                initial.delay_ms = next_delay_ms;
                turn.schedule(TimerKey::Join(self.id.clone()), next_delay_ms);
            }
            Some(_) | None => self.complete_join_phase(turn),
        }
    }

    /// Starts the next generation with those who have joined, and static members who have not.
    pub(super) fn complete_join_phase(&mut self, turn: &mut Turn<'_>) {
        if self.state != ClassicGroupState::PreparingRebalance {
            return;
        }
        turn.timers.cancel(&TimerKey::Join(self.id.clone()));
        self.initial_rebalance = None;
        self.remove_missing_dynamic_members(turn);
        if !self.elect_joined_leader() && !self.members.is_empty() {
            // Only static members, and none of them has come: they get more time.
            turn.schedule(TimerKey::Join(self.id.clone()), self.rebalance_timeout_ms());
            return;
        }
        self.generation_id = self.generation_id.wrapping_add(1);
        self.pending_sync_members.clear();
        if self.members.is_empty() {
            self.protocol_name = None;
            self.subscribed_topics = self.read_subscribed_topics();
            self.transition_to(ClassicGroupState::Empty, turn.now.wall);
            turn.record(self.to_record());
            return;
        }
        self.protocol_name = self.select_protocol();
        self.subscribed_topics = self.read_subscribed_topics();
        self.transition_to(ClassicGroupState::CompletingRebalance, turn.now.wall);
        self.answer_joined(turn);
        turn.schedule(TimerKey::Sync(self.id.clone()), self.rebalance_timeout_ms());
    }

    fn answer_joined(&mut self, turn: &mut Turn<'_>) {
        let ids: Vec<KafkaString> = self.members.keys().cloned().collect();
        for id in ids {
            let response = self.joined(&id);
            self.complete_join(&id, turn, || response);
            self.renew_session(&id, turn);
            if let Some(member) = self.members.get_mut(&id) {
                member.is_new = false;
            }
            self.pending_sync_members.insert(id);
        }
    }

    fn remove_missing_dynamic_members(&mut self, turn: &mut Turn<'_>) {
        let missing = self
            .members
            .values()
            .filter(|member| member.awaiting_join.is_none() && member.instance_id.is_none());
        let missing: Vec<KafkaString> = missing.map(|member| member.id.clone()).collect();
        for id in missing {
            turn.timers.cancel(&self.session_timer(&id));
            self.remove(&id);
        }
    }

    /// A leader that has not joined is replaced by a member that has; false if nobody has.
    fn elect_joined_leader(&mut self) -> bool {
        let has_joined = |id: &KafkaString| {
            self.members
                .get(id)
                .is_some_and(|member| member.awaiting_join.is_some())
        };
        if self.leader.as_ref().is_some_and(has_joined) {
            return true;
        }
        let mut joined = self
            .members
            .values()
            .filter(|member| member.awaiting_join.is_some());
        let Some(elected) = joined.next().map(|member| member.id.clone()) else {
            return false;
        };
        self.leader = Some(elected);
        true
    }

    /// Members that have not sent SyncGroup within the rebalance timeout are removed (KAFKA-13022).
    pub(crate) fn on_sync_timeout(&mut self, turn: &mut Turn<'_>) {
        let expects_syncs = matches!(
            self.state,
            ClassicGroupState::CompletingRebalance | ClassicGroupState::Stable
        );
        if !expects_syncs || self.pending_sync_members.is_empty() {
            return;
        }
        for id in std::mem::take(&mut self.pending_sync_members) {
            turn.timers.cancel(&self.session_timer(&id));
            self.remove_answering(&id, turn);
        }
        self.prepare_rebalance(turn);
    }

    /// A session has ended: the member is removed, unless it waits for the group.
    pub(crate) fn on_session_timeout(&mut self, member_id: &KafkaString, turn: &mut Turn<'_>) {
        if self.pending_join_members.contains(member_id) {
            self.remove(member_id);
            if self.state == ClassicGroupState::PreparingRebalance && self.has_all_members_joined()
            {
                self.complete_join_phase(turn);
            }
            return;
        }
        let expired = self
            .member(member_id)
            .is_some_and(|member| !member.waits_for_group());
        if !expired {
            return;
        }
        self.remove_answering(member_id, turn);
        match self.state {
            ClassicGroupState::Stable | ClassicGroupState::CompletingRebalance => {
                self.rebalance_or_complete_join(turn);
            }
            ClassicGroupState::PreparingRebalance if self.has_all_members_joined() => {
                self.complete_join_phase(turn);
            }
            ClassicGroupState::PreparingRebalance
            | ClassicGroupState::Empty
            | ClassicGroupState::Dead => {}
        }
    }

    /// Removes a member; if it waits, it learns that it is none any more.
    pub(super) fn remove_answering(&mut self, member_id: &str, turn: &mut Turn<'_>) {
        let unknown = KafkaString::default();
        let code = ErrorCode::UNKNOWN_MEMBER_ID;
        self.complete_join(member_id, turn, || failed_join(&unknown, code));
        self.complete_sync(member_id, turn, || crate::request::failed_sync(code));
        self.remove(member_id);
    }
}
