//! The map of the code is true: each crate has its row, its name is its place, its lints are ours.

use super::Findings;
use crate::workspace::{Crate, SourceFile};

const MAP: &str = "ARCHITECTURE.md";

pub(super) fn check(files: &[SourceFile], crates: &[Crate], findings: &mut Findings) {
    let text = |path: &str| {
        files
            .iter()
            .find(|file| file.path == path)
            .map(|file| &file.text)
    };
    let Some(map) = text(MAP) else {
        findings.complaints.push(format!("{MAP}: missing"));
        return;
    };
    for krate in crates {
        if !map.contains(&format!("`{}`", krate.place)) {
            findings
                .complaints
                .push(format!("{MAP}: no row for `{}`", krate.place));
        }
        let expected = package_name(&krate.place);
        if krate.name != expected {
            let (place, name) = (&krate.place, &krate.name);
            findings
                .complaints
                .push(format!("{place}: is called {name}, not {expected}"));
        }
        let manifest = manifest_path(&krate.place);
        let lints = text(&manifest).is_some_and(|text| text.contains("[lints]\nworkspace = true"));
        if !lints {
            findings
                .complaints
                .push(format!("{manifest}: without the workspace's lints"));
        }
    }
}

/// The package of `core/raft` is `ottla-raft`; the binary's and this one's are their directories'.
fn package_name(place: &str) -> String {
    match place.rsplit_once('/') {
        Some(("bin", name)) => name.to_owned(),
        Some((_, name)) => format!("ottla-{name}"),
        None => place.to_owned(),
    }
}

fn manifest_path(place: &str) -> String {
    match place.contains('/') {
        true => format!("crates/{place}/Cargo.toml"),
        false => format!("{place}/Cargo.toml"),
    }
}
