#![no_main]

libfuzzer_sys::fuzz_target!(|record: &[u8]| why401_fuzz::parse("privacyidea_csv", record));
