//! From a path to a stream of UTF-8 text: compression, byte order mark and old encodings end here.

use std::{
    fs::File,
    io::{self, BufReader, Cursor, Read},
    path::Path,
};

use flate2::bufread::MultiGzDecoder;

use super::{
    error::FileError,
    mapping::{Encoding, Format},
};

/// How much of the beginning is looked at to tell what the file is.
const HEAD: u64 = 512;

/// The text of a file. It refuses to go on when more than a limit was read since [`Text::next_row`].
pub(super) struct Text {
    inner: Box<dyn Read + Send>,
    since_row: u64,
    limit: u64,
}

impl Text {
    /// Opens `path`, plain or compressed with gzip, and tells its format unless `format` does.
    pub(super) fn open(
        path: &Path,
        encoding: Encoding,
        format: Option<Format>,
        limit: u64,
    ) -> Result<(Self, Format), FileError> {
        let failed = |source| FileError::Io { path: path.to_owned(), source };
        let unreadable = |reason| FileError::Unreadable { path: path.to_owned(), reason };
        if !path.metadata().map_err(failed)?.is_file() {
            return Err(FileError::NotAFile { path: path.to_owned() });
        }
        let (head, file) = peek(File::open(path).map_err(failed)?).map_err(failed)?;
        let bytes: Box<dyn Read + Send> = if head.starts_with(&[0x1f, 0x8b]) {
            Box::new(MultiGzDecoder::new(BufReader::new(file)))
        } else {
            Box::new(file)
        };
        let (head, mut text) = peek(bytes).map_err(failed)?;
        if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
            return Err(unreadable("the text is UTF-16; save it as UTF-8"));
        }
        let mark = head.starts_with("\u{feff}".as_bytes());
        if mark {
            text.read_exact(&mut [0; 3]).map_err(failed)?;
        }
        let first = head.iter().skip(if mark { 3 } else { 0 }).find(|byte| !byte.is_ascii_whitespace());
        let format = format.unwrap_or_else(|| match first {
            Some(b'{' | b'[') => Format::Jsonl,
            Some(_) => Format::Csv,
            None => by_name(path),
        });
        if format == Format::Jsonl && first == Some(&b'[') {
            return Err(unreadable(
                "a JSON array; write one object on each line, without brackets and commas around",
            ));
        }
        let inner: Box<dyn Read + Send> = match encoding {
            Encoding::Utf8 => Box::new(text),
            // A file that begins with a UTF-8 mark is UTF-8, whatever the mapping says.
            Encoding::Windows1252 if mark => Box::new(text),
            Encoding::Windows1252 => Box::new(Windows1252 { inner: BufReader::new(text), rest: Vec::new() }),
        };
        Ok((Self { inner, since_row: 0, limit }, format))
    }

    /// A row has ended; what comes is counted anew.
    pub(super) fn next_row(&mut self) {
        self.since_row = 0;
    }

    /// Whether the last error means that a row exceeds the limit.
    pub(super) fn over_limit(&self) -> bool {
        self.since_row > self.limit
    }
}

impl Read for Text {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.over_limit() {
            return Err(io::Error::other("row too large"));
        }
        let read = self.inner.read(buffer)?;
        self.since_row += read as u64;
        Ok(read)
    }
}

/// The first bytes of a stream, and the whole stream again.
fn peek<R: Read>(mut stream: R) -> io::Result<(Vec<u8>, impl Read)> {
    let mut head = Vec::new();
    stream.by_ref().take(HEAD).read_to_end(&mut head)?;
    Ok((head.clone(), Cursor::new(head).chain(stream)))
}

/// An empty file has only its name to tell its format by.
fn by_name(path: &Path) -> Format {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    if [".jsonl", ".ndjson", ".json"].iter().any(|end| name.ends_with(end)) {
        Format::Jsonl
    } else {
        Format::Csv
    }
}

/// Decodes the one-byte encoding of Western European Windows, of which Latin-1 is in practice a part.
struct Windows1252<R> {
    inner: BufReader<R>,
    /// Bytes of a letter that the last buffer had no room for.
    rest: Vec<u8>,
}

/// The letters of the bytes 0x80 to 0x9f. The five unassigned ones stay what they are.
const HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

impl<R: Read> Read for Windows1252<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rest.is_empty() {
            // No letter of the encoding needs more than three bytes.
            let mut bytes = vec![0; (buffer.len() / 3).max(1)];
            let read = self.inner.read(&mut bytes)?;
            let letters = bytes[..read].iter().map(|&byte| match byte {
                0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
                _ => char::from(byte),
            });
            self.rest = letters.collect::<String>().into_bytes();
        }
        let fits = self.rest.len().min(buffer.len());
        buffer[..fits].copy_from_slice(&self.rest[..fits]);
        self.rest.drain(..fits);
        Ok(fits)
    }
}
