//! Administration: topics, configurations, offsets, directories, groups.
//!
//! Calls about several things answer for each of them; calls repeat themselves while an error is
//! one that passes, up to `default.api.timeout.ms`.

mod brokers;
mod configs;
mod groups;
mod offsets;
mod topics;

use std::sync::Arc;

use ottla_messages::{ErrorCode, Request};

pub use brokers::{ClusterDescription, DescribedBroker, LogDir, LogDirReplica};
pub use configs::{
    AlterConfig, AlterConfigOp, ConfigEntry, ConfigResource, ConfigSource, ConfigSynonym,
    ConfigType, ResourceType,
};
pub use groups::{GroupDescription, GroupListing, GroupMember};
pub use offsets::{ListedOffset, OffsetSpec};
pub use topics::{
    CreatedTopic, NewPartitions, NewTopic, PartitionDescription, TopicDescription, TopicListing,
};

use crate::cluster::{Cluster, Target};
use crate::metadata::Metadata;
use crate::{AdminConfig, Connection, Error};

/// What became of each thing asked for, in the order asked.
pub type Outcomes<T> = Vec<(String, Result<T, Error>)>;

/// A client for administration; clones share its connections.
///
/// ```no_run
/// use ottla_client::{Admin, AdminConfig, NewTopic};
///
/// # async fn example() -> Result<(), ottla_client::Error> {
/// let admin = Admin::new(AdminConfig::new("localhost:9092"))?;
/// let orders = NewTopic {
///     name: "orders".to_owned(),
///     partitions: Some(3),
///     ..NewTopic::default()
/// };
/// for (topic, created) in admin.create_topics(&[orders], false).await? {
///     println!("{topic} has {:?} partitions", created?.partitions);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Admin {
    cluster: Arc<Cluster>,
}

impl Admin {
    /// A client that dials when it is first used.
    ///
    /// # Errors
    /// When `bootstrap.servers` names no `host:port`.
    pub fn new(config: AdminConfig) -> Result<Admin, Error> {
        Ok(Admin {
            cluster: Arc::new(Cluster::new(config.client)?),
        })
    }

    /// A client that shares another one's connections.
    pub(crate) fn of(cluster: Arc<Cluster>) -> Admin {
        Admin { cluster }
    }

    /// The brokers and topics as a broker describes them now.
    ///
    /// # Errors
    /// When no broker answers in time.
    pub async fn metadata(&self) -> Result<Arc<Metadata>, Error> {
        self.cluster
            .retry("the metadata", || self.cluster.refresh_all())
            .await
    }

    /// A connection to any broker, for requests that this client has no call for.
    ///
    /// # Errors
    /// When no broker can be reached.
    pub async fn connection(&self) -> Result<Connection, Error> {
        self.cluster.any_connection().await
    }

    /// One request to the controller, once more when the controller has moved. `moved` finds the
    /// sign of that in an answer.
    async fn ask_controller<R: Request>(
        &self,
        request: &R,
        moved: impl Fn(&R::Response) -> Option<ErrorCode>,
    ) -> Result<R::Response, Error> {
        let attempt = || async {
            let response = self.cluster.ask(Target::Controller, request).await?;
            match moved(&response) {
                Some(code @ (ErrorCode::NOT_CONTROLLER | ErrorCode::THROTTLING_QUOTA_EXCEEDED)) => {
                    self.cluster.refresh(&[], false).await?;
                    Err(Error::refused(code))
                }
                _ => Ok(response),
            }
        };
        self.cluster.retry(R::NAME, attempt).await
    }

    /// How long the broker may work on a request, in milliseconds.
    fn broker_timeout_ms(&self) -> i32 {
        let timeout = self.cluster.config().request_timeout_ms;
        i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX)
    }
}

/// The first of some error codes that is none of `NONE`.
fn first_error(codes: impl IntoIterator<Item = i16>) -> Option<ErrorCode> {
    codes
        .into_iter()
        .map(ErrorCode)
        .find(|code| *code != ErrorCode::NONE)
}
