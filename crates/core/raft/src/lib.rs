//! The metadata quorum as a machine: elections, replication, high watermark.
