//! Ids in text form agree with Kafka's.

use super::Uuid;

#[test]
fn the_metadata_topic_id_has_kafkas_text() {
    assert_eq!(Uuid::ONE.to_string(), "AAAAAAAAAAAAAAAAAAAAAQ");
    assert_eq!(Uuid::ZERO.to_string(), "AAAAAAAAAAAAAAAAAAAAAA");
}

#[test]
fn text_and_bytes_are_the_same_id() {
    let bytes: [u8; 16] = [
        0x3c, 0x45, 0xb5, 0x17, 0xa5, 0xb4, 0x49, 0x5e, 0xae, 0xb1, 0xdf, 0x2b, 0x38, 0xaa, 0x70,
        0x0e,
    ];
    let id = Uuid::from_bytes(bytes);
    assert_eq!(id.to_string(), "PEW1F6W0SV6usd8rOKpwDg");
    assert_eq!("PEW1F6W0SV6usd8rOKpwDg".parse(), Ok(id));
    assert_eq!(id.to_bytes(), bytes);
}

#[test]
fn text_that_is_no_id_is_refused() {
    for text in [
        "",
        "short",
        "PEW1F6W0SV6usd8rOKpwD=",
        "PEW1F6W0SV6usd8rOKpwDgA",
    ] {
        assert!(text.parse::<Uuid>().is_err(), "{text}");
    }
}
