//! A shard for tests that appends whatever metadata records it is asked to.

use std::sync::{Arc, Mutex};

use ottla_coordinator::{Answer, Decision, Entry, Event, Rejection, Shard};
use ottla_messages::ErrorCode;
use ottla_messages::abort_transaction_record::AbortTransactionRecord;
use ottla_messages::metadata_record::MetadataRecord;
use ottla_messages::topic_record::TopicRecord;
use ottla_metadata::{MetadataDelta, MetadataImage, MetadataLoader};
use ottla_types::{Instant, Now, Offset, RequestId, Uuid};

use super::error::QuorumError;
use super::shard::{MetadataPublisher, MetadataShard, QuorumFacts};

#[derive(Debug)]
pub(super) enum Ledger {}

impl Shard for Ledger {
    type Hard = MetadataLoader;
    type Soft = ();
    type Context = Offset;
    type Request = Vec<MetadataRecord>;
    type Response = Result<Offset, ErrorCode>;
    type Record = MetadataRecord;
    type Effect = ();

    fn decide(
        _: &MetadataLoader,
        (): &mut (),
        &log_end_offset: &Offset,
        _: Now,
        event: Event<Vec<MetadataRecord>>,
    ) -> Decision<MetadataRecord, Self::Response, ()> {
        match event {
            Event::Request(to, records) => Decision {
                records,
                answers: vec![Answer {
                    to,
                    response: Ok(log_end_offset),
                }],
                effects: Vec::new(),
            },
            _ => Decision::default(),
        }
    }

    fn replay(hard: &mut MetadataLoader, _: Offset, entry: Entry<MetadataRecord>) {
        if let Entry::Record(record) = entry {
            hard.replay(&record).expect("tests append what is legal");
        }
    }

    fn restart(_: &MetadataLoader, _: &Offset, _: Now, _: u64) -> ((), Vec<()>) {
        ((), Vec::new())
    }

    fn reject(
        (): &mut (),
        _: RequestId,
        _: Option<Self::Response>,
        rejection: &Rejection,
    ) -> Self::Response {
        Err(rejection.code)
    }

    fn waiting((): &()) -> Vec<RequestId> {
        Vec::new()
    }

    fn next_deadline((): &()) -> Option<Instant> {
        None
    }
}

impl MetadataShard for Ledger {
    fn image(hard: &MetadataLoader) -> &MetadataImage {
        hard.image()
    }

    fn update_context(context: &mut Offset, facts: QuorumFacts<'_>) {
        *context = facts.log_end_offset;
    }

    fn activation_records(
        hard: &MetadataLoader,
        _: &Offset,
        bootstrap: &[MetadataRecord],
    ) -> Vec<MetadataRecord> {
        if hard.in_transaction() {
            return vec![AbortTransactionRecord::default().into()];
        }
        match hard.image().features.metadata_version {
            Some(_) => Vec::new(),
            None => bootstrap.to_vec(),
        }
    }

    fn refuse(_: &Vec<MetadataRecord>, rejection: &Rejection) -> Self::Response {
        Err(rejection.code)
    }
}

/// Collects what is published.
#[derive(Clone, Debug, Default)]
pub(super) struct Published {
    pub(super) deltas: Arc<Mutex<Vec<MetadataDelta>>>,
    pub(super) outcome: Arc<Mutex<Option<Result<(), QuorumError>>>>,
}

impl Published {
    pub(super) fn topics(&self) -> Vec<String> {
        let deltas = self.deltas.lock().unwrap();
        deltas.last().map_or(Vec::new(), |delta| {
            let topics = delta.after.topics.iter();
            topics.map(|topic| topic.name.to_string()).collect()
        })
    }
}

impl MetadataPublisher<()> for Published {
    fn publish(&mut self, delta: MetadataDelta) {
        self.deltas.lock().unwrap().push(delta);
    }

    fn perform(&mut self, (): ()) {}

    fn stopped(&mut self, outcome: Result<(), QuorumError>) {
        *self.outcome.lock().unwrap() = Some(outcome);
    }
}

/// A record that creates a topic.
pub(super) fn topic(number: u32) -> MetadataRecord {
    TopicRecord {
        name: format!("topic-{number:03}").into(),
        topic_id: Uuid((u128::from(number) + 1) << 64),
    }
    .into()
}
