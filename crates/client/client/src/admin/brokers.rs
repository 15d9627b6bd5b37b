//! The cluster's brokers and what lies in their directories.

use ottla_messages::describe_cluster_request::DescribeClusterRequest;
use ottla_messages::describe_log_dirs_request::DescribeLogDirsRequest;
use ottla_messages::describe_log_dirs_response::DescribeLogDirsResult;
use ottla_types::NodeId;

use super::{Admin, Outcomes};
use crate::Error;
use crate::cluster::Target;
use crate::error::check;

/// A cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterDescription {
    /// Its id.
    pub cluster_id: String,
    /// The broker that takes administrative requests.
    pub controller: Option<NodeId>,
    /// Its brokers.
    pub brokers: Vec<DescribedBroker>,
}

/// A broker of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedBroker {
    /// Its id.
    pub id: NodeId,
    /// The host it wants to be dialled at.
    pub host: String,
    /// The port.
    pub port: i32,
    /// `broker.rack`.
    pub rack: Option<String>,
    /// Whether it is fenced: registered, but out of service.
    pub is_fenced: bool,
}

/// A directory of a broker.
#[derive(Clone, Debug)]
pub struct LogDir {
    /// Bytes of its file system, where brokers tell.
    pub total_bytes: Option<i64>,
    /// Bytes still free there, where brokers tell.
    pub usable_bytes: Option<i64>,
    /// The copies in it.
    pub replicas: Vec<LogDirReplica>,
}

/// A partition's copy in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogDirReplica {
    /// Its topic.
    pub topic: String,
    /// Its partition.
    pub partition: i32,
    /// Bytes of its segments.
    pub size: i64,
    /// How far it is behind the high watermark, or the copy it replaces.
    pub offset_lag: i64,
    /// Whether it shall replace a copy in another directory.
    pub is_future: bool,
}

impl Admin {
    /// Who the cluster is.
    ///
    /// # Errors
    /// When no broker answers in time, or it refuses.
    pub async fn describe_cluster(&self) -> Result<ClusterDescription, Error> {
        let request = DescribeClusterRequest::default();
        let attempt = || async {
            let response = self.cluster.ask(Target::Any, &request).await?;
            check(response.error_code, response.error_message.as_deref())?;
            Ok(response)
        };
        let response = self.cluster.retry("the cluster", attempt).await?;
        let brokers = response.brokers.iter().map(|broker| DescribedBroker {
            id: NodeId(broker.broker_id),
            host: broker.host.to_string(),
            port: broker.port,
            rack: broker.rack.as_deref().map(str::to_owned),
            is_fenced: broker.is_fenced,
        });
        Ok(ClusterDescription {
            cluster_id: response.cluster_id.to_string(),
            controller: Some(NodeId(response.controller_id)).filter(|id| *id >= NodeId(0)),
            brokers: brokers.collect(),
        })
    }

    /// What lies in the directories of one broker, by path.
    ///
    /// # Errors
    /// When the broker cannot be asked, or refuses as a whole.
    pub async fn describe_log_dirs(&self, broker: NodeId) -> Result<Outcomes<LogDir>, Error> {
        let request = DescribeLogDirsRequest { topics: None };
        let attempt = || async {
            let response = self.ask_known(Target::Node(broker), &request).await?;
            check(response.error_code, None)?;
            Ok(response)
        };
        let response = self.cluster.retry("the directories", attempt).await?;
        let outcomes = response.results.iter().map(|result| {
            let checked = check(result.error_code, None);
            (
                result.log_dir.to_string(),
                checked.map(|()| log_dir(result)),
            )
        });
        Ok(outcomes.collect())
    }
}

fn log_dir(result: &DescribeLogDirsResult) -> LogDir {
    let told = |bytes: i64| (bytes >= 0).then_some(bytes);
    let replicas = result.topics.iter().flat_map(|topic| {
        topic.partitions.iter().map(|partition| LogDirReplica {
            topic: topic.name.to_string(),
            partition: partition.partition_index,
            size: partition.partition_size,
            offset_lag: partition.offset_lag,
            is_future: partition.is_future_key,
        })
    });
    LogDir {
        total_bytes: told(result.total_bytes),
        usable_bytes: told(result.usable_bytes),
        replicas: replicas.collect(),
    }
}
