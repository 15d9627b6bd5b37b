//! JoinGroup (11), versions 0–9; Heartbeat (12), 0–4; LeaveGroup (13), 0–5; SyncGroup (14), 0–5:
//! the classic group protocol. The coordinator of the group decides.

use std::rc::Rc;

use ottla_group::{Client, GroupRequest, GroupResponse};
use ottla_messages::KafkaString;
use ottla_messages::heartbeat_request::HeartbeatRequest;
use ottla_messages::heartbeat_response::HeartbeatResponse;
use ottla_messages::join_group_request::JoinGroupRequest;
use ottla_messages::join_group_response::JoinGroupResponse;
use ottla_messages::leave_group_request::LeaveGroupRequest;
use ottla_messages::leave_group_response::LeaveGroupResponse;
use ottla_messages::sync_group_request::SyncGroupRequest;
use ottla_messages::sync_group_response::SyncGroupResponse;

use crate::groups;
use crate::reactor::ReactorService;
use crate::request::RequestContext;

/// Waits for the other members.
pub async fn join(
    service: &Rc<ReactorService>,
    context: &RequestContext,
    request: JoinGroupRequest,
) -> JoinGroupResponse {
    let group = request.group_id.clone();
    let client = Client {
        id: context.client_id.clone(),
        host: KafkaString::from(format!("/{}", context.connection().peer.ip())),
    };
    let asked = GroupRequest::JoinGroup {
        version: context.version,
        client,
        request,
    };
    match groups::ask(service.node(), &group, asked).await {
        GroupResponse::JoinGroup(response) => response,
        other => unreachable!("a coordinator answers in kind, not {other:?}"),
    }
}

/// Waits for the leader's assignment.
pub async fn sync(
    service: &Rc<ReactorService>,
    context: &RequestContext,
    request: SyncGroupRequest,
) -> SyncGroupResponse {
    let group = request.group_id.clone();
    let asked = GroupRequest::SyncGroup {
        version: context.version,
        request,
    };
    match groups::ask(service.node(), &group, asked).await {
        GroupResponse::SyncGroup(response) => response,
        other => unreachable!("a coordinator answers in kind, not {other:?}"),
    }
}

/// Keeps a member's session.
pub async fn heartbeat(
    service: &Rc<ReactorService>,
    _context: &RequestContext,
    request: HeartbeatRequest,
) -> HeartbeatResponse {
    let group = request.group_id.clone();
    match groups::ask(service.node(), &group, GroupRequest::Heartbeat(request)).await {
        GroupResponse::Heartbeat(response) => response,
        other => unreachable!("a coordinator answers in kind, not {other:?}"),
    }
}

/// Lets members go.
pub async fn leave(
    service: &Rc<ReactorService>,
    context: &RequestContext,
    request: LeaveGroupRequest,
) -> LeaveGroupResponse {
    let group = request.group_id.clone();
    let asked = GroupRequest::LeaveGroup {
        version: context.version,
        request,
    };
    match groups::ask(service.node(), &group, asked).await {
        GroupResponse::LeaveGroup(response) => response,
        other => unreachable!("a coordinator answers in kind, not {other:?}"),
    }
}
