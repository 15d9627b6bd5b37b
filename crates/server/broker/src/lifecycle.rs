//! A node's life as the active controller sees it: a controller registers; a broker is registered,
//! unfenced, heard of every two seconds, and let go in order.
//!
//! *State* of a broker: starting → registered → unfenced → leaving → gone. A controller that
//! forgets the broker's epoch is registered with anew.
//! *Kafka*: `BrokerLifecycleManager`.

use std::sync::Arc;
use std::time::Duration;

use ottla_config::Endpoint;
use ottla_controller::{ControllerResponse, RequestBody};
use ottla_messages::broker_heartbeat_request::BrokerHeartbeatRequest;
use ottla_messages::broker_heartbeat_response::BrokerHeartbeatResponse;
use ottla_messages::broker_registration_request::{self, BrokerRegistrationRequest};
use ottla_messages::controller_registration_request::{self, ControllerRegistrationRequest};
use ottla_messages::{ErrorCode, KafkaString};
use ottla_types::Uuid;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};

use crate::features::supported_features;
use crate::node::Node;

/// The newest version of BrokerRegistration and BrokerHeartbeat.
const REGISTRATION_VERSION: i16 = 4;
const HEARTBEAT_VERSION: i16 = 2;
/// While a start waits for something, Kafka asks this often.
const START_INTERVAL: Duration = Duration::from_millis(10);
/// How long a stop waits for its leaderships to be handed over.
const CONTROLLED_SHUTDOWN_PATIENCE: Duration = Duration::from_secs(10);

/// Why a broker cannot start.
#[derive(Debug, thiserror::Error)]
pub enum LifecycleError {
    /// The controller refuses this broker.
    #[error("the controller refuses this broker: {0}")]
    Refused(ErrorCode),
    /// The controller did not register this broker in time.
    #[error("not registered within initial.broker.registration.timeout.ms")]
    TimedOut,
}

/// Who registers.
#[derive(Clone, Debug)]
pub struct Identity {
    /// This run of the process.
    pub incarnation: Uuid,
    /// The epoch under which the last run stopped in order; -1 if it did not.
    pub previous_broker_epoch: i64,
    /// What clients are told to dial.
    pub endpoints: Vec<Endpoint>,
    /// What other nodes dial to reach the controller here.
    pub controller_endpoints: Vec<Endpoint>,
}

/// A broker's life.
pub struct Lifecycle {
    node: Arc<Node>,
    identity: Identity,
    broker_epoch: i64,
}

impl Lifecycle {
    /// Registers and gets unfenced: the broker serves when this returns.
    ///
    /// # Errors
    /// When the controller does not take it.
    pub async fn start(node: Arc<Node>, identity: Identity) -> Result<Lifecycle, LifecycleError> {
        let patience = u64::try_from(node.config().lifecycle.initial_registration_timeout_ms);
        let patience = Duration::from_millis(patience.unwrap_or(60_000));
        let mut lifecycle = Lifecycle {
            node,
            identity,
            broker_epoch: -1,
        };
        let roles = lifecycle.node.config().node.roles;
        if !roles.broker {
            // The others of the quorum may have yet to start.
            return Ok(lifecycle);
        }
        let started = timeout(patience, async {
            if roles.controller {
                lifecycle.register_controller().await;
            }
            lifecycle.register().await?;
            lifecycle.unfence().await;
            Ok(())
        });
        started.await.map_err(|_| LifecycleError::TimedOut)??;
        Ok(lifecycle)
    }

    async fn register_controller(&self) {
        let listeners = self.identity.controller_endpoints.iter();
        let request = ControllerRegistrationRequest {
            controller_id: self.node.node_id().0,
            incarnation_id: self.identity.incarnation,
            zk_migration_ready: false,
            listeners: listeners
                .map(|endpoint| controller_registration_request::Listener {
                    name: KafkaString::copy_from(&endpoint.listener),
                    host: KafkaString::copy_from(endpoint.host.as_deref().unwrap_or_default()),
                    port: endpoint.port,
                    security_protocol: endpoint.security_protocol.code(),
                })
                .collect(),
            features: supported_features(self.node.config().unstable_feature_versions_enable)
                .into_iter()
                .map(|(name, range)| controller_registration_request::Feature {
                    name: KafkaString::from(name),
                    min_supported_version: range.minimum,
                    max_supported_version: range.maximum,
                })
                .collect(),
        };
        loop {
            let body = RequestBody::ControllerRegistration(request.clone());
            match self.node.controller().call(body, 0).await {
                ControllerResponse::ControllerRegistration(response)
                    if response.error_code == ErrorCode::NONE.0 =>
                {
                    return;
                }
                _ => sleep(START_INTERVAL).await,
            }
        }
    }

    fn registration(&self) -> BrokerRegistrationRequest {
        let identity = &self.identity;
        BrokerRegistrationRequest {
            broker_id: self.node.node_id().0,
            cluster_id: KafkaString::copy_from(self.node.cluster_id()),
            incarnation_id: identity.incarnation,
            listeners: identity
                .endpoints
                .iter()
                .map(|endpoint| broker_registration_request::Listener {
                    name: KafkaString::copy_from(&endpoint.listener),
                    host: KafkaString::copy_from(endpoint.host.as_deref().unwrap_or_default()),
                    port: endpoint.port,
                    security_protocol: endpoint.security_protocol.code(),
                })
                .collect(),
            features: supported_features(self.node.config().unstable_feature_versions_enable)
                .into_iter()
                .map(|(name, range)| broker_registration_request::Feature {
                    name: KafkaString::from(name),
                    min_supported_version: range.minimum,
                    max_supported_version: range.maximum,
                })
                .collect(),
            rack: self.node.config().node.rack.clone().map(KafkaString::from),
            log_dirs: self.working_directories(),
            previous_broker_epoch: identity.previous_broker_epoch,
            ..BrokerRegistrationRequest::default()
        }
    }

    fn working_directories(&self) -> Vec<Uuid> {
        let working = self
            .node
            .directories()
            .iter()
            .filter(|directory| !directory.has_failed());
        working.map(|directory| directory.id()).collect()
    }

    async fn register(&mut self) -> Result<(), LifecycleError> {
        loop {
            let body = RequestBody::BrokerRegistration(self.registration());
            let answer = self
                .node
                .controller()
                .call(body, REGISTRATION_VERSION)
                .await;
            let ControllerResponse::BrokerRegistration(response) = answer else {
                unreachable!("the controller answers in kind")
            };
            match ErrorCode(response.error_code) {
                ErrorCode::NONE => {
                    self.broker_epoch = response.broker_epoch;
                    self.node
                        .producer_ids()
                        .set_broker_epoch(response.broker_epoch);
                    return Ok(());
                }
                ErrorCode::NOT_CONTROLLER | ErrorCode::DUPLICATE_BROKER_REGISTRATION => {
                    sleep(START_INTERVAL).await;
                }
                error => return Err(LifecycleError::Refused(error)),
            }
        }
    }

    async fn heartbeat(&self, want_fence: bool, want_shut_down: bool) -> BrokerHeartbeatResponse {
        let directories = self.node.directories().iter();
        let offline = directories.filter(|directory| directory.has_failed());
        let request = BrokerHeartbeatRequest {
            broker_id: self.node.node_id().0,
            broker_epoch: self.broker_epoch,
            current_metadata_offset: self.node.published().provenance.last_contained_offset.0,
            want_fence,
            want_shut_down,
            offline_log_dirs: offline.map(|directory| directory.id()).collect(),
            cordoned_log_dirs: Some(Vec::new()),
        };
        let body = RequestBody::BrokerHeartbeat(request);
        match self.node.controller().call(body, HEARTBEAT_VERSION).await {
            ControllerResponse::BrokerHeartbeat(response) => response,
            other => unreachable!("the controller answers in kind, not {other:?}"),
        }
    }

    /// Returns when this node's own picture of the cluster has the broker unfenced, too.
    async fn unfence(&self) {
        loop {
            let response = self.heartbeat(false, false).await;
            if response.error_code == ErrorCode::NONE.0 && !response.is_fenced {
                break;
            }
            sleep(START_INTERVAL).await;
        }
        let id = self.node.node_id();
        let is_active = || {
            let published = self.node.published();
            let own = published.image.brokers.get(&id);
            own.is_some_and(|own| own.epoch == self.broker_epoch && !own.fenced)
        };
        while !is_active() {
            sleep(START_INTERVAL).await;
        }
    }

    /// Sends heartbeats until it is told to stop, then hands leaderships over.
    pub async fn run(mut self, mut stop: oneshot::Receiver<()>) -> i64 {
        if !self.node.config().node.roles.broker {
            tokio::select! {
                _ = &mut stop => {}
                () = self.register_controller() => drop(stop.await),
            }
            return self.broker_epoch;
        }
        let interval = self.node.config().lifecycle.heartbeat_interval_ms;
        let interval = Duration::from_millis(u64::try_from(interval).unwrap_or(2000));
        loop {
            tokio::select! {
                _ = &mut stop => break,
                () = sleep(interval) => {}
            }
            let response = self.heartbeat(false, false).await;
            match ErrorCode(response.error_code) {
                ErrorCode::NONE => {}
                ErrorCode::BROKER_ID_NOT_REGISTERED | ErrorCode::STALE_BROKER_EPOCH => {
                    tracing::warn!("the controller does not know this broker: registering anew");
                    if let Err(error) = self.register().await {
                        tracing::error!(%error, "not registered");
                    }
                }
                error => tracing::warn!(%error, "heartbeat refused"),
            }
        }
        self.leave().await;
        self.broker_epoch
    }

    async fn leave(&self) {
        let started = Instant::now();
        while started.elapsed() < CONTROLLED_SHUTDOWN_PATIENCE {
            let response = self.heartbeat(false, true).await;
            if response.error_code != ErrorCode::NONE.0 || response.should_shut_down {
                return;
            }
            sleep(START_INTERVAL).await;
        }
    }
}
