//! One module per API, or per few APIs that are one thing to a client. Handlers translate between
//! messages and machines; machines decide.

pub mod api_versions;
pub mod delete_records;
pub mod describe_cluster;
pub mod describe_configs;
pub mod describe_log_dirs;
pub mod describe_producers;
pub mod describe_topic_partitions;
pub mod envelope;
pub mod fetch;
pub mod find_coordinator;
pub mod forwarded;
pub mod group_administration;
pub mod group_membership;
pub mod group_offsets;
pub mod init_producer_id;
pub mod list_config_resources;
pub mod list_offsets;
pub mod list_partition_reassignments;
pub mod metadata;
pub mod offset_for_leader_epoch;
pub mod produce;
pub mod quorum;
