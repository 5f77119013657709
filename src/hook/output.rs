//! What a hook writes: all of it is read, its beginning kept.

use std::io::{ErrorKind, Read};

use crate::hidden::is_hidden;

/// So much is kept of both outputs together.
const KEPT: usize = 64 << 10;
/// Read at once; a pipe holds as much.
const READ: usize = 64 << 10;

#[derive(Debug, Default)]
pub(super) struct Output {
    kept: Vec<u8>,
    left_out: u64,
}

impl Output {
    /// Reads what is there, once, and gives how much that was. `None`: nothing comes any more.
    pub(super) fn drain(&mut self, pipe: &mut impl Read) -> Option<usize> {
        let mut buffer = vec![0; READ];
        match pipe.read(&mut buffer) {
            Ok(0) => None,
            Ok(read) => {
                let room = (KEPT - self.kept.len()).min(read);
                self.kept.extend_from_slice(&buffer[..room]);
                self.left_out += (read - room) as u64;
                Some(read)
            }
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::Interrupted => Some(0),
                _ => None,
            },
        }
    }

    /// As text in which nothing acts on a terminal but the ends of lines, and how many bytes are not in it.
    pub(super) fn finish(self) -> (String, u64) {
        let text = String::from_utf8_lossy(&self.kept);
        let harmless = |c: char| match c {
            '\n' | '\t' => c,
            c if is_hidden(c) => '\u{FFFD}',
            c => c,
        };
        (text.chars().map(harmless).collect(), self.left_out)
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT, Output};

    #[test]
    fn the_beginning_is_kept_and_the_rest_counted() {
        let mut output = Output::default();
        let long = vec![b'x'; KEPT - 3];
        assert_eq!(output.drain(&mut &long[..]), Some(KEPT - 3));
        assert_eq!(output.drain(&mut &b"a\x1bbcd\n"[..]), Some(6));
        assert_eq!(output.drain(&mut &b""[..]), None);
        let (text, left_out) = output.finish();
        assert!(text.ends_with("xa\u{FFFD}b"));
        assert_eq!(left_out, 3);
    }
}
