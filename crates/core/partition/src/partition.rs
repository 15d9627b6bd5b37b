//! The machine of one replica.
//!
//! *State*: idle, leading or offline. Idle → leading by `Lead`; leading → idle by `StopLeading`;
//! any → offline by `StorageFailed`, for good. A newer `Lead` goes on leading in the newer epoch.
//! *Invariants*: the high watermark never falls; it rests on `durable` under fsync and on `written`
//! otherwise; nobody is answered before the mark he waits for has passed.
//! *Not here*: followers, their fetches and the growing and shrinking of the in-sync set, which
//! come with the cluster; a replica leads alone until then.

use ottla_machine::Machine;
use ottla_messages::ErrorCode;
use ottla_records::BatchHeader;
use ottla_types::{Instant, LeaderEpoch, Now, Offset, ProducerId};

use crate::waiting::{Waiter, Waiting};
use crate::{
    Acks, AppendOrigin, Effect, Input, Marks, Produced, Producers, Settings, Verdict, WaiterId,
};

/// One replica of a partition.
#[derive(Clone, Debug)]
pub struct Partition {
    settings: Settings,
    leader: Option<Leader>,
    /// The log directory failed: nothing is served until the process starts anew.
    offline: bool,
    marks: Marks,
    log_start_offset: Offset,
    high_watermark: Offset,
    producers: Producers,
    /// acks=1: released by `written`.
    waiting_for_write: Waiting,
    /// acks=all: released by the high watermark.
    waiting_for_commit: Waiting,
}

#[derive(Clone, Copy, Debug)]
struct Leader {
    epoch: LeaderEpoch,
    in_sync_count: i32,
    replica_count: i32,
}

impl Partition {
    /// A replica whose log was opened with this start and end, all of it on disk, and these
    /// producers. `high_watermark` is the checkpointed one; it is clamped to the log.
    #[must_use]
    pub fn new(
        settings: Settings,
        log_start_offset: Offset,
        log_end_offset: Offset,
        high_watermark: Offset,
        mut producers: Producers,
    ) -> Partition {
        let high_watermark = high_watermark.clamp(log_start_offset, log_end_offset);
        // Recovery has seen markers that were committed before: they must not hold readers back.
        producers.on_high_watermark(high_watermark);
        Partition {
            settings,
            leader: None,
            offline: false,
            marks: Marks::at(log_end_offset),
            log_start_offset,
            high_watermark,
            producers,
            waiting_for_write: Waiting::default(),
            waiting_for_commit: Waiting::default(),
        }
    }

    /// The epoch it leads in; `None` while it does not lead.
    #[must_use]
    pub fn leader_epoch(&self) -> Option<LeaderEpoch> {
        self.leader.map(|leader| leader.epoch)
    }

    /// Whether its log directory failed.
    #[must_use]
    pub fn is_offline(&self) -> bool {
        self.offline
    }

    /// How far the log is reserved, written and durable.
    #[must_use]
    pub fn marks(&self) -> &Marks {
        &self.marks
    }

    /// Consumers read below it.
    #[must_use]
    pub fn high_watermark(&self) -> Offset {
        self.high_watermark
    }

    /// Read-committed consumers read below it.
    #[must_use]
    pub fn last_stable_offset(&self) -> Offset {
        self.producers.last_stable_offset(self.high_watermark)
    }

    /// The first offset that can be read.
    #[must_use]
    pub fn log_start_offset(&self) -> Offset {
        self.log_start_offset
    }

    /// The producers, for snapshots.
    #[must_use]
    pub fn producers(&self) -> &Producers {
        &self.producers
    }

    /// What the topic and the broker say about it.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.settings
    }

    fn lead(
        &mut self,
        epoch: LeaderEpoch,
        in_sync_count: i32,
        replica_count: i32,
        effects: &mut Vec<Effect>,
    ) {
        if self.offline {
            return;
        }
        let previous = self.leader.replace(Leader {
            epoch,
            in_sync_count,
            replica_count,
        });
        assert!(
            previous.is_none_or(|leader| leader.epoch <= epoch),
            "leader epochs never fall"
        );
        if previous.is_none_or(|leader| leader.epoch < epoch) {
            effects.push(Effect::AssignEpoch {
                leader_epoch: epoch,
                start_offset: self.marks.reserved(),
            });
        }
        self.commit(effects);
    }

    fn stop_leading(&mut self, error: ErrorCode, effects: &mut Vec<Effect>) {
        self.leader = None;
        let produced = Produced {
            error,
            base_offset: Offset::NONE,
            log_start_offset: Offset::NONE,
        };
        let waiters = self
            .waiting_for_write
            .drain()
            .chain(self.waiting_for_commit.drain());
        effects.extend(waiters.map(|waiter| Effect::Answer {
            waiter: waiter.id,
            produced,
        }));
    }

    fn append(
        &mut self,
        header: &BatchHeader,
        origin: AppendOrigin,
        waiter: Option<(WaiterId, Acks)>,
        effects: &mut Vec<Effect>,
    ) {
        match self.admit(header, origin, waiter.map(|(_, acks)| acks)) {
            Verdict::Refused(error) => self.refuse(waiter, error, effects),
            Verdict::Duplicate {
                base_offset,
                last_offset,
            } => {
                self.park(waiter, base_offset, last_offset.plus(1));
                self.release(effects);
            }
            Verdict::New => {
                let leader = self.leader.expect("admitted only while leading");
                let base_offset = self.marks.reserve(i64::from(header.last_offset_delta) + 1);
                let next_offset = self.marks.reserved();
                self.producers.on_batch(header, base_offset);
                self.park(waiter, base_offset, next_offset);
                effects.push(Effect::Append {
                    base_offset,
                    next_offset,
                    leader_epoch: leader.epoch,
                });
            }
        }
    }

    fn admit(&self, header: &BatchHeader, origin: AppendOrigin, acks: Option<Acks>) -> Verdict {
        let Some(leader) = self.leader else {
            return Verdict::Refused(if self.offline {
                ErrorCode::KAFKA_STORAGE_ERROR
            } else {
                ErrorCode::NOT_LEADER_OR_FOLLOWER
            });
        };
        let wanted = self.settings.min_insync_replicas.min(leader.replica_count);
        if acks == Some(Acks::All) && leader.in_sync_count < wanted {
            return Verdict::Refused(ErrorCode::NOT_ENOUGH_REPLICAS);
        }
        if header.producer_id == ProducerId::NONE {
            return Verdict::New;
        }
        self.producers.check(header, origin)
    }

    fn refuse(
        &self,
        waiter: Option<(WaiterId, Acks)>,
        error: ErrorCode,
        effects: &mut Vec<Effect>,
    ) {
        if let Some((waiter, _)) = waiter {
            let produced = Produced {
                error,
                base_offset: Offset::NONE,
                log_start_offset: Offset::NONE,
            };
            effects.push(Effect::Answer { waiter, produced });
        }
    }

    fn park(&mut self, waiter: Option<(WaiterId, Acks)>, base_offset: Offset, upto: Offset) {
        let Some((id, acks)) = waiter else { return };
        let waiter = Waiter {
            id,
            upto,
            base_offset,
        };
        match acks {
            Acks::None => {}
            Acks::Leader => self.waiting_for_write.park(waiter),
            Acks::All => self.waiting_for_commit.park(waiter),
        }
    }

    fn written(&mut self, end: Offset, effects: &mut Vec<Effect>) {
        if self.marks.on_written(end) {
            if self.settings.fsync {
                effects.push(Effect::Sync);
            }
            self.commit(effects);
        }
    }

    /// Moves the high watermark as far as the marks allow, and answers whom that serves.
    fn commit(&mut self, effects: &mut Vec<Effect>) {
        let mark = if self.settings.fsync {
            self.marks.durable()
        } else {
            self.marks.written()
        };
        if self.leader.is_some() && mark > self.high_watermark {
            self.high_watermark = mark;
            self.producers.on_high_watermark(mark);
            effects.push(Effect::Committed {
                high_watermark: mark,
            });
        }
        self.release(effects);
    }

    fn release(&mut self, effects: &mut Vec<Effect>) {
        let log_start_offset = self.log_start_offset;
        let answer = |waiter: Waiter| Effect::Answer {
            waiter: waiter.id,
            produced: Produced {
                error: ErrorCode::NONE,
                base_offset: waiter.base_offset,
                log_start_offset,
            },
        };
        while let Some(waiter) = self.waiting_for_write.release(self.marks.written()) {
            effects.push(answer(waiter));
        }
        while let Some(waiter) = self.waiting_for_commit.release(self.high_watermark) {
            effects.push(answer(waiter));
        }
    }
}

impl Machine for Partition {
    type Input<'a> = Input<'a>;
    type Effect = Effect;

    fn step(&mut self, now: Now, input: Input<'_>, effects: &mut Vec<Effect>) {
        match input {
            Input::Lead {
                leader_epoch,
                in_sync_count,
                replica_count,
            } => {
                self.lead(leader_epoch, in_sync_count, replica_count, effects);
            }
            Input::StopLeading { error } => self.stop_leading(error, effects),
            Input::Append {
                header,
                origin,
                waiter,
            } => {
                self.append(header, origin, waiter, effects);
            }
            Input::Written(end) => self.written(end, effects),
            Input::Durable(upto) => {
                if self.marks.on_durable(upto) {
                    self.commit(effects);
                }
            }
            Input::StorageFailed => {
                self.offline = true;
                self.stop_leading(ErrorCode::KAFKA_STORAGE_ERROR, effects);
            }
            Input::Configure(settings) => {
                self.settings = settings;
                if settings.fsync && self.marks.durable() < self.marks.written() {
                    effects.push(Effect::Sync);
                }
                self.commit(effects);
            }
            Input::LogStart(offset) => {
                assert!(
                    offset <= self.high_watermark,
                    "only committed records are removed"
                );
                self.log_start_offset = self.log_start_offset.max(offset);
            }
            Input::ExpireProducers => {
                self.producers
                    .expire(now.wall, self.settings.producer_id_expiration_ms);
            }
        }
    }

    fn next_deadline(&self) -> Option<Instant> {
        None
    }

    fn check_invariants(&self) {
        self.marks.check_invariants();
        self.producers.check_invariants();
        self.waiting_for_write.check_invariants();
        self.waiting_for_commit.check_invariants();
        assert!(self.log_start_offset <= self.high_watermark);
        assert!(self.high_watermark <= self.marks.written());
    }
}

#[cfg(test)]
mod tests;
