//! Every API that is advertised answers at every version it is advertised in.

use std::collections::BTreeMap;

use ottla_messages::{
    ApiKey, Request, allocate_producer_ids_request, alter_configs_request,
    alter_partition_reassignments_request, api_versions_request, begin_quorum_epoch_request,
    broker_heartbeat_request, broker_registration_request, controller_registration_request,
    create_partitions_request, create_topics_request, delete_groups_request,
    delete_records_request, delete_topics_request, describe_cluster_request,
    describe_configs_request, describe_groups_request, describe_log_dirs_request,
    describe_producers_request, describe_quorum_request, describe_topic_partitions_request,
    elect_leaders_request, end_quorum_epoch_request, envelope_request, fetch_request,
    find_coordinator_request, heartbeat_request, incremental_alter_configs_request,
    init_producer_id_request, join_group_request, leave_group_request,
    list_config_resources_request, list_groups_request, list_offsets_request,
    list_partition_reassignments_request, metadata_request, offset_commit_request,
    offset_delete_request, offset_fetch_request, offset_for_leader_epoch_request, produce_request,
    sync_group_request, unregister_broker_request, update_features_request, vote_request,
};
use ottla_test_node::{Client, TestNode};

use crate::connections::api_versions;

type Versions = std::ops::RangeInclusive<i16>;

/// Sends a request without content in each of its versions.
fn ask_all<R: Request>(client: &mut Client, advertised: &mut BTreeMap<i16, Versions>) {
    if let Some(versions) = advertised.remove(&(R::API_KEY as i16)) {
        for version in versions {
            client.call(version, &R::default());
        }
    }
}

fn advertised(client: &mut Client) -> BTreeMap<i16, Versions> {
    let apis = api_versions(client).api_keys.into_iter();
    apis.map(|api| {
        // What Produce says of its oldest version is a courtesy to librdkafka.
        let is_produce = api.api_key == ApiKey::Produce as i16;
        let oldest = if is_produce { 3 } else { api.min_version };
        (api.api_key, oldest..=api.max_version)
    })
    .collect()
}

macro_rules! ask_all {
    ($client:ident, $advertised:ident: $($module:ident :: $request:ident),* $(,)?) => {
        $(ask_all::<$module::$request>(&mut $client, &mut $advertised);)*
    };
}

#[test]
fn whatever_is_advertised_answers() {
    let node = TestNode::start();
    for mut client in [node.client(), node.controller_client()] {
        let mut advertised = advertised(&mut client);
        assert!(advertised.len() > 10);
        ask_all!(client, advertised:
            list_partition_reassignments_request::ListPartitionReassignmentsRequest,
            alter_partition_reassignments_request::AlterPartitionReassignmentsRequest,
            update_features_request::UpdateFeaturesRequest,
            allocate_producer_ids_request::AllocateProducerIdsRequest,
            alter_configs_request::AlterConfigsRequest,
            api_versions_request::ApiVersionsRequest,
            begin_quorum_epoch_request::BeginQuorumEpochRequest,
            broker_heartbeat_request::BrokerHeartbeatRequest,
            broker_registration_request::BrokerRegistrationRequest,
            controller_registration_request::ControllerRegistrationRequest,
            create_partitions_request::CreatePartitionsRequest,
            create_topics_request::CreateTopicsRequest,
            delete_groups_request::DeleteGroupsRequest,
            delete_records_request::DeleteRecordsRequest,
            delete_topics_request::DeleteTopicsRequest,
            describe_cluster_request::DescribeClusterRequest,
            describe_configs_request::DescribeConfigsRequest,
            describe_groups_request::DescribeGroupsRequest,
            describe_log_dirs_request::DescribeLogDirsRequest,
            describe_producers_request::DescribeProducersRequest,
            describe_quorum_request::DescribeQuorumRequest,
            describe_topic_partitions_request::DescribeTopicPartitionsRequest,
            elect_leaders_request::ElectLeadersRequest,
            end_quorum_epoch_request::EndQuorumEpochRequest,
            envelope_request::EnvelopeRequest,
            fetch_request::FetchRequest,
            find_coordinator_request::FindCoordinatorRequest,
            heartbeat_request::HeartbeatRequest,
            incremental_alter_configs_request::IncrementalAlterConfigsRequest,
            init_producer_id_request::InitProducerIdRequest,
            join_group_request::JoinGroupRequest,
            leave_group_request::LeaveGroupRequest,
            list_config_resources_request::ListConfigResourcesRequest,
            list_groups_request::ListGroupsRequest,
            list_offsets_request::ListOffsetsRequest,
            metadata_request::MetadataRequest,
            offset_commit_request::OffsetCommitRequest,
            offset_delete_request::OffsetDeleteRequest,
            offset_fetch_request::OffsetFetchRequest,
            offset_for_leader_epoch_request::OffsetForLeaderEpochRequest,
            sync_group_request::SyncGroupRequest,
            unregister_broker_request::UnregisterBrokerRequest,
            vote_request::VoteRequest,
        );
        // Without content it asks for no acknowledgement, and gets none.
        if let Some(versions) = advertised.remove(&(ApiKey::Produce as i16)) {
            for version in versions {
                let acknowledged = produce_request::ProduceRequest {
                    acks: 1,
                    ..produce_request::ProduceRequest::default()
                };
                client.call(version, &acknowledged);
            }
        }
        let untried: Vec<_> = advertised
            .keys()
            .map(|key| ApiKey::from_i16(*key))
            .collect();
        assert!(untried.is_empty(), "add to the list above: {untried:?}");
    }
}
