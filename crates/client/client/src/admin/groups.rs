//! Consumer groups of the classic protocol: list, describe, delete.

use ottla_messages::delete_groups_request::DeleteGroupsRequest;
use ottla_messages::describe_groups_request::DescribeGroupsRequest;
use ottla_messages::describe_groups_response::DescribedGroup;
use ottla_messages::find_coordinator_request::FindCoordinatorRequest;
use ottla_messages::list_groups_request::ListGroupsRequest;
use ottla_messages::{ApiKey, ErrorCode};
use ottla_types::NodeId;

use bytes::Bytes;

use super::{Admin, Outcomes};
use crate::Error;
use crate::cluster::Target;
use crate::error::check;

/// A line of a list of groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupListing {
    /// Its id.
    pub group_id: String,
    /// What its members do: `consumer` for consumers.
    pub protocol_type: String,
    /// Its state; empty from brokers that do not tell.
    pub state: String,
    /// Which protocol it speaks; empty from brokers that do not tell.
    pub group_type: String,
}

/// A group with its members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupDescription {
    /// Its id.
    pub group_id: String,
    /// Its state, in Kafka's words.
    pub state: String,
    /// What its members do: `consumer` for consumers.
    pub protocol_type: String,
    /// The assignor chosen.
    pub protocol: String,
    /// The broker that coordinates it.
    pub coordinator: NodeId,
    /// Its members.
    pub members: Vec<GroupMember>,
}

/// A member of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupMember {
    /// Its id.
    pub member_id: String,
    /// `group.instance.id`, for static members.
    pub group_instance_id: Option<String>,
    /// `client.id`.
    pub client_id: String,
    /// Where it connects from.
    pub client_host: String,
    /// Its assignment as its leader encoded it.
    pub assignment: Bytes,
}

impl Admin {
    /// The groups of all brokers.
    ///
    /// # Errors
    /// When a broker does not answer in time, or refuses.
    pub async fn list_groups(&self) -> Result<Vec<GroupListing>, Error> {
        let metadata = self.metadata().await?;
        let request = ListGroupsRequest::default();
        let mut groups = Vec::new();
        for node in metadata.brokers.keys() {
            let attempt = || async {
                let response = self.cluster.ask(Target::Node(*node), &request).await?;
                check(response.error_code, None)?;
                Ok(response)
            };
            let response = self.cluster.retry("the groups", attempt).await?;
            groups.extend(response.groups.iter().map(|group| GroupListing {
                group_id: group.group_id.to_string(),
                protocol_type: group.protocol_type.to_string(),
                state: group.group_state.to_string(),
                group_type: group.group_type.to_string(),
            }));
        }
        groups.sort_by(|one, other| one.group_id.cmp(&other.group_id));
        groups.dedup_by(|one, other| one.group_id == other.group_id);
        Ok(groups)
    }

    /// Describes groups, each by its coordinator.
    ///
    /// # Errors
    /// Never as a whole: what goes wrong with a group is in its outcome.
    pub async fn describe_groups(
        &self,
        ids: &[String],
    ) -> Result<Outcomes<GroupDescription>, Error> {
        let mut outcomes = Vec::new();
        for id in ids {
            let request = DescribeGroupsRequest {
                groups: vec![id.clone().into()],
                include_authorized_operations: false,
            };
            let attempt = || async {
                let coordinator = self.coordinator(id).await?;
                let response = self
                    .cluster
                    .ask(Target::Node(coordinator), &request)
                    .await?;
                let group = response.groups.into_iter().next();
                let group = group.ok_or(Error::refused(ErrorCode::GROUP_ID_NOT_FOUND))?;
                check(group.error_code, group.error_message.as_deref())?;
                Ok(described(&group, coordinator))
            };
            let outcome = self.cluster.retry("the group", attempt).await;
            outcomes.push((id.clone(), outcome));
        }
        Ok(outcomes)
    }

    /// Deletes groups without members.
    ///
    /// # Errors
    /// Never as a whole: what goes wrong with a group is in its outcome.
    pub async fn delete_groups(&self, ids: &[String]) -> Result<Outcomes<()>, Error> {
        let mut outcomes = Vec::new();
        for id in ids {
            let request = DeleteGroupsRequest {
                groups_names: vec![id.clone().into()],
            };
            let attempt = || async {
                let coordinator = self.coordinator(id).await?;
                let response = self
                    .cluster
                    .ask(Target::Node(coordinator), &request)
                    .await?;
                let result = response.results.first();
                let result = result.ok_or(Error::refused(ErrorCode::UNKNOWN_SERVER_ERROR))?;
                check(result.error_code, result.error_message.as_deref())
            };
            let outcome = self.cluster.retry("the group", attempt).await;
            outcomes.push((id.clone(), outcome));
        }
        Ok(outcomes)
    }

    /// The broker that coordinates a group.
    async fn coordinator(&self, group: &str) -> Result<NodeId, Error> {
        let connection = self.cluster.any_connection().await?;
        let version = connection.version_of(ApiKey::FindCoordinator)?;
        let mut request = FindCoordinatorRequest::default();
        if version >= 4 {
            request.coordinator_keys = vec![group.to_owned().into()];
        } else {
            request.key = group.to_owned().into();
        }
        let response = connection.send_version(&request, version).await?;
        let node = match response.coordinators.first() {
            Some(found) if version >= 4 => {
                check(found.error_code, found.error_message.as_deref())?;
                found.node_id
            }
            _ => {
                check(response.error_code, response.error_message.as_deref())?;
                response.node_id
            }
        };
        let node = NodeId(node);
        if !self.cluster.metadata().brokers.contains_key(&node) {
            self.cluster.refresh(&[], false).await?;
        }
        Ok(node)
    }
}

fn described(group: &DescribedGroup, coordinator: NodeId) -> GroupDescription {
    let members = group.members.iter().map(|member| GroupMember {
        member_id: member.member_id.to_string(),
        group_instance_id: member.group_instance_id.as_deref().map(str::to_owned),
        client_id: member.client_id.to_string(),
        client_host: member.client_host.to_string(),
        assignment: member.member_assignment.clone(),
    });
    GroupDescription {
        group_id: group.group_id.to_string(),
        state: group.group_state.to_string(),
        protocol_type: group.protocol_type.to_string(),
        protocol: group.protocol_data.to_string(),
        coordinator,
        members: members.collect(),
    }
}
