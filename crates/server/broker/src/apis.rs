//! Which APIs are served, in which versions, by which handler. ApiVersions answers from this table,
//! so it advertises exactly what works.

use std::ops::RangeInclusive;
use std::rc::Rc;

use bytes::Bytes;
use ottla_messages::{ApiKey, DecodeError, Reader, Request};
use ottla_runtime::Connection;

use crate::handlers::{
    api_versions, delete_records, describe_cluster, describe_configs, describe_log_dirs,
    describe_producers, describe_topic_partitions, envelope, fetch, find_coordinator, forwarded,
    group_administration, group_membership, group_offsets, init_producer_id, list_config_resources,
    list_offsets, list_partition_reassignments, metadata, offset_for_leader_epoch, produce, quorum,
};
use crate::node::Node;
use crate::reactor::ReactorService;
use crate::request::{FrameRefusal, Opened, RequestContext};

/// Above every API key.
const KEYS: usize = 128;

type Handler = fn(&Rc<ReactorService>, RequestContext, Reader) -> Result<(), DecodeError>;

/// One API as it is served on a kind of listener.
pub struct Api {
    /// The API.
    pub key: ApiKey,
    /// The versions that are served.
    pub versions: RangeInclusive<i16>,
    handler: Handler,
}

/// The APIs of a kind of listener, found by key.
pub struct Apis {
    all: &'static [Api],
    by_key: [Option<&'static Api>; KEYS],
}

impl Apis {
    #[allow(
        clippy::indexing_slicing,
        reason = "runs when compiled: an API key that does not fit is no program"
    )]
    const fn new(all: &'static [Api]) -> Apis {
        let mut by_key = [None; KEYS];
        let mut next = 0;
        while next < all.len() {
            let place = &mut by_key[all[next].key as usize];
            assert!(place.is_none(), "an API has one handler");
            *place = Some(&all[next]);
            next += 1;
        }
        Apis { all, by_key }
    }

    /// All of them, by key.
    pub fn iter(&self) -> impl Iterator<Item = &'static Api> {
        self.all.iter()
    }

    /// The API with this key, if it is served.
    #[must_use]
    pub fn find(&self, key: ApiKey) -> Option<&'static Api> {
        self.by_key.get(key as usize).copied().flatten()
    }
}

/// Decodes the body and hands it to a function that answers when it likes.
macro_rules! served {
    ($key:ident, $versions:expr, $handler:path) => {
        Api {
            key: ApiKey::$key,
            versions: $versions,
            handler: |service, context, body| {
                let request = decode(body, &context)?;
                $handler(service, context, request);
                Ok(())
            },
        }
    };
}

/// Decodes the body and sends what a function returns.
macro_rules! answered {
    ($key:ident, $versions:expr, $handler:path) => {
        Api {
            key: ApiKey::$key,
            versions: $versions,
            handler: |service, context, body| answer(service, context, body, $handler),
        }
    };
}

/// Decodes the body and sends what an async function returns, which may ask the controller or a
/// coordinator first.
macro_rules! awaited {
    ($key:ident, $versions:expr, $handler:path) => {
        Api {
            key: ApiKey::$key,
            versions: $versions,
            handler: |service, context, body| {
                let request = decode(body, &context)?;
                let service = Rc::clone(service);
                tokio::task::spawn_local(async move {
                    let response = $handler(&service, &context, request).await;
                    context.send(&response);
                });
                Ok(())
            },
        }
    };
}

/// What a broker's listener serves.
pub static BROKER: Apis = Apis::new(&[
    served!(Produce, 3..=13, produce::handle),
    served!(Fetch, 4..=18, fetch::handle),
    awaited!(ListOffsets, 1..=11, list_offsets::handle),
    awaited!(Metadata, 0..=13, metadata::handle),
    awaited!(OffsetCommit, 2..=10, group_offsets::commit),
    awaited!(OffsetFetch, 1..=10, group_offsets::fetch),
    awaited!(FindCoordinator, 0..=6, find_coordinator::handle),
    awaited!(JoinGroup, 0..=9, group_membership::join),
    awaited!(Heartbeat, 0..=4, group_membership::heartbeat),
    awaited!(LeaveGroup, 0..=5, group_membership::leave),
    awaited!(SyncGroup, 0..=5, group_membership::sync),
    awaited!(DescribeGroups, 0..=6, group_administration::describe),
    awaited!(ListGroups, 0..=5, group_administration::list),
    answered!(ApiVersions, 0..=5, api_versions::handle),
    awaited!(CreateTopics, 2..=7, forwarded::create_topics),
    awaited!(DeleteTopics, 1..=6, forwarded::delete_topics),
    answered!(DeleteRecords, 0..=2, delete_records::handle),
    awaited!(InitProducerId, 0..=5, init_producer_id::handle),
    answered!(OffsetForLeaderEpoch, 2..=4, offset_for_leader_epoch::handle),
    answered!(DescribeConfigs, 1..=4, describe_configs::handle),
    awaited!(AlterConfigs, 0..=2, forwarded::alter_configs),
    answered!(DescribeLogDirs, 1..=5, describe_log_dirs::handle),
    awaited!(CreatePartitions, 0..=3, forwarded::create_partitions),
    awaited!(DeleteGroups, 0..=3, group_administration::delete),
    awaited!(ElectLeaders, 0..=2, forwarded::elect_leaders),
    awaited!(
        IncrementalAlterConfigs,
        0..=1,
        forwarded::incremental_alter_configs
    ),
    awaited!(OffsetDelete, 0..=0, group_offsets::delete),
    awaited!(DescribeQuorum, 0..=2, quorum::describe_quorum),
    answered!(DescribeCluster, 0..=2, describe_cluster::handle),
    answered!(DescribeProducers, 0..=0, describe_producers::handle),
    awaited!(UnregisterBroker, 0..=0, forwarded::unregister_broker),
    awaited!(UpdateFeatures, 0..=2, forwarded::update_features),
    awaited!(
        AlterPartitionReassignments,
        0..=1,
        forwarded::alter_partition_reassignments
    ),
    answered!(
        ListPartitionReassignments,
        0..=0,
        list_partition_reassignments::handle
    ),
    answered!(ListConfigResources, 0..=1, list_config_resources::handle),
    answered!(
        DescribeTopicPartitions,
        0..=0,
        describe_topic_partitions::handle
    ),
]);

/// What a controller's listener serves.
pub static CONTROLLER: Apis = Apis::new(&[
    awaited!(Fetch, 12..=18, quorum::fetch),
    answered!(ApiVersions, 0..=5, api_versions::handle),
    awaited!(CreateTopics, 2..=7, forwarded::create_topics),
    awaited!(DeleteTopics, 1..=6, forwarded::delete_topics),
    answered!(DescribeConfigs, 1..=4, describe_configs::handle),
    awaited!(AlterConfigs, 0..=2, forwarded::alter_configs),
    awaited!(CreatePartitions, 0..=3, forwarded::create_partitions),
    awaited!(ElectLeaders, 0..=2, forwarded::elect_leaders),
    awaited!(
        IncrementalAlterConfigs,
        0..=1,
        forwarded::incremental_alter_configs
    ),
    awaited!(Vote, 0..=1, quorum::vote),
    awaited!(BeginQuorumEpoch, 0..=1, quorum::begin_quorum_epoch),
    awaited!(EndQuorumEpoch, 0..=1, quorum::end_quorum_epoch),
    awaited!(DescribeQuorum, 0..=2, quorum::describe_quorum),
    answered!(
        DescribeCluster,
        0..=2,
        describe_cluster::handle_on_controller
    ),
    awaited!(UnregisterBroker, 0..=0, forwarded::unregister_broker),
    awaited!(UpdateFeatures, 0..=2, forwarded::update_features),
    awaited!(
        AlterPartitionReassignments,
        0..=1,
        forwarded::alter_partition_reassignments
    ),
    answered!(
        ListPartitionReassignments,
        0..=0,
        list_partition_reassignments::handle
    ),
    served!(Envelope, 0..=0, envelope::handle),
    awaited!(BrokerRegistration, 0..=4, forwarded::broker_registration),
    awaited!(BrokerHeartbeat, 0..=2, forwarded::broker_heartbeat),
    awaited!(AllocateProducerIds, 0..=0, forwarded::allocate_producer_ids),
    awaited!(
        ControllerRegistration,
        0..=0,
        forwarded::controller_registration
    ),
]);

/// What is served on the listener that a connection came in by.
#[must_use]
pub fn served_on(node: &Node, connection: &Connection) -> &'static Apis {
    let listeners = &node.config().listeners;
    if listeners.is_controller_listener(&connection.listener) {
        &CONTROLLER
    } else {
        &BROKER
    }
}

/// Recognises a frame and hands it to its handler.
///
/// # Errors
/// When it is no request that is served here: the connection is closed.
pub fn dispatch(
    service: &Rc<ReactorService>,
    connection: &Rc<Connection>,
    frame: Bytes,
) -> Result<(), FrameRefusal> {
    let opened = Opened::open(frame)?;
    let apis = served_on(service.node(), connection);
    let api = apis
        .find(opened.api)
        .ok_or(FrameRefusal::UnknownApi(opened.api as i16))?;
    if !api.versions.contains(&opened.version) {
        if opened.api != ApiKey::ApiVersions {
            return Err(FrameRefusal::UnsupportedVersion(opened.api, opened.version));
        }
        let context = RequestContext::new(&opened, connection, service.metrics());
        api_versions::refuse_version(apis, context);
        return Ok(());
    }
    let context = RequestContext::new(&opened, connection, service.metrics());
    (api.handler)(service, context, opened.body)?;
    Ok(())
}

/// Hands a request that was recognised to its handler.
///
/// # Errors
/// When the body is no such request.
pub fn handle(
    api: &Api,
    service: &Rc<ReactorService>,
    context: RequestContext,
    body: Reader,
) -> Result<(), DecodeError> {
    (api.handler)(service, context, body)
}

fn decode<R: Request>(mut body: Reader, context: &RequestContext) -> Result<R, DecodeError> {
    R::decode(&mut body, context.version)
}

fn answer<R: Request>(
    service: &Rc<ReactorService>,
    context: RequestContext,
    body: Reader,
    handler: impl FnOnce(&Rc<ReactorService>, &RequestContext, R) -> R::Response,
) -> Result<(), DecodeError> {
    let request = decode(body, &context)?;
    let response = handler(service, &context, request);
    context.send(&response);
    Ok(())
}
