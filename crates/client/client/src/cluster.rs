//! The brokers of a cluster as one client sees them: one connection each, what they last said about
//! the cluster, and calls that are repeated until they succeed or their time is up.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ottla_messages::metadata_request::{MetadataRequest, MetadataRequestTopic};
use ottla_messages::{ApiKey, ErrorCode, Request};
use ottla_types::NodeId;
use tokio::time::{Instant, sleep, timeout_at};

use crate::error::check;
use crate::metadata::Metadata;
use crate::{ClientConfig, Connection, Error};

/// Whom to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Any broker.
    Any,
    /// The broker that takes administrative requests.
    Controller,
    /// This one.
    Node(NodeId),
}

/// Connections and metadata of one client.
#[derive(Debug)]
pub(crate) struct Cluster {
    config: ClientConfig,
    metadata: Mutex<Arc<Metadata>>,
    /// One slot per broker, so that two callers do not dial it twice.
    slots: Mutex<BTreeMap<NodeId, Arc<Slot>>>,
    bootstrap: Slot,
}

/// A place for one connection.
#[derive(Debug, Default)]
struct Slot(tokio::sync::Mutex<Dialled>);

#[derive(Debug, Default)]
struct Dialled {
    connection: Option<Connection>,
    address: String,
    failures: u32,
    not_before: Option<Instant>,
}

impl Cluster {
    pub fn new(config: ClientConfig) -> Result<Cluster, Error> {
        if config.bootstrap_servers.is_empty() {
            let reason = "No resolvable bootstrap urls given in bootstrap.servers";
            return Err(crate::ConfigError::Conflict(reason.to_owned()).into());
        }
        for server in &config.bootstrap_servers {
            let port = server.rsplit_once(':').map(|(_, port)| port.parse::<u16>());
            if !matches!(port, Some(Ok(_))) {
                let reason = format!("Invalid url in bootstrap.servers: {server}");
                return Err(crate::ConfigError::Conflict(reason).into());
            }
        }
        Ok(Cluster {
            config,
            metadata: Mutex::new(Arc::new(Metadata::default())),
            slots: Mutex::new(BTreeMap::new()),
            bootstrap: Slot::default(),
        })
    }

    pub fn config(&self) -> &ClientConfig {
        &self.config
    }

    /// What is known of the cluster now.
    pub fn metadata(&self) -> Arc<Metadata> {
        let metadata = self.metadata.lock();
        Arc::clone(&metadata.unwrap_or_else(PoisonError::into_inner))
    }

    /// The connection to a broker, dialled if there is none.
    pub async fn connection(&self, node: NodeId) -> Result<Connection, Error> {
        let metadata = self.metadata();
        let broker = metadata.brokers.get(&node);
        let address = broker.map(crate::metadata::Broker::address);
        let Some(address) = address else {
            return Err(Error::refused(ErrorCode::BROKER_NOT_AVAILABLE));
        };
        let slot = {
            let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(slots.entry(node).or_default())
        };
        slot.connection(&address, &self.config).await
    }

    /// A connection to any broker: a live one, else the first known or configured one that answers.
    pub async fn any_connection(&self) -> Result<Connection, Error> {
        let metadata = self.metadata();
        let mut last = None;
        for node in metadata.brokers.keys() {
            match self.connection(*node).await {
                Ok(connection) => return Ok(connection),
                Err(error) => last = Some(error),
            }
        }
        for server in &self.config.bootstrap_servers {
            match self.bootstrap.connection(server, &self.config).await {
                Ok(connection) => return Ok(connection),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or(Error::Closed))
    }

    async fn target(&self, target: Target) -> Result<Connection, Error> {
        match target {
            Target::Any => self.any_connection().await,
            Target::Node(node) => self.connection(node).await,
            Target::Controller => {
                if self.metadata().controller.is_none() {
                    self.refresh(&[], false).await?;
                }
                match self.metadata().controller {
                    Some(node) => self.connection(node).await,
                    None => self.any_connection().await,
                }
            }
        }
    }

    /// Sends one request once.
    pub async fn ask<R: Request>(&self, target: Target, request: &R) -> Result<R::Response, Error> {
        self.target(target).await?.send(request).await
    }

    /// Does `attempt` again and again, with growing pauses, until it succeeds, fails for good, or
    /// `default.api.timeout.ms` is over.
    pub async fn retry<T, F>(&self, what: &str, mut attempt: impl FnMut() -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let limit = self.config.default_api_timeout_ms;
        let end = Instant::now() + limit;
        let mut attempts = 0;
        let mut last: Option<Error> = None;
        loop {
            match timeout_at(end, attempt()).await {
                Ok(Ok(value)) => return Ok(value),
                Ok(Err(error)) if !error.is_retriable() => return Err(error),
                Ok(Err(error)) => last = Some(error),
                Err(_) => {
                    // What went wrong before says more than that it took long.
                    return Err(last.unwrap_or_else(|| Error::Timeout {
                        what: what.to_owned(),
                        after: limit,
                    }));
                }
            }
            attempts += 1;
            let pause = backoff(
                attempts,
                self.config.retry_backoff_ms,
                self.config.retry_backoff_max_ms,
            );
            match last.take() {
                Some(error) if Instant::now() + pause >= end => return Err(error),
                error => last = error,
            }
            sleep(pause).await;
        }
    }

    /// Asks for metadata: of these topics, in addition to the brokers.
    pub async fn refresh(&self, topics: &[String], create: bool) -> Result<Arc<Metadata>, Error> {
        let names = topics.iter().map(|name| MetadataRequestTopic {
            name: Some(name.clone().into()),
            ..MetadataRequestTopic::default()
        });
        self.ask_metadata(Some(names.collect()), create).await
    }

    /// Asks for metadata of all topics; topics that are gone are forgotten.
    pub async fn refresh_all(&self) -> Result<Arc<Metadata>, Error> {
        let metadata = self.ask_metadata(None, false).await?;
        Ok(metadata)
    }

    async fn ask_metadata(
        &self,
        topics: Option<Vec<MetadataRequestTopic>>,
        create: bool,
    ) -> Result<Arc<Metadata>, Error> {
        let connection = self.any_connection().await?;
        let version = connection.version_of(ApiKey::Metadata)?;
        let named: BTreeSet<String> = topics
            .iter()
            .flatten()
            .filter_map(|topic| topic.name.as_deref().map(str::to_owned))
            .collect();
        let all = topics.is_none();
        let topics = if version == 0 && all {
            Some(Vec::new())
        } else {
            topics
        };
        let request = MetadataRequest {
            topics,
            allow_auto_topic_creation: create || version < 4,
            ..MetadataRequest::default()
        };
        let response = connection.send_version(&request, version).await?;
        if ErrorCode(response.error_code) == ErrorCode::REBOOTSTRAP_REQUIRED {
            // The brokers known are no longer those of this cluster (KIP-1102).
            let mut metadata = self.metadata.lock().unwrap_or_else(PoisonError::into_inner);
            *metadata = Arc::new(Metadata::default());
            let source = std::io::Error::other("the broker asks to bootstrap again");
            return Err(Error::connection(connection.address(), source));
        }
        check(response.error_code, None)?;
        let mut metadata = self.metadata.lock().unwrap_or_else(PoisonError::into_inner);
        let mut fresh = Metadata::clone(&metadata);
        if all {
            fresh.topics.clear();
        }
        for name in named {
            let told = response
                .topics
                .iter()
                .any(|topic| topic.name.as_deref() == Some(name.as_str()));
            if !told {
                fresh.topics.remove(&name);
            }
        }
        fresh.merge(&response);
        *metadata = Arc::new(fresh);
        Ok(Arc::clone(&metadata))
    }
}

impl Slot {
    /// The connection of this slot, dialled anew when it ended or the broker moved. A broker that
    /// cannot be reached is not dialled more often than `reconnect.backoff.ms` says.
    async fn connection(&self, address: &str, config: &ClientConfig) -> Result<Connection, Error> {
        let mut slot = self.0.lock().await;
        if let Some(connection) = &slot.connection
            && !connection.is_closed()
            && slot.address == address
        {
            return Ok(connection.clone());
        }
        if slot.address != address {
            slot.failures = 0;
            slot.not_before = None;
        }
        if let Some(instant) = slot.not_before {
            tokio::time::sleep_until(instant).await;
        }
        slot.connection = None;
        address.clone_into(&mut slot.address);
        let dialled = Connection::open(address, config).await;
        match &dialled {
            Ok(connection) => {
                slot.connection = Some(connection.clone());
                slot.failures = 0;
                slot.not_before = None;
            }
            Err(_) => {
                slot.failures += 1;
                let pause = backoff(
                    slot.failures,
                    config.reconnect_backoff_ms,
                    config.reconnect_backoff_max_ms,
                );
                slot.not_before = Some(Instant::now() + pause);
            }
        }
        dialled
    }
}

/// The first pause, doubled per attempt up to the longest one.
fn backoff(attempts: u32, first: Duration, longest: Duration) -> Duration {
    let doublings = attempts.saturating_sub(1).min(20);
    first.saturating_mul(1 << doublings).min(longest.max(first))
}
