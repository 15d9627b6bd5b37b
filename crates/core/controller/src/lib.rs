//! What the active controller decides. One module per area; each looks at the image and returns
//! records and an answer. The image moves only by replay of records.
//!
//! *Not here*: authorization and quotas (the handlers before it), the quorum (`core/raft`), acting
//! on new images (`server/broker`).
//!
//! *Kafka*: `QuorumController` and its control managers.

mod activation;
mod brokers;
mod configs;
mod context;
mod controllers;
mod deciding;
mod election;
mod features;
mod isr;
mod placement;
mod producer_ids;
mod reassignments;
mod request;
mod schema;
mod sessions;
mod shard;
mod state;
mod topics;

pub use activation::activation_records;
pub use context::{
    ConfigLayers, ConfigSchema, ControllerContext, ControllerSettings, EffectiveConfig,
};
pub use producer_ids::PRODUCER_ID_BLOCK_SIZE;
pub use request::{ControllerRequest, ControllerResponse, RequestBody};
pub use schema::FileConfigSchema;
pub use sessions::ControllerSoft;
pub use shard::Controller;
pub use state::ControllerState;
pub use topics::validate_topic_name;
