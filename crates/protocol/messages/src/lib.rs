//! Kafka's requests, responses and log records, generated from schema files of our own.
//!
//! One module per message. `cargo xtask schema import` writes the schema files from the definitions
//! inside Kafka's jars, `cargo xtask codegen` writes `generated/` from the schema files.

mod error;
mod frame;
mod generated;
mod kafka_string;
mod message;
mod reader;
mod writer;

pub use error::{DecodeError, EncodeError};
pub use generated::api_key::ApiKey;
pub use generated::error_code::ErrorCode;
pub use generated::*;
pub use kafka_string::KafkaString;
pub use message::{Message, Request};
pub use reader::Reader;
pub use writer::Writer;
