//! The modules that `cargo xtask codegen` writes; do not edit.

#![allow(missing_docs, clippy::too_many_lines, clippy::large_enum_variant)]

#[rustfmt::skip]
pub mod abort_transaction_record;
#[rustfmt::skip]
pub mod aborted_txn;
#[rustfmt::skip]
pub mod access_control_entry_record;
#[rustfmt::skip]
pub mod add_offsets_to_txn_request;
#[rustfmt::skip]
pub mod add_offsets_to_txn_response;
#[rustfmt::skip]
pub mod add_partitions_to_txn_request;
#[rustfmt::skip]
pub mod add_partitions_to_txn_response;
#[rustfmt::skip]
pub mod add_raft_voter_request;
#[rustfmt::skip]
pub mod add_raft_voter_response;
#[rustfmt::skip]
pub mod allocate_producer_ids_request;
#[rustfmt::skip]
pub mod allocate_producer_ids_response;
#[rustfmt::skip]
pub mod alter_client_quotas_request;
#[rustfmt::skip]
pub mod alter_client_quotas_response;
#[rustfmt::skip]
pub mod alter_configs_request;
#[rustfmt::skip]
pub mod alter_configs_response;
#[rustfmt::skip]
pub mod alter_partition_reassignments_request;
#[rustfmt::skip]
pub mod alter_partition_reassignments_response;
#[rustfmt::skip]
pub mod alter_partition_request;
#[rustfmt::skip]
pub mod alter_partition_response;
#[rustfmt::skip]
pub mod alter_replica_log_dirs_request;
#[rustfmt::skip]
pub mod alter_replica_log_dirs_response;
#[rustfmt::skip]
pub mod alter_share_group_offsets_request;
#[rustfmt::skip]
pub mod alter_share_group_offsets_response;
#[rustfmt::skip]
pub mod alter_user_scram_credentials_request;
#[rustfmt::skip]
pub mod alter_user_scram_credentials_response;
#[rustfmt::skip]
pub(crate) mod api_key;
#[rustfmt::skip]
pub mod api_versions_request;
#[rustfmt::skip]
pub mod api_versions_response;
#[rustfmt::skip]
pub mod assign_replicas_to_dirs_request;
#[rustfmt::skip]
pub mod assign_replicas_to_dirs_response;
#[rustfmt::skip]
pub mod begin_quorum_epoch_request;
#[rustfmt::skip]
pub mod begin_quorum_epoch_response;
#[rustfmt::skip]
pub mod begin_transaction_record;
#[rustfmt::skip]
pub mod broker_heartbeat_request;
#[rustfmt::skip]
pub mod broker_heartbeat_response;
#[rustfmt::skip]
pub mod broker_registration_change_record;
#[rustfmt::skip]
pub mod broker_registration_request;
#[rustfmt::skip]
pub mod broker_registration_response;
#[rustfmt::skip]
pub mod clear_elr_record;
#[rustfmt::skip]
pub mod client_quota_record;
#[rustfmt::skip]
pub mod config_record;
#[rustfmt::skip]
pub mod consumer_group_current_member_assignment_key;
#[rustfmt::skip]
pub mod consumer_group_current_member_assignment_value;
#[rustfmt::skip]
pub mod consumer_group_describe_request;
#[rustfmt::skip]
pub mod consumer_group_describe_response;
#[rustfmt::skip]
pub mod consumer_group_heartbeat_request;
#[rustfmt::skip]
pub mod consumer_group_heartbeat_response;
#[rustfmt::skip]
pub mod consumer_group_member_metadata_key;
#[rustfmt::skip]
pub mod consumer_group_member_metadata_value;
#[rustfmt::skip]
pub mod consumer_group_metadata_key;
#[rustfmt::skip]
pub mod consumer_group_metadata_value;
#[rustfmt::skip]
pub mod consumer_group_partition_metadata_key;
#[rustfmt::skip]
pub mod consumer_group_partition_metadata_value;
#[rustfmt::skip]
pub mod consumer_group_regular_expression_key;
#[rustfmt::skip]
pub mod consumer_group_regular_expression_value;
#[rustfmt::skip]
pub mod consumer_group_target_assignment_member_key;
#[rustfmt::skip]
pub mod consumer_group_target_assignment_member_value;
#[rustfmt::skip]
pub mod consumer_group_target_assignment_metadata_key;
#[rustfmt::skip]
pub mod consumer_group_target_assignment_metadata_value;
#[rustfmt::skip]
pub mod consumer_protocol_assignment;
#[rustfmt::skip]
pub mod consumer_protocol_subscription;
#[rustfmt::skip]
pub mod control_record_type_schema;
#[rustfmt::skip]
pub mod controller_registration_request;
#[rustfmt::skip]
pub mod controller_registration_response;
#[rustfmt::skip]
pub mod create_acls_request;
#[rustfmt::skip]
pub mod create_acls_response;
#[rustfmt::skip]
pub mod create_delegation_token_request;
#[rustfmt::skip]
pub mod create_delegation_token_response;
#[rustfmt::skip]
pub mod create_partitions_request;
#[rustfmt::skip]
pub mod create_partitions_response;
#[rustfmt::skip]
pub mod create_topics_request;
#[rustfmt::skip]
pub mod create_topics_response;
#[rustfmt::skip]
pub mod default_principal_data;
#[rustfmt::skip]
pub mod delegation_token_record;
#[rustfmt::skip]
pub mod delete_acls_request;
#[rustfmt::skip]
pub mod delete_acls_response;
#[rustfmt::skip]
pub mod delete_groups_request;
#[rustfmt::skip]
pub mod delete_groups_response;
#[rustfmt::skip]
pub mod delete_records_request;
#[rustfmt::skip]
pub mod delete_records_response;
#[rustfmt::skip]
pub mod delete_share_group_offsets_request;
#[rustfmt::skip]
pub mod delete_share_group_offsets_response;
#[rustfmt::skip]
pub mod delete_share_group_state_request;
#[rustfmt::skip]
pub mod delete_share_group_state_response;
#[rustfmt::skip]
pub mod delete_topics_request;
#[rustfmt::skip]
pub mod delete_topics_response;
#[rustfmt::skip]
pub mod describe_acls_request;
#[rustfmt::skip]
pub mod describe_acls_response;
#[rustfmt::skip]
pub mod describe_client_quotas_request;
#[rustfmt::skip]
pub mod describe_client_quotas_response;
#[rustfmt::skip]
pub mod describe_cluster_request;
#[rustfmt::skip]
pub mod describe_cluster_response;
#[rustfmt::skip]
pub mod describe_configs_request;
#[rustfmt::skip]
pub mod describe_configs_response;
#[rustfmt::skip]
pub mod describe_delegation_token_request;
#[rustfmt::skip]
pub mod describe_delegation_token_response;
#[rustfmt::skip]
pub mod describe_groups_request;
#[rustfmt::skip]
pub mod describe_groups_response;
#[rustfmt::skip]
pub mod describe_log_dirs_request;
#[rustfmt::skip]
pub mod describe_log_dirs_response;
#[rustfmt::skip]
pub mod describe_producers_request;
#[rustfmt::skip]
pub mod describe_producers_response;
#[rustfmt::skip]
pub mod describe_quorum_request;
#[rustfmt::skip]
pub mod describe_quorum_response;
#[rustfmt::skip]
pub mod describe_share_group_offsets_request;
#[rustfmt::skip]
pub mod describe_share_group_offsets_response;
#[rustfmt::skip]
pub mod describe_topic_partitions_request;
#[rustfmt::skip]
pub mod describe_topic_partitions_response;
#[rustfmt::skip]
pub mod describe_transactions_request;
#[rustfmt::skip]
pub mod describe_transactions_response;
#[rustfmt::skip]
pub mod describe_user_scram_credentials_request;
#[rustfmt::skip]
pub mod describe_user_scram_credentials_response;
#[rustfmt::skip]
pub mod elect_leaders_request;
#[rustfmt::skip]
pub mod elect_leaders_response;
#[rustfmt::skip]
pub mod end_quorum_epoch_request;
#[rustfmt::skip]
pub mod end_quorum_epoch_response;
#[rustfmt::skip]
pub mod end_transaction_record;
#[rustfmt::skip]
pub mod end_txn_marker;
#[rustfmt::skip]
pub mod end_txn_request;
#[rustfmt::skip]
pub mod end_txn_response;
#[rustfmt::skip]
pub mod envelope_request;
#[rustfmt::skip]
pub mod envelope_response;
#[rustfmt::skip]
pub(crate) mod error_code;
#[rustfmt::skip]
pub mod expire_delegation_token_request;
#[rustfmt::skip]
pub mod expire_delegation_token_response;
#[rustfmt::skip]
pub mod feature_level_record;
#[rustfmt::skip]
pub mod fence_broker_record;
#[rustfmt::skip]
pub mod fetch_request;
#[rustfmt::skip]
pub mod fetch_response;
#[rustfmt::skip]
pub mod fetch_snapshot_request;
#[rustfmt::skip]
pub mod fetch_snapshot_response;
#[rustfmt::skip]
pub mod find_coordinator_request;
#[rustfmt::skip]
pub mod find_coordinator_response;
#[rustfmt::skip]
pub mod get_telemetry_subscriptions_request;
#[rustfmt::skip]
pub mod get_telemetry_subscriptions_response;
#[rustfmt::skip]
pub mod group_coordinator_record;
#[rustfmt::skip]
pub mod group_metadata_key;
#[rustfmt::skip]
pub mod group_metadata_value;
#[rustfmt::skip]
pub mod heartbeat_request;
#[rustfmt::skip]
pub mod heartbeat_response;
#[rustfmt::skip]
pub mod incremental_alter_configs_request;
#[rustfmt::skip]
pub mod incremental_alter_configs_response;
#[rustfmt::skip]
pub mod init_producer_id_request;
#[rustfmt::skip]
pub mod init_producer_id_response;
#[rustfmt::skip]
pub mod initialize_share_group_state_request;
#[rustfmt::skip]
pub mod initialize_share_group_state_response;
#[rustfmt::skip]
pub mod join_group_request;
#[rustfmt::skip]
pub mod join_group_response;
#[rustfmt::skip]
pub mod kraft_version_record;
#[rustfmt::skip]
pub mod leader_change_message;
#[rustfmt::skip]
pub mod leave_group_request;
#[rustfmt::skip]
pub mod leave_group_response;
#[rustfmt::skip]
pub mod legacy_offset_commit_key;
#[rustfmt::skip]
pub mod legacy_offset_commit_value;
#[rustfmt::skip]
pub mod list_config_resources_request;
#[rustfmt::skip]
pub mod list_config_resources_response;
#[rustfmt::skip]
pub mod list_groups_request;
#[rustfmt::skip]
pub mod list_groups_response;
#[rustfmt::skip]
pub mod list_offsets_request;
#[rustfmt::skip]
pub mod list_offsets_response;
#[rustfmt::skip]
pub mod list_partition_reassignments_request;
#[rustfmt::skip]
pub mod list_partition_reassignments_response;
#[rustfmt::skip]
pub mod list_transactions_request;
#[rustfmt::skip]
pub mod list_transactions_response;
#[rustfmt::skip]
pub mod metadata_record;
#[rustfmt::skip]
pub mod metadata_request;
#[rustfmt::skip]
pub mod metadata_response;
#[rustfmt::skip]
pub mod no_op_record;
#[rustfmt::skip]
pub mod offset_commit_key;
#[rustfmt::skip]
pub mod offset_commit_request;
#[rustfmt::skip]
pub mod offset_commit_response;
#[rustfmt::skip]
pub mod offset_commit_value;
#[rustfmt::skip]
pub mod offset_delete_request;
#[rustfmt::skip]
pub mod offset_delete_response;
#[rustfmt::skip]
pub mod offset_fetch_request;
#[rustfmt::skip]
pub mod offset_fetch_response;
#[rustfmt::skip]
pub mod offset_for_leader_epoch_request;
#[rustfmt::skip]
pub mod offset_for_leader_epoch_response;
#[rustfmt::skip]
pub mod partition_change_record;
#[rustfmt::skip]
pub mod partition_record;
#[rustfmt::skip]
pub mod produce_request;
#[rustfmt::skip]
pub mod produce_response;
#[rustfmt::skip]
pub mod producer_ids_record;
#[rustfmt::skip]
pub mod producer_snapshot;
#[rustfmt::skip]
pub mod push_telemetry_request;
#[rustfmt::skip]
pub mod push_telemetry_response;
#[rustfmt::skip]
pub mod quorum_state_data;
#[rustfmt::skip]
pub mod read_share_group_state_request;
#[rustfmt::skip]
pub mod read_share_group_state_response;
#[rustfmt::skip]
pub mod read_share_group_state_summary_request;
#[rustfmt::skip]
pub mod read_share_group_state_summary_response;
#[rustfmt::skip]
pub mod register_broker_record;
#[rustfmt::skip]
pub mod register_controller_record;
#[rustfmt::skip]
pub mod remote_log_metadata_record;
#[rustfmt::skip]
pub mod remote_log_segment_metadata_record;
#[rustfmt::skip]
pub mod remote_log_segment_metadata_snapshot_record;
#[rustfmt::skip]
pub mod remote_log_segment_metadata_update_record;
#[rustfmt::skip]
pub mod remote_partition_delete_metadata_record;
#[rustfmt::skip]
pub mod remove_access_control_entry_record;
#[rustfmt::skip]
pub mod remove_delegation_token_record;
#[rustfmt::skip]
pub mod remove_raft_voter_request;
#[rustfmt::skip]
pub mod remove_raft_voter_response;
#[rustfmt::skip]
pub mod remove_topic_record;
#[rustfmt::skip]
pub mod remove_user_scram_credential_record;
#[rustfmt::skip]
pub mod renew_delegation_token_request;
#[rustfmt::skip]
pub mod renew_delegation_token_response;
#[rustfmt::skip]
pub mod request_header;
#[rustfmt::skip]
pub mod response_header;
#[rustfmt::skip]
pub mod sasl_authenticate_request;
#[rustfmt::skip]
pub mod sasl_authenticate_response;
#[rustfmt::skip]
pub mod sasl_handshake_request;
#[rustfmt::skip]
pub mod sasl_handshake_response;
#[rustfmt::skip]
pub mod share_acknowledge_request;
#[rustfmt::skip]
pub mod share_acknowledge_response;
#[rustfmt::skip]
pub mod share_coordinator_record;
#[rustfmt::skip]
pub mod share_fetch_request;
#[rustfmt::skip]
pub mod share_fetch_response;
#[rustfmt::skip]
pub mod share_group_current_member_assignment_key;
#[rustfmt::skip]
pub mod share_group_current_member_assignment_value;
#[rustfmt::skip]
pub mod share_group_describe_request;
#[rustfmt::skip]
pub mod share_group_describe_response;
#[rustfmt::skip]
pub mod share_group_heartbeat_request;
#[rustfmt::skip]
pub mod share_group_heartbeat_response;
#[rustfmt::skip]
pub mod share_group_member_metadata_key;
#[rustfmt::skip]
pub mod share_group_member_metadata_value;
#[rustfmt::skip]
pub mod share_group_metadata_key;
#[rustfmt::skip]
pub mod share_group_metadata_value;
#[rustfmt::skip]
pub mod share_group_state_partition_metadata_key;
#[rustfmt::skip]
pub mod share_group_state_partition_metadata_value;
#[rustfmt::skip]
pub mod share_group_target_assignment_member_key;
#[rustfmt::skip]
pub mod share_group_target_assignment_member_value;
#[rustfmt::skip]
pub mod share_group_target_assignment_metadata_key;
#[rustfmt::skip]
pub mod share_group_target_assignment_metadata_value;
#[rustfmt::skip]
pub mod share_snapshot_key;
#[rustfmt::skip]
pub mod share_snapshot_value;
#[rustfmt::skip]
pub mod share_update_key;
#[rustfmt::skip]
pub mod share_update_value;
#[rustfmt::skip]
pub mod snapshot_footer_record;
#[rustfmt::skip]
pub mod snapshot_header_record;
#[rustfmt::skip]
pub mod streams_group_current_member_assignment_key;
#[rustfmt::skip]
pub mod streams_group_current_member_assignment_value;
#[rustfmt::skip]
pub mod streams_group_describe_request;
#[rustfmt::skip]
pub mod streams_group_describe_response;
#[rustfmt::skip]
pub mod streams_group_heartbeat_request;
#[rustfmt::skip]
pub mod streams_group_heartbeat_response;
#[rustfmt::skip]
pub mod streams_group_member_metadata_key;
#[rustfmt::skip]
pub mod streams_group_member_metadata_value;
#[rustfmt::skip]
pub mod streams_group_metadata_key;
#[rustfmt::skip]
pub mod streams_group_metadata_value;
#[rustfmt::skip]
pub mod streams_group_target_assignment_member_key;
#[rustfmt::skip]
pub mod streams_group_target_assignment_member_value;
#[rustfmt::skip]
pub mod streams_group_target_assignment_metadata_key;
#[rustfmt::skip]
pub mod streams_group_target_assignment_metadata_value;
#[rustfmt::skip]
pub mod streams_group_topology_description_update_request;
#[rustfmt::skip]
pub mod streams_group_topology_description_update_response;
#[rustfmt::skip]
pub mod streams_group_topology_key;
#[rustfmt::skip]
pub mod streams_group_topology_value;
#[rustfmt::skip]
pub mod sync_group_request;
#[rustfmt::skip]
pub mod sync_group_response;
#[rustfmt::skip]
pub mod topic_record;
#[rustfmt::skip]
pub mod transaction_coordinator_record;
#[rustfmt::skip]
pub mod transaction_log_key;
#[rustfmt::skip]
pub mod transaction_log_value;
#[rustfmt::skip]
pub mod txn_offset_commit_request;
#[rustfmt::skip]
pub mod txn_offset_commit_response;
#[rustfmt::skip]
pub mod unfence_broker_record;
#[rustfmt::skip]
pub mod unregister_broker_record;
#[rustfmt::skip]
pub mod unregister_broker_request;
#[rustfmt::skip]
pub mod unregister_broker_response;
#[rustfmt::skip]
pub mod unregister_controller_record;
#[rustfmt::skip]
pub mod unregister_controller_request;
#[rustfmt::skip]
pub mod unregister_controller_response;
#[rustfmt::skip]
pub mod update_features_request;
#[rustfmt::skip]
pub mod update_features_response;
#[rustfmt::skip]
pub mod update_raft_voter_request;
#[rustfmt::skip]
pub mod update_raft_voter_response;
#[rustfmt::skip]
pub mod user_scram_credential_record;
#[rustfmt::skip]
pub mod vote_request;
#[rustfmt::skip]
pub mod vote_response;
#[rustfmt::skip]
pub mod voters_record;
#[rustfmt::skip]
pub mod write_share_group_state_request;
#[rustfmt::skip]
pub mod write_share_group_state_response;
#[rustfmt::skip]
pub mod write_txn_markers_request;
#[rustfmt::skip]
pub mod write_txn_markers_response;
#[rustfmt::skip]
pub mod zk_migration_state_record;

/// Calls a macro with the path of every message type, as `module::Type, …`.
#[macro_export]
macro_rules! for_each_message {
    ($callback:ident) => {
        $callback! {
            aborted_txn::AbortedTxn,
            add_offsets_to_txn_request::AddOffsetsToTxnRequest,
            add_offsets_to_txn_response::AddOffsetsToTxnResponse,
            add_partitions_to_txn_request::AddPartitionsToTxnRequest,
            add_partitions_to_txn_response::AddPartitionsToTxnResponse,
            add_raft_voter_request::AddRaftVoterRequest,
            add_raft_voter_response::AddRaftVoterResponse,
            allocate_producer_ids_request::AllocateProducerIdsRequest,
            allocate_producer_ids_response::AllocateProducerIdsResponse,
            alter_client_quotas_request::AlterClientQuotasRequest,
            alter_client_quotas_response::AlterClientQuotasResponse,
            alter_configs_request::AlterConfigsRequest,
            alter_configs_response::AlterConfigsResponse,
            alter_partition_reassignments_request::AlterPartitionReassignmentsRequest,
            alter_partition_reassignments_response::AlterPartitionReassignmentsResponse,
            alter_partition_request::AlterPartitionRequest,
            alter_partition_response::AlterPartitionResponse,
            alter_replica_log_dirs_request::AlterReplicaLogDirsRequest,
            alter_replica_log_dirs_response::AlterReplicaLogDirsResponse,
            alter_share_group_offsets_request::AlterShareGroupOffsetsRequest,
            alter_share_group_offsets_response::AlterShareGroupOffsetsResponse,
            alter_user_scram_credentials_request::AlterUserScramCredentialsRequest,
            alter_user_scram_credentials_response::AlterUserScramCredentialsResponse,
            api_versions_request::ApiVersionsRequest,
            api_versions_response::ApiVersionsResponse,
            assign_replicas_to_dirs_request::AssignReplicasToDirsRequest,
            assign_replicas_to_dirs_response::AssignReplicasToDirsResponse,
            begin_quorum_epoch_request::BeginQuorumEpochRequest,
            begin_quorum_epoch_response::BeginQuorumEpochResponse,
            broker_heartbeat_request::BrokerHeartbeatRequest,
            broker_heartbeat_response::BrokerHeartbeatResponse,
            broker_registration_request::BrokerRegistrationRequest,
            broker_registration_response::BrokerRegistrationResponse,
            consumer_group_describe_request::ConsumerGroupDescribeRequest,
            consumer_group_describe_response::ConsumerGroupDescribeResponse,
            consumer_group_heartbeat_request::ConsumerGroupHeartbeatRequest,
            consumer_group_heartbeat_response::ConsumerGroupHeartbeatResponse,
            consumer_protocol_assignment::ConsumerProtocolAssignment,
            consumer_protocol_subscription::ConsumerProtocolSubscription,
            control_record_type_schema::ControlRecordTypeSchema,
            controller_registration_request::ControllerRegistrationRequest,
            controller_registration_response::ControllerRegistrationResponse,
            create_acls_request::CreateAclsRequest,
            create_acls_response::CreateAclsResponse,
            create_delegation_token_request::CreateDelegationTokenRequest,
            create_delegation_token_response::CreateDelegationTokenResponse,
            create_partitions_request::CreatePartitionsRequest,
            create_partitions_response::CreatePartitionsResponse,
            create_topics_request::CreateTopicsRequest,
            create_topics_response::CreateTopicsResponse,
            default_principal_data::DefaultPrincipalData,
            delete_acls_request::DeleteAclsRequest,
            delete_acls_response::DeleteAclsResponse,
            delete_groups_request::DeleteGroupsRequest,
            delete_groups_response::DeleteGroupsResponse,
            delete_records_request::DeleteRecordsRequest,
            delete_records_response::DeleteRecordsResponse,
            delete_share_group_offsets_request::DeleteShareGroupOffsetsRequest,
            delete_share_group_offsets_response::DeleteShareGroupOffsetsResponse,
            delete_share_group_state_request::DeleteShareGroupStateRequest,
            delete_share_group_state_response::DeleteShareGroupStateResponse,
            delete_topics_request::DeleteTopicsRequest,
            delete_topics_response::DeleteTopicsResponse,
            describe_acls_request::DescribeAclsRequest,
            describe_acls_response::DescribeAclsResponse,
            describe_client_quotas_request::DescribeClientQuotasRequest,
            describe_client_quotas_response::DescribeClientQuotasResponse,
            describe_cluster_request::DescribeClusterRequest,
            describe_cluster_response::DescribeClusterResponse,
            describe_configs_request::DescribeConfigsRequest,
            describe_configs_response::DescribeConfigsResponse,
            describe_delegation_token_request::DescribeDelegationTokenRequest,
            describe_delegation_token_response::DescribeDelegationTokenResponse,
            describe_groups_request::DescribeGroupsRequest,
            describe_groups_response::DescribeGroupsResponse,
            describe_log_dirs_request::DescribeLogDirsRequest,
            describe_log_dirs_response::DescribeLogDirsResponse,
            describe_producers_request::DescribeProducersRequest,
            describe_producers_response::DescribeProducersResponse,
            describe_quorum_request::DescribeQuorumRequest,
            describe_quorum_response::DescribeQuorumResponse,
            describe_share_group_offsets_request::DescribeShareGroupOffsetsRequest,
            describe_share_group_offsets_response::DescribeShareGroupOffsetsResponse,
            describe_topic_partitions_request::DescribeTopicPartitionsRequest,
            describe_topic_partitions_response::DescribeTopicPartitionsResponse,
            describe_transactions_request::DescribeTransactionsRequest,
            describe_transactions_response::DescribeTransactionsResponse,
            describe_user_scram_credentials_request::DescribeUserScramCredentialsRequest,
            describe_user_scram_credentials_response::DescribeUserScramCredentialsResponse,
            elect_leaders_request::ElectLeadersRequest,
            elect_leaders_response::ElectLeadersResponse,
            end_quorum_epoch_request::EndQuorumEpochRequest,
            end_quorum_epoch_response::EndQuorumEpochResponse,
            end_txn_marker::EndTxnMarker,
            end_txn_request::EndTxnRequest,
            end_txn_response::EndTxnResponse,
            envelope_request::EnvelopeRequest,
            envelope_response::EnvelopeResponse,
            expire_delegation_token_request::ExpireDelegationTokenRequest,
            expire_delegation_token_response::ExpireDelegationTokenResponse,
            fetch_request::FetchRequest,
            fetch_response::FetchResponse,
            fetch_snapshot_request::FetchSnapshotRequest,
            fetch_snapshot_response::FetchSnapshotResponse,
            find_coordinator_request::FindCoordinatorRequest,
            find_coordinator_response::FindCoordinatorResponse,
            get_telemetry_subscriptions_request::GetTelemetrySubscriptionsRequest,
            get_telemetry_subscriptions_response::GetTelemetrySubscriptionsResponse,
            heartbeat_request::HeartbeatRequest,
            heartbeat_response::HeartbeatResponse,
            incremental_alter_configs_request::IncrementalAlterConfigsRequest,
            incremental_alter_configs_response::IncrementalAlterConfigsResponse,
            init_producer_id_request::InitProducerIdRequest,
            init_producer_id_response::InitProducerIdResponse,
            initialize_share_group_state_request::InitializeShareGroupStateRequest,
            initialize_share_group_state_response::InitializeShareGroupStateResponse,
            join_group_request::JoinGroupRequest,
            join_group_response::JoinGroupResponse,
            kraft_version_record::KraftVersionRecord,
            leader_change_message::LeaderChangeMessage,
            leave_group_request::LeaveGroupRequest,
            leave_group_response::LeaveGroupResponse,
            list_config_resources_request::ListConfigResourcesRequest,
            list_config_resources_response::ListConfigResourcesResponse,
            list_groups_request::ListGroupsRequest,
            list_groups_response::ListGroupsResponse,
            list_offsets_request::ListOffsetsRequest,
            list_offsets_response::ListOffsetsResponse,
            list_partition_reassignments_request::ListPartitionReassignmentsRequest,
            list_partition_reassignments_response::ListPartitionReassignmentsResponse,
            list_transactions_request::ListTransactionsRequest,
            list_transactions_response::ListTransactionsResponse,
            metadata_request::MetadataRequest,
            metadata_response::MetadataResponse,
            offset_commit_request::OffsetCommitRequest,
            offset_commit_response::OffsetCommitResponse,
            offset_delete_request::OffsetDeleteRequest,
            offset_delete_response::OffsetDeleteResponse,
            offset_fetch_request::OffsetFetchRequest,
            offset_fetch_response::OffsetFetchResponse,
            offset_for_leader_epoch_request::OffsetForLeaderEpochRequest,
            offset_for_leader_epoch_response::OffsetForLeaderEpochResponse,
            produce_request::ProduceRequest,
            produce_response::ProduceResponse,
            push_telemetry_request::PushTelemetryRequest,
            push_telemetry_response::PushTelemetryResponse,
            read_share_group_state_request::ReadShareGroupStateRequest,
            read_share_group_state_response::ReadShareGroupStateResponse,
            read_share_group_state_summary_request::ReadShareGroupStateSummaryRequest,
            read_share_group_state_summary_response::ReadShareGroupStateSummaryResponse,
            remove_raft_voter_request::RemoveRaftVoterRequest,
            remove_raft_voter_response::RemoveRaftVoterResponse,
            renew_delegation_token_request::RenewDelegationTokenRequest,
            renew_delegation_token_response::RenewDelegationTokenResponse,
            request_header::RequestHeader,
            response_header::ResponseHeader,
            sasl_authenticate_request::SaslAuthenticateRequest,
            sasl_authenticate_response::SaslAuthenticateResponse,
            sasl_handshake_request::SaslHandshakeRequest,
            sasl_handshake_response::SaslHandshakeResponse,
            share_acknowledge_request::ShareAcknowledgeRequest,
            share_acknowledge_response::ShareAcknowledgeResponse,
            share_fetch_request::ShareFetchRequest,
            share_fetch_response::ShareFetchResponse,
            share_group_describe_request::ShareGroupDescribeRequest,
            share_group_describe_response::ShareGroupDescribeResponse,
            share_group_heartbeat_request::ShareGroupHeartbeatRequest,
            share_group_heartbeat_response::ShareGroupHeartbeatResponse,
            snapshot_footer_record::SnapshotFooterRecord,
            snapshot_header_record::SnapshotHeaderRecord,
            streams_group_describe_request::StreamsGroupDescribeRequest,
            streams_group_describe_response::StreamsGroupDescribeResponse,
            streams_group_heartbeat_request::StreamsGroupHeartbeatRequest,
            streams_group_heartbeat_response::StreamsGroupHeartbeatResponse,
            streams_group_topology_description_update_request::StreamsGroupTopologyDescriptionUpdateRequest,
            streams_group_topology_description_update_response::StreamsGroupTopologyDescriptionUpdateResponse,
            sync_group_request::SyncGroupRequest,
            sync_group_response::SyncGroupResponse,
            txn_offset_commit_request::TxnOffsetCommitRequest,
            txn_offset_commit_response::TxnOffsetCommitResponse,
            unregister_broker_request::UnregisterBrokerRequest,
            unregister_broker_response::UnregisterBrokerResponse,
            unregister_controller_request::UnregisterControllerRequest,
            unregister_controller_response::UnregisterControllerResponse,
            update_features_request::UpdateFeaturesRequest,
            update_features_response::UpdateFeaturesResponse,
            update_raft_voter_request::UpdateRaftVoterRequest,
            update_raft_voter_response::UpdateRaftVoterResponse,
            vote_request::VoteRequest,
            vote_response::VoteResponse,
            voters_record::VotersRecord,
            write_share_group_state_request::WriteShareGroupStateRequest,
            write_share_group_state_response::WriteShareGroupStateResponse,
            write_txn_markers_request::WriteTxnMarkersRequest,
            write_txn_markers_response::WriteTxnMarkersResponse,
            consumer_group_current_member_assignment_key::ConsumerGroupCurrentMemberAssignmentKey,
            consumer_group_current_member_assignment_value::ConsumerGroupCurrentMemberAssignmentValue,
            consumer_group_member_metadata_key::ConsumerGroupMemberMetadataKey,
            consumer_group_member_metadata_value::ConsumerGroupMemberMetadataValue,
            consumer_group_metadata_key::ConsumerGroupMetadataKey,
            consumer_group_metadata_value::ConsumerGroupMetadataValue,
            consumer_group_partition_metadata_key::ConsumerGroupPartitionMetadataKey,
            consumer_group_partition_metadata_value::ConsumerGroupPartitionMetadataValue,
            consumer_group_regular_expression_key::ConsumerGroupRegularExpressionKey,
            consumer_group_regular_expression_value::ConsumerGroupRegularExpressionValue,
            consumer_group_target_assignment_member_key::ConsumerGroupTargetAssignmentMemberKey,
            consumer_group_target_assignment_member_value::ConsumerGroupTargetAssignmentMemberValue,
            consumer_group_target_assignment_metadata_key::ConsumerGroupTargetAssignmentMetadataKey,
            consumer_group_target_assignment_metadata_value::ConsumerGroupTargetAssignmentMetadataValue,
            group_metadata_key::GroupMetadataKey,
            group_metadata_value::GroupMetadataValue,
            legacy_offset_commit_key::LegacyOffsetCommitKey,
            legacy_offset_commit_value::LegacyOffsetCommitValue,
            offset_commit_key::OffsetCommitKey,
            offset_commit_value::OffsetCommitValue,
            share_group_current_member_assignment_key::ShareGroupCurrentMemberAssignmentKey,
            share_group_current_member_assignment_value::ShareGroupCurrentMemberAssignmentValue,
            share_group_member_metadata_key::ShareGroupMemberMetadataKey,
            share_group_member_metadata_value::ShareGroupMemberMetadataValue,
            share_group_metadata_key::ShareGroupMetadataKey,
            share_group_metadata_value::ShareGroupMetadataValue,
            share_group_state_partition_metadata_key::ShareGroupStatePartitionMetadataKey,
            share_group_state_partition_metadata_value::ShareGroupStatePartitionMetadataValue,
            share_group_target_assignment_member_key::ShareGroupTargetAssignmentMemberKey,
            share_group_target_assignment_member_value::ShareGroupTargetAssignmentMemberValue,
            share_group_target_assignment_metadata_key::ShareGroupTargetAssignmentMetadataKey,
            share_group_target_assignment_metadata_value::ShareGroupTargetAssignmentMetadataValue,
            streams_group_current_member_assignment_key::StreamsGroupCurrentMemberAssignmentKey,
            streams_group_current_member_assignment_value::StreamsGroupCurrentMemberAssignmentValue,
            streams_group_member_metadata_key::StreamsGroupMemberMetadataKey,
            streams_group_member_metadata_value::StreamsGroupMemberMetadataValue,
            streams_group_metadata_key::StreamsGroupMetadataKey,
            streams_group_metadata_value::StreamsGroupMetadataValue,
            streams_group_target_assignment_member_key::StreamsGroupTargetAssignmentMemberKey,
            streams_group_target_assignment_member_value::StreamsGroupTargetAssignmentMemberValue,
            streams_group_target_assignment_metadata_key::StreamsGroupTargetAssignmentMetadataKey,
            streams_group_target_assignment_metadata_value::StreamsGroupTargetAssignmentMetadataValue,
            streams_group_topology_key::StreamsGroupTopologyKey,
            streams_group_topology_value::StreamsGroupTopologyValue,
            abort_transaction_record::AbortTransactionRecord,
            access_control_entry_record::AccessControlEntryRecord,
            begin_transaction_record::BeginTransactionRecord,
            broker_registration_change_record::BrokerRegistrationChangeRecord,
            clear_elr_record::ClearElrRecord,
            client_quota_record::ClientQuotaRecord,
            config_record::ConfigRecord,
            delegation_token_record::DelegationTokenRecord,
            end_transaction_record::EndTransactionRecord,
            feature_level_record::FeatureLevelRecord,
            fence_broker_record::FenceBrokerRecord,
            no_op_record::NoOpRecord,
            partition_change_record::PartitionChangeRecord,
            partition_record::PartitionRecord,
            producer_ids_record::ProducerIdsRecord,
            register_broker_record::RegisterBrokerRecord,
            register_controller_record::RegisterControllerRecord,
            remove_access_control_entry_record::RemoveAccessControlEntryRecord,
            remove_delegation_token_record::RemoveDelegationTokenRecord,
            remove_topic_record::RemoveTopicRecord,
            remove_user_scram_credential_record::RemoveUserScramCredentialRecord,
            topic_record::TopicRecord,
            unfence_broker_record::UnfenceBrokerRecord,
            unregister_broker_record::UnregisterBrokerRecord,
            unregister_controller_record::UnregisterControllerRecord,
            user_scram_credential_record::UserScramCredentialRecord,
            zk_migration_state_record::ZkMigrationStateRecord,
            quorum_state_data::QuorumStateData,
            share_snapshot_key::ShareSnapshotKey,
            share_snapshot_value::ShareSnapshotValue,
            share_update_key::ShareUpdateKey,
            share_update_value::ShareUpdateValue,
            producer_snapshot::ProducerSnapshot,
            remote_log_segment_metadata_record::RemoteLogSegmentMetadataRecord,
            remote_log_segment_metadata_snapshot_record::RemoteLogSegmentMetadataSnapshotRecord,
            remote_log_segment_metadata_update_record::RemoteLogSegmentMetadataUpdateRecord,
            remote_partition_delete_metadata_record::RemotePartitionDeleteMetadataRecord,
            transaction_log_key::TransactionLogKey,
            transaction_log_value::TransactionLogValue,
        }
    };
}
