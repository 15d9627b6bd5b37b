//! Fetch requests: tried from the page cache, read by the pool where that is cold, parked where
//! there is nothing, as the broker's handler does it.

use std::sync::Arc;

use ottla_messages::ErrorCode;
use ottla_runtime::{ReadBound, ReadOutcome, ReadRequest, Work, waiter_id};
use ottla_types::{Instant, LeaderEpoch, Offset};

use super::{Broker, Job, Left, Replica};
use crate::bugs::Bug;
use crate::checkers::{Rule, Violation};
use crate::clients::{FetchRequest, FetchResponse, Response};
use crate::network::Asker;

/// A fetch that was not answered yet.
#[derive(Clone, Debug)]
pub struct WaitingFetch {
    asker: Asker,
    reactor: usize,
    request: FetchRequest,
    /// When it is answered whatever there is.
    pub deadline: Instant,
    /// The last try, while it waits to be woken.
    parked: Option<ReadOutcome>,
}

impl WaitingFetch {
    pub(super) fn new(
        asker: Asker,
        reactor: usize,
        request: FetchRequest,
        deadline: Instant,
    ) -> WaitingFetch {
        WaitingFetch {
            asker,
            reactor,
            request,
            deadline,
            parked: None,
        }
    }
}

/// What became of a try.
#[derive(Debug)]
pub enum Tried {
    /// It is answered.
    Answered(Asker, Response),
    /// It is tried again, or waits.
    Waits,
}

impl Broker {
    fn bound(&self) -> ReadBound {
        if self.bug == Some(Bug::ReadsUncommitted) {
            ReadBound::LogEnd
        } else {
            ReadBound::HighWatermark
        }
    }

    fn read_request(&self, request: FetchRequest) -> ReadRequest {
        ReadRequest {
            offset: Offset(request.offset),
            max_bytes: request.max_bytes,
            bound: self.bound(),
            leader_epoch: LeaderEpoch::NONE,
            last_fetched_epoch: LeaderEpoch::NONE,
            whole_first: true,
        }
    }

    fn fetched_replica(&self, number: u64) -> Option<(Arc<Replica>, ReadRequest)> {
        let fetch = self.fetches.get(&number)?;
        let replica = self.replicas.get(fetch.request.partition)?;
        Some((Arc::clone(replica), self.read_request(fetch.request)))
    }

    pub(super) fn queue_fetch(&mut self, number: u64) {
        let Some(fetch) = self.fetches.get_mut(&number) else {
            return;
        };
        fetch.parked = None;
        if let Some(queue) = self.reactors.get_mut(fetch.reactor) {
            queue.push_back(Job::Fetch(number));
        }
    }

    pub(super) fn fetch_work(&mut self, number: u64) -> Option<Work> {
        let (replica, request) = self.fetched_replica(number)?;
        let outbox = self.outbox.clone();
        Some(Box::new(move || {
            outbox.push(Left::Read(number, replica.read_cached(&request)));
        }))
    }

    /// Goes on with a fetch that was tried.
    pub fn on_read(&mut self, number: u64, outcome: ReadOutcome) -> Tried {
        let Some((replica, request)) = self.fetched_replica(number) else {
            return Tried::Waits;
        };
        let is_empty = outcome.records.is_empty() && outcome.error == ErrorCode::NONE;
        if outcome.is_cold && is_empty {
            let outbox = self.outbox.clone();
            self.directory.pool().spawn(move || {
                outbox.push(Left::Read(number, replica.read(&request)));
            });
            return Tried::Waits;
        }
        let now = self.clock.now().monotonic;
        let deadline = self.fetches.get(&number).map(|fetch| fetch.deadline);
        if is_empty && deadline.is_some_and(|deadline| now < deadline) {
            let id = waiter_id(0, number);
            if replica.watch(id, request.bound, outcome.reach.offset) {
                self.queue_fetch(number);
            } else if let Some(fetch) = self.fetches.get_mut(&number) {
                fetch.parked = Some(outcome);
            }
            return Tried::Waits;
        }
        self.answer_fetch(number, outcome)
    }

    /// A replica says that a fetch may find more.
    pub fn on_readable(&mut self, number: u64) {
        if self.bug != Some(Bug::LosesWakeUps) {
            self.queue_fetch(number);
        }
    }

    /// A fetch has waited long enough.
    ///
    /// # Errors
    /// When there was something to read and nobody said so.
    pub fn on_fetch_deadline(&mut self, number: u64) -> Result<Tried, Violation> {
        let Some(fetch) = self.fetches.get_mut(&number) else {
            return Ok(Tried::Waits);
        };
        let Some(outcome) = fetch.parked.take() else {
            return Ok(Tried::Waits);
        };
        let Some((replica, request)) = self.fetched_replica(number) else {
            return Ok(Tried::Waits);
        };
        replica.unwatch(waiter_id(0, number));
        let readable_to = replica.look(|machine, _| machine.high_watermark());
        if readable_to > outcome.reach.offset {
            let detail = format!(
                "{} could be read to {readable_to}, a fetch at {} waited on",
                replica.topic_partition(),
                request.offset
            );
            return Err(Violation::new(Rule::WaitingFetchesAreWoken, detail));
        }
        Ok(self.answer_fetch(number, outcome))
    }

    fn answer_fetch(&mut self, number: u64, outcome: ReadOutcome) -> Tried {
        let Some(fetch) = self.fetches.remove(&number) else {
            return Tried::Waits;
        };
        let response = FetchResponse {
            request: fetch.request,
            error: outcome.error,
            high_watermark: outcome.high_watermark.0,
            log_start: outcome.log_start_offset.0,
            records: outcome.records,
        };
        Tried::Answered(fetch.asker, Response::Fetch(response))
    }
}
