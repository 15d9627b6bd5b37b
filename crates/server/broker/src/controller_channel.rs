//! How a broker asks the active controller, in this process or in another one.
//!
//! Kafka's brokers ask in two ways, and so does this one: for themselves directly, for their
//! clients in an Envelope (KIP-590) that says who the client is. Each way has a connection of its
//! own, so that a change that takes long holds back no heartbeat.
//!
//! *Kafka*: `NodeToControllerChannelManager`, `ForwardingManager`.

mod lane;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use ottla_controller::{ControllerRequest, ControllerResponse, RequestBody};
use ottla_coordinator::Rejection;
use ottla_messages::default_principal_data::DefaultPrincipalData;
use ottla_messages::envelope_request::EnvelopeRequest;
use ottla_messages::request_header::RequestHeader;
use ottla_messages::response_header::ResponseHeader;
use ottla_messages::{EncodeError, ErrorCode, KafkaString, Message, Reader, Request, Writer};
use ottla_types::NodeId;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::quorum_channel::QuorumChannel;
use lane::{Lane, Question};

type Send =
    dyn Fn(ControllerRequest, oneshot::Sender<ControllerResponse>) + std::marker::Send + Sync;

/// How long a change that a client asks for may look for a controller that takes it, as in Kafka.
const FORWARDING_PATIENCE: Duration = Duration::from_secs(60);

/// The way to the controller.
#[derive(Clone)]
pub struct ControllerChannel {
    local: NodeId,
    hosts_controller: bool,
    send: Arc<Send>,
    quorum: QuorumChannel,
    own: Lane,
    forwarded: Lane,
}

/// Who asks, when it is not this broker itself.
#[derive(Clone, Debug)]
pub struct Client {
    /// What it calls itself.
    pub id: KafkaString,
    /// Where it comes from.
    pub address: IpAddr,
}

/// What a channel is made of.
pub struct ControllerChannelParts {
    /// This node.
    pub local: NodeId,
    /// Whether `process.roles` has the controller.
    pub hosts_controller: bool,
    /// The way to the quorum.
    pub quorum: QuorumChannel,
    /// Where connections to other nodes live.
    pub runtime: Handle,
    /// `request.timeout.ms`
    pub request_timeout: Duration,
    /// How long a heartbeat may look for a controller that takes it.
    pub heartbeat_patience: Duration,
}

impl ControllerChannel {
    /// A channel that hands requests for the controller in this process to `send`. A sender that is
    /// dropped without an answer means that the controller is gone.
    #[must_use]
    pub fn new(
        parts: ControllerChannelParts,
        send: impl Fn(ControllerRequest, oneshot::Sender<ControllerResponse>)
        + std::marker::Send
        + Sync
        + 'static,
    ) -> ControllerChannel {
        let lane = |patience| {
            Lane::start(
                &parts.runtime,
                parts.quorum.clone(),
                parts.local,
                parts.request_timeout,
                patience,
            )
        };
        ControllerChannel {
            local: parts.local,
            hosts_controller: parts.hosts_controller,
            send: Arc::new(send),
            own: lane(parts.heartbeat_patience),
            forwarded: lane(FORWARDING_PATIENCE),
            quorum: parts.quorum,
        }
    }

    /// Whether the active controller is in this process, as far as is known.
    #[must_use]
    pub fn is_here(&self) -> bool {
        match self.quorum.status().leader {
            Some(leader) => leader == self.local,
            None => self.hosts_controller,
        }
    }

    /// Asks for this broker itself. When the controller is in this process, the decision is
    /// committed and in this node's image when the answer comes. A request that is refused as a
    /// whole comes back as its own API's answer.
    pub async fn call(&self, body: RequestBody, api_version: i16) -> ControllerResponse {
        if self.is_here() {
            let request = ControllerRequest {
                api_version,
                forwarded: true,
                holds_own_directories: true,
                body,
            };
            return self.ask(request).await;
        }
        let lane = match body {
            RequestBody::CreateTopics(_) => &self.forwarded,
            _ => &self.own,
        };
        let question = Question::Direct(Box::new(body.clone()), api_version);
        match lane.ask(question).await {
            Some(lane::Answer::Direct(response)) => *response,
            _ => body.rejected(&no_controller()),
        }
    }

    /// Asks for a client whose request this broker has checked as far as only it can.
    pub async fn forward(
        &self,
        body: RequestBody,
        api_version: i16,
        client: &Client,
    ) -> ControllerResponse {
        if self.is_here() {
            let request = ControllerRequest {
                api_version,
                forwarded: true,
                holds_own_directories: false,
                body,
            };
            return self.ask(request).await;
        }
        macro_rules! enveloped {
            ($($variant:ident),*) => {
                match &body {
                    $(RequestBody::$variant(asked) => self
                        .envelope(asked, api_version, client)
                        .await
                        .map(ControllerResponse::$variant),)*
                    // What brokers ask for themselves only.
                    RequestBody::BrokerRegistration(_)
                    | RequestBody::BrokerHeartbeat(_)
                    | RequestBody::ControllerRegistration(_)
                    | RequestBody::AllocateProducerIds(_)
                    | RequestBody::AlterPartition(_)
                    | RequestBody::AssignReplicasToDirs(_) => None,
                }
            };
        }
        let answer = enveloped!(
            CreateTopics,
            DeleteTopics,
            CreatePartitions,
            UnregisterBroker,
            ElectLeaders,
            IncrementalAlterConfigs,
            AlterConfigs,
            UpdateFeatures,
            AlterPartitionReassignments
        );
        answer.unwrap_or_else(|| body.rejected(&no_controller()))
    }

    /// Has the active controller answer a client's request, in whichever process it is; none when
    /// none takes it in time.
    pub async fn envelope<R: Request>(
        &self,
        request: &R,
        api_version: i16,
        client: &Client,
    ) -> Option<R::Response> {
        let envelope = match enclose(request, api_version, client) {
            Ok(envelope) => envelope,
            Err(error) => {
                tracing::error!(api = ?R::API_KEY, %error, "a request that cannot be forwarded");
                return None;
            }
        };
        let answer = self.forwarded.ask(Question::Envelope(envelope)).await?;
        let lane::Answer::Envelope(bytes) = answer else {
            return None;
        };
        let mut reader = Reader::new(bytes);
        let header_version = R::API_KEY.response_header_version(api_version);
        let opened = ResponseHeader::decode(&mut reader, header_version)
            .and_then(|_| R::Response::decode(&mut reader, api_version));
        opened
            .inspect_err(|error| tracing::error!(api = ?R::API_KEY, %error, "unreadable answer"))
            .ok()
    }

    /// Asks the controller in this process, which may refuse because it does not lead: for requests
    /// that came in by a controller's listener.
    pub async fn ask(&self, request: ControllerRequest) -> ControllerResponse {
        let (reply, answer) = oneshot::channel();
        let body = request.body.clone();
        (self.send)(request, reply);
        match answer.await {
            Ok(ControllerResponse::Rejected(rejection)) => body.rejected(&rejection),
            Ok(response) => response,
            Err(_) => body.rejected(&no_controller()),
        }
    }
}

fn no_controller() -> Rejection {
    Rejection {
        code: ErrorCode::NOT_CONTROLLER,
        message: None,
    }
}

/// A client's request with who the client is. Without authentication everybody is ANONYMOUS.
fn enclose<R: Request>(
    request: &R,
    api_version: i16,
    client: &Client,
) -> Result<EnvelopeRequest, EncodeError> {
    const PRINCIPAL_VERSION: i16 = 0;
    let header = RequestHeader {
        request_api_key: R::API_KEY as i16,
        request_api_version: api_version,
        correlation_id: 0,
        client_id: Some(client.id.clone()),
    };
    let mut writer = Writer::new();
    header.encode(&mut writer, R::API_KEY.request_header_version(api_version))?;
    request.encode(&mut writer, api_version)?;
    let mut principal = Writer::new();
    principal.write_i16(PRINCIPAL_VERSION);
    let anonymous = DefaultPrincipalData {
        r#type: "User".into(),
        name: "ANONYMOUS".into(),
        token_authenticated: false,
    };
    anonymous.encode(&mut principal, PRINCIPAL_VERSION)?;
    let address = match client.address {
        IpAddr::V4(address) => Bytes::copy_from_slice(&address.octets()),
        IpAddr::V6(address) => Bytes::copy_from_slice(&address.octets()),
    };
    Ok(EnvelopeRequest {
        request_data: writer.into_bytes(),
        request_principal: Some(principal.into_bytes()),
        client_host_address: address,
    })
}

impl fmt::Debug for ControllerChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("controller channel")
    }
}
