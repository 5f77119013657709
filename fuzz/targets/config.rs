//! A configuration is read, or what is wrong in it is pointed at.
#![no_main]

use std::path::Path;

use why401::config::Config;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Err(error) = Config::parse(text, Path::new("config.toml")) {
        let excerpt = error.excerpt().expect("a place in the text");
        assert!(text.contains(&excerpt.text), "{error}");
        assert!(excerpt.carets.ends_with('^'));
    }
});
