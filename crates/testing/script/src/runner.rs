//! Reads scripts, runs their commands, compares or rewrites.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

/// One command line: a name, positional arguments, and `key=value` arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The first word.
    pub name: String,
    /// The further words without `=`.
    pub arguments: Vec<String>,
    /// The further words with `=`, in order.
    pub options: Vec<(String, String)>,
}

impl Command {
    /// Splits a line at white space. Values have no spaces.
    #[must_use]
    pub fn parse(line: &str) -> Command {
        let mut words = line.split_whitespace();
        let name = words.next().unwrap_or_default().to_owned();
        let (mut arguments, mut options) = (Vec::new(), Vec::new());
        for word in words {
            match word.split_once('=') {
                Some((key, value)) => options.push((key.to_owned(), value.to_owned())),
                None => arguments.push(word.to_owned()),
            }
        }
        Command {
            name,
            arguments,
            options,
        }
    }

    /// The value of an option, if it was given.
    #[must_use]
    pub fn option(&self, key: &str) -> Option<&str> {
        self.options
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    }

    /// The value of an option as a number; `default` if it was not given.
    ///
    /// # Panics
    /// If it is no number: the script is wrong.
    #[must_use]
    pub fn number(&self, key: &str, default: i64) -> i64 {
        self.option(key).map_or(default, |text| {
            text.parse()
                .unwrap_or_else(|_| panic!("{}: {key}={text} is no number", self.name))
        })
    }
}

/// Runs every file of a directory in name order, each with a fresh machine made by `start`.
///
/// # Panics
/// If an outcome differs from the script, or the directory has no scripts.
pub fn run_directory<M>(
    directory: impl AsRef<Path>,
    mut start: impl FnMut() -> M,
    mut run: impl FnMut(&mut M, &Command) -> String,
) {
    let mut paths: Vec<_> = fs::read_dir(directory.as_ref())
        .unwrap_or_else(|error| panic!("{}: {error}", directory.as_ref().display()))
        .map(|entry| entry.expect("a directory entry is readable").path())
        .filter(|path| path.is_file())
        .collect();
    paths.sort();
    assert!(
        !paths.is_empty(),
        "no scripts in {}",
        directory.as_ref().display()
    );
    for path in paths {
        let mut machine = start();
        run_script(&path, |command| run(&mut machine, command));
    }
}

/// Runs one script.
///
/// # Panics
/// If an outcome differs from the script.
pub fn run_script(path: &Path, mut run: impl FnMut(&Command) -> String) {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut rewritten = String::new();
    let mut differences = String::new();
    let mut lines = text.lines().enumerate().peekable();
    while let Some((number, line)) = lines.next() {
        if line.trim().is_empty() || line.starts_with('#') {
            writeln!(rewritten, "{line}").expect("writing to a string");
            continue;
        }
        let mut outcome = String::new();
        let mut command = Some(line);
        while let Some(line) = command.filter(|line| *line != "----") {
            writeln!(rewritten, "{line}").expect("writing to a string");
            outcome.push_str(&run(&Command::parse(line)));
            if !outcome.is_empty() && !outcome.ends_with('\n') {
                outcome.push('\n');
            }
            command = lines.next().map(|(_, line)| line);
        }
        let mut expected = String::new();
        while let Some((_, line)) = lines.next_if(|(_, line)| !line.is_empty()) {
            writeln!(expected, "{line}").expect("writing to a string");
        }
        if outcome != expected {
            writeln!(
                differences,
                "line {}:\n{line}\n  expected\n{expected}  got\n{outcome}",
                number + 1
            )
            .expect("writing to a string");
        }
        write!(rewritten, "----\n{outcome}").expect("writing to a string");
    }
    if differences.is_empty() {
        return;
    }
    if env::var_os("UPDATE").is_some() {
        fs::write(path, rewritten).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    } else {
        panic!("{} (UPDATE=1 rewrites):\n{differences}", path.display());
    }
}

#[cfg(test)]
mod tests;
