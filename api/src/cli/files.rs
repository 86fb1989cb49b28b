//! Files that commands read and write, gzipped or not.

use std::{
    fs::File,
    io::{self, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use flate2::read::MultiGzDecoder;
use indicatif::ProgressBar;

/// Opens a file, gzipped or not, and counts its bytes on the bar. What is gzipped is unpacked on another thread.
pub(super) fn open(path: &Path, bar: &ProgressBar) -> anyhow::Result<Box<dyn Read>> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let file = bar.wrap_read(file);
    if path.extension().is_none_or(|extension| extension != "gz") {
        return Ok(Box::new(file));
    }
    let (reader, mut writer) = io::pipe()?;
    let unpacking = std::thread::spawn(move || io::copy(&mut MultiGzDecoder::new(file), &mut writer));
    Ok(Box::new(Unpacked { reader, unpacking: Some(unpacking) }))
}

/// What another thread unpacks. At its end it tells whether that went well: a damaged file must not look like a short one.
struct Unpacked {
    reader: io::PipeReader,
    unpacking: Option<std::thread::JoinHandle<io::Result<u64>>>,
}

impl Read for Unpacked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        if count == 0
            && !buffer.is_empty()
            && let Some(unpacking) = self.unpacking.take()
        {
            unpacking.join().map_err(|_| io::Error::other("it could not be unpacked"))??;
        }
        Ok(count)
    }
}

/// Fails if a file that is to be written is one that is read, or another that is written.
pub(super) fn apart(read: &[PathBuf], written: &[&PathBuf]) -> anyhow::Result<()> {
    let same = |a: &Path, b: &Path| match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    };
    for (at, path) in written.iter().enumerate() {
        if read.iter().chain(written[..at].iter().copied()).any(|other| same(path, other)) {
            bail!("{} would be overwritten; write to another file", path.display());
        }
    }
    Ok(())
}

/// Writes a file as a whole or not at all. What is there and is no file, such as a pipe, is written to as it is.
pub(super) fn write(
    path: &Path,
    content: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let named = || path.display().to_string();
    let before = path.metadata().ok();
    if before.as_ref().is_some_and(|before| !before.is_file()) {
        let mut writer = BufWriter::new(File::options().write(true).open(path).with_context(named)?);
        content(&mut writer)?;
        return writer.flush().with_context(named);
    }
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let mut builder = tempfile::Builder::new();
    // Like any other file that the caller makes; a temporary one would be for its owner alone.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let file = builder.tempfile_in(folder).with_context(named)?;
    if let Some(before) = before {
        file.as_file().set_permissions(before.permissions()).with_context(named)?;
    }
    let mut writer = BufWriter::new(file);
    content(&mut writer)?;
    let file = writer.into_inner().map_err(io::IntoInnerError::into_error).with_context(named)?;
    file.persist(path).with_context(named)?;
    Ok(())
}
