//! One connection to whoever is the active controller at the moment: questions go out one after the
//! other, each again and again until a controller takes it or its patience ends.

use std::time::Duration;

use bytes::Bytes;
use ottla_controller::{ControllerResponse, RequestBody};
use ottla_messages::ErrorCode;
use ottla_messages::envelope_request::EnvelopeRequest;
use ottla_runtime::{NodeAddress, NodeConnection, NodeError};
use ottla_types::NodeId;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

use crate::quorum_channel::QuorumChannel;

/// The pause after an attempt that came to nothing.
const RETRY_BACKOFF: Duration = Duration::from_millis(20);
/// From this version on a heartbeat says which directories are cordoned (KIP-1066).
const FIRST_HEARTBEAT_WITH_CORDONS: i16 = 2;

/// What is asked.
#[derive(Clone, Debug)]
pub(super) enum Question {
    /// For the broker itself, at this version at most.
    Direct(Box<RequestBody>, i16),
    /// For a client.
    Envelope(EnvelopeRequest),
}

/// What is answered.
#[derive(Debug)]
pub(super) enum Answer {
    Direct(Box<ControllerResponse>),
    /// The answer as its client would get it, header included.
    Envelope(Bytes),
}

struct Job {
    question: Question,
    reply: oneshot::Sender<Answer>,
}

/// Reaches the task that has the connection.
#[derive(Clone)]
pub(super) struct Lane {
    jobs: UnboundedSender<Job>,
}

impl Lane {
    /// Starts a lane; it ends with its last handle.
    pub(super) fn start(
        runtime: &Handle,
        quorum: QuorumChannel,
        local: NodeId,
        request_timeout: Duration,
        patience: Duration,
    ) -> Lane {
        let (jobs, receiver) = unbounded_channel();
        let task = LaneTask {
            quorum,
            client_id: local.to_string(),
            request_timeout,
            patience,
            connection: None,
        };
        runtime.spawn(task.run(receiver));
        Lane { jobs }
    }

    /// Asks; none when no controller takes it in time.
    pub(super) async fn ask(&self, question: Question) -> Option<Answer> {
        let (reply, answer) = oneshot::channel();
        self.jobs.send(Job { question, reply }).ok()?;
        answer.await.ok()
    }
}

struct LaneTask {
    quorum: QuorumChannel,
    client_id: String,
    request_timeout: Duration,
    patience: Duration,
    connection: Option<NodeConnection>,
}

impl LaneTask {
    async fn run(mut self, mut jobs: UnboundedReceiver<Job>) {
        while let Some(job) = jobs.recv().await {
            if let Some(answer) = self.persist(&job).await {
                // Whoever asked may have given up: then nobody wants the answer.
                let _ = job.reply.send(answer);
            }
        }
    }

    async fn persist(&mut self, job: &Job) -> Option<Answer> {
        let deadline = Instant::now() + self.patience;
        loop {
            if job.reply.is_closed() {
                return None;
            }
            match self.attempt(&job.question).await {
                Ok(Some(answer)) => return Some(answer),
                Ok(None) => {}
                Err(error @ (NodeError::Unsupported(_) | NodeError::Encode(_))) => {
                    tracing::error!(%error, "the controller cannot be asked");
                    return None;
                }
                Err(error) => tracing::debug!(%error, "the controller is not reached"),
            }
            if Instant::now() >= deadline {
                return None;
            }
            sleep(RETRY_BACKOFF).await;
        }
    }

    /// One attempt; nothing, when there is no controller or it is none any more.
    async fn attempt(&mut self, question: &Question) -> Result<Option<Answer>, NodeError> {
        let Some(address) = self.quorum.status().leader_address else {
            return Ok(None);
        };
        let connection = match &mut self.connection {
            Some(connection) if *connection.address() == address => connection,
            connection => {
                connection.insert(self::dial(address, &self.client_id, self.request_timeout))
            }
        };
        match question {
            Question::Direct(body, api_version) => {
                let response = direct(connection, (**body).clone(), *api_version).await?;
                let taken = error_of(&response) != ErrorCode::NOT_CONTROLLER;
                Ok(taken.then(|| Answer::Direct(Box::new(response))))
            }
            Question::Envelope(envelope) => {
                let response = connection.call(0, 0, |_| envelope.clone()).await?;
                match ErrorCode(response.error_code) {
                    ErrorCode::NONE => Ok(response.response_data.map(Answer::Envelope)),
                    ErrorCode::NOT_CONTROLLER => Ok(None),
                    error => {
                        tracing::error!(%error, "the controller refuses a forwarded request");
                        Err(NodeError::Unsupported(ottla_messages::ApiKey::Envelope))
                    }
                }
            }
        }
    }
}

fn dial(address: NodeAddress, client_id: &str, request_timeout: Duration) -> NodeConnection {
    NodeConnection::new(address, client_id, request_timeout)
}

/// Asks by the API of the body, in the newest version up to `highest` that both speak.
async fn direct(
    connection: &mut NodeConnection,
    body: RequestBody,
    highest: i16,
) -> Result<ControllerResponse, NodeError> {
    macro_rules! asked {
        ($($variant:ident),*) => {
            match body {
                RequestBody::BrokerHeartbeat(mut heartbeat) => {
                    let at_version = |version| {
                        if version < FIRST_HEARTBEAT_WITH_CORDONS {
                            heartbeat.cordoned_log_dirs = None;
                        }
                        heartbeat
                    };
                    let response = connection.call(0, highest, at_version).await?;
                    ControllerResponse::BrokerHeartbeat(response)
                }
                $(RequestBody::$variant(request) => {
                    let response = connection.call(0, highest, |_| request).await?;
                    ControllerResponse::$variant(response)
                })*
            }
        };
    }
    Ok(asked!(
        CreateTopics,
        DeleteTopics,
        CreatePartitions,
        BrokerRegistration,
        UnregisterBroker,
        ControllerRegistration,
        AllocateProducerIds,
        AlterPartition,
        AssignReplicasToDirs,
        ElectLeaders,
        IncrementalAlterConfigs,
        AlterConfigs,
        UpdateFeatures,
        AlterPartitionReassignments
    ))
}

/// What a broker's own request is refused by as a whole.
fn error_of(response: &ControllerResponse) -> ErrorCode {
    ErrorCode(match response {
        ControllerResponse::BrokerRegistration(response) => response.error_code,
        ControllerResponse::BrokerHeartbeat(response) => response.error_code,
        ControllerResponse::ControllerRegistration(response) => response.error_code,
        ControllerResponse::AllocateProducerIds(response) => response.error_code,
        ControllerResponse::AlterPartition(response) => response.error_code,
        ControllerResponse::AssignReplicasToDirs(response) => response.error_code,
        _ => ErrorCode::NONE.0,
    })
}
