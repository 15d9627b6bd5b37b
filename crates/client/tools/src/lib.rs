//! Kafka's commands under Kafka's names, with their flags, output and exit codes, and ottla's own
//! commands for people.
//!
//! [`dispatch`] is the whole of a program: it finds the command by the name of a link or by the
//! first word.

mod commands;
mod failure;
mod flags;
mod input;
mod kafka_console_consumer;
mod kafka_console_producer;
mod kafka_get_offsets;
mod kafka_topics;
mod log_line;
mod output;
mod pattern;
mod people;
mod settings;

pub use commands::{TOOLS, Tool, dispatch, run};
pub use settings::KAFKA_VERSION;
