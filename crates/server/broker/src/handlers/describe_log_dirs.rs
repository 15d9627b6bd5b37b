//! DescribeLogDirs (35), versions 1–5. Version 2 is flexible, 3 has an error for the whole answer,
//! 4 tells how much room a directory has, 5 whether it is cordoned.

use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use ottla_messages::describe_log_dirs_request::DescribeLogDirsRequest;
use ottla_messages::describe_log_dirs_response::{
    DescribeLogDirsPartition, DescribeLogDirsResponse, DescribeLogDirsResult, DescribeLogDirsTopic,
};
use ottla_messages::{ErrorCode, KafkaString};

use crate::Replica;
use crate::published::Published;
use crate::reactor::ReactorService;
use crate::request::RequestContext;

/// Describes every log directory of this broker.
pub fn handle(
    service: &Rc<ReactorService>,
    context: &RequestContext,
    request: DescribeLogDirsRequest,
) -> DescribeLogDirsResponse {
    let published = service.node().published();
    let results = service.node().directories().iter().map(|directory| {
        let path = KafkaString::from(directory.path().display().to_string());
        if directory.has_failed() {
            return DescribeLogDirsResult {
                error_code: ErrorCode::KAFKA_STORAGE_ERROR.0,
                log_dir: path,
                total_bytes: -1,
                usable_bytes: -1,
                ..DescribeLogDirsResult::default()
            };
        }
        let here = replicas(&published, &request)
            .filter(|replica| Arc::ptr_eq(replica.directory(), directory));
        let (total_bytes, usable_bytes) = if context.version >= 4 {
            directory.space().unwrap_or((-1, -1))
        } else {
            (-1, -1)
        };
        DescribeLogDirsResult {
            error_code: ErrorCode::NONE.0,
            log_dir: path,
            topics: by_topic(here),
            total_bytes,
            usable_bytes,
            ..DescribeLogDirsResult::default()
        }
    });
    DescribeLogDirsResponse {
        results: results.collect(),
        ..DescribeLogDirsResponse::default()
    }
}

fn replicas<'a>(
    published: &'a Published,
    request: &'a DescribeLogDirsRequest,
) -> impl Iterator<Item = &'a Arc<Replica>> {
    let wanted: Option<HashSet<(&str, i32)>> = request.topics.as_ref().map(|topics| {
        let partitions = topics.iter().flat_map(|topic| {
            let name = topic.topic.as_str();
            topic.partitions.iter().map(move |index| (name, *index))
        });
        partitions.collect()
    });
    published
        .topics()
        .flat_map(|(_, topic)| topic.replicas())
        .filter_map(move |hosting| {
            let replica = hosting.open()?;
            let partition = replica.topic_partition();
            let at = (partition.topic.as_str(), partition.partition.0);
            let is_wanted = wanted.as_ref().is_none_or(|wanted| wanted.contains(&at));
            is_wanted.then_some(replica)
        })
}

fn by_topic<'a>(replicas: impl Iterator<Item = &'a Arc<Replica>>) -> Vec<DescribeLogDirsTopic> {
    let mut topics: BTreeMap<&str, Vec<DescribeLogDirsPartition>> = BTreeMap::new();
    for replica in replicas {
        let partition = replica.topic_partition();
        let size = replica.look(|_, log| log.size_in_bytes());
        topics
            .entry(partition.topic.as_str())
            .or_default()
            .push(DescribeLogDirsPartition {
                partition_index: partition.partition.0,
                partition_size: i64::try_from(size).unwrap_or(i64::MAX),
                offset_lag: 0,
                is_future_key: false,
            });
    }
    let topic = |(name, partitions)| DescribeLogDirsTopic {
        name: KafkaString::copy_from(name),
        partitions,
    };
    topics.into_iter().map(topic).collect()
}
