//! Bytes that claim to be a segment of a log.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = ottla_fuzz::segment(data);
});
