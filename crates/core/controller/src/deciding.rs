//! One decision under way: what it may look at, and small words every area needs.

use std::borrow::Cow;

use ottla_coordinator::Rejection;
use ottla_messages::metadata_record::MetadataRecord;
use ottla_messages::{ErrorCode, KafkaString};
use ottla_metadata::{Broker, MetadataImage, MetadataVersion};
use ottla_types::{NodeId, Now};

use crate::{ConfigLayers, ControllerContext, ControllerSoft, ControllerState};

/// How many records one request may need.
pub(crate) const MAX_RECORDS_PER_REQUEST: usize = 10_000;

/// What an area has decided: records, and what to answer once they are committed.
pub(crate) type Decided<Response> = Result<(Vec<MetadataRecord>, Response), Rejection>;

/// A decision under way.
pub(crate) struct Deciding<'a> {
    pub(crate) state: &'a ControllerState,
    pub(crate) soft: &'a mut ControllerSoft,
    pub(crate) context: &'a ControllerContext,
    pub(crate) now: Now,
}

impl Deciding<'_> {
    pub(crate) fn image(&self) -> &MetadataImage {
        &self.state.image
    }

    pub(crate) fn metadata_version(&self) -> MetadataVersion {
        self.image().features.metadata_version_or_minimum()
    }

    pub(crate) fn is_active(&self, broker: NodeId) -> bool {
        self.image()
            .brokers
            .get(&broker)
            .is_some_and(|broker| broker.is_active())
    }

    /// The broker of a request that must carry its epoch.
    pub(crate) fn broker_of_epoch(&self, id: i32, epoch: i64) -> Result<&Broker, Rejection> {
        match self.image().brokers.get(&NodeId(id)) {
            Some(broker) if broker.epoch == epoch => Ok(broker),
            Some(broker) => Err(refuse(
                ErrorCode::STALE_BROKER_EPOCH,
                format!(
                    "Expected broker epoch {}, but got broker epoch {epoch}",
                    broker.epoch
                ),
            )),
            None => Err(refuse(
                ErrorCode::STALE_BROKER_EPOCH,
                format!("No broker registration found for broker id {id}"),
            )),
        }
    }

    /// What a key of a topic is worth.
    pub(crate) fn topic_value(&self, topic: &str, key: &str) -> Option<String> {
        let layers = ConfigLayers::of_topic(self.image(), self.context.node_id, topic);
        self.context.config_schema.topic_value(key, layers)
    }

    /// Whether a topic may get a leader that lacks records.
    pub(crate) fn unclean_leader_election_enabled(&self, topic: &str) -> bool {
        self.topic_value(topic, "unclean.leader.election.enable")
            .as_deref()
            == Some("true")
    }
}

/// A refusal with a text.
pub(crate) fn refuse(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Rejection {
    Rejection {
        code,
        message: Some(message.into()),
    }
}

/// A refusal whose text is that of the code.
pub(crate) fn refuse_plainly(code: ErrorCode) -> Rejection {
    Rejection {
        code,
        message: None,
    }
}

/// A text of ours for the wire.
pub(crate) fn text(text: &str) -> KafkaString {
    KafkaString::copy_from(text)
}

/// The text of a refusal for the wire.
pub(crate) fn message(rejection: &Rejection) -> Option<KafkaString> {
    rejection.message.as_deref().map(KafkaString::copy_from)
}
