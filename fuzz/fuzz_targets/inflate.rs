//! Bytes that claim to be a compressed stream.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = ottla_fuzz::inflate(data);
});
