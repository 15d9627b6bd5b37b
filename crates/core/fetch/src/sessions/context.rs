//! One fetch on its way through the sessions: what it asks for, and what it is told.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use ottla_messages::fetch_request::{FetchPartition, FetchRequest};
use ottla_messages::{ErrorCode, KafkaString};
use ottla_types::Uuid;

use super::session::Key;

/// A partition that a client wants, in a request or by its session.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestedPartition {
    /// The topic's name; empty from version 13 on.
    pub topic: KafkaString,
    /// The topic's id; zero before version 13.
    pub topic_id: Uuid,
    /// Where to read, how much, and what the client knows.
    pub partition: FetchPartition,
}

/// What was found in a partition, as far as it decides whether the client hears of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartitionOutcome {
    /// Bytes of records.
    pub records_size: usize,
    /// The high watermark that would be told.
    pub high_watermark: i64,
    /// The start of the log that would be told.
    pub log_start_offset: i64,
    /// There is an error, a diverging epoch or a preferred read replica to tell.
    pub must_tell: bool,
    /// There is an error: whatever was known of the partition must be told again after it.
    pub has_error: bool,
}

/// A fetch between [`super::Sessions::resolve`] and [`super::Sessions::finish`].
#[derive(Clone, Debug)]
pub struct SessionContext {
    kind: Kind,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Error(ErrorCode),
    Sessionless(Vec<RequestedPartition>),
    Full {
        partitions: Vec<RequestedPartition>,
        uses_topic_ids: bool,
        is_privileged: bool,
    },
    /// The session and the epoch that its next request will have.
    Incremental {
        id: i32,
        epoch: i32,
    },
}

/// How a fetch is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinishedFetch {
    /// For the whole answer; if it is not NONE there are no partitions in it.
    pub error: ErrorCode,
    /// The session to go on with; 0 for none.
    pub session_id: i32,
    /// For each outcome, whether its partition is in the answer.
    pub included: Vec<bool>,
}

impl PartitionOutcome {
    /// What the client knows after it was told: after an error it must be told again.
    pub(super) fn known_high_watermark(&self) -> i64 {
        if self.has_error {
            -1
        } else {
            self.high_watermark
        }
    }
}

impl SessionContext {
    pub(super) fn new(kind: Kind) -> Self {
        SessionContext { kind }
    }

    pub(super) fn kind(&self) -> &Kind {
        &self.kind
    }

    pub(super) fn into_kind(self) -> Kind {
        self.kind
    }

    /// Why the fetch cannot go on, or NONE.
    #[must_use]
    pub fn error(&self) -> ErrorCode {
        match self.kind {
            Kind::Error(code) => code,
            _ => ErrorCode::NONE,
        }
    }

    /// Whether the client hears of partitions with news only. An answer to such a fetch that has
    /// nothing to say is empty.
    #[must_use]
    pub fn is_incremental(&self) -> bool {
        matches!(self.kind, Kind::Incremental { .. })
    }
}

impl FinishedFetch {
    pub(super) fn failed(error: ErrorCode, session_id: i32) -> Self {
        FinishedFetch {
            error,
            session_id,
            included: Vec::new(),
        }
    }

    pub(super) fn all(session_id: i32, count: usize) -> Self {
        FinishedFetch::some(session_id, vec![true; count])
    }

    pub(super) fn some(session_id: i32, included: Vec<bool>) -> Self {
        FinishedFetch {
            error: ErrorCode::NONE,
            session_id,
            included,
        }
    }
}

/// The partitions of a request, each once; what is said of one last holds.
pub(super) fn requested(request: &FetchRequest, uses_topic_ids: bool) -> Vec<RequestedPartition> {
    let mut partitions: Vec<RequestedPartition> = Vec::new();
    let mut places = BTreeMap::<Key, usize>::new();
    for topic in &request.topics {
        for partition in &topic.partitions {
            let requested = RequestedPartition {
                topic: if uses_topic_ids {
                    KafkaString::new()
                } else {
                    topic.topic.clone()
                },
                topic_id: if uses_topic_ids {
                    topic.topic_id
                } else {
                    Uuid::ZERO
                },
                partition: partition.clone(),
            };
            match places.entry(Key::of(&requested)) {
                Entry::Vacant(place) => {
                    place.insert(partitions.len());
                    partitions.push(requested);
                }
                Entry::Occupied(place) => {
                    if let Some(earlier) = partitions.get_mut(*place.get()) {
                        *earlier = requested;
                    }
                }
            }
        }
    }
    partitions
}

/// The partitions that a request forgets.
pub(super) fn forgotten(
    request: &FetchRequest,
    uses_topic_ids: bool,
) -> impl Iterator<Item = Key> + '_ {
    request.forgotten_topics_data.iter().flat_map(move |topic| {
        topic.partitions.iter().map(move |partition| Key {
            topic_id: if uses_topic_ids {
                topic.topic_id
            } else {
                Uuid::ZERO
            },
            topic: if uses_topic_ids {
                KafkaString::new()
            } else {
                topic.topic.clone()
            },
            partition: *partition,
        })
    })
}
