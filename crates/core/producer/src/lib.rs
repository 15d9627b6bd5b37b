//! The deciding part of a producer: batches, sequences, retries.
