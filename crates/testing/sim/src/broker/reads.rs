//! Fetch requests: what comes next for one says the broker's own [`FetchReading`].

use ottla_broker::parts::{FetchAnswer, FetchPlace, FetchReading, FetchStep, ReadingLimits};
use ottla_fetch::RequestedPartition;
use ottla_messages::ErrorCode;
use ottla_messages::fetch_request::FetchPartition;
use ottla_runtime::{ReadBound, ReadOutcome, Work, waiter_id};
use ottla_types::Instant;

use super::{Broker, Job, Left};
use crate::bugs::Bug;
use crate::checkers::{Rule, Violation};
use crate::clients::{FetchRequest, FetchResponse, Response};
use crate::disk::SimulatedDisk;
use crate::network::Asker;

/// A version of Fetch that names topics by their ids.
const FETCH_VERSION: i16 = 18;

type Reading = FetchReading<SimulatedDisk>;
type Step = FetchStep<SimulatedDisk>;

/// A fetch that was not answered yet.
#[derive(Debug)]
pub struct WaitingFetch {
    asker: Asker,
    reactor: usize,
    request: FetchRequest,
    /// When it is answered whatever there is.
    deadline: Instant,
    /// None before it was tried, and while it is.
    reading: Option<Box<Reading>>,
    /// Whether it waits to be woken, and nobody has.
    is_parked: bool,
    /// Whether it was woken while it was tried.
    is_woken: bool,
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
            reading: None,
            is_parked: false,
            is_woken: false,
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

impl Tried {
    /// The answer, if there is one.
    #[must_use]
    pub fn answer(self) -> Option<(Asker, Response)> {
        match self {
            Tried::Answered(asker, response) => Some((asker, response)),
            Tried::Waits => None,
        }
    }
}

impl Broker {
    fn new_reading(&self, request: FetchRequest) -> Reading {
        let requested = RequestedPartition {
            topic: Default::default(),
            topic_id: request.log.topic_id,
            partition: FetchPartition {
                partition: request.log.partition,
                fetch_offset: request.offset,
                partition_max_bytes: i32::try_from(request.max_bytes).unwrap_or(i32::MAX),
                current_leader_epoch: -1,
                last_fetched_epoch: -1,
                ..FetchPartition::default()
            },
        };
        let place = FetchPlace::find(&self.published(), FETCH_VERSION, false, &requested);
        let bound = if self.bug == Some(Bug::ReadsUncommitted) {
            ReadBound::LogEnd
        } else {
            ReadBound::HighWatermark
        };
        let limits = ReadingLimits {
            min_bytes: 1,
            max_bytes: request.max_bytes,
            bound,
        };
        FetchReading::new(vec![place], limits)
    }

    pub(super) fn queue_fetch(&mut self, number: u64) {
        let Some(fetch) = self.fetches.get_mut(&number) else {
            return;
        };
        fetch.is_parked = false;
        if let Some(queue) = self.reactors.get_mut(fetch.reactor) {
            queue.push_back(Job::Fetch(number));
        }
    }

    pub(super) fn fetch_work(&mut self, number: u64) -> Option<Work> {
        let request = self.fetches.get(&number)?.request;
        let again = self.fetches.get_mut(&number)?.reading.take();
        let is_first = again.is_none();
        let mut reading = again.unwrap_or_else(|| Box::new(self.new_reading(request)));
        let waiter = waiter_id(0, number);
        let outbox = self.outbox().clone();
        Some(Box::new(move || {
            let step = if is_first {
                let answer = reading.attempt();
                reading.proceed(waiter, answer, request.max_wait_ms == 0)
            } else {
                reading.on_readable(waiter)
            };
            outbox.push(Left::Tried(number, reading, step));
        }))
    }

    /// Goes on with a fetch that was tried.
    pub fn on_tried(&mut self, number: u64, reading: Box<Reading>, step: Step) -> Tried {
        let Some(fetch) = self.fetches.get_mut(&number) else {
            return Tried::Waits;
        };
        fetch.reading = Some(reading);
        self.act(number, step)
    }

    fn act(&mut self, number: u64, step: Step) -> Tried {
        match step {
            FetchStep::Answer(answer) => return self.answer_fetch(number, answer),
            FetchStep::ReadCold(cold) => {
                let outbox = self.outbox().clone();
                cold.pool().spawn(move || {
                    outbox.push(Left::ReadCold(number, cold.perform()));
                });
            }
            FetchStep::Wait => {
                let Some(fetch) = self.fetches.get_mut(&number) else {
                    return Tried::Waits;
                };
                fetch.is_parked = true;
                if std::mem::take(&mut fetch.is_woken) {
                    self.queue_fetch(number);
                } else if fetch.deadline <= self.shared.now().monotonic {
                    return self.expire(number);
                }
            }
        }
        Tried::Waits
    }

    /// What a fetch lacked was read.
    pub fn on_read_cold(&mut self, number: u64, answer: FetchAnswer) -> Tried {
        let now = self.shared.now().monotonic;
        let Some(fetch) = self.fetches.get_mut(&number) else {
            return Tried::Waits;
        };
        let is_due = fetch.deadline <= now;
        let Some(reading) = &mut fetch.reading else {
            return Tried::Waits;
        };
        let step = reading.proceed(waiter_id(0, number), answer, is_due);
        self.act(number, step)
    }

    /// A replica says that a fetch may find more.
    pub fn on_readable(&mut self, number: u64) {
        if self.bug == Some(Bug::LosesWakeUps) {
            return;
        }
        let Some(fetch) = self.fetches.get_mut(&number) else {
            return;
        };
        if fetch.is_parked {
            self.queue_fetch(number);
        } else {
            fetch.is_woken = true;
        }
    }

    /// A fetch has waited long enough.
    ///
    /// # Errors
    /// When it `must_be_woken` if there is something to read, and nobody said so.
    pub fn on_fetch_deadline(
        &mut self,
        number: u64,
        must_be_woken: bool,
    ) -> Result<Tried, Violation> {
        let Some(fetch) = self.fetches.get(&number) else {
            return Ok(Tried::Waits);
        };
        let Some(reading) = fetch.reading.as_ref().filter(|_| fetch.is_parked) else {
            return Ok(Tried::Waits);
        };
        let found = reading.attempt();
        if must_be_woken && found.bytes() > 0 {
            let bytes = found.bytes();
            let request = &fetch.request;
            let detail = format!("{request:?} could read {bytes} bytes, and waited on");
            return Err(Violation::new(Rule::WaitingFetchesAreWoken, detail));
        }
        Ok(self.expire(number))
    }

    fn expire(&mut self, number: u64) -> Tried {
        let Some(fetch) = self.fetches.get_mut(&number) else {
            return Tried::Waits;
        };
        let Some(reading) = &mut fetch.reading else {
            return Tried::Waits;
        };
        fetch.is_parked = false;
        let answer = reading.attempt();
        let step = reading.proceed(waiter_id(0, number), answer, true);
        self.act(number, step)
    }

    fn answer_fetch(&mut self, number: u64, answer: FetchAnswer) -> Tried {
        let Some(fetch) = self.fetches.remove(&number) else {
            return Tried::Waits;
        };
        let outcome = answer.into_outcomes().pop();
        let outcome =
            outcome.unwrap_or_else(|| ReadOutcome::refused(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION));
        let response = FetchResponse {
            request: fetch.request,
            error: outcome.error,
            high_watermark: outcome.high_watermark.0,
            log_start: self.log_start(fetch.request),
            records: outcome.records,
        };
        Tried::Answered(fetch.asker, Response::Fetch(response))
    }

    /// Where the log starts, as ListOffsets would tell; -1 if it is not here.
    fn log_start(&self, request: FetchRequest) -> i64 {
        let published = self.published();
        let entry = published.topic_by_id(request.log.topic_id);
        let replica = entry.and_then(|entry| entry.replica(request.log.partition).ok());
        replica.map_or(-1, |replica| {
            replica.look(|_, log| log.log_start_offset().0)
        })
    }
}
