//! How lines are split.

use super::{LineReader, ParsedRecord};

fn reader(words: &[(&str, &str)]) -> LineReader {
    let words = words.iter();
    let owned: Vec<_> = words
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    LineReader::new(&owned).unwrap()
}

fn some(text: &str) -> Option<Vec<u8>> {
    Some(text.as_bytes().to_vec())
}

#[test]
fn a_line_is_a_value_unless_said_otherwise() {
    let parsed = reader(&[]).parse(b"a\tb").unwrap();
    assert_eq!((parsed.key, parsed.value), (None, some("a\tb")));
}

#[test]
fn headers_key_and_value_come_in_this_order() {
    let mut reader = reader(&[("parse.key", "true"), ("parse.headers", "true")]);
    let parsed = reader.parse(b"h1:v1,h2:v2\tk1\tval").unwrap();
    let expected = ParsedRecord {
        headers: vec![(b"h1".to_vec(), some("v1")), (b"h2".to_vec(), some("v2"))],
        key: some("k1"),
        value: some("val"),
    };
    assert_eq!(parsed, expected);
}

#[test]
fn a_missing_separator_names_its_line() {
    let mut reader = reader(&[("parse.key", "true"), ("key.separator", ":")]);
    reader.parse(b"k:v").unwrap();
    let refused = reader.parse(b"nosep").unwrap_err();
    assert_eq!(
        refused.message(),
        "No key separator found on line number 2: 'nosep'"
    );
}

#[test]
fn errors_can_be_ignored_and_marked_fields_are_null() {
    let mut lenient = reader(&[("parse.key", "true"), ("ignore.error", "true")]);
    let parsed = lenient.parse(b"nosep").unwrap();
    assert_eq!((parsed.key, parsed.value), (None, some("nosep")));
    let mut marked = reader(&[("parse.key", "true"), ("null.marker", "NULL")]);
    let parsed = marked.parse(b"NULL\tv").unwrap();
    assert_eq!((parsed.key, parsed.value), (None, some("v")));
    let parsed = marked.parse(b"k\tNULL").unwrap();
    assert_eq!((parsed.key, parsed.value), (some("k"), None));
}

#[test]
fn separators_that_cannot_be_told_apart_are_refused() {
    let same = [("headers.separator".to_owned(), "\t".to_owned())];
    let refused = LineReader::new(&same).unwrap_err();
    assert_eq!(
        refused.message(),
        "headers.delimiter and headers.separator may not be equal"
    );
}
