//! What becomes of a record: one outcome per batch, shared by the deliveries of its records.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use ottla_types::{Offset, TimestampMs};

use super::{RecordMetadata, lock};
use crate::{Error, Refusal};

/// The end of a batch.
#[derive(Debug, Default)]
pub(super) struct Completion {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    end: Option<End>,
    wakers: Vec<Waker>,
}

/// What became of a batch.
#[derive(Debug)]
enum End {
    Decided(Outcome),
    /// It was too large: its first `records` records went on as one batch, the others as another.
    Split {
        records: i32,
        first: Arc<Completion>,
        others: Arc<Completion>,
    },
}

/// How a batch ended.
pub(super) type Outcome = Result<Written, Refused>;

/// Why a batch was given up, with a broker's words for single records of it.
#[derive(Clone, Debug)]
pub(super) struct Refused {
    pub error: Error,
    /// By place in the batch; empty if the broker meant the batch.
    pub records: Vec<(i32, String)>,
}

impl Refused {
    /// The error of one record.
    fn of(&self, offset_delta: i32) -> Error {
        let Error::Refused(refusal) = &self.error else {
            return self.error.clone();
        };
        if self.records.is_empty() {
            return self.error.clone();
        }
        let own = self
            .records
            .iter()
            .find(|(place, _)| *place == offset_delta);
        let message = match own {
            Some((_, message)) => message.clone(),
            None => "another record of its batch was refused, so nothing of it was written; this \
                     one can be sent again"
                .to_owned(),
        };
        Error::Refused(Refusal {
            code: refusal.code,
            message: Some(message),
        })
    }
}

/// Where a batch was written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written {
    pub base_offset: Offset,
    pub append_time: TimestampMs,
}

impl Completion {
    pub fn resolve(&self, outcome: Outcome) {
        self.end(End::Decided(outcome));
    }

    /// Sends the deliveries on to the two parts of the batch.
    pub fn split(&self, records: i32, first: &Arc<Completion>, others: &Arc<Completion>) {
        self.end(End::Split {
            records,
            first: Arc::clone(first),
            others: Arc::clone(others),
        });
    }

    fn end(&self, end: End) {
        let mut state = lock(&self.state);
        state.end = Some(end);
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        for waker in wakers {
            waker.wake();
        }
    }
}

/// The delivery of one record: awaited, it says where the record was written. Dropped, the record
/// is delivered all the same.
#[derive(Debug)]
pub struct Delivery {
    pub(super) completion: Arc<Completion>,
    pub(super) partition: i32,
    pub(super) offset_delta: i32,
    pub(super) timestamp: TimestampMs,
}

impl Delivery {
    /// The partition chosen.
    #[must_use]
    pub fn partition(&self) -> i32 {
        self.partition
    }

    fn metadata(&self, written: Written) -> RecordMetadata {
        let known = written.base_offset != Offset::NONE;
        let stamped = written.append_time != TimestampMs::NONE;
        let delta = i64::from(self.offset_delta);
        let offset = written.base_offset.0.checked_add(delta).map(Offset);
        RecordMetadata {
            partition: self.partition,
            offset: offset.filter(|_| known),
            timestamp: if stamped {
                written.append_time
            } else {
                self.timestamp
            },
        }
    }
}

impl Future for Delivery {
    type Output = Result<RecordMetadata, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let delivery = self.get_mut();
        loop {
            let mut state = lock(&delivery.completion.state);
            let part = match &state.end {
                None => {
                    let waker = context.waker();
                    if !state.wakers.iter().any(|other| other.will_wake(waker)) {
                        state.wakers.push(waker.clone());
                    }
                    return Poll::Pending;
                }
                Some(End::Decided(Err(refused))) => {
                    return Poll::Ready(Err(refused.of(delivery.offset_delta)));
                }
                Some(End::Decided(Ok(written))) => {
                    return Poll::Ready(Ok(delivery.metadata(*written)));
                }
                Some(End::Split { records, first, .. }) if delivery.offset_delta < *records => {
                    Arc::clone(first)
                }
                Some(End::Split {
                    records, others, ..
                }) => {
                    delivery.offset_delta -= *records;
                    Arc::clone(others)
                }
            };
            drop(state);
            delivery.completion = part;
        }
    }
}
