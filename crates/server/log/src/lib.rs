//! Segments, indexes, recovery and retention in Kafka's files.
