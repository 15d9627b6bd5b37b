//! ListGroups (16), versions 0–5; DescribeGroups (15), 0–6; DeleteGroups (42), 0–3: questions to
//! many groups, each asked where the group lies.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use ottla_group::{GroupRequest, GroupResponse};
use ottla_messages::delete_groups_request::DeleteGroupsRequest;
use ottla_messages::delete_groups_response::{DeletableGroupResult, DeleteGroupsResponse};
use ottla_messages::describe_groups_request::DescribeGroupsRequest;
use ottla_messages::describe_groups_response::{DescribeGroupsResponse, DescribedGroup};
use ottla_messages::list_groups_request::ListGroupsRequest;
use ottla_messages::list_groups_response::ListGroupsResponse;
use ottla_messages::{ErrorCode, KafkaString};

use crate::groups;
use crate::operations;
use crate::published::Published;
use crate::reactor::ReactorService;
use crate::request::RequestContext;

/// Lists the groups of every coordinator here.
pub async fn list(
    service: &Rc<ReactorService>,
    _context: &RequestContext,
    request: ListGroupsRequest,
) -> ListGroupsResponse {
    let node = service.node();
    let published = node.published();
    let mut all = ListGroupsResponse::default();
    for partition in groups::led_partitions(&published) {
        let asked = GroupRequest::ListGroups(request.clone());
        let answer = groups::ask_partition(node, &published, partition, asked).await;
        let GroupResponse::ListGroups(response) = answer else {
            continue;
        };
        match ErrorCode(response.error_code) {
            ErrorCode::NONE => all.groups.extend(response.groups),
            // Somebody else's by now.
            ErrorCode::NOT_COORDINATOR => {}
            error => all.error_code = error.0,
        }
    }
    if all.error_code != ErrorCode::NONE.0 {
        all.groups.clear();
    }
    all
}

/// Describes groups in the order in which they were asked for.
pub async fn describe(
    service: &Rc<ReactorService>,
    context: &RequestContext,
    request: DescribeGroupsRequest,
) -> DescribeGroupsResponse {
    let node = service.node();
    let published = node.published();
    let (by_partition, homeless) = by_partition(&published, &request.groups);
    let mut found: Vec<DescribedGroup> = Vec::new();
    let version = context.version;
    let refused = GroupRequest::DescribeGroups {
        version,
        groups: homeless,
    };
    if let GroupResponse::DescribeGroups(groups) = refused.refused(ErrorCode::NOT_COORDINATOR) {
        found.extend(groups);
    }
    for (partition, groups) in by_partition {
        let asked = GroupRequest::DescribeGroups { version, groups };
        let answer = groups::ask_partition(node, &published, partition, asked).await;
        if let GroupResponse::DescribeGroups(groups) = answer {
            found.extend(groups);
        }
    }
    for group in &mut found {
        let asked = request.include_authorized_operations && group.error_code == 0;
        group.authorized_operations = if asked {
            operations::GROUP
        } else {
            operations::NOT_ASKED
        };
    }
    let places: HashMap<&KafkaString, usize> = request.groups.iter().zip(0..).collect();
    found.sort_by_key(|group| places.get(&group.group_id));
    DescribeGroupsResponse {
        groups: found,
        ..DescribeGroupsResponse::default()
    }
}

/// Deletes groups without members.
pub async fn delete(
    service: &Rc<ReactorService>,
    _context: &RequestContext,
    request: DeleteGroupsRequest,
) -> DeleteGroupsResponse {
    let node = service.node();
    let published = node.published();
    let (by_partition, homeless) = by_partition(&published, &request.groups_names);
    let mut results: Vec<DeletableGroupResult> = Vec::new();
    let refused = GroupRequest::DeleteGroups(homeless);
    if let GroupResponse::DeleteGroups(groups) = refused.refused(ErrorCode::NOT_COORDINATOR) {
        results.extend(groups);
    }
    for (partition, groups) in by_partition {
        let asked = GroupRequest::DeleteGroups(groups);
        let answer = groups::ask_partition(node, &published, partition, asked).await;
        if let GroupResponse::DeleteGroups(groups) = answer {
            results.extend(groups);
        }
    }
    DeleteGroupsResponse {
        results,
        ..DeleteGroupsResponse::default()
    }
}

type ByPartition = BTreeMap<i32, Vec<KafkaString>>;

/// The groups of each partition, and those of none because there is no offsets topic.
fn by_partition(published: &Published, groups: &[KafkaString]) -> (ByPartition, Vec<KafkaString>) {
    let (mut by_partition, mut homeless) = (ByPartition::new(), Vec::new());
    for group in groups {
        match groups::partition_of_group(published, group) {
            Some(partition) => by_partition
                .entry(partition.0)
                .or_default()
                .push(group.clone()),
            None => homeless.push(group.clone()),
        }
    }
    (by_partition, homeless)
}
