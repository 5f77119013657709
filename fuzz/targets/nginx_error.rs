#![no_main]

libfuzzer_sys::fuzz_target!(|line: &[u8]| why401_fuzz::parse("nginx_error", line));
