//! A definition in, our text out.

use super::parse;

#[test]
fn a_definition_becomes_the_text_of_our_schema() {
    let definition = r#"
        // a remark
        { "apiKey": 9, "type": "request", "name": "ARequest", // another
          "listeners": ["controller", "broker"],
          "validVersions": "1-3", "flexibleVersions": "2+",
          "fields": [
            { "name": "Url", "type": "string", "versions": "1+", "about": "see https://x" },
            { "name": "Limit", "type": "int32", "versions": "2+", "default": "0x7fffffff",
              "ignorable": true },
            { "name": "Empty", "type": "[]int32", "versions": "1+", "nullableVersions": "1+",
              "default": null },
            { "name": "Zero", "type": "int32", "versions": "1+", "default": "0" },
            { "name": "Previous", "type": "int64", "taggedVersions": "2+", "tag": 1,
              "default": -1 },
            { "name": "Maybe", "type": "[]Thing", "versions": "1+", "nullableVersions": "1+",
              "default": "null", "fields": [
              { "name": "Id", "type": "uuid", "versions": "1+", "mapKey": true } ] }
          ] }"#;
    let schema = parse(definition).unwrap().unwrap();
    assert_eq!(
        ottla_schema::print(&schema),
        "request ARequest key=9 versions=1-3 flexible=2+ listeners=broker,controller\n\
         \x20 Url string 1+\n\
         \x20 Limit int32 2+ default=2147483647 ignorable\n\
         \x20 Empty []int32 1+ nullable=1+\n\
         \x20 Zero int32 1+\n\
         \x20 Previous int64 2+ tag=1 tagged=2+ default=-1\n\
         \x20 Maybe []Thing 1+ nullable=1+ default=null\n\
         \x20   Id uuid 1+ map_key\n"
    );
}

#[test]
fn a_message_without_versions_is_gone() {
    let definition = r#"{"type":"request","name":"Old","apiKey":4,"validVersions":"none"}"#;
    assert!(parse(definition).unwrap().is_none());
}
