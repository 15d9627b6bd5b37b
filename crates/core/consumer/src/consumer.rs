//! The machine: one state per partition, at most one Fetch and one ListOffsets in flight per node.
//!
//! *Invariants*: a partition is in at most one request; an answer counts only if nothing moved the
//! position since it was asked for.

mod answers;
mod ask;

use std::collections::{BTreeMap, BTreeSet};

use ottla_machine::{Machine, Random};
use ottla_types::{Duration, Instant, LeaderEpoch, NodeId, Now, Offset, RequestId, TimestampMs};

use crate::config::{Config, OffsetReset};
use crate::input::{Effect, Failure, Input, PartitionHandle, Start};

/// The deciding part of one consumer.
#[derive(Debug)]
pub struct Consumer {
    config: Config,
    random: Random,
    partitions: BTreeMap<PartitionHandle, Partition>,
    requests: BTreeMap<RequestId, Request>,
    next_request: u64,
}

/// What a partition waits for or does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Its offset must be looked up: a time, or -1 or -2.
    Looking(TimestampMs),
    /// Its records can be fetched.
    Fetching,
    /// Fetched records lie with the shell.
    Buffered,
    /// The application was told of a failure.
    Resting,
}

#[derive(Clone, Debug)]
struct Partition {
    state: State,
    position: Offset,
    last_fetched_epoch: LeaderEpoch,
    leader: NodeId,
    epoch: LeaderEpoch,
    paused: bool,
    /// The request that asks for it, unless the position moved since.
    request: Option<RequestId>,
    not_before: Instant,
    attempts: u32,
    /// The metadata have been asked for, and the leader is not known again yet.
    asked: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    List,
    Fetch,
}

#[derive(Clone, Debug)]
struct Request {
    node: NodeId,
    kind: Kind,
    partitions: BTreeSet<PartitionHandle>,
}

impl Machine for Consumer {
    type Input<'a> = Input;
    type Effect = Effect;

    fn step(&mut self, now: Now, input: Input, effects: &mut Vec<Effect>) {
        match input {
            Input::Assign { partition, start } => {
                self.partitions.entry(partition).or_insert(Partition {
                    state: State::Resting,
                    position: Offset::NONE,
                    last_fetched_epoch: LeaderEpoch::NONE,
                    leader: NodeId::NONE,
                    epoch: LeaderEpoch::NONE,
                    paused: false,
                    request: None,
                    not_before: Instant::ZERO,
                    attempts: 0,
                    asked: false,
                });
                self.seek(now, partition, start, effects);
            }
            Input::Revoke { partition } => {
                if self.partitions.remove(&partition).is_some() {
                    effects.push(Effect::Discard { partition });
                }
            }
            Input::Seek { partition, start } => self.seek(now, partition, start, effects),
            Input::Pause { partition } => self.pause(partition, true),
            Input::Resume { partition } => self.pause(partition, false),
            Input::Leader {
                partition,
                node,
                epoch,
            } => self.leader(now.monotonic, partition, node, epoch),
            Input::Listed {
                request,
                partition,
                error,
                offset,
            } => self.listed(now, (request, partition), error, offset, effects),
            Input::Fetched {
                request,
                partition,
                error,
                records,
            } => self.fetched(now, (request, partition), error, records, effects),
            Input::Done { request, error } => self.done(now, request, error, effects),
            Input::Consumed {
                partition,
                next,
                epoch,
            } => self.consumed(partition, next, epoch),
            Input::Deadline => {}
        }
        self.ask(now.monotonic, effects);
    }

    fn next_deadline(&self) -> Option<Instant> {
        let busy = self.busy();
        self.partitions
            .values()
            .filter(|partition| {
                // Behind a request in flight nothing can be done before its answer.
                partition.request.is_none()
                    && partition
                        .wants()
                        .is_some_and(|kind| !busy.contains(&(partition.leader, kind)))
            })
            .map(|partition| partition.not_before)
            .min()
    }

    fn check_invariants(&self) {
        for (handle, partition) in &self.partitions {
            let Some(request) = partition.request else {
                continue;
            };
            let request = self.requests.get(&request);
            assert!(
                request.is_some_and(|request| request.partitions.contains(handle)),
                "{handle:?} is in the request it waits for"
            );
        }
    }
}

impl Partition {
    /// Which request it waits to be part of.
    fn wants(&self) -> Option<Kind> {
        match self.state {
            State::Looking(_) if !self.asked => Some(Kind::List),
            State::Fetching if !self.asked && !self.paused => Some(Kind::Fetch),
            _ => None,
        }
    }
}

impl Consumer {
    /// A consumer without partitions; the seed is for jitter in back-off.
    #[must_use]
    pub fn new(config: Config, seed: u64) -> Consumer {
        Consumer {
            config,
            random: Random::from_seed(seed),
            partitions: BTreeMap::new(),
            requests: BTreeMap::new(),
            next_request: 0,
        }
    }

    /// The offset of the next record to fetch; `None` while it is not known.
    #[must_use]
    pub fn position(&self, partition: PartitionHandle) -> Option<Offset> {
        let partition = self.partitions.get(&partition)?;
        match partition.state {
            State::Fetching | State::Buffered => Some(partition.position),
            State::Looking(_) | State::Resting => None,
        }
    }

    /// The nodes that owe an answer, by kind.
    fn busy(&self) -> BTreeSet<(NodeId, Kind)> {
        let requests = self.requests.values();
        requests
            .map(|request| (request.node, request.kind))
            .collect()
    }

    fn seek(&mut self, now: Now, handle: PartitionHandle, start: Start, effects: &mut Vec<Effect>) {
        let Some(partition) = self.partitions.get_mut(&handle) else {
            return;
        };
        if partition.state == State::Buffered {
            effects.push(Effect::Discard { partition: handle });
        }
        partition.request = None;
        partition.not_before = Instant::ZERO;
        partition.attempts = 0;
        partition.last_fetched_epoch = LeaderEpoch::NONE;
        match start {
            Start::At(offset) => {
                partition.position = offset;
                partition.state = State::Fetching;
            }
            Start::Beginning => partition.state = State::Looking(EARLIEST),
            Start::End => partition.state = State::Looking(LATEST),
            Start::Time(time) => partition.state = State::Looking(time),
            Start::Reset => self.reset(now, handle, Failure::NoPosition, effects),
        }
    }

    /// Starts as `auto.offset.reset` says.
    fn reset(
        &mut self,
        now: Now,
        handle: PartitionHandle,
        failure: Failure,
        effects: &mut Vec<Effect>,
    ) {
        let Some(partition) = self.partitions.get_mut(&handle) else {
            return;
        };
        partition.state = match self.config.offset_reset {
            OffsetReset::Earliest => State::Looking(EARLIEST),
            OffsetReset::Latest => State::Looking(LATEST),
            OffsetReset::ByDuration(duration) => {
                let ms = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
                State::Looking(TimestampMs(now.wall.0.saturating_sub(ms).max(0)))
            }
            OffsetReset::None => {
                effects.push(Effect::Fail {
                    partition: handle,
                    failure,
                });
                State::Resting
            }
        };
    }

    fn pause(&mut self, handle: PartitionHandle, paused: bool) {
        if let Some(partition) = self.partitions.get_mut(&handle) {
            partition.paused = paused;
        }
    }

    fn leader(&mut self, now: Instant, handle: PartitionHandle, node: NodeId, epoch: LeaderEpoch) {
        let backoff = self.backoff(1);
        let Some(partition) = self.partitions.get_mut(&handle) else {
            return;
        };
        partition.asked = false;
        if node == NodeId::NONE {
            partition.not_before = now.after(backoff);
        } else if partition.leader != node {
            partition.not_before = Instant::ZERO;
        }
        partition.leader = node;
        partition.epoch = epoch;
    }

    fn consumed(&mut self, handle: PartitionHandle, next: Offset, epoch: LeaderEpoch) {
        if let Some(partition) = self.partitions.get_mut(&handle)
            && partition.state == State::Buffered
        {
            partition.state = State::Fetching;
            partition.position = next;
            if epoch != LeaderEpoch::NONE {
                partition.last_fetched_epoch = epoch;
            }
        }
    }

    /// `retry.backoff.ms` doubled per attempt up to `retry.backoff.max.ms`, give or take a fifth.
    fn backoff(&mut self, attempts: u32) -> Duration {
        let doubled = self
            .config
            .retry_backoff
            .saturating_mul(1 << attempts.saturating_sub(1).min(20));
        let capped = doubled.min(self.config.retry_backoff_max.max(self.config.retry_backoff));
        let nanos = u64::try_from(capped.as_nanos()).unwrap_or(u64::MAX);
        let jitter = self.random.below(nanos / 5 * 2 + 1);
        Duration::from_nanos(nanos - nanos / 5 + jitter)
    }
}

/// ListOffsets: the first offset that is there.
const EARLIEST: TimestampMs = TimestampMs(-2);
/// ListOffsets: behind the last record.
const LATEST: TimestampMs = TimestampMs(-1);

#[cfg(test)]
mod tests;
