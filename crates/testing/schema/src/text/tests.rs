//! The text form, there and back.

use crate::{FieldType, Kind, parse, print};

const TEXT: &str = "\
request ARequest key=7 versions=2-5 flexible=4+ listeners=a,b latest_version_unstable
  Id string 2+ nullable=3+ default=null ignorable
  Items []Item 2+
    Key int32 2+ map_key
    Note Shared 4+ tag=0 tagged=4+
  Client string 2+ flexible=none
struct Shared 4+
  Epoch int32 4+ default=-1
";

#[test]
fn printing_what_was_parsed_gives_the_same_text() {
    let schema = parse(TEXT).unwrap();
    assert_eq!(schema.kind, Kind::Request);
    assert_eq!(schema.fields.len(), 3);
    assert_eq!(schema.fields[1].fields.len(), 2);
    assert_eq!(
        schema.fields[1].fields[1].field_type,
        FieldType::Struct("Shared".into())
    );
    assert_eq!(schema.struct_fields("Shared").unwrap()[0].name, "Epoch");
    assert_eq!(print(&schema), TEXT);
}

#[test]
fn a_wrong_line_is_named() {
    let error = parse("data A versions=0 flexible=none\n  B int33 0+\n").unwrap_err();
    assert_eq!(error.to_string(), "line 2");
    let error = parse("data A versions=0 flexible=none\n    B int32 0+\n").unwrap_err();
    assert!(error.to_string().contains("indented too far"));
}
