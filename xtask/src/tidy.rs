//! What the compiler does not see: sizes, names, module docs, unsafe code, and the map of the code.
//!
//! Each rule is a function from the tree to complaints; a warning is printed, a complaint fails.
//!
//! *Not here*: the length of functions and their parameters, which clippy counts.

mod map;
mod names;
mod sizes;
mod sources;
#[cfg(test)]
mod tests;

use anyhow::bail;

use crate::workspace::{self, SourceFile};

/// What the rules have to say.
#[derive(Default)]
struct Findings {
    complaints: Vec<String>,
    warnings: Vec<String>,
}

impl Findings {
    fn complain(&mut self, file: &SourceFile, line: usize, what: &str) {
        self.complaints
            .push(format!("{}:{line}: {what}", file.path));
    }
}

/// Checks the whole tree.
///
/// # Errors
/// Names each finding that is not only a warning.
pub fn run() -> anyhow::Result<()> {
    let files = workspace::files()?;
    let mut findings = Findings::default();
    for file in &files {
        sizes::check(file, &mut findings);
        sources::check(file, &mut findings);
        names::check(file, &mut findings);
    }
    map::check(&files, &workspace::crates()?, &mut findings);
    for warning in &findings.warnings {
        println!("tidy: warning: {warning}");
    }
    for complaint in &findings.complaints {
        println!("tidy: {complaint}");
    }
    if findings.complaints.is_empty() {
        println!(
            "tidy: {} files, {} warnings",
            files.len(),
            findings.warnings.len()
        );
        return Ok(());
    }
    bail!("tidy has {} complaints", findings.complaints.len());
}

/// Code written by a program has its own sizes and names.
fn is_generated(file: &SourceFile) -> bool {
    file.path.contains("/generated/") || file.path.ends_with("/generated.rs")
}

fn is_rust(file: &SourceFile) -> bool {
    file.path.ends_with(".rs") && !is_generated(file)
}
