//! The machine around a [`Shard`]: it has records appended, replays them, and keeps answers and
//! effects back until what they rest on is committed.
//!
//! *Invariants*: an answer is given only when every record that was applied before it was decided
//! is below the high watermark, so nobody is told of state that a new leader may lack
//! (KAFKA-20634: [`Coordinator::resign`] takes the machine away, so no later high watermark can
//! release anything). A refused append leaves hard state as it was.
//!
//! *Not here*: encoding, sizes, minimum in-sync replicas: the [`Appender`] of the shell knows them.
//!
//! *Kafka*: `CoordinatorRuntime`, without its snapshots: an append either succeeds at once or never
//! was, and whatever fails later ends the leadership.

use std::collections::VecDeque;

use ottla_types::{Instant, Now, Offset, RequestId};

use crate::{Answer, Decision, Entry, Event, Rejection, Shard};

/// The partition under a coordinator.
pub trait Appender<Record> {
    /// Appends `records`, never none, as one batch at consecutive offsets and returns the first.
    ///
    /// # Errors
    /// Nothing was appended: the batch is too large, this node does not lead any more, too few
    /// replicas are in sync.
    fn append(&mut self, records: &[Record]) -> Result<Offset, Rejection>;
}

/// What happens to a coordinator.
#[derive(Clone, Debug)]
pub enum Input<Request, Record> {
    /// To be decided by the shard.
    Event(Event<Request>),
    /// Somebody else appended to the partition, as the transaction coordinator does with the end of
    /// a transaction.
    Appended(Offset, Entry<Record>),
    /// The first offset of the partition that is not committed.
    HighWatermark(Offset),
}

/// What the shell must do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output<Response, Effect> {
    /// Give a waiting client its answer.
    Answer(Answer<Response>),
    /// Do what the shard asks for.
    Effect(Effect),
}

/// Answers and effects that wait for the high watermark to reach `committed_from`.
#[derive(Debug)]
struct Parked<Response, Effect> {
    committed_from: Offset,
    answers: Vec<Answer<Response>>,
    effects: Vec<Effect>,
}

/// A shard that leads.
#[derive(Debug)]
pub struct Coordinator<S: Shard> {
    hard: S::Hard,
    soft: S::Soft,
    /// One above the last offset that was applied.
    applied: Offset,
    high_watermark: Offset,
    /// Rising in `committed_from`, all above the high watermark.
    parked: VecDeque<Parked<S::Response, S::Effect>>,
}

impl<S: Shard> Coordinator<S> {
    pub(crate) fn new(
        hard: S::Hard,
        soft: S::Soft,
        applied: Offset,
        high_watermark: Offset,
    ) -> Self {
        Coordinator {
            hard,
            soft,
            applied,
            high_watermark,
            parked: VecDeque::new(),
        }
    }

    /// What the log says, uncommitted records included.
    #[must_use]
    pub fn hard(&self) -> &S::Hard {
        &self.hard
    }

    /// What dies with this leadership.
    #[must_use]
    pub fn soft(&self) -> &S::Soft {
        &self.soft
    }

    /// How many decisions wait for the high watermark.
    #[must_use]
    pub fn parked_count(&self) -> usize {
        self.parked.len()
    }

    /// When the shell must step it with [`Event::Deadline`], if nothing happens before.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        S::next_deadline(&self.soft)
    }

    /// Takes one input. Records go to `appender` before this returns, what is free to `outputs`.
    ///
    /// # Panics
    /// If the partition gives an offset below one that was already applied.
    pub fn step(
        &mut self,
        now: Now,
        context: &S::Context,
        input: Input<S::Request, S::Record>,
        appender: &mut impl Appender<S::Record>,
        outputs: &mut Vec<Output<S::Response, S::Effect>>,
    ) {
        match input {
            Input::Event(event) => self.on_event(now, context, event, appender, outputs),
            Input::Appended(offset, entry) => self.apply(offset, entry),
            Input::HighWatermark(offset) => self.on_high_watermark(offset, outputs),
        }
    }

    /// Leadership has ended: whoever waits, for a commit or inside the shard, is refused with
    /// `rejection` (NOT_COORDINATOR). Nothing can be released afterwards.
    pub fn resign(
        mut self,
        rejection: &Rejection,
        outputs: &mut Vec<Output<S::Response, S::Effect>>,
    ) {
        for parked in std::mem::take(&mut self.parked) {
            for answer in parked.answers {
                self.reject(answer.to, Some(answer.response), rejection, outputs);
            }
        }
        for request in S::waiting(&self.soft) {
            self.reject(request, None, rejection, outputs);
        }
    }

    /// Asserts what must always hold.
    ///
    /// # Panics
    /// If it does not.
    pub fn check_invariants(&self) {
        let mut previous = self.high_watermark;
        for (index, parked) in self.parked.iter().enumerate() {
            assert!(
                parked.committed_from > self.high_watermark,
                "whatever is committed has been released"
            );
            assert!(
                index == 0 || parked.committed_from >= previous,
                "decisions are parked in the order of the log"
            );
            previous = parked.committed_from;
        }
        assert!(
            previous <= self.applied || self.parked.is_empty(),
            "nothing waits for an offset that was never appended"
        );
    }

    fn on_event(
        &mut self,
        now: Now,
        context: &S::Context,
        event: Event<S::Request>,
        appender: &mut impl Appender<S::Record>,
        outputs: &mut Vec<Output<S::Response, S::Effect>>,
    ) {
        let asked_by = match &event {
            Event::Request(request, _) => Some(*request),
            Event::Deadline | Event::Cancelled(_) | Event::ImageChanged => None,
        };
        let decision = S::decide(&self.hard, &mut self.soft, context, now, event);
        let Decision {
            records,
            answers,
            effects,
        } = decision;
        if records.is_empty() {
            self.release_or_park(answers, effects, outputs);
            return;
        }
        match appender.append(&records) {
            Ok(base_offset) => {
                for (offset, record) in (base_offset.0..).zip(records) {
                    self.apply(Offset(offset), Entry::Record(record));
                }
                self.release_or_park(answers, effects, outputs);
            }
            Err(rejection) => self.refuse(asked_by, answers, &rejection, outputs),
        }
    }

    fn apply(&mut self, offset: Offset, entry: Entry<S::Record>) {
        assert!(
            offset >= self.applied,
            "the log is applied in the order of its offsets: {offset} after {}",
            self.applied
        );
        S::replay(&mut self.hard, offset, entry);
        self.applied = offset.plus(1);
    }

    /// A decision that could not be appended: who asked for it and whoever it would have answered
    /// is refused. The request that caused it may be waiting inside the shard by now.
    fn refuse(
        &mut self,
        asked_by: Option<RequestId>,
        answers: Vec<Answer<S::Response>>,
        rejection: &Rejection,
        outputs: &mut Vec<Output<S::Response, S::Effect>>,
    ) {
        let unanswered =
            asked_by.filter(|request| answers.iter().all(|answer| answer.to != *request));
        for answer in answers {
            self.reject(answer.to, Some(answer.response), rejection, outputs);
        }
        if let Some(request) = unanswered {
            self.reject(request, None, rejection, outputs);
        }
    }

    fn reject(
        &mut self,
        request: RequestId,
        intended: Option<S::Response>,
        rejection: &Rejection,
        outputs: &mut Vec<Output<S::Response, S::Effect>>,
    ) {
        let response = S::reject(&mut self.soft, request, intended, rejection);
        outputs.push(Output::Answer(Answer {
            to: request,
            response,
        }));
    }

    pub(crate) fn release_or_park(
        &mut self,
        answers: Vec<Answer<S::Response>>,
        effects: Vec<S::Effect>,
        outputs: &mut Vec<Output<S::Response, S::Effect>>,
    ) {
        if answers.is_empty() && effects.is_empty() {
            return;
        }
        let parked = Parked {
            committed_from: self.applied,
            answers,
            effects,
        };
        if parked.committed_from <= self.high_watermark {
            release(parked, outputs);
        } else {
            self.parked.push_back(parked);
        }
    }

    fn on_high_watermark(
        &mut self,
        offset: Offset,
        outputs: &mut Vec<Output<S::Response, S::Effect>>,
    ) {
        self.high_watermark = self.high_watermark.max(offset);
        while self
            .parked
            .front()
            .is_some_and(|parked| parked.committed_from <= self.high_watermark)
        {
            if let Some(parked) = self.parked.pop_front() {
                release(parked, outputs);
            }
        }
    }
}

fn release<Response, Effect>(
    parked: Parked<Response, Effect>,
    outputs: &mut Vec<Output<Response, Effect>>,
) {
    outputs.extend(parked.answers.into_iter().map(Output::Answer));
    outputs.extend(parked.effects.into_iter().map(Output::Effect));
}

#[cfg(test)]
mod tests;
