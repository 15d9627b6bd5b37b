//! Tests of tidy's rules on small made-up files.

use super::*;
use crate::workspace::{Crate, SourceFile};

fn complaints(path: &str, text: &str) -> Vec<String> {
    let file = SourceFile {
        path: path.to_owned(),
        text: text.to_owned(),
    };
    let mut findings = Findings::default();
    sizes::check(&file, &mut findings);
    sources::check(&file, &mut findings);
    names::check(&file, &mut findings);
    findings.complaints
}

#[test]
fn a_plain_file_passes() {
    let text = "//! The words.\n\n/// A word.\npub struct FetchSessionCache;\n\nmod tests;\n";
    assert_eq!(
        complaints("crates/core/fetch/src/cache.rs", text),
        Vec::<String>::new()
    );
}

#[test]
fn a_file_without_module_docs_is_named() {
    assert_eq!(complaints("crates/a/b/src/c.rs", "fn a() {}\n").len(), 1);
}

#[test]
fn a_long_file_fails_and_a_generated_one_does_not() {
    let text = format!("//! Long.\n{}", "const A: u8 = 1;\n".repeat(800));
    assert_eq!(complaints("crates/a/b/src/c.rs", &text).len(), 1);
    assert!(complaints("crates/a/b/src/generated/c.rs", &text).is_empty());
}

#[test]
fn a_long_line_fails_and_a_long_address_does_not() {
    let line = format!("//! {}\n", "word ".repeat(20));
    assert_eq!(complaints("a/src/c.rs", &line).len(), 1);
    let address = format!("//! https://example.org/{}\n", "x".repeat(100));
    assert!(complaints("a/src/c.rs", &address).is_empty());
}

#[test]
fn names_that_say_nothing_are_refused() {
    assert_eq!(
        complaints("a/src/c.rs", "//! A.\npub(crate) struct LogManager;\n").len(),
        1
    );
    assert_eq!(
        complaints("a/src/c.rs", "//! A.\npub async fn read_new() {}\n").len(),
        1
    );
    assert_eq!(complaints("a/src/log_utils.rs", "//! A.\n").len(), 1);
    assert!(complaints("a/src/c.rs", "//! A.\nfn murmur2() {}\nstruct Implied;\n").is_empty());
}

#[test]
fn tests_stand_in_files_of_their_own() {
    assert_eq!(
        complaints("a/src/c.rs", "//! A.\n#[cfg(test)]\nmod tests {\n}\n").len(),
        1
    );
}

#[test]
fn unsafe_code_and_paths_of_one_machine_are_refused() {
    assert_eq!(
        complaints("a/src/c.rs", "//! A.\nfn a() { unsafe { b() } }\n").len(),
        1
    );
    let path = ["/ro", "ot/cache"].concat();
    assert_eq!(
        complaints("docs/page.md", &format!("see {path}\n")).len(),
        1
    );
    assert!(complaints("docs/page.md", &format!("see {{root}}{path}\n")).is_empty());
}

#[test]
fn the_root_of_a_library_is_a_table_of_contents() {
    assert_eq!(
        complaints("a/src/lib.rs", "//! A.\nmod b;\npub fn c() {}\n").len(),
        1
    );
}

#[test]
fn a_crate_has_a_row_in_the_map_and_the_name_of_its_place() {
    let file = |path: &str, text: &str| SourceFile {
        path: path.to_owned(),
        text: text.to_owned(),
    };
    let files = [
        file("ARCHITECTURE.md", "| `core/raft` | the quorum |"),
        file("crates/core/raft/Cargo.toml", "[lints]\nworkspace = true\n"),
    ];
    let krate = |name: &str, place: &str| Crate {
        name: name.to_owned(),
        place: place.to_owned(),
        dependencies: Vec::new(),
    };
    let complaints = |krate| {
        let mut findings = Findings::default();
        map::check(&files, &[krate], &mut findings);
        findings.complaints.len()
    };
    assert_eq!(complaints(krate("ottla-raft", "core/raft")), 0);
    assert_eq!(complaints(krate("raft", "core/raft")), 1);
    assert_eq!(complaints(krate("ottla-group", "core/group")), 2);
}
