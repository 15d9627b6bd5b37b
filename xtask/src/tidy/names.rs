//! Names that say nothing are refused in types, modules and files.

use super::{Findings, is_rust};
use crate::workspace::SourceFile;

const BANNED: &[&str] = &[
    "Manager", "Util", "Utils", "Helper", "Helpers", "Common", "Impl", "Impls", "Wrapper", "Inner",
    "Misc",
];

pub(super) fn check(file: &SourceFile, findings: &mut Findings) {
    if !is_rust(file) {
        return;
    }
    let stem = file
        .path
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .trim_end_matches(".rs");
    if let Some(word) = banned_word(stem) {
        findings.complain(
            file,
            1,
            &format!("`{word}` in the name of a file says nothing"),
        );
    }
    for (number, line) in file.text.lines().enumerate() {
        let Some(name) = declared_name(line) else {
            continue;
        };
        if let Some(word) = banned_word(name) {
            findings.complain(
                file,
                number + 1,
                &format!("`{word}` in `{name}` says nothing"),
            );
        } else if name.ends_with("_new") || (name.ends_with('2') && !ends_in_a_number(name)) {
            findings.complain(
                file,
                number + 1,
                &format!("`{name}`: say what is different"),
            );
        }
    }
}

/// The name of the type, trait, module or function that the line declares.
fn declared_name(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace().skip_while(|word| {
        word.starts_with("pub") || matches!(*word, "const" | "async" | "unsafe" | "default")
    });
    let keyword = words.next()?;
    if !matches!(
        keyword,
        "struct" | "enum" | "trait" | "type" | "mod" | "fn" | "union"
    ) {
        return None;
    }
    let rest = words.next()?;
    let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
    rest.get(..end.unwrap_or(rest.len()))
}

/// `murmur2` and `sha512` are words, `Reader2` is not.
fn ends_in_a_number(name: &str) -> bool {
    const WORDS: &[&str] = &["murmur2", "v2", "12", "22", "32"];
    let name = name.to_lowercase();
    WORDS.iter().any(|word| name.ends_with(word))
}

fn banned_word(name: &str) -> Option<&'static str> {
    let words = words(name);
    BANNED
        .iter()
        .copied()
        .find(|banned| words.iter().any(|word| word.eq_ignore_ascii_case(banned)))
}

/// Splits `FetchSessionCache` and `fetch_session_cache` into words.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for letter in name.chars() {
        if letter == '_' || letter.is_uppercase() {
            words.push(String::new());
        }
        if letter != '_' {
            words
                .last_mut()
                .expect("there is always a word")
                .push(letter);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
