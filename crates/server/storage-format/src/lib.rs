//! `kafka-storage`: formats the log directories of a node as Kafka's tool does, and tells about
//! them.
//!
//! *Kafka*: `StorageTool`, `Formatter`. Credentials of users (`--add-scram`) are refused until
//! something acts on them.

mod arguments;
mod checkpoint_files;
mod command;
mod features;
mod formatter;
mod info;
mod random;
mod usage;
mod voters;

pub use checkpoint_files::{bootstrap_checkpoint, bootstrap_snapshot};
pub use command::run;
pub use features::{FeatureLevels, bootstrap_records};
pub use formatter::{Formatter, FormatterError};
pub use random::random_uuid;
pub use voters::{InitialVoter, parse_initial_controllers};
