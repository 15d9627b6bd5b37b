//! Client quotas: limits per user, client id or address.

use std::collections::BTreeMap;
use std::sync::Arc;

use imbl::OrdMap;

/// Whom a quota limits: entity types (`user`, `client-id`, `ip`) with a name, or `None` for the
/// default of the type.
pub type QuotaEntity = BTreeMap<Arc<str>, Option<Arc<str>>>;

/// Quota keys and limits of one entity.
pub type QuotaValues = OrdMap<Arc<str>, f64>;
