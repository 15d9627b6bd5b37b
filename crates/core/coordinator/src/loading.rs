//! A shard before it is active: the log is replayed from its start, uncommitted records included.
//!
//! *Kafka*: `CoordinatorLoader`. Until it is done the shell answers COORDINATOR_LOAD_IN_PROGRESS.

use ottla_types::{Now, Offset};

use crate::{Coordinator, Entry, Output, Shard};

/// The hard state of a shard while its log is being read.
#[derive(Debug)]
pub struct Loading<S: Shard> {
    hard: S::Hard,
    next_offset: Offset,
}

impl<S: Shard> Loading<S> {
    /// Starts from the state of an empty log.
    #[must_use]
    pub fn new(empty: S::Hard) -> Self {
        Loading {
            hard: empty,
            next_offset: Offset::ZERO,
        }
    }

    /// Applies what the log holds at `offset`.
    ///
    /// # Panics
    /// If the offsets do not rise: a replica must never guess.
    pub fn replay(&mut self, offset: Offset, entry: Entry<S::Record>) {
        assert!(
            offset >= self.next_offset,
            "the log is replayed in the order of its offsets: {offset} after {}",
            self.next_offset
        );
        S::replay(&mut self.hard, offset, entry);
        self.next_offset = offset.plus(1);
    }

    /// What has been replayed so far.
    #[must_use]
    pub fn hard(&self) -> &S::Hard {
        &self.hard
    }

    /// Ends the load: the coordinator takes requests from now on. Its next record goes to
    /// `log_end_offset`, `high_watermark` is the first offset that is not committed; effects that
    /// resume work go to `outputs`.
    ///
    /// # Panics
    /// If the log ends before what was replayed.
    pub fn activate(
        self,
        context: &S::Context,
        now: Now,
        seed: u64,
        (log_end_offset, high_watermark): (Offset, Offset),
        outputs: &mut Vec<Output<S::Response, S::Effect>>,
    ) -> Coordinator<S> {
        assert!(
            self.next_offset <= log_end_offset,
            "the log ends at {log_end_offset}, before the replayed {}",
            self.next_offset
        );
        let (soft, effects) = S::restart(&self.hard, context, now, seed);
        let mut coordinator = Coordinator::new(self.hard, soft, log_end_offset, high_watermark);
        coordinator.release_or_park(Vec::new(), effects, outputs);
        coordinator
    }
}
