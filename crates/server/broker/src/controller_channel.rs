//! How a broker asks the active controller, which is in this process.

use std::fmt;
use std::sync::Arc;

use ottla_controller::{ControllerRequest, ControllerResponse, RequestBody};
use ottla_coordinator::Rejection;
use ottla_messages::ErrorCode;
use tokio::sync::oneshot;

type Send =
    dyn Fn(ControllerRequest, oneshot::Sender<ControllerResponse>) + std::marker::Send + Sync;

/// A handle to the controller's thread.
#[derive(Clone)]
pub struct ControllerChannel {
    send: Arc<Send>,
}

impl ControllerChannel {
    /// A channel that hands requests to `send`. A sender that is dropped without an answer means
    /// that the controller is gone.
    #[must_use]
    pub fn new(
        send: impl Fn(ControllerRequest, oneshot::Sender<ControllerResponse>)
        + std::marker::Send
        + Sync
        + 'static,
    ) -> ControllerChannel {
        ControllerChannel {
            send: Arc::new(send),
        }
    }

    /// Asks for a client, or for this broker itself; waits until the decision is committed and this
    /// node's image contains it. A request that is refused as a whole comes back as its own API's
    /// answer.
    pub async fn call(&self, body: RequestBody, api_version: i16) -> ControllerResponse {
        let (reply, answer) = oneshot::channel();
        let request = ControllerRequest {
            api_version,
            forwarded: true,
            holds_own_directories: true,
            body: body.clone(),
        };
        (self.send)(request, reply);
        match answer.await {
            Ok(ControllerResponse::Rejected(rejection)) => body.rejected(&rejection),
            Ok(response) => response,
            Err(_) => body.rejected(&Rejection {
                code: ErrorCode::NOT_CONTROLLER,
                message: None,
            }),
        }
    }
}

impl fmt::Debug for ControllerChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("controller channel")
    }
}
