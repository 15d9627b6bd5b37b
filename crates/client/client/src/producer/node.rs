//! One task per broker: puts requests onto the connection in the order the machine decided, and
//! passes the answers on as they come.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use ottla_messages::ApiKey;
use ottla_messages::produce_request::{PartitionProduceData, ProduceRequest, TopicProduceData};
use ottla_messages::produce_response::ProduceResponse;
use ottla_producer::BatchId;
use ottla_types::{NodeId, RequestId, Uuid};
use tokio::sync::mpsc;

use super::accumulator::Shared;
use super::driver::Event;
use crate::{Acks, Connection, Error, Reply};

/// The first version of Produce that names topics by id.
const FIRST_WITH_TOPIC_ID: i16 = 13;

/// A batch in a request.
#[derive(Clone, Debug)]
pub(super) struct SentBatch {
    pub batch: BatchId,
    pub topic: Arc<str>,
    pub topic_id: Uuid,
    pub partition: i32,
}

/// A request on its way.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub request: RequestId,
    pub batches: Vec<(SentBatch, Bytes)>,
}

/// Sends what comes, in order, until no more can come.
pub(super) async fn run(
    node: NodeId,
    shared: Arc<Shared>,
    mut requests: mpsc::UnboundedReceiver<Outgoing>,
    events: mpsc::UnboundedSender<Event>,
) {
    while let Some(outgoing) = requests.recv().await {
        let request = outgoing.request;
        let sent = match shared.cluster.connection(node).await {
            Ok(connection) => send(&connection, &shared, outgoing),
            Err(error) => Err(error),
        };
        match sent {
            Ok(Some(reply)) => {
                let events = events.clone();
                tokio::spawn(async move {
                    let answer = reply.await;
                    // Without a driver nobody wants to know.
                    let _ = events.send(Event::Produced { request, answer });
                });
            }
            Ok(None) => {
                let _ = events.send(Event::Unanswered { request });
            }
            Err(error) => {
                let answer = Err(error);
                let _ = events.send(Event::Produced { request, answer });
            }
        }
    }
}

fn send(
    connection: &Connection,
    shared: &Shared,
    outgoing: Outgoing,
) -> Result<Option<Reply<ProduceResponse>>, Error> {
    let mut version = connection.version_of(ApiKey::Produce)?;
    let all_ids = outgoing
        .batches
        .iter()
        .all(|(sent, _)| sent.topic_id != Uuid::ZERO);
    if !all_ids {
        version = version.min(FIRST_WITH_TOPIC_ID - 1);
    }
    let by_id = version >= FIRST_WITH_TOPIC_ID;
    let mut topics: BTreeMap<Arc<str>, TopicProduceData> = BTreeMap::new();
    for (sent, records) in outgoing.batches {
        let topic = topics.entry(Arc::clone(&sent.topic)).or_insert_with(|| {
            let mut topic = TopicProduceData::default();
            if by_id {
                topic.topic_id = sent.topic_id;
            } else {
                topic.name = sent.topic.to_string().into();
            }
            topic
        });
        topic.partition_data.push(PartitionProduceData {
            index: sent.partition,
            records: Some(records),
        });
    }
    let timeout = shared.config.client.request_timeout_ms;
    let request = ProduceRequest {
        transactional_id: None,
        acks: shared.config.acks.number(),
        timeout_ms: i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX),
        topic_data: topics.into_values().collect(),
    };
    if shared.config.acks == Acks::None {
        connection.send_unanswered(&request, version)?;
        return Ok(None);
    }
    Ok(Some(connection.send_version(&request, version)))
}
