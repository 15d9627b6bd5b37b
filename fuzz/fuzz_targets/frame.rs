//! Bytes that claim to be a stream of frames.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = ottla_fuzz::frame(data);
});
