//! Tests of batches as JSON.

use super::*;

#[test]
fn a_batch_is_described_as_it_was_made() {
    let records = json!([{"key": "k", "value": "v", "at": -5}, {"value": null}]);
    let description = json!([{"records": records, "producerId": 4, "producerEpoch": 0,
        "baseSequence": 2, "compression": "gzip"}]);
    let bytes = build(&description, 1000).unwrap();
    let described = describe(bytes);
    let batch = described.get(0).unwrap();
    assert_eq!(batch.get("recordCount"), Some(&json!(2)));
    assert_eq!(batch.get("baseTimestamp"), Some(&json!(995)));
    assert_eq!(batch.get("maxTimestamp"), Some(&json!(1000)));
    assert_eq!(batch.get("baseSequence"), Some(&json!(2)));
    assert_eq!(batch.get("attributes"), Some(&json!(1)));
}

#[test]
fn a_patched_header_has_the_right_checksum_unless_that_is_wrong_too() {
    let whole = json!([{"records": [{"value": "v"}], "recordCount": 9}]);
    let bytes = build(&whole, 0).unwrap();
    let header = BatchHeader::parse(&bytes).unwrap();
    assert_eq!(header.record_count, 9);
    header.verify_checksum(&bytes).unwrap();
    let wrong = json!([{"records": [{"value": "v"}], "wrongChecksum": true}]);
    let bytes = build(&wrong, 0).unwrap();
    let header = BatchHeader::parse(&bytes).unwrap();
    assert!(header.verify_checksum(&bytes).is_err());
}

#[test]
fn what_is_cut_off_is_told() {
    let batches = json!([{"records": [{"value": "v"}]}, {"records": [{"value": "v"}], "cut": 2}]);
    let described = describe(build(&batches, 0).unwrap());
    assert_eq!(described.as_array().unwrap().len(), 2);
    let rest = described.pointer("/1/bytesOfAnotherBatch");
    assert!(rest.and_then(Value::as_u64).unwrap() > 60);
}
