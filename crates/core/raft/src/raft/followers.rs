//! Following: what a fetch has brought.

use ottla_types::{LeaderEpoch, NodeId, Now, Offset};

use super::{FetchedBatch, Raft, Role};
use crate::{Effect, EpochStart, FetchOutcome};

impl Raft {
    /// Takes what the leader of this epoch has answered.
    pub(super) fn on_fetched(
        &mut self,
        from: NodeId,
        outcome: FetchOutcome<'_>,
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        let Role::Follower {
            leader, fetch_by, ..
        } = &mut self.role
        else {
            return;
        };
        if *leader != from {
            return;
        }
        match outcome {
            FetchOutcome::Records {
                batches,
                high_watermark,
            } => {
                *fetch_by = now.monotonic.after(self.timeouts.fetch_timeout);
                let before = self.log.end;
                self.append_fetched(batches, effects);
                if !batches.is_empty() && self.log.end == before {
                    // Nothing of it continues this log: asking at once would bring the same again.
                    let until = now.monotonic.after(self.timeouts.retry_backoff);
                    self.connections.back_off(from, until);
                }
                self.follow_high_watermark(high_watermark, effects);
            }
            FetchOutcome::Diverging(diverging) => {
                *fetch_by = now.monotonic.after(self.timeouts.fetch_timeout);
                self.cut_back(diverging, effects);
            }
            // Fetching snapshots is not known here: asking again finds a leader whose log still
            // reaches back, or nothing.
            FetchOutcome::Snapshot(_) | FetchOutcome::Refused(_) => {
                let until = now.monotonic.after(self.timeouts.retry_backoff);
                self.connections.back_off(from, until);
            }
        }
    }

    /// Appends the batches that continue the log; whatever comes behind one that does not, is left.
    fn append_fetched(&mut self, batches: &[FetchedBatch], effects: &mut Vec<Effect>) {
        let before = self.log.end;
        for batch in batches {
            let continues = batch.base_offset == self.log.end
                && batch.next_offset > batch.base_offset
                && batch.epoch >= self.log.last_epoch()
                && batch.epoch <= self.epoch;
            if !continues {
                break;
            }
            self.log.note_epoch(batch.epoch, batch.base_offset);
            self.log.end = batch.next_offset;
            if batch.has_voters_record {
                self.log.voters_record = Some(batch.base_offset);
            }
        }
        if self.log.end > before {
            effects.push(Effect::AppendFetched { upto: self.log.end });
        }
    }

    fn follow_high_watermark(&mut self, leaders: Option<Offset>, effects: &mut Vec<Effect>) {
        let reached = leaders.map(|offset| offset.min(self.log.end));
        if let Some(offset) = reached
            && reached > self.high_watermark
        {
            self.high_watermark = reached;
            effects.push(Effect::HighWatermark(offset));
        }
    }

    fn cut_back(&mut self, diverging: EpochStart, effects: &mut Vec<Effect>) {
        if diverging.epoch < LeaderEpoch(0) || diverging.start_offset < Offset::ZERO {
            return;
        }
        let to = self.log.truncation_point(diverging);
        if Some(to) < self.high_watermark {
            effects.push(Effect::Fault(
                "the leader's log parts from this one below the high watermark",
            ));
        } else if to < self.log.end {
            self.log.truncate(to);
            effects.push(Effect::Truncate { to });
        }
    }
}
