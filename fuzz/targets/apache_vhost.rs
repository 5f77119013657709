#![no_main]

libfuzzer_sys::fuzz_target!(|line: &[u8]| why401_fuzz::parse("apache_vhost", line));
