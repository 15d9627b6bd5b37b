//! Producer ids of this broker: blocks from the controller, ids one by one to whoever asks.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use ottla_controller::{ControllerResponse, RequestBody};
use ottla_messages::ErrorCode;
use ottla_messages::allocate_producer_ids_request::AllocateProducerIdsRequest;
use ottla_types::{NodeId, ProducerId};

use crate::controller_channel::ControllerChannel;

/// The block in use.
#[derive(Debug)]
pub struct ProducerIds {
    broker_id: NodeId,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    broker_epoch: i64,
    block: Range<i64>,
}

impl ProducerIds {
    /// No block yet.
    #[must_use]
    pub fn new(broker_id: NodeId) -> ProducerIds {
        let state = State {
            broker_epoch: -1,
            block: 0..0,
        };
        ProducerIds {
            broker_id,
            state: Mutex::new(state),
        }
    }

    /// The epoch of this broker's registration, which blocks are asked for under.
    pub fn set_broker_epoch(&self, epoch: i64) {
        self.lock().broker_epoch = epoch;
    }

    /// The next id, from a new block if need be.
    ///
    /// # Errors
    /// COORDINATOR_LOAD_IN_PROGRESS while no block can be had: clients try again.
    pub async fn next(&self, controller: &ControllerChannel) -> Result<ProducerId, ErrorCode> {
        loop {
            let broker_epoch = {
                let mut state = self.lock();
                if let Some(id) = state.block.next() {
                    return Ok(ProducerId(id));
                }
                state.broker_epoch
            };
            let request = AllocateProducerIdsRequest {
                broker_id: self.broker_id.0,
                broker_epoch,
            };
            let answer = controller
                .call(RequestBody::AllocateProducerIds(request), 0)
                .await;
            let ControllerResponse::AllocateProducerIds(response) = answer else {
                return Err(ErrorCode::COORDINATOR_LOAD_IN_PROGRESS);
            };
            if response.error_code != ErrorCode::NONE.0 || response.producer_id_len <= 0 {
                return Err(ErrorCode::COORDINATOR_LOAD_IN_PROGRESS);
            }
            let start = response.producer_id_start;
            let block = start..start.saturating_add(response.producer_id_len.into());
            let mut state = self.lock();
            // Two askers may each have got a block: the one that is in use is used up first.
            if state.block.is_empty() {
                state.block = block;
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
