//! Fetch and ListOffsets: what the machine wants, as requests; what comes back, as inputs.

use std::collections::BTreeMap;
use std::sync::Arc;

use ottla_consumer::{AbortedTransaction, AbortedTransactions, Effect, Input, PartitionHandle};
use ottla_messages::fetch_request::{FetchPartition, FetchRequest, FetchTopic};
use ottla_messages::fetch_response::{FetchResponse, PartitionData};
use ottla_messages::list_offsets_request::{
    ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic,
};
use ottla_messages::list_offsets_response::ListOffsetsResponse;
use ottla_messages::{ApiKey, ErrorCode};
use ottla_types::{LeaderEpoch, NodeId, Offset, ProducerId, RequestId, TimestampMs, Uuid};
use tokio::time::sleep;

use super::buffer::Buffer;
use super::{Consumer, Told};
use crate::cluster::Cluster;
use crate::config::IsolationLevel;
use crate::{ConsumerConfig, Error};

/// The first version of Fetch that names topics by id.
const FIRST_WITH_TOPIC_ID: i16 = 13;

/// A partition in a request.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub handle: PartitionHandle,
    topic: Arc<str>,
    partition: i32,
    epoch: LeaderEpoch,
    what: What,
}

#[derive(Clone, Copy, Debug)]
enum What {
    Offset(TimestampMs),
    Records {
        from: Offset,
        last_fetched_epoch: LeaderEpoch,
    },
}

/// What helpers report.
#[derive(Debug)]
pub(super) enum Event {
    Listed {
        request: RequestId,
        asked: Vec<Asked>,
        answer: Result<ListOffsetsResponse, Error>,
    },
    Fetched {
        request: RequestId,
        asked: Vec<(Asked, Uuid)>,
        answer: Result<FetchResponse, Error>,
    },
    Metadata {
        topics: Vec<String>,
        failed: bool,
    },
}

impl Consumer {
    /// Does what the machine decided.
    pub(super) fn perform(&mut self) {
        while let Some(effect) = self.effects.pop_front() {
            match effect {
                Effect::List {
                    request,
                    partition,
                    timestamp,
                    epoch,
                } => self.add(request, partition, epoch, What::Offset(timestamp)),
                Effect::Fetch {
                    request,
                    partition,
                    offset,
                    epoch,
                    last_fetched_epoch,
                } => {
                    let what = What::Records {
                        from: offset,
                        last_fetched_epoch,
                    };
                    self.add(request, partition, epoch, what);
                }
                Effect::SendList { request, node } => self.send_list(request, node),
                Effect::SendFetch { request, node } => self.send_fetch(request, node),
                Effect::Accept { partition } => {
                    if let Some(assigned) = self.assigned.get_mut(&partition) {
                        assigned.buffer = self.arrived.take();
                        self.ready.push_back(partition);
                    }
                }
                Effect::Discard { partition } => {
                    if let Some(assigned) = self.assigned.get_mut(&partition) {
                        assigned.buffer = None;
                    }
                    self.ready.retain(|other| *other != partition);
                }
                Effect::RefreshMetadata { partition } => {
                    if let Some(assigned) = self.assigned.get(&partition) {
                        self.stale.insert(assigned.topic.to_string());
                    }
                }
                Effect::Fail { partition, failure } => self.fail(partition, failure),
            }
        }
        self.refresh();
    }

    fn add(&mut self, request: RequestId, handle: PartitionHandle, epoch: LeaderEpoch, what: What) {
        let Some(assigned) = self.assigned.get(&handle) else {
            return;
        };
        self.building.entry(request).or_default().push(Asked {
            handle,
            topic: Arc::clone(&assigned.topic),
            partition: assigned.partition,
            epoch,
            what,
        });
    }

    fn refresh(&mut self) {
        if self.refreshing || self.stale.is_empty() {
            return;
        }
        self.refreshing = true;
        let topics: Vec<String> = std::mem::take(&mut self.stale).into_iter().collect();
        let (cluster, sender) = (Arc::clone(&self.cluster), self.sender.clone());
        let create = self.config.allow_auto_create_topics;
        tokio::spawn(async move {
            let failed = cluster.refresh(&topics, create).await.is_err();
            if failed {
                sleep(cluster.config().retry_backoff_ms).await;
            }
            // Without a consumer nobody wants to know.
            let _ = sender.send(Event::Metadata { topics, failed });
        });
    }

    fn send_list(&mut self, request: RequestId, node: NodeId) {
        let asked = self.building.remove(&request).unwrap_or_default();
        let (cluster, sender) = (Arc::clone(&self.cluster), self.sender.clone());
        let config = Arc::clone(&self.config);
        tokio::spawn(async move {
            let answer = list(&cluster, &config, node, &asked).await;
            let _ = sender.send(Event::Listed {
                request,
                asked,
                answer,
            });
        });
    }

    fn send_fetch(&mut self, request: RequestId, node: NodeId) {
        let asked = self.building.remove(&request).unwrap_or_default();
        let metadata = self.cluster.metadata();
        let with_id = |asked: Asked| {
            let topic = metadata.topics.get(&*asked.topic);
            let id = topic.map_or(Uuid::ZERO, |topic| topic.id);
            (asked, id)
        };
        let asked: Vec<(Asked, Uuid)> = asked.into_iter().map(with_id).collect();
        let (cluster, sender) = (Arc::clone(&self.cluster), self.sender.clone());
        let config = Arc::clone(&self.config);
        tokio::spawn(async move {
            let answer = fetch(&cluster, &config, node, &asked).await;
            let _ = sender.send(Event::Fetched {
                request,
                asked,
                answer,
            });
        });
    }

    pub(super) fn happened(&mut self, event: Event) {
        match event {
            Event::Listed {
                request,
                asked,
                answer,
            } => self.listed(request, &asked, answer),
            Event::Fetched {
                request,
                asked,
                answer,
            } => self.fetched(request, &asked, answer),
            Event::Metadata { topics, failed } => {
                self.refreshing = false;
                if failed {
                    self.stale.extend(topics);
                } else {
                    let handles: Vec<_> = self
                        .assigned
                        .iter()
                        .filter(|(_, assigned)| topics.iter().any(|name| **name == *assigned.topic))
                        .map(|(handle, _)| *handle)
                        .collect();
                    for handle in handles {
                        self.learn_leader(handle);
                    }
                }
            }
        }
        self.perform();
    }

    fn listed(
        &mut self,
        request: RequestId,
        asked: &[Asked],
        answer: Result<ListOffsetsResponse, Error>,
    ) {
        let error = match answer {
            Ok(response) => {
                for told in asked.iter().filter_map(|asked| listed_of(&response, asked)) {
                    self.step(Input::Listed {
                        request,
                        partition: told.handle,
                        error: told.error,
                        offset: told.offset,
                    });
                }
                ErrorCode::NONE
            }
            Err(error) => failure_of(&error),
        };
        self.step(Input::Done { request, error });
    }

    fn fetched(
        &mut self,
        request: RequestId,
        asked: &[(Asked, Uuid)],
        answer: Result<FetchResponse, Error>,
    ) {
        let error = match answer {
            Ok(response) => {
                for (asked, id) in asked {
                    if let Some(data) = fetched_of(&response, asked, *id) {
                        self.partition_fetched(request, asked, data);
                    }
                }
                ErrorCode(response.error_code)
            }
            Err(error) => failure_of(&error),
        };
        self.step(Input::Done { request, error });
    }

    fn partition_fetched(&mut self, request: RequestId, asked: &Asked, data: &PartitionData) {
        let What::Records { from, .. } = asked.what else {
            return;
        };
        let records = data.records.clone().unwrap_or_default();
        let has_records = !records.is_empty();
        if data.preferred_read_replica >= 0 {
            // The leader names a replica that is nearer (KIP-392).
            self.step(Input::Leader {
                partition: asked.handle,
                node: NodeId(data.preferred_read_replica),
                epoch: asked.epoch,
            });
        }
        let aborted = match self.config.isolation_level {
            IsolationLevel::ReadUncommitted => None,
            IsolationLevel::ReadCommitted => Some(aborted_of(data)),
        };
        let place = (Arc::clone(&asked.topic), asked.partition);
        let check_crcs = self.config.check_crcs;
        self.arrived = Some(Buffer::new(place, from, records, aborted, check_crcs));
        self.step(Input::Fetched {
            request,
            partition: asked.handle,
            error: ErrorCode(data.error_code),
            records: has_records,
        });
        self.perform();
        self.arrived = None;
    }
}

/// A failed request as an error code: everything but a refusal may pass.
fn failure_of(error: &Error) -> ErrorCode {
    match error {
        Error::Refused(refusal) if refusal.code != ErrorCode::BROKER_NOT_AVAILABLE => refusal.code,
        Error::UnsupportedApi { .. } => ErrorCode::UNSUPPORTED_VERSION,
        _ => ErrorCode::NETWORK_EXCEPTION,
    }
}

async fn list(
    cluster: &Cluster,
    config: &ConsumerConfig,
    node: NodeId,
    asked: &[Asked],
) -> Result<ListOffsetsResponse, Error> {
    let connection = cluster.connection(node).await?;
    let version = connection.version_of(ApiKey::ListOffsets)?;
    let mut topics: BTreeMap<&str, Vec<ListOffsetsPartition>> = BTreeMap::new();
    for asked in asked {
        let What::Offset(timestamp) = asked.what else {
            continue;
        };
        let partitions = topics.entry(&asked.topic).or_default();
        partitions.push(ListOffsetsPartition {
            partition_index: asked.partition,
            current_leader_epoch: if version >= 4 { asked.epoch.0 } else { -1 },
            timestamp: timestamp.0,
        });
    }
    let isolation = config.isolation_level.number();
    let timeout = config.client.request_timeout_ms;
    let request = ListOffsetsRequest {
        replica_id: -1,
        isolation_level: if version >= 2 { isolation } else { 0 },
        topics: topics
            .into_iter()
            .map(|(name, partitions)| ListOffsetsTopic {
                name: name.to_owned().into(),
                partitions,
            })
            .collect(),
        timeout_ms: if version >= 10 {
            i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX)
        } else {
            0
        },
    };
    connection.send_version(&request, version).await
}

async fn fetch(
    cluster: &Cluster,
    config: &ConsumerConfig,
    node: NodeId,
    asked: &[(Asked, Uuid)],
) -> Result<FetchResponse, Error> {
    let connection = cluster.connection(node).await?;
    let mut version = connection.version_of(ApiKey::Fetch)?;
    if asked.iter().any(|(_, id)| *id == Uuid::ZERO) {
        version = version.min(FIRST_WITH_TOPIC_ID - 1);
    }
    let mut topics: BTreeMap<&str, FetchTopic> = BTreeMap::new();
    for (asked, id) in asked {
        let What::Records {
            from,
            last_fetched_epoch,
        } = asked.what
        else {
            continue;
        };
        let topic = topics.entry(&asked.topic).or_insert_with(|| {
            let mut topic = FetchTopic::default();
            if version >= FIRST_WITH_TOPIC_ID {
                topic.topic_id = *id;
            } else {
                topic.topic = asked.topic.to_string().into();
            }
            topic
        });
        topic.partitions.push(FetchPartition {
            partition: asked.partition,
            current_leader_epoch: if version >= 9 { asked.epoch.0 } else { -1 },
            fetch_offset: from.0,
            last_fetched_epoch: if version >= 12 {
                last_fetched_epoch.0
            } else {
                -1
            },
            partition_max_bytes: bytes(config.max_partition_fetch_bytes),
            ..FetchPartition::default()
        });
    }
    let wait = config.fetch_max_wait_ms;
    let request = FetchRequest {
        max_wait_ms: i32::try_from(wait.as_millis()).unwrap_or(i32::MAX),
        min_bytes: bytes(config.fetch_min_bytes),
        max_bytes: bytes(config.fetch_max_bytes),
        isolation_level: config.isolation_level.number(),
        // No session: every request names all it wants.
        session_id: 0,
        session_epoch: -1,
        topics: topics.into_values().collect(),
        rack_id: if version >= 11 {
            config.client_rack.clone().into()
        } else {
            "".into()
        },
        ..FetchRequest::default()
    };
    let timeout = config.client.request_timeout_ms.saturating_add(wait);
    connection.send_within(&request, version, timeout).await
}

fn bytes(limit: u32) -> i32 {
    i32::try_from(limit).unwrap_or(i32::MAX)
}

fn listed_of(response: &ListOffsetsResponse, asked: &Asked) -> Option<Told> {
    let mut topics = response.topics.iter();
    let topic = topics.find(|topic| *topic.name == *asked.topic)?;
    let mut partitions = topic.partitions.iter();
    let partition = partitions.find(|told| told.partition_index == asked.partition)?;
    Some(Told {
        handle: asked.handle,
        error: ErrorCode(partition.error_code),
        offset: Offset(partition.offset),
    })
}

fn fetched_of<'a>(
    response: &'a FetchResponse,
    asked: &Asked,
    id: Uuid,
) -> Option<&'a PartitionData> {
    let topic = response.responses.iter().find(|topic| {
        if topic.topic.is_empty() {
            topic.topic_id == id
        } else {
            *topic.topic == *asked.topic
        }
    })?;
    let mut partitions = topic.partitions.iter();
    partitions.find(|data| data.partition_index == asked.partition)
}

fn aborted_of(data: &PartitionData) -> AbortedTransactions {
    let aborted = data.aborted_transactions.as_deref().unwrap_or_default();
    let aborted = aborted.iter().map(|transaction| AbortedTransaction {
        producer_id: ProducerId(transaction.producer_id),
        first_offset: Offset(transaction.first_offset),
    });
    AbortedTransactions::new(aborted.collect())
}
