//! Classic groups and committed offsets: one shard per partition of `__consumer_offsets`.
//!
//! *State*: what the log says (groups as last written, offsets, offsets of open transactions) is
//! hard state; a classic group as it lives (members, who waits for whom, timers) is soft, because
//! joining writes nothing: only a finished rebalance does.
//!
//! *Not here*: finding the coordinator, authorization, names and ids of topics (handlers resolve
//! them before they ask), the consumer, share and streams protocols: their records are kept and
//! their groups listed, but their members are not served.
//!
//! *Kafka*: `GroupCoordinatorShard`, `ClassicGroup`, `OffsetMetadataManager`.

mod classic;
mod configuration;
mod describe;
mod foreign;
mod hard;
mod offsets;
mod partition;
mod record;
mod request;
mod shard;
mod soft;
mod timers;
mod turn;

pub use configuration::GroupConfiguration;
pub use hard::GroupHard;
pub use offsets::{CommittedOffset, Offsets, offset_fetch_groups, offset_fetch_response};
pub use partition::partition_for;
pub use record::{DecodeRecordError, GroupRecord};
pub use request::{Client, GroupRequest, GroupResponse};
pub use shard::{GroupContext, GroupShard};
pub use soft::GroupSoft;
