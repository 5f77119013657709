//! A stream: what can be read only once. Its beginning is kept, so that it can be sampled before.

use std::io::{self, Cursor, Read};

/// How much of it can be looked at before it is read.
const HEAD: usize = 4 << 20;

pub(super) struct Stream {
    head: Vec<u8>,
    rest: Box<dyn Read + Send>,
    /// How the stream ended, when it did within the head.
    end: Option<io::Result<()>>,
}

impl Stream {
    pub(super) fn new(rest: Box<dyn Read + Send>) -> Self {
        Self {
            head: Vec::new(),
            rest,
            end: None,
        }
    }

    /// Reads the beginning, from its first byte, as often as one likes.
    pub(super) fn peek(&mut self) -> Peek<'_> {
        Peek {
            stream: self,
            at: 0,
        }
    }

    /// Reads all of it.
    pub(super) fn into_reader(self) -> Box<dyn Read + Send> {
        let head = Cursor::new(self.head);
        match self.end {
            None => Box::new(head.chain(self.rest)),
            Some(Ok(())) => Box::new(head),
            Some(Err(error)) => Box::new(head.chain(Broken(Some(error)))),
        }
    }

    /// Whether the head is all there is.
    pub(super) fn is_whole(&self) -> bool {
        self.end.is_some()
    }

    /// Reads once into the head, as much as `wanted`.
    fn extend(&mut self, wanted: usize) -> io::Result<()> {
        let held = self.head.len();
        let wanted = wanted.min(HEAD - held);
        self.head.resize(held + wanted, 0);
        let read = self.rest.read(&mut self.head[held..]);
        self.head.truncate(held + *read.as_ref().unwrap_or(&0));
        match read {
            Ok(0) => self.end = Some(Ok(())),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(error) => {
                // Kept for the real pass: a stream need not fail a second time.
                let copy = io::Error::new(error.kind(), error.to_string());
                self.end = Some(Err(error));
                return Err(copy);
            }
        }
        Ok(())
    }
}

/// A look at a stream's beginning. Where the head is full it ends with an error and not as a file does,
/// because its last line is not whole.
pub(super) struct Peek<'a> {
    stream: &'a mut Stream,
    at: usize,
}

impl Read for Peek<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.stream.head.len() && !buffer.is_empty() {
            match &self.stream.end {
                Some(Ok(())) => return Ok(0),
                Some(Err(error)) => return Err(io::Error::new(error.kind(), error.to_string())),
                None if self.at == HEAD => {
                    return Err(io::Error::other("only the beginning is kept"));
                }
                None => self.stream.extend(buffer.len())?,
            }
        }
        let read = (&self.stream.head[self.at..]).read(buffer)?;
        self.at += read;
        Ok(read)
    }
}

/// Ends a reader with the error that was met while it was looked at.
struct Broken(Option<io::Error>);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(mut reader: impl Read) -> (Vec<u8>, Option<String>) {
        let mut bytes = Vec::new();
        let end = reader.read_to_end(&mut bytes).err();
        (bytes, end.map(|e| e.to_string()))
    }

    // Looking at a stream takes nothing from it.
    #[test]
    fn what_was_looked_at_is_read_again() {
        let mut stream = Stream::new(Box::new(&b"some lines"[..]));
        for _ in 0..2 {
            assert_eq!(drain(stream.peek()), (b"some lines".to_vec(), None));
        }
        assert!(stream.is_whole());
        assert_eq!(drain(stream.into_reader()), (b"some lines".to_vec(), None));
    }

    #[test]
    fn a_look_ends_with_an_error_where_the_head_is_full() {
        let mut stream = Stream::new(Box::new(io::repeat(b'x').take(HEAD as u64 + 10)));
        let (seen, end) = drain(stream.peek());
        assert_eq!(seen.len(), HEAD);
        assert_eq!(end.unwrap(), "only the beginning is kept");
        assert!(!stream.is_whole());
        assert_eq!(drain(stream.into_reader()).0.len(), HEAD + 10);
    }

    #[test]
    fn an_error_met_while_looking_is_met_again() {
        let broken = Broken(Some(io::Error::other("broken")));
        let mut stream = Stream::new(Box::new((&b"ab"[..]).chain(broken)));
        let expected = (b"ab".to_vec(), Some("broken".to_owned()));
        assert_eq!(drain(stream.peek()), expected);
        assert_eq!(drain(stream.peek()), expected);
        assert_eq!(drain(stream.into_reader()), expected);
    }
}
