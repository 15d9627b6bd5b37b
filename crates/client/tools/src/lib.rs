//! Kafka's commands under Kafka's names, and ottla's own.
