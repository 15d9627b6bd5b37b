//! InitProducerId (22), versions 0–5. Version 2 is flexible, 3 lets a producer go on after an error
//! (KIP-360). Not implemented: transactional ids, which are refused.

use std::rc::Rc;

use ottla_messages::ErrorCode;
use ottla_messages::init_producer_id_request::InitProducerIdRequest;
use ottla_messages::init_producer_id_response::InitProducerIdResponse;

use crate::reactor::ReactorService;
use crate::request::RequestContext;

/// Gives out a new producer id.
pub async fn handle(
    service: &Rc<ReactorService>,
    _context: &RequestContext,
    request: InitProducerIdRequest,
) -> InitProducerIdResponse {
    let refused = |error: ErrorCode| InitProducerIdResponse {
        error_code: error.0,
        producer_id: -1,
        producer_epoch: -1,
        ..InitProducerIdResponse::default()
    };
    if request.transactional_id.is_some() {
        return refused(ErrorCode::INVALID_REQUEST);
    }
    // Who goes on after an error names both his id and his epoch.
    if (request.producer_id == -1) != (request.producer_epoch == -1) {
        return refused(ErrorCode::INVALID_REQUEST);
    }
    match service
        .node()
        .producer_ids()
        .next(service.node().controller())
        .await
    {
        Ok(producer_id) => InitProducerIdResponse {
            producer_id: producer_id.0,
            producer_epoch: 0,
            ..InitProducerIdResponse::default()
        },
        Err(error) => refused(error),
    }
}
