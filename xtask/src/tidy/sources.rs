//! Rules on what stands in a source file: docs, tests in their own files, unsafe code, paths.

use super::{Findings, is_rust};
use crate::workspace::SourceFile;

/// Where `unsafe` may be; each block there is preceded by its proof (`SAFETY:`).
const UNSAFE: &[&str] = &["crates/server/log/src/storage/real/write_back.rs"];

/// Paths of one machine, which another one does not have. Split, so that this file may hold them.
const MACHINE_PATHS: &[[&str; 2]] = &[
    ["/wo", "rk/"],
    ["/ro", "ot/"],
    ["/ho", "me/"],
    ["/Us", "ers/"],
];

pub(super) fn check(file: &SourceFile, findings: &mut Findings) {
    if file.path != "Cargo.lock" {
        machine_paths(file, findings);
    }
    if !is_rust(file) {
        return;
    }
    if file.path.ends_with("/mod.rs") {
        findings.complain(file, 1, "`foo.rs` and `foo/bar.rs` instead of `mod.rs`");
    }
    if !file.text.starts_with("//!") {
        findings.complain(
            file,
            1,
            "the file does not open with `//!`, one sentence that says what it is",
        );
    }
    if file.path.ends_with("/src/lib.rs") {
        library_root(file, findings);
    }
    unsafe_code(file, findings);
    tests(file, findings);
    unfinished(file, findings);
}

fn machine_paths(file: &SourceFile, findings: &mut Findings) {
    for (number, line) in file.text.lines().enumerate() {
        for parts in MACHINE_PATHS {
            if starts_a_path(line, &parts.concat()) {
                findings.complain(file, number + 1, "a path of one machine");
            }
        }
    }
}

/// Whether the line names the path itself, and not a longer one that contains it.
fn starts_a_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        !before.is_some_and(|letter| letter.is_alphanumeric() || "._-*}>".contains(letter))
    })
}

/// `lib.rs` is a table of contents: docs, `mod`, `pub use`.
fn library_root(file: &SourceFile, findings: &mut Findings) {
    const ITEMS: &[&str] = &[
        "fn ",
        "pub fn ",
        "struct ",
        "pub struct ",
        "enum ",
        "pub enum ",
        "impl ",
        "trait ",
    ];
    for (number, line) in file.text.lines().enumerate() {
        if ITEMS.iter().any(|item| line.starts_with(item)) {
            findings.complain(
                file,
                number + 1,
                "`lib.rs` holds only docs, `mod` and `pub use`",
            );
        }
    }
}

fn unsafe_code(file: &SourceFile, findings: &mut Findings) {
    let listed = UNSAFE.contains(&file.path.as_str());
    for (number, line) in code_lines(file) {
        let words = ["unsafe {", "unsafe fn", "unsafe impl", "allow(unsafe_code)"];
        if !listed && words.iter().any(|word| code_of(line).contains(word)) {
            findings.complain(file, number, "unsafe code outside of tidy's list");
        }
    }
}

fn tests(file: &SourceFile, findings: &mut Findings) {
    let is_test = file.path.ends_with("/tests.rs") || file.path.contains("/tests/");
    for (number, line) in code_lines(file) {
        let code = code_of(line).trim();
        if code.starts_with("mod tests {") || code.starts_with("mod test {") {
            findings.complain(file, number, "tests stand in `foo/tests.rs`, not inline");
        }
        if code.starts_with("#[ignore") {
            findings.complain(file, number, "a test that is ignored is no test");
        }
        if is_test && code.contains("thread::sleep(") {
            findings.complain(
                file,
                number,
                "a test does not sleep: it waits for what it needs",
            );
        }
    }
}

fn unfinished(file: &SourceFile, findings: &mut Findings) {
    for (number, line) in file.text.lines().enumerate() {
        let comment = line.split_once("//").map_or("", |(_, comment)| comment);
        if ["TODO", "FIXME"].iter().any(|word| comment.contains(word)) {
            findings.complain(
                file,
                number + 1,
                "unfinished work is an issue, not a comment",
            );
        }
    }
}

fn code_lines(file: &SourceFile) -> impl Iterator<Item = (usize, &str)> {
    file.text
        .lines()
        .enumerate()
        .map(|(number, line)| (number + 1, line))
}

/// The line without comments and without what stands in quotes.
fn code_of(line: &str) -> &str {
    let code = line.split("//").next().unwrap_or_default();
    code.split('"').next().unwrap_or_default()
}
