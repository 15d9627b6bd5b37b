//! Bytes that claim to be a log record.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = ottla_fuzz::log_record(data);
});
