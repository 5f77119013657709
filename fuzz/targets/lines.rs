//! The splitter gives the same lines however the reads cut the bytes, and loses none.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some(([longest, cut, reads @ ..], bytes)) = bytes.split_first_chunk::<6>() else {
        return;
    };
    // A line that is cut keeps less than the longest one has.
    let longest = usize::from(*longest).max(8);
    why401::input::check_lines(bytes, longest, usize::from(*cut) % longest, reads);
});
