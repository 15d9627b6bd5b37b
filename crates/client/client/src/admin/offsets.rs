//! Offsets of partitions by kind or by time, asked of each partition's leader.

use std::collections::{BTreeMap, BTreeSet};

use ottla_messages::list_offsets_request::{
    ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic,
};
use ottla_messages::list_offsets_response::ListOffsetsResponse;
use ottla_messages::{ApiKey, ErrorCode};
use ottla_types::{LeaderEpoch, NodeId, Offset, TimestampMs};
use tokio::task::JoinSet;

use super::Admin;
use crate::Error;
use crate::config::IsolationLevel;

/// Which offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OffsetSpec {
    /// Behind the last record.
    Latest,
    /// The first one that is there.
    Earliest,
    /// The record with the largest timestamp.
    MaxTimestamp,
    /// The first one that is on the broker's own disk (tiered storage).
    EarliestLocal,
    /// The last one in the remote tier.
    LatestTiered,
    /// The first one not yet in the remote tier.
    EarliestPendingUpload,
    /// The first record with this time or a later one.
    Timestamp(TimestampMs),
}

impl OffsetSpec {
    /// The number on the wire.
    #[must_use]
    pub fn number(self) -> i64 {
        match self {
            OffsetSpec::Latest => -1,
            OffsetSpec::Earliest => -2,
            OffsetSpec::MaxTimestamp => -3,
            OffsetSpec::EarliestLocal => -4,
            OffsetSpec::LatestTiered => -5,
            OffsetSpec::EarliestPendingUpload => -6,
            OffsetSpec::Timestamp(time) => time.0,
        }
    }

    /// The first version of ListOffsets that knows it.
    fn since(self) -> i16 {
        match self {
            OffsetSpec::MaxTimestamp => 7,
            OffsetSpec::EarliestLocal => 8,
            OffsetSpec::LatestTiered => 9,
            OffsetSpec::EarliestPendingUpload => 11,
            OffsetSpec::Latest | OffsetSpec::Earliest | OffsetSpec::Timestamp(_) => 1,
        }
    }
}

/// An offset found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedOffset {
    /// The offset; `None` when no record is as asked.
    pub offset: Option<Offset>,
    /// The record's time; `NONE` for the ends of the log.
    pub timestamp: TimestampMs,
    /// The epoch of the leader that appended it, where brokers tell.
    pub leader_epoch: Option<LeaderEpoch>,
}

/// A partition by topic name and number.
type Place = (String, i32);

impl Admin {
    /// Offsets of partitions. An error that passes (no leader yet, a leader that moved) is tried
    /// again until `default.api.timeout.ms` is over.
    ///
    /// # Errors
    /// When no broker answers in time. What leaders refuse is in the outcomes.
    pub async fn list_offsets(
        &self,
        asked: &[(Place, OffsetSpec)],
        isolation: IsolationLevel,
    ) -> Result<BTreeMap<Place, Result<ListedOffset, Error>>, Error> {
        let mut found: BTreeMap<Place, Result<ListedOffset, Error>> = BTreeMap::new();
        let mut open: BTreeMap<Place, OffsetSpec> = asked.iter().cloned().collect();
        let end = tokio::time::Instant::now() + self.cluster.config().default_api_timeout_ms;
        let mut first = true;
        while !open.is_empty() {
            if !first {
                tokio::time::sleep(self.cluster.config().retry_backoff_ms).await;
            }
            first = false;
            for (place, answer) in self.ask_leaders(&open, isolation).await? {
                let late = tokio::time::Instant::now() >= end;
                let again = answer.as_ref().is_err_and(Error::is_retriable) && !late;
                if !again {
                    open.remove(&place);
                    found.insert(place, answer);
                }
            }
        }
        Ok(found)
    }

    /// One round: metadata, then one request per leader, all at once.
    async fn ask_leaders(
        &self,
        open: &BTreeMap<Place, OffsetSpec>,
        isolation: IsolationLevel,
    ) -> Result<Vec<(Place, Result<ListedOffset, Error>)>, Error> {
        let topics: BTreeSet<String> = open.keys().map(|(topic, _)| topic.clone()).collect();
        let topics: Vec<String> = topics.into_iter().collect();
        let attempt = || self.cluster.refresh(&topics, false);
        let metadata = self.cluster.retry("the metadata", attempt).await?;
        let mut answers = Vec::new();
        let mut by_leader: BTreeMap<NodeId, BTreeMap<Place, (OffsetSpec, LeaderEpoch)>> =
            BTreeMap::new();
        for (place, spec) in open {
            match metadata.leader(&place.0, place.1) {
                Some((leader, epoch)) => {
                    let places = by_leader.entry(leader).or_default();
                    places.insert(place.clone(), (*spec, epoch));
                }
                None => {
                    let known = metadata.topics.get(&place.0);
                    let code = known.and_then(|topic| topic.error);
                    let has = known.is_some_and(|topic| topic.partitions.contains_key(&place.1));
                    let absent = if has {
                        ErrorCode::LEADER_NOT_AVAILABLE
                    } else {
                        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
                    };
                    answers.push((place.clone(), Err(Error::refused(code.unwrap_or(absent)))));
                }
            }
        }
        let mut rounds = JoinSet::new();
        for (leader, places) in by_leader {
            let admin = self.clone();
            rounds.spawn(async move {
                let answer = admin.ask_leader(leader, &places, isolation).await;
                (places, answer)
            });
        }
        while let Some(round) = rounds.join_next().await {
            let (places, answer) = round.map_err(|_| Error::Closed)?;
            answers.extend(places.into_keys().map(|place| {
                let listed = match &answer {
                    Ok(response) => listed(response, &place),
                    Err(error) => Err(error.clone()),
                };
                (place, listed)
            }));
        }
        Ok(answers)
    }

    async fn ask_leader(
        &self,
        leader: NodeId,
        places: &BTreeMap<Place, (OffsetSpec, LeaderEpoch)>,
        isolation: IsolationLevel,
    ) -> Result<ListOffsetsResponse, Error> {
        let connection = self.cluster.connection(leader).await?;
        let version = connection.version_of(ApiKey::ListOffsets)?;
        if places.values().any(|(spec, _)| spec.since() > version) {
            return Err(Error::UnsupportedApi {
                address: connection.address().to_owned(),
                api_key: ApiKey::ListOffsets,
            });
        }
        let mut topics: BTreeMap<&str, Vec<ListOffsetsPartition>> = BTreeMap::new();
        for ((topic, partition), (spec, epoch)) in places {
            let asked = ListOffsetsPartition {
                partition_index: *partition,
                current_leader_epoch: if version >= 4 { epoch.0 } else { -1 },
                timestamp: spec.number(),
            };
            topics.entry(topic).or_default().push(asked);
        }
        let request = ListOffsetsRequest {
            replica_id: -1,
            isolation_level: if version >= 2 { isolation.number() } else { 0 },
            topics: topics
                .into_iter()
                .map(|(name, partitions)| ListOffsetsTopic {
                    name: name.to_owned().into(),
                    partitions,
                })
                .collect(),
            timeout_ms: if version >= 10 {
                self.broker_timeout_ms()
            } else {
                0
            },
        };
        connection.send_version(&request, version).await
    }
}

/// A partition's part of an answer.
fn listed(response: &ListOffsetsResponse, place: &Place) -> Result<ListedOffset, Error> {
    let topic = response.topics.iter().find(|topic| topic.name == place.0);
    let partition = topic.and_then(|topic| {
        let mut partitions = topic.partitions.iter();
        partitions.find(|partition| partition.partition_index == place.1)
    });
    let Some(partition) = partition else {
        return Err(Error::refused(ErrorCode::UNKNOWN_SERVER_ERROR));
    };
    crate::error::check(partition.error_code, None)?;
    Ok(ListedOffset {
        offset: Some(Offset(partition.offset)).filter(|offset| *offset >= Offset::ZERO),
        timestamp: TimestampMs(partition.timestamp),
        leader_epoch: Some(LeaderEpoch(partition.leader_epoch))
            .filter(|epoch| *epoch >= LeaderEpoch(0)),
    })
}
