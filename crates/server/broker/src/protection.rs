//! What the metadata says that protects the cluster, and that this node does not enforce: it must
//! not serve as if it did.

use std::fmt::Display;

use ottla_metadata::{Changes, MetadataImage};

/// How many of a kind are named.
const NAMED: usize = 3;

/// What protects and is not enforced, in words.
#[derive(Debug, thiserror::Error)]
#[error(
    "Refusing to start: the metadata has {0}, which protect this cluster, and ottla does not \
     implement them yet."
)]
pub struct Unenforced(String);

/// Whether a node may serve on this metadata.
///
/// # Errors
/// When they protect the cluster from what the node would let happen.
pub fn check(image: &MetadataImage) -> Result<(), Unenforced> {
    let unenforced = unenforced_of(image, |_| true);
    if unenforced.is_empty() {
        Ok(())
    } else {
        Err(Unenforced(unenforced.join(", ")))
    }
}

/// The same, of the kinds that have changed.
#[must_use]
pub fn changed_unenforced(image: &MetadataImage, changes: &Changes) -> Vec<String> {
    unenforced_of(image, |kind| match kind {
        Kind::AccessControlEntry => changes.acls,
        Kind::ScramCredential => changes.scram,
        Kind::DelegationToken => changes.delegation_tokens,
        Kind::ClientQuota => changes.client_quotas,
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    AccessControlEntry,
    ScramCredential,
    DelegationToken,
    ClientQuota,
}

fn unenforced_of(image: &MetadataImage, concerns: impl Fn(Kind) -> bool) -> Vec<String> {
    let acls = image.acls.iter().map(|(_, entry)| {
        let (who, what) = (&entry.principal, &entry.resource_name);
        format!("{who} on {what}")
    });
    let scram = image.scram.iter().map(|((_, user), _)| user.to_string());
    let tokens = image.delegation_tokens.iter().map(|(id, _)| id.to_string());
    let quotas = image.client_quotas.iter().map(|(entity, _)| {
        let parts = entity.iter().map(|(kind, name)| {
            let name = name.as_deref().unwrap_or("<default>");
            format!("{kind}={name}")
        });
        parts.collect::<Vec<_>>().join(",")
    });
    let texts = [
        (
            Kind::AccessControlEntry,
            text("access control entries", acls),
        ),
        (Kind::ScramCredential, text("SCRAM credentials", scram)),
        (Kind::DelegationToken, text("delegation tokens", tokens)),
        (Kind::ClientQuota, text("client quotas", quotas)),
    ];
    texts
        .into_iter()
        .filter(|(kind, _)| concerns(*kind))
        .filter_map(|(_, text)| text)
        .collect()
}

fn text(kind: &str, names: impl Iterator<Item: Display>) -> Option<String> {
    let (mut named, mut count) = (Vec::new(), 0_usize);
    for name in names {
        count += 1;
        if named.len() < NAMED {
            named.push(name.to_string());
        }
    }
    if count == 0 {
        return None;
    }
    let more = if count > named.len() { ", …" } else { "" };
    Some(format!("{count} {kind} ({}{more})", named.join("; ")))
}
