//! Lengths of files and lines.

use super::{Findings, is_generated, is_rust};
use crate::workspace::SourceFile;

const LINES_FAIL: usize = 800;
const LINES_WARN: usize = 600;
const COLUMNS: usize = 100;
const DOC_LINES: usize = 30;

/// Files that may be longer, with the length they had: this list only shrinks.
const EXCEPTIONS: &[(&str, usize)] = &[];

/// What people write by hand and read side by side.
const KINDS: &[&str] = &[".rs", ".py", ".js", ".go", ".java", ".sh", ".yml"];

pub(super) fn check(file: &SourceFile, findings: &mut Findings) {
    if is_generated(file) || !KINDS.iter().any(|kind| file.path.ends_with(kind)) {
        return;
    }
    for (number, line) in file.text.lines().enumerate() {
        if line.chars().count() > COLUMNS && !is_one_word(line) {
            findings.complain(file, number + 1, &format!("a line over {COLUMNS} columns"));
        }
    }
    if !is_rust(file) {
        return;
    }
    let lines = file.text.lines().count();
    let allowed = EXCEPTIONS.iter().find(|(path, _)| *path == file.path);
    let limit = allowed.map_or(LINES_FAIL, |(_, lines)| *lines);
    if lines > limit {
        findings.complain(
            file,
            lines,
            &format!("{lines} lines, at most {limit}: split it"),
        );
    } else if lines > LINES_WARN {
        findings
            .warnings
            .push(format!("{}: {lines} lines", file.path));
    }
    let docs = file
        .text
        .lines()
        .take_while(|line| line.starts_with("//!"))
        .count();
    if docs > DOC_LINES {
        findings.complain(
            file,
            docs,
            &format!("{docs} lines of `//!`: teaching goes to docs/"),
        );
    }
}

/// A long address or hexadecimal text cannot be broken.
fn is_one_word(line: &str) -> bool {
    line.split_whitespace()
        .any(|word| word.chars().count() > COLUMNS - 20)
}
