//! Client quotas: limits per user, client id or address.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::persistent_map::PersistentMap;

/// Whom a quota limits: entity types (`user`, `client-id`, `ip`) with a name, or `None` for the
/// default of the type.
pub type QuotaEntity = BTreeMap<Arc<str>, Option<Arc<str>>>;

/// Quota keys and limits of one entity.
pub type QuotaValues = PersistentMap<Arc<str>, f64>;
