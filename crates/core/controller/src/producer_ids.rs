//! AllocateProducerIds: blocks of ids for idempotent producers.
//!
//! *Kafka*: `ProducerIdControlManager`, KIP-730.

use ottla_messages::ErrorCode;
use ottla_messages::allocate_producer_ids_request::AllocateProducerIdsRequest;
use ottla_messages::allocate_producer_ids_response::AllocateProducerIdsResponse;
use ottla_messages::producer_ids_record::ProducerIdsRecord;

use crate::deciding::{Decided, Deciding, refuse_plainly};

/// How many ids a block has.
pub const PRODUCER_ID_BLOCK_SIZE: i32 = 1_000;

impl Deciding<'_> {
    pub(crate) fn allocate_producer_ids(
        &self,
        request: &AllocateProducerIdsRequest,
    ) -> Decided<AllocateProducerIdsResponse> {
        self.broker_of_epoch(request.broker_id, request.broker_epoch)?;
        let start = self.image().next_producer_id;
        let next_producer_id = start
            .checked_add(i64::from(PRODUCER_ID_BLOCK_SIZE))
            .ok_or_else(|| refuse_plainly(ErrorCode::UNKNOWN_SERVER_ERROR))?;
        let record = ProducerIdsRecord {
            broker_id: request.broker_id,
            broker_epoch: request.broker_epoch,
            next_producer_id,
        };
        let response = AllocateProducerIdsResponse {
            producer_id_start: start,
            producer_id_len: PRODUCER_ID_BLOCK_SIZE,
            ..AllocateProducerIdsResponse::default()
        };
        Ok((vec![record.into()], response))
    }
}
