//! Tests of the layers' law.

use super::*;

fn edge(importer: &str, imported: &str, only_tests: bool) -> Vec<String> {
    let name = imported.to_owned();
    let place = imported.contains('/').then(|| imported.to_owned());
    let dependencies = vec![Dependency {
        name,
        place,
        only_tests,
    }];
    complaints(&[Crate {
        name: importer.to_owned(),
        place: importer.to_owned(),
        dependencies,
    }])
}

#[test]
fn imports_downwards_are_allowed() {
    assert!(edge("core/controller", "core/metadata", false).is_empty());
    assert!(edge("server/broker", "server/log", false).is_empty());
    assert!(edge("client/client", "core/producer", false).is_empty());
    assert!(edge("bin/ottla", "server/broker", false).is_empty());
}

#[test]
fn imports_upwards_and_sideways_are_refused() {
    assert_eq!(edge("core/raft", "core/metadata", false).len(), 1);
    assert_eq!(edge("core/fetch", "core/partition", false).len(), 1);
    assert_eq!(edge("server/log", "server/runtime", false).len(), 1);
    assert_eq!(edge("client/client", "core/group", false).len(), 1);
    assert_eq!(edge("protocol/records", "core/machine", false).len(), 1);
}

#[test]
fn a_machine_may_not_use_a_runtime_but_its_tests_may() {
    assert_eq!(
        edge("core/group", "tokio", false),
        ["core/group must not import tokio"]
    );
    assert!(edge("core/group", "tokio", true).is_empty());
    assert!(edge("core/group", "testing/script", true).is_empty());
    assert_eq!(edge("core/group", "testing/script", false).len(), 1);
}

#[test]
fn a_layer_without_a_row_is_named() {
    assert_eq!(edge("platform/sql", "base/types", false).len(), 1);
}
