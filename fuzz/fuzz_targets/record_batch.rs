//! Bytes that claim to be a batch of records.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = ottla_fuzz::record_batch(data);
});
