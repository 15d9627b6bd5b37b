//! Access control entries, SCRAM credentials and delegation tokens: kept whole, so that a snapshot
//! loses nothing; deciding on them is not done here.

use std::fmt;
use std::sync::Arc;

use ottla_types::TimestampMs;

/// One access control entry; its id is the key it is kept under. Numbers are Kafka's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccessControlEntry {
    /// 2 TOPIC, 3 GROUP, 4 CLUSTER, 5 TRANSACTIONAL_ID, 6 DELEGATION_TOKEN, 7 USER.
    pub resource_type: i8,
    /// The resource, or what its name starts with.
    pub resource_name: Arc<str>,
    /// 3 LITERAL, 4 PREFIXED.
    pub pattern_type: i8,
    /// Who, as `User:name`.
    pub principal: Arc<str>,
    /// From which host, or `*`.
    pub host: Arc<str>,
    /// Which operation.
    pub operation: i8,
    /// 2 DENY, 3 ALLOW.
    pub permission_type: i8,
}

/// A SCRAM credential; user and mechanism are the key it is kept under.
#[derive(Clone, PartialEq, Eq)]
pub struct ScramCredential {
    /// Random bytes mixed into the password.
    pub salt: Vec<u8>,
    /// What proves a client.
    pub stored_key: Vec<u8>,
    /// What proves a server.
    pub server_key: Vec<u8>,
    /// How often the password was hashed.
    pub iterations: i32,
}

impl fmt::Debug for ScramCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScramCredential")
            .field("iterations", &self.iterations)
            .finish_non_exhaustive()
    }
}

/// A delegation token; its id is the key it is kept under. Its secret is computed from the id by
/// each node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DelegationToken {
    /// Who owns it, as `User:name`.
    pub owner: Arc<str>,
    /// Who asked for it.
    pub requester: Arc<str>,
    /// Who may renew it.
    pub renewers: Vec<Arc<str>>,
    /// When it was made.
    pub issue_timestamp: TimestampMs,
    /// Until when it can be renewed.
    pub maximum_timestamp: TimestampMs,
    /// When it expires if it is not renewed.
    pub expiration_timestamp: TimestampMs,
}
