//! What the controller can be asked and what it answers: the messages of the wire in closed enums,
//! so that a caller in the same process needs no bytes.

use ottla_coordinator::Rejection;
use ottla_messages::allocate_producer_ids_request::AllocateProducerIdsRequest;
use ottla_messages::allocate_producer_ids_response::AllocateProducerIdsResponse;
use ottla_messages::alter_configs_request::AlterConfigsRequest;
use ottla_messages::alter_configs_response::{self, AlterConfigsResponse};
use ottla_messages::alter_partition_reassignments_request::AlterPartitionReassignmentsRequest;
use ottla_messages::alter_partition_reassignments_response::AlterPartitionReassignmentsResponse;
use ottla_messages::alter_partition_request::AlterPartitionRequest;
use ottla_messages::alter_partition_response::AlterPartitionResponse;
use ottla_messages::assign_replicas_to_dirs_request::AssignReplicasToDirsRequest;
use ottla_messages::assign_replicas_to_dirs_response::AssignReplicasToDirsResponse;
use ottla_messages::broker_heartbeat_request::BrokerHeartbeatRequest;
use ottla_messages::broker_heartbeat_response::BrokerHeartbeatResponse;
use ottla_messages::broker_registration_request::BrokerRegistrationRequest;
use ottla_messages::broker_registration_response::BrokerRegistrationResponse;
use ottla_messages::controller_registration_request::ControllerRegistrationRequest;
use ottla_messages::controller_registration_response::ControllerRegistrationResponse;
use ottla_messages::create_partitions_request::CreatePartitionsRequest;
use ottla_messages::create_partitions_response::{
    CreatePartitionsResponse, CreatePartitionsTopicResult,
};
use ottla_messages::create_topics_request::CreateTopicsRequest;
use ottla_messages::create_topics_response::{CreatableTopicResult, CreateTopicsResponse};
use ottla_messages::delete_topics_request::DeleteTopicsRequest;
use ottla_messages::delete_topics_response::{DeletableTopicResult, DeleteTopicsResponse};
use ottla_messages::elect_leaders_request::ElectLeadersRequest;
use ottla_messages::elect_leaders_response::{
    ElectLeadersResponse, PartitionResult, ReplicaElectionResult,
};
use ottla_messages::incremental_alter_configs_request::IncrementalAlterConfigsRequest;
use ottla_messages::incremental_alter_configs_response::{self, IncrementalAlterConfigsResponse};
use ottla_messages::unregister_broker_request::UnregisterBrokerRequest;
use ottla_messages::unregister_broker_response::UnregisterBrokerResponse;
use ottla_messages::update_features_request::UpdateFeaturesRequest;
use ottla_messages::update_features_response::UpdateFeaturesResponse;

use crate::deciding::message;

/// A request to the active controller.
#[derive(Clone, Debug, PartialEq)]
pub struct ControllerRequest {
    /// The version the asker speaks; the newest for a caller in the same process.
    pub api_version: i16,
    /// Whether a broker has forwarded it for a client, having checked what only it can check.
    pub forwarded: bool,
    /// Whether the asker is a broker in the controller's own process that holds the lock of its
    /// directories: whoever was registered under its id before is proved dead.
    pub holds_own_directories: bool,
    /// What is asked.
    pub body: RequestBody,
}

/// What can be asked.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum RequestBody {
    CreateTopics(CreateTopicsRequest),
    DeleteTopics(DeleteTopicsRequest),
    CreatePartitions(CreatePartitionsRequest),
    BrokerRegistration(BrokerRegistrationRequest),
    BrokerHeartbeat(BrokerHeartbeatRequest),
    UnregisterBroker(UnregisterBrokerRequest),
    ControllerRegistration(ControllerRegistrationRequest),
    AllocateProducerIds(AllocateProducerIdsRequest),
    AlterPartition(AlterPartitionRequest),
    AssignReplicasToDirs(AssignReplicasToDirsRequest),
    ElectLeaders(ElectLeadersRequest),
    IncrementalAlterConfigs(IncrementalAlterConfigsRequest),
    AlterConfigs(AlterConfigsRequest),
    UpdateFeatures(UpdateFeaturesRequest),
    AlterPartitionReassignments(AlterPartitionReassignmentsRequest),
}

/// What is answered.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum ControllerResponse {
    CreateTopics(CreateTopicsResponse),
    DeleteTopics(DeleteTopicsResponse),
    CreatePartitions(CreatePartitionsResponse),
    BrokerRegistration(BrokerRegistrationResponse),
    BrokerHeartbeat(BrokerHeartbeatResponse),
    UnregisterBroker(UnregisterBrokerResponse),
    ControllerRegistration(ControllerRegistrationResponse),
    AllocateProducerIds(AllocateProducerIdsResponse),
    AlterPartition(AlterPartitionResponse),
    AssignReplicasToDirs(AssignReplicasToDirsResponse),
    ElectLeaders(ElectLeadersResponse),
    IncrementalAlterConfigs(IncrementalAlterConfigsResponse),
    AlterConfigs(AlterConfigsResponse),
    UpdateFeatures(UpdateFeaturesResponse),
    AlterPartitionReassignments(AlterPartitionReassignmentsResponse),
    /// The whole request is refused. Whoever still has it makes the answer of its API out of this:
    /// [`RequestBody::rejected`].
    Rejected(Rejection),
}

/// The answers that refuse a whole request by one code.
macro_rules! by_code {
    ($kind:ident, $response:ident, $code:expr) => {
        ControllerResponse::$kind($response {
            error_code: $code,
            ..$response::default()
        })
    };
}

impl RequestBody {
    /// The answer of this request's API that refuses the whole of it.
    #[must_use]
    pub fn rejected(&self, rejection: &Rejection) -> ControllerResponse {
        let code = rejection.code.0;
        match self {
            RequestBody::CreateTopics(request) => {
                ControllerResponse::CreateTopics(create_topics_rejected(request, rejection))
            }
            RequestBody::DeleteTopics(request) => {
                ControllerResponse::DeleteTopics(delete_topics_rejected(request, rejection))
            }
            RequestBody::CreatePartitions(request) => {
                ControllerResponse::CreatePartitions(create_partitions_rejected(request, rejection))
            }
            RequestBody::BrokerRegistration(_) => {
                by_code!(BrokerRegistration, BrokerRegistrationResponse, code)
            }
            RequestBody::BrokerHeartbeat(_) => {
                by_code!(BrokerHeartbeat, BrokerHeartbeatResponse, code)
            }
            RequestBody::UnregisterBroker(_) => {
                ControllerResponse::UnregisterBroker(UnregisterBrokerResponse {
                    error_code: code,
                    error_message: message(rejection),
                    ..UnregisterBrokerResponse::default()
                })
            }
            RequestBody::ControllerRegistration(_) => {
                ControllerResponse::ControllerRegistration(ControllerRegistrationResponse {
                    error_code: code,
                    error_message: message(rejection),
                    ..ControllerRegistrationResponse::default()
                })
            }
            RequestBody::AllocateProducerIds(_) => {
                by_code!(AllocateProducerIds, AllocateProducerIdsResponse, code)
            }
            RequestBody::AlterPartition(_) => {
                by_code!(AlterPartition, AlterPartitionResponse, code)
            }
            RequestBody::AssignReplicasToDirs(_) => {
                by_code!(AssignReplicasToDirs, AssignReplicasToDirsResponse, code)
            }
            RequestBody::ElectLeaders(request) => {
                ControllerResponse::ElectLeaders(elect_leaders_rejected(request, rejection))
            }
            RequestBody::IncrementalAlterConfigs(request) => {
                let rejected = incremental_alter_configs_rejected(request, rejection);
                ControllerResponse::IncrementalAlterConfigs(rejected)
            }
            RequestBody::AlterPartitionReassignments(_) => {
                let response = AlterPartitionReassignmentsResponse {
                    error_code: code,
                    error_message: message(rejection),
                    ..AlterPartitionReassignmentsResponse::default()
                };
                ControllerResponse::AlterPartitionReassignments(response)
            }
            RequestBody::UpdateFeatures(_) => {
                ControllerResponse::UpdateFeatures(UpdateFeaturesResponse {
                    error_code: code,
                    error_message: message(rejection),
                    ..UpdateFeaturesResponse::default()
                })
            }
            RequestBody::AlterConfigs(request) => {
                ControllerResponse::AlterConfigs(alter_configs_rejected(request, rejection))
            }
        }
    }
}

fn incremental_alter_configs_rejected(
    request: &IncrementalAlterConfigsRequest,
    rejection: &Rejection,
) -> IncrementalAlterConfigsResponse {
    let responses = request.resources.iter().map(|resource| {
        incremental_alter_configs_response::AlterConfigsResourceResponse {
            error_code: rejection.code.0,
            error_message: message(rejection),
            resource_type: resource.resource_type,
            resource_name: resource.resource_name.clone(),
        }
    });
    IncrementalAlterConfigsResponse {
        responses: responses.collect(),
        ..IncrementalAlterConfigsResponse::default()
    }
}

fn alter_configs_rejected(
    request: &AlterConfigsRequest,
    rejection: &Rejection,
) -> AlterConfigsResponse {
    let responses = request.resources.iter().map(|resource| {
        alter_configs_response::AlterConfigsResourceResponse {
            error_code: rejection.code.0,
            error_message: message(rejection),
            resource_type: resource.resource_type,
            resource_name: resource.resource_name.clone(),
        }
    });
    AlterConfigsResponse {
        responses: responses.collect(),
        ..AlterConfigsResponse::default()
    }
}

fn create_topics_rejected(
    request: &CreateTopicsRequest,
    rejection: &Rejection,
) -> CreateTopicsResponse {
    let topics = request.topics.iter().map(|topic| CreatableTopicResult {
        name: topic.name.clone(),
        error_code: rejection.code.0,
        error_message: message(rejection),
        ..Default::default()
    });
    CreateTopicsResponse {
        topics: topics.collect(),
        ..Default::default()
    }
}

fn delete_topics_rejected(
    request: &DeleteTopicsRequest,
    rejection: &Rejection,
) -> DeleteTopicsResponse {
    let named = request
        .topic_names
        .iter()
        .map(|name| (Some(name.clone()), None));
    let others = request
        .topics
        .iter()
        .map(|topic| (topic.name.clone(), Some(topic.topic_id)));
    let responses = named.chain(others).map(|(name, id)| DeletableTopicResult {
        name,
        topic_id: id.unwrap_or_default(),
        error_code: rejection.code.0,
        error_message: None,
    });
    DeleteTopicsResponse {
        responses: responses.collect(),
        ..Default::default()
    }
}

fn create_partitions_rejected(
    request: &CreatePartitionsRequest,
    rejection: &Rejection,
) -> CreatePartitionsResponse {
    let results = request
        .topics
        .iter()
        .map(|topic| CreatePartitionsTopicResult {
            name: topic.name.clone(),
            error_code: rejection.code.0,
            error_message: message(rejection),
        });
    CreatePartitionsResponse {
        results: results.collect(),
        ..Default::default()
    }
}

fn elect_leaders_rejected(
    request: &ElectLeadersRequest,
    rejection: &Rejection,
) -> ElectLeadersResponse {
    let message = message(rejection);
    let topics = request.topic_partitions.iter().flatten();
    let results = topics.map(|topic| ReplicaElectionResult {
        topic: topic.topic.clone(),
        partition_result: topic
            .partitions
            .iter()
            .map(|&partition_id| PartitionResult {
                partition_id,
                error_code: rejection.code.0,
                error_message: message.clone(),
            })
            .collect(),
    });
    ElectLeadersResponse {
        error_code: rejection.code.0,
        replica_election_results: results.collect(),
        ..Default::default()
    }
}
