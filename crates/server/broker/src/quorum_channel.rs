//! How a reactor asks the metadata quorum about its log, which is in this process.

use std::fmt;
use std::sync::{Arc, OnceLock};

use ottla_runtime::quorum::{
    QuorumCall, QuorumHandle, QuorumRequest, QuorumResponse, QuorumStatus,
};
use tokio::sync::oneshot;

use crate::cluster_controller::ClusterController;

/// A handle to the quorum's thread, which starts later than those who ask it.
#[derive(Clone)]
pub struct QuorumChannel {
    handle: Arc<OnceLock<QuorumHandle<ClusterController>>>,
}

impl QuorumChannel {
    /// A channel to the quorum that will be put in.
    #[must_use]
    pub fn new(handle: Arc<OnceLock<QuorumHandle<ClusterController>>>) -> QuorumChannel {
        QuorumChannel { handle }
    }

    /// Where the quorum stands.
    #[must_use]
    pub fn status(&self) -> QuorumStatus {
        self.handle
            .get()
            .map_or_else(QuorumStatus::default, QuorumHandle::status)
    }

    /// Asks; `None` when the quorum does not run.
    pub async fn call(
        &self,
        request: QuorumRequest,
        api_version: i16,
        listener: &str,
    ) -> Option<QuorumResponse> {
        let (reply, answer) = oneshot::channel();
        self.handle.get()?.call(QuorumCall {
            request,
            api_version,
            listener: listener.to_owned(),
            // Whoever asked may have given up: then nobody wants the answer.
            reply: Box::new(move |response| drop(reply.send(response))),
        });
        answer.await.ok()
    }
}

impl fmt::Debug for QuorumChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("quorum channel")
    }
}
