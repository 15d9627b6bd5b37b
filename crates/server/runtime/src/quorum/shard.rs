//! What the quorum asks of the shard on the metadata log, beyond what every shard is.

use ottla_coordinator::{Rejection, Shard};
use ottla_messages::metadata_record::MetadataRecord;
use ottla_metadata::{MetadataDelta, MetadataImage};
use ottla_types::{NodeId, Offset};

use super::QuorumError;

/// What the quorum knows and a decision may need.
#[derive(Clone, Copy, Debug)]
pub struct QuorumFacts<'a> {
    /// The offset the next record gets.
    pub log_end_offset: Offset,
    /// The voters.
    pub voters: &'a [NodeId],
    /// The level of `kraft.version`.
    pub kraft_version: i16,
}

/// A shard on the metadata log: the controller.
pub trait MetadataShard: Shard<Record = MetadataRecord, Hard: Default> + 'static {
    /// The metadata with everything that was appended.
    fn image(hard: &Self::Hard) -> &MetadataImage;

    /// Takes note of what the quorum knows; called before each decision.
    fn update_context(context: &mut Self::Context, facts: QuorumFacts<'_>);

    /// What a new leader appends before it decides anything: the bootstrap records on an empty log,
    /// the end of a transaction that its predecessor left open. Nothing in most cases.
    fn activation_records(
        hard: &Self::Hard,
        context: &Self::Context,
        bootstrap: &[MetadataRecord],
    ) -> Vec<MetadataRecord>;

    /// The answer of a node that does not lead.
    fn refuse(request: &Self::Request, rejection: &Rejection) -> Self::Response;
}

/// Who acts on committed metadata. Called on the quorum's thread, one call after the other:
/// whatever a change needs done before clients are told of it is done when the call returns.
pub trait MetadataPublisher<Effect>: Send {
    /// Committed records have moved the image. Changes may be empty: then only its offset has
    /// moved.
    fn publish(&mut self, delta: MetadataDelta);

    /// An effect of the shard, released because everything it rests on is committed.
    fn perform(&mut self, effect: Effect);

    /// The quorum has stopped, in order or because of a failure after which nothing may go on.
    fn stopped(&mut self, outcome: Result<(), QuorumError>);
}
