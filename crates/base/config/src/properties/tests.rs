//! Tests of properties files.

use crate::properties::{Properties, PropertiesError};

fn parse(text: &str) -> Vec<(String, String)> {
    Properties::parse(text.as_bytes())
        .unwrap()
        .iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

#[test]
fn a_key_ends_at_an_equals_sign_a_colon_or_a_blank() {
    assert_eq!(
        parse("a=1\nb: 2\nc 3\nd   =   4 \ne\n"),
        pairs(&[("a", "1"), ("b", "2"), ("c", "3"), ("d", "4 "), ("e", "")])
    );
}

#[test]
fn comments_and_empty_lines_say_nothing() {
    assert_eq!(
        parse("# a=1\n  ! b=2\n\n \t\nc=3#4"),
        pairs(&[("c", "3#4")])
    );
}

#[test]
fn a_line_that_ends_with_one_backslash_goes_on() {
    assert_eq!(
        parse("a=1,\\\n    2,\\\r\n  # 3\nb=x\\\\\nc=4\\"),
        pairs(&[("a", "1,2,# 3"), ("b", "x\\"), ("c", "4")])
    );
}

#[test]
fn escapes_stand_for_characters() {
    assert_eq!(
        parse("a\\ b\\=c\\:d=\\t\\u00e9\\ud83d\\ude00\\z\\=="),
        pairs(&[("a b=c:d", "\té😀z==")])
    );
    assert_eq!(
        Properties::parse(b"x=1\na=\\u12g4"),
        Err(PropertiesError::Escape { line: 2 })
    );
}

#[test]
fn bytes_are_latin_1_as_java_reads_them() {
    let properties = Properties::parse(b"a=\xe9").unwrap();
    assert_eq!(properties.get("a"), Some("é"));
}

#[test]
fn the_last_of_two_counts_and_an_override_beats_both() {
    let mut properties = Properties::parse(b"a=1\na=2").unwrap();
    assert_eq!(properties.get("a"), Some("2"));
    properties.apply_override("a = 3=4").unwrap();
    assert_eq!(properties.get("a"), Some("3=4"));
    assert!(properties.apply_override("a").is_err());
    assert!(properties.apply_override("=a").is_err());
}
