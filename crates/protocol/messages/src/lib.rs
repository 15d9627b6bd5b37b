//! Kafka's requests, responses and log records, generated from schema files of our own.

mod error_code;

pub use error_code::ErrorCode;
