//! A member of a classic group.

use std::collections::BTreeSet;

use bytes::Bytes;
use ottla_messages::KafkaString;
use ottla_messages::join_group_request::JoinGroupRequestProtocol;
use ottla_types::RequestId;

/// A member, with what it waits for.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) id: KafkaString,
    /// `group.instance.id` of a static member.
    pub(crate) instance_id: Option<KafkaString>,
    pub(crate) client_id: KafkaString,
    pub(crate) client_host: KafkaString,
    pub(crate) rebalance_timeout_ms: i32,
    pub(crate) session_timeout_ms: i32,
    /// In the member's order of preference, each name once.
    pub(crate) protocols: Vec<JoinGroupRequestProtocol>,
    pub(crate) assignment: Bytes,
    pub(crate) awaiting_join: Option<Waiter>,
    pub(crate) awaiting_sync: Option<RequestId>,
    /// Not yet part of a generation.
    pub(crate) is_new: bool,
}

/// A JoinGroup that waits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiter {
    pub(crate) request: RequestId,
    pub(crate) version: i16,
}

impl Member {
    /// Its metadata for a protocol; `None` if it does not support it.
    pub(crate) fn metadata(&self, protocol: &str) -> Option<Bytes> {
        let mut protocols = self.protocols.iter();
        let protocol = protocols.find(|supported| &*supported.name == protocol)?;
        Some(protocol.metadata.clone())
    }

    /// Whether this request waits for it.
    pub(crate) fn awaits(&self, request: RequestId) -> bool {
        self.awaiting_join
            .is_some_and(|waiter| waiter.request == request)
            || self.awaiting_sync == Some(request)
    }

    /// Whether its session may not end, because it waits for the group and not the other way round.
    /// A new member can wait for ever only as long as its own time to join allows.
    pub(crate) fn waits_for_group(&self) -> bool {
        !self.is_new && (self.awaiting_join.is_some() || self.awaiting_sync.is_some())
    }
}

/// The protocols of a request, the first of each name, in memory of their own.
pub(crate) fn distinct(protocols: &[JoinGroupRequestProtocol]) -> Vec<JoinGroupRequestProtocol> {
    let mut names = BTreeSet::new();
    let first = |protocol: &&JoinGroupRequestProtocol| names.insert(protocol.name.clone());
    let own = |protocol: &JoinGroupRequestProtocol| JoinGroupRequestProtocol {
        name: protocol.name.clone(),
        metadata: Bytes::copy_from_slice(&protocol.metadata),
    };
    protocols.iter().filter(first).map(own).collect()
}
