//! What becomes of a record: one outcome per batch, shared by the deliveries of its records.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use ottla_types::{Offset, TimestampMs};

use super::{RecordMetadata, lock};
use crate::Error;

/// The end of a batch.
#[derive(Debug, Default)]
pub(super) struct Completion {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    outcome: Option<Result<Written, Error>>,
    wakers: Vec<Waker>,
}

/// Where a batch was written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written {
    pub base_offset: Offset,
    pub append_time: TimestampMs,
}

impl Completion {
    pub fn resolve(&self, outcome: Result<Written, Error>) {
        let mut state = lock(&self.state);
        state.outcome = Some(outcome);
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
}

impl Future for Delivery {
    type Output = Result<RecordMetadata, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = lock(&self.completion.state);
        let Some(outcome) = &state.outcome else {
            let waker = context.waker();
            if !state.wakers.iter().any(|other| other.will_wake(waker)) {
                state.wakers.push(waker.clone());
            }
            return Poll::Pending;
        };
        Poll::Ready(match outcome {
            Err(error) => Err(error.clone()),
            Ok(written) => {
                let known = written.base_offset != Offset::NONE;
                let stamped = written.append_time != TimestampMs::NONE;
                let delta = i64::from(self.offset_delta);
                let offset = written.base_offset.0.checked_add(delta).map(Offset);
                Ok(RecordMetadata {
                    partition: self.partition,
                    offset: offset.filter(|_| known),
                    timestamp: if stamped {
                        written.append_time
                    } else {
                        self.timestamp
                    },
                })
            }
        })
    }
}
