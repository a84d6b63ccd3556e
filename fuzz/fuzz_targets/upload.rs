#![no_main]

#[path = "../src/targets.rs"]
#[expect(dead_code, reason = "each target drives one of the functions")]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::upload(bytes));
