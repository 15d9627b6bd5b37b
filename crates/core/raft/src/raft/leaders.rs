//! Leading: what each replica has, what is committed, who still listens, which fetches wait.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use ottla_messages::ErrorCode;
use ottla_types::{Duration, Instant, LeaderEpoch, NodeId, Now, Offset, RequestId, TimestampMs};

use super::{Raft, Role};
use crate::log::FetchPosition;
use crate::{Effect, FetchAnswer, FetchRequest, QuorumTimeouts, ReplicaKey, Response, VoterSet};

/// Observers beyond this many are served, but not listed.
const OBSERVERS_MAX: usize = 10_000;

/// What a leader knows beside the log.
#[derive(Debug)]
pub(super) struct Leadership {
    pub(super) epoch_start: Offset,
    /// Whether the batch that opened the epoch is committed.
    pub(super) is_established: bool,
    pub(super) waiting: Vec<WaitingFetch>,
    /// The other voters.
    voters: BTreeMap<NodeId, Voter>,
    observers: BTreeMap<ReplicaKey, Progress>,
    /// The voters heard since `majority_by` was last put off.
    heard: BTreeSet<NodeId>,
    majority_by: Instant,
}

#[derive(Debug)]
struct Voter {
    progress: Progress,
    /// When it is told again who leads, unless it fetches before.
    begin_at: Instant,
}

/// A fetch that waits for news.
#[derive(Debug)]
pub(super) struct WaitingFetch {
    pub(super) request: RequestId,
    fetch: FetchRequest,
    expires: Instant,
}

#[derive(Clone, Copy, Debug, Default)]
struct Progress {
    end_offset: Option<Offset>,
    fetched: Option<Fetched>,
    caught_up: Option<TimestampMs>,
}

/// When a replica fetched last, and where the leader's log ended then.
#[derive(Clone, Copy, Debug)]
struct Fetched {
    at: Now,
    leader_end: Offset,
}

/// How far one replica is, as DescribeQuorum tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplicaProgress {
    /// The replica.
    pub key: ReplicaKey,
    /// The end of its log; unknown before its first fetch.
    pub log_end_offset: Option<Offset>,
    /// When it fetched last.
    pub last_fetch: Option<TimestampMs>,
    /// When it last had everything the leader had.
    pub last_caught_up: Option<TimestampMs>,
}

/// The quorum as its leader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuorumDescription {
    /// The leader: this member.
    pub leader: NodeId,
    /// Its epoch.
    pub epoch: LeaderEpoch,
    /// Everything below is committed.
    pub high_watermark: Option<Offset>,
    /// All voters by node id.
    pub voters: Vec<ReplicaProgress>,
    /// All who fetch and do not vote.
    pub observers: Vec<ReplicaProgress>,
}

impl Progress {
    fn on_fetch(&mut self, fetch_offset: Offset, leader_end: Offset, now: Now) {
        if fetch_offset >= leader_end {
            self.caught_up = Some(now.wall);
        } else if let Some(fetched) = self.fetched
            && fetch_offset >= fetched.leader_end
        {
            // It has by now all that there was when it last asked.
            self.caught_up = self.caught_up.max(Some(fetched.at.wall));
        }
        self.end_offset = Some(fetch_offset);
        self.fetched = Some(Fetched {
            at: now,
            leader_end,
        });
    }

    /// Whether the replica has fetched within a session's time.
    fn is_within(&self, session: Duration, now: Now) -> bool {
        self.fetched
            .is_some_and(|fetched| now.monotonic.since(fetched.at.monotonic) < session)
    }

    fn describe(&self, key: ReplicaKey) -> ReplicaProgress {
        ReplicaProgress {
            key,
            log_end_offset: self.end_offset,
            last_fetch: self.fetched.map(|fetched| fetched.at.wall),
            last_caught_up: self.caught_up,
        }
    }
}

impl Leadership {
    pub(super) fn new(
        local: ReplicaKey,
        voters: &VoterSet,
        epoch_start: Offset,
        now: Now,
        timeouts: &QuorumTimeouts,
    ) -> Leadership {
        let voters = voters
            .ids()
            .filter(|&id| id != local.id)
            .map(|id| {
                let voter = Voter {
                    progress: Progress::default(),
                    begin_at: now.monotonic,
                };
                (id, voter)
            })
            .collect();
        Leadership {
            epoch_start,
            is_established: false,
            waiting: Vec::new(),
            voters,
            observers: BTreeMap::new(),
            heard: BTreeSet::new(),
            majority_by: now.monotonic.after(timeouts.fetch_timeout * 3 / 2),
        }
    }

    /// The other voters, the one with the longest log first.
    pub(super) fn successors(&self) -> Vec<NodeId> {
        let mut ids: Vec<_> = self.voters.keys().copied().collect();
        ids.sort_by_key(|id| Reverse(self.voters.get(id).and_then(|v| v.progress.end_offset)));
        ids
    }

    /// When each of the other voters is to be told who leads.
    pub(super) fn begin_times(&self) -> impl Iterator<Item = (NodeId, Instant)> + '_ {
        self.voters.iter().map(|(&id, voter)| (id, voter.begin_at))
    }

    /// The largest offset that a majority has on disk; none as long as a majority is unknown.
    fn majority_end(&self, local_durable: Offset) -> Option<Offset> {
        let mut ends: Vec<Option<Offset>> = self
            .voters
            .values()
            .map(|voter| voter.progress.end_offset)
            .collect();
        ends.push(Some(local_durable));
        ends.sort_by_key(|&end| Reverse(end));
        ends.get(ends.len() / 2).copied().flatten()
    }
}

impl Raft {
    pub(super) fn on_fetch_request(
        &mut self,
        request: RequestId,
        fetch: FetchRequest,
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        if let Err(error) = self.judge_fetch(fetch) {
            let refusal = Response::Fetch(FetchAnswer::Refused(error));
            return self.reply(request, refusal, effects);
        }
        let answer = self.answer_fetch(fetch);
        if let FetchAnswer::Records { .. } = answer {
            self.note_progress(fetch, now);
            // The high watermark goes first: the answer should carry what this fetch has moved.
            self.advance_high_watermark(now, effects);
            if !self.has_news(fetch) && fetch.max_wait_ms > 0 {
                let expires = now.monotonic.after_ms(i64::from(fetch.max_wait_ms));
                if let Role::Leader(leadership) = &mut self.role {
                    leadership.waiting.push(WaitingFetch {
                        request,
                        fetch,
                        expires,
                    });
                }
                return;
            }
        }
        let answer = self.answer_fetch(fetch);
        self.reply(request, Response::Fetch(answer), effects);
    }

    /// The order of these checks is Kafka's.
    fn judge_fetch(&self, fetch: FetchRequest) -> Result<(), ErrorCode> {
        let is_own = fetch.replica.is_some_and(|key| key.id == self.local.id);
        if fetch.max_wait_ms < 0
            || fetch.fetch_offset < Offset::ZERO
            || fetch.last_fetched_epoch < LeaderEpoch(0)
            || fetch.last_fetched_epoch > fetch.epoch
            || is_own
        {
            Err(ErrorCode::INVALID_REQUEST)
        } else if fetch.epoch < self.epoch {
            Err(ErrorCode::FENCED_LEADER_EPOCH)
        } else if fetch.epoch > self.epoch {
            Err(ErrorCode::UNKNOWN_LEADER_EPOCH)
        } else if !self.is_leader() {
            Err(ErrorCode::NOT_LEADER_OR_FOLLOWER)
        } else {
            Ok(())
        }
    }

    fn answer_fetch(&self, fetch: FetchRequest) -> FetchAnswer {
        match self
            .log
            .position_of(fetch.fetch_offset, fetch.last_fetched_epoch)
        {
            FetchPosition::Valid => FetchAnswer::Records {
                from: fetch.fetch_offset,
                high_watermark: self.high_watermark,
            },
            FetchPosition::Diverging(end) => FetchAnswer::Diverging(end),
            FetchPosition::Snapshot(id) => FetchAnswer::Snapshot(id),
        }
    }

    /// Records that are not committed are news only to those whose copies commit them: an observer
    /// that had them at once would have to ask again for the high watermark.
    fn has_news(&self, fetch: FetchRequest) -> bool {
        let high_watermark = self.high_watermark.unwrap_or(Offset::NONE);
        let is_voter = fetch.replica.is_some_and(|key| self.voters.contains(key));
        let end = if is_voter {
            self.log.end
        } else {
            high_watermark
        };
        fetch.fetch_offset < end || high_watermark > fetch.known_high_watermark
    }

    /// A valid fetch says that the replica has everything below its offset on disk.
    fn note_progress(&mut self, fetch: FetchRequest, now: Now) {
        let Some(key) = fetch.replica else { return };
        let is_voter = self.voters.contains(key);
        let majority = self.voters.majority();
        let log_end = self.log.end;
        let Role::Leader(leadership) = &mut self.role else {
            return;
        };
        if is_voter && let Some(voter) = leadership.voters.get_mut(&key.id) {
            voter.progress.on_fetch(fetch.fetch_offset, log_end, now);
            voter.begin_at = now.monotonic.after(self.timeouts.fetch_timeout / 2);
            leadership.heard.insert(key.id);
            if leadership.heard.len() + 1 >= majority {
                leadership.heard.clear();
                leadership.majority_by = now.monotonic.after(self.timeouts.fetch_timeout * 3 / 2);
            }
        } else if leadership.observers.len() < OBSERVERS_MAX
            || leadership.observers.contains_key(&key)
        {
            leadership
                .observers
                .entry(key)
                .or_default()
                .on_fetch(fetch.fetch_offset, log_end, now);
        }
    }

    /// Commits what a majority has on disk, from the first batch of the epoch on: an offset of an
    /// earlier epoch that a majority has could still be overwritten by another leader.
    pub(super) fn advance_high_watermark(&mut self, now: Now, effects: &mut Vec<Effect>) {
        let durable = self.log.durable;
        let Role::Leader(leadership) = &mut self.role else {
            return;
        };
        let Some(candidate) = leadership.majority_end(durable) else {
            return;
        };
        if candidate <= leadership.epoch_start || Some(candidate) <= self.high_watermark {
            return;
        }
        let becomes_established = !leadership.is_established;
        leadership.is_established = true;
        self.high_watermark = Some(candidate);
        effects.push(Effect::HighWatermark(candidate));
        if becomes_established {
            effects.push(Effect::BecameLeader(self.epoch));
        }
        self.answer_waiting(now, effects);
    }

    pub(super) fn on_append(&mut self, record_count: u32, now: Now, effects: &mut Vec<Effect>) {
        let base_offset = self.log.end;
        match &self.role {
            Role::Leader(leadership) if leadership.is_established && record_count > 0 => {
                self.log.append(self.epoch, i64::from(record_count));
                effects.push(Effect::AppendRecords {
                    base_offset,
                    epoch: self.epoch,
                });
                self.answer_waiting(now, effects);
            }
            _ => effects.push(Effect::RefuseAppend),
        }
    }

    /// Answers the fetches for which there is news, or no more time.
    fn answer_waiting(&mut self, now: Now, effects: &mut Vec<Effect>) {
        let Role::Leader(leadership) = &mut self.role else {
            return;
        };
        let waiting = std::mem::take(&mut leadership.waiting);
        let (ripe, unripe): (Vec<_>, Vec<_>) = waiting
            .into_iter()
            .partition(|w| now.monotonic >= w.expires || self.has_news(w.fetch));
        if let Role::Leader(leadership) = &mut self.role {
            leadership.waiting = unripe;
        }
        for waiting in ripe {
            let answer = self.answer_fetch(waiting.fetch);
            self.reply(waiting.request, Response::Fetch(answer), effects);
        }
    }

    pub(super) fn forget_waiting(&mut self, request: RequestId) {
        if let Role::Leader(leadership) = &mut self.role {
            leadership
                .waiting
                .retain(|waiting| waiting.request != request);
        }
    }

    pub(super) fn on_leader_deadline(&mut self, now: Now, effects: &mut Vec<Effect>) {
        let has_peers = self.voters.len() > 1;
        let session = self.timeouts.observer_session;
        let Role::Leader(leadership) = &mut self.role else {
            return;
        };
        if has_peers && now.monotonic >= leadership.majority_by {
            return self.resign(now, effects);
        }
        leadership
            .observers
            .retain(|_, progress| progress.is_within(session, now));
        self.answer_waiting(now, effects);
    }

    pub(super) fn leader_deadline(&self, leadership: &Leadership) -> Option<Instant> {
        let majority_by = (self.voters.len() > 1).then_some(leadership.majority_by);
        let waiting = leadership.waiting.iter().map(|waiting| waiting.expires);
        majority_by.into_iter().chain(waiting).min()
    }

    pub(super) fn on_begin_quorum_epoch_answer(&mut self, from: NodeId, now: Now) {
        if let Role::Leader(leadership) = &mut self.role
            && let Some(voter) = leadership.voters.get_mut(&from)
        {
            voter.begin_at = now.monotonic.after(self.timeouts.fetch_timeout / 2);
        }
    }

    /// The quorum as this member sees it while it leads; none otherwise.
    #[must_use]
    pub fn describe(&self, now: Now) -> Option<QuorumDescription> {
        let Role::Leader(leadership) = &self.role else {
            return None;
        };
        let voters = self.voters.keys().map(|key| {
            if key.id == self.local.id {
                ReplicaProgress {
                    key,
                    log_end_offset: Some(self.log.end),
                    last_fetch: Some(now.wall),
                    last_caught_up: Some(now.wall),
                }
            } else {
                leadership
                    .voters
                    .get(&key.id)
                    .map_or(Progress::default(), |voter| voter.progress)
                    .describe(key)
            }
        });
        Some(QuorumDescription {
            leader: self.local.id,
            epoch: self.epoch,
            high_watermark: self.high_watermark,
            voters: voters.collect(),
            observers: leadership
                .observers
                .iter()
                .filter(|(_, progress)| progress.is_within(self.timeouts.observer_session, now))
                .map(|(&key, progress)| progress.describe(key))
                .collect(),
        })
    }
}
