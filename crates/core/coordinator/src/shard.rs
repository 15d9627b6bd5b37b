//! The contract of a machine on a log: controller, group, transaction, share group.
//!
//! *Invariants*: `decide` cannot touch hard state and `replay` cannot fail; both are kept by the
//! compiler. Whatever `decide` returns is either appended and replayed whole, or refused whole.

use std::borrow::Cow;

use ottla_messages::ErrorCode;
use ottla_types::{Instant, Now, Offset, ProducerEpoch, ProducerId, RequestId};

/// Kafka's answer to a request that is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The number in Kafka's error table.
    pub code: ErrorCode,
    /// What to tell the client, in Kafka's words where it has some.
    pub message: Option<Cow<'static, str>>,
}

/// What happens to a shard.
#[derive(Clone, Debug)]
pub enum Event<Request> {
    /// A client (or another node) asks.
    Request(RequestId, Request),
    /// The deadline it named has come.
    Deadline,
    /// A waiting client is gone; its answer will not be delivered.
    Cancelled(RequestId),
    /// The answer to an effect that computed something off the reactor arrives as a request of the
    /// shard's own; this event only says that the metadata image in the context has changed.
    ImageChanged,
}

/// An answer to a request; it may be an earlier one than the one decided on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<Response> {
    /// The request it answers.
    pub to: RequestId,
    /// What is answered.
    pub response: Response,
}

/// What a shard has decided: records to append as one atomic batch, and what to release once they
/// are committed. Without records, answers and effects are released as soon as everything that was
/// applied before is committed.
#[derive(Clone, Debug)]
pub struct Decision<Record, Response, Effect> {
    /// Appended as one batch and replayed at once.
    pub records: Vec<Record>,
    /// Released when committed.
    pub answers: Vec<Answer<Response>>,
    /// Released when committed.
    pub effects: Vec<Effect>,
}

impl<Record, Response, Effect> Default for Decision<Record, Response, Effect> {
    fn default() -> Self {
        Decision {
            records: Vec::new(),
            answers: Vec::new(),
            effects: Vec::new(),
        }
    }
}

/// Something in the log, as replay meets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry<Record> {
    /// A record outside any transaction.
    Record(Record),
    /// A record of a transaction: pending until its end is met.
    Transactional(ProducerId, ProducerEpoch, Record),
    /// The marker that ends a producer's transaction: true for commit.
    TransactionEnd(ProducerId, ProducerEpoch, bool),
}

/// A machine on a log.
pub trait Shard {
    /// What the log says: topics, groups, members, offsets.
    type Hard;
    /// What dies with leadership: timers, who is waiting, the seeded generator.
    type Soft;
    /// What the shell knows and the shard may look at: metadata image, configuration.
    type Context;
    /// What can be asked.
    type Request;
    /// What can be answered.
    type Response;
    /// What can be written.
    type Record;
    /// What the shell must do beside appending and answering.
    type Effect;

    /// Decides. Sees hard state, uncommitted included, but cannot touch it.
    fn decide(
        hard: &Self::Hard,
        soft: &mut Self::Soft,
        context: &Self::Context,
        now: Now,
        event: Event<Self::Request>,
    ) -> Decision<Self::Record, Self::Response, Self::Effect>;

    /// The only way hard state moves. Decides nothing, cannot fail: bytes were decoded before.
    fn replay(hard: &mut Self::Hard, offset: Offset, entry: Entry<Self::Record>);

    /// After load or failover: fresh soft state, and the work to resume.
    fn restart(
        hard: &Self::Hard,
        context: &Self::Context,
        now: Now,
        seed: u64,
    ) -> (Self::Soft, Vec<Self::Effect>);

    /// The answer to a request whose records could not be appended, or that was still waiting when
    /// leadership ended. Called once for each such request; after it the request is forgotten.
    /// `intended` is the answer that was decided and is not given now, `None` for a request that
    /// waits inside the shard. It tells what kind of answer is due without a memory of every
    /// request, since a shard is not told when its answers are released. When an append is refused
    /// this is called right after the `decide` whose records they were, so that soft state can
    /// take back what it assumed.
    fn reject(
        soft: &mut Self::Soft,
        request: RequestId,
        intended: Option<Self::Response>,
        rejection: &Rejection,
    ) -> Self::Response;

    /// Requests that wait inside the shard for something other than a commit.
    fn waiting(soft: &Self::Soft) -> Vec<RequestId>;

    /// The earliest deadline, from an ordered index of timers, never a scan.
    fn next_deadline(soft: &Self::Soft) -> Option<Instant>;
}
