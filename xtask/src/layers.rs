//! The allowed imports between crates: the table of ARCHITECTURE.md as data, checked against cargo.
//!
//! *Invariants*: an import goes strictly downwards; a layer knows nothing of the one above.

#[cfg(test)]
mod tests;

use anyhow::bail;

use crate::workspace::{self, Crate, Dependency};

/// Who may import what. The row of a crate (`layer/crate`) goes before the row of its layer; what
/// is allowed is a layer, a crate, or everything.
///
/// Think about the layering before editing this: an edge that is missing here is mostly a type in
/// the wrong crate. A change of this table is a change of ARCHITECTURE.md, in a commit of its own.
const LAW: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("base/config", &["base/types"]),
    ("protocol", &["base"]),
    ("core/machine", &["base", "protocol"]),
    ("core/coordinator", &["base", "protocol", "core/machine"]),
    (
        "core/raft",
        &["base", "protocol", "core/machine", "core/coordinator"],
    ),
    (
        "core/metadata",
        &["base", "protocol", "core/machine", "core/coordinator"],
    ),
    (
        "core",
        &[
            "base",
            "protocol",
            "core/machine",
            "core/coordinator",
            "core/metadata",
        ],
    ),
    ("transport", &["base", "protocol"]),
    ("server/log", &["base", "protocol", "core", "transport"]),
    (
        "server/storage-format",
        &["base", "protocol", "core", "server/log"],
    ),
    (
        "server/runtime",
        &["base", "protocol", "core", "transport", "server/log"],
    ),
    (
        "server/broker",
        &[
            "base",
            "protocol",
            "core",
            "transport",
            "server/log",
            "server/runtime",
        ],
    ),
    ("client/client", CLIENT),
    (
        "client/tools",
        &["base", "protocol", "transport", "client/client"],
    ),
    ("bin", &["*"]),
    ("testing", &["*"]),
    ("xtask", &["*"]),
];

const CLIENT: &[&str] = &[
    "base",
    "protocol",
    "transport",
    "core/machine",
    "core/producer",
    "core/consumer",
];

/// Crates of others that a layer must not use: what decides has neither IO nor threads, and only
/// programs throw their errors into one bag.
const FOREIGN: &[(&str, &[&str])] = &[
    ("base", IO),
    ("protocol", IO),
    ("core", IO),
    ("transport", &["anyhow", "axum"]),
    ("server", &["anyhow"]),
    ("client/client", &["anyhow", "axum"]),
];

const IO: &[&str] = &[
    "anyhow",
    "arc-swap",
    "axum",
    "mimalloc",
    "parking_lot",
    "rustix",
    "socket2",
    "tempfile",
    "tokio",
    "tracing-subscriber",
];

/// Checks every edge of the workspace.
///
/// # Errors
/// Names each edge that is not allowed.
pub fn run() -> anyhow::Result<()> {
    let crates = workspace::crates()?;
    let complaints = complaints(&crates);
    if complaints.is_empty() {
        println!(
            "layers: {} crates, every import goes downwards",
            crates.len()
        );
        return Ok(());
    }
    for complaint in &complaints {
        println!("layers: {complaint}");
    }
    bail!(
        "{} imports against the layers. Think about the layering before editing \
         xtask/src/layers.rs: mostly a type lies in the wrong crate",
        complaints.len()
    );
}

fn complaints(crates: &[Crate]) -> Vec<String> {
    let mut complaints = Vec::new();
    for importer in crates {
        if row(LAW, &importer.place).is_none() {
            complaints.push(format!("{} lies in a layer without a law", importer.place));
            continue;
        }
        for dependency in &importer.dependencies {
            if !is_allowed(&importer.place, dependency) {
                let imported = dependency.place.as_ref().unwrap_or(&dependency.name);
                complaints.push(format!("{} must not import {imported}", importer.place));
            }
        }
    }
    complaints
}

fn is_allowed(importer: &str, dependency: &Dependency) -> bool {
    let Some(imported) = &dependency.place else {
        let banned = row(FOREIGN, importer).unwrap_or_default();
        return dependency.only_tests || !banned.contains(&dependency.name.as_str());
    };
    if dependency.only_tests && layer(imported) == "testing" {
        return true;
    }
    let allowed = row(LAW, importer).unwrap_or_default();
    allowed
        .iter()
        .any(|entry| *entry == "*" || entry == imported || *entry == layer(imported))
}

/// The row of a crate, or else of its layer.
fn row<'a>(table: &[(&str, &'a [&'a str])], place: &str) -> Option<&'a [&'a str]> {
    let find = |name: &str| {
        table
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, entry)| *entry)
    };
    find(place).or_else(|| find(layer(place)))
}

fn layer(place: &str) -> &str {
    place.split('/').next().unwrap_or(place)
}
