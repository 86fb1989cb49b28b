//! The installation's secret key: given directly, or in a file that is made at the first use.

use std::{
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use profiles::Keys;
use secrecy::ExposeSecret;

use crate::config::Config;

/// The keys of this installation, and the file if it was made just now.
pub(super) struct Secret {
    pub(super) keys: Keys,
    pub(super) made: Option<PathBuf>,
}

/// Reads the secret key. Where there is none it is made, if `make` allows it.
pub(super) fn read(config: &Config, make: bool) -> anyhow::Result<Secret> {
    if let Some(given) = &config.secret_key {
        let keys = Keys::from_hex(given.expose_secret()).context("RONDOM_SECRET_KEY")?;
        return Ok(Secret { keys, made: None });
    }
    let path = config.secret_key_path();
    if path.try_exists().with_context(|| path.display().to_string())? {
        return Ok(Secret { keys: from_file(&path)?, made: None });
    }
    if !make {
        bail!(
            "there is no secret key: the file {} does not exist and RONDOM_SECRET_KEY is not set. Give the key that \
             the database was made with",
            path.display()
        );
    }
    let made = write(&path).with_context(|| format!("the key file {} cannot be made", path.display()))?;
    // Another process may have been faster; its key is the one that holds.
    Ok(Secret { keys: from_file(&path)?, made: made.then_some(path) })
}

fn from_file(path: &Path) -> anyhow::Result<Keys> {
    let text = std::fs::read_to_string(path).with_context(|| format!("the key file {}", path.display()))?;
    let mode = std::fs::metadata(path)?.permissions().mode();
    if mode & 0o077 != 0 {
        tracing::warn!(file = %path.display(), "others can read the secret key: chmod 600 it");
    }
    Keys::from_hex(&text).with_context(|| format!("the key file {}", path.display()))
}

/// Writes a new key; false when somebody else has written one meanwhile. The file appears whole or not at all, and
/// nobody but its owner may read it.
fn write(path: &Path) -> anyhow::Result<bool> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".rondom-key-")
        .permissions(std::fs::Permissions::from_mode(0o600))
        .tempfile_in(folder)?;
    writeln!(file, "{}", Keys::generate()?.expose_secret())?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(true),
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error.error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(folder: &Path) -> Config {
        Config { secret_key_file: Some(folder.join("rondom.key")), ..Config::default() }
    }

    #[test]
    fn the_key_file_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path());
        let first = read(&config, true).unwrap();
        let path = first.made.unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let second = read(&config, true).unwrap();
        assert_eq!(second.made, None);
        assert_eq!(first.keys.check(), second.keys.check());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left behind");
    }

    #[test]
    fn a_key_that_another_process_made_meanwhile_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rondom.key");
        assert!(write(&path).unwrap());
        let before = std::fs::read(&path).unwrap();
        assert!(!write(&path).unwrap());
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    #[test]
    fn a_malformed_key_is_refused_without_being_shown() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path());
        std::fs::write(folder.path().join("rondom.key"), "hunter2").unwrap();
        let error = format!("{:#}", read(&config, true).err().unwrap());
        assert!(error.contains("rondom.key") && error.contains("64 hexadecimal digits"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn a_missing_key_is_made_only_by_commands_that_may() {
        let folder = tempfile::tempdir().unwrap();
        let error = format!("{:#}", read(&config(folder.path()), false).err().unwrap());
        assert!(error.contains("RONDOM_SECRET_KEY"), "{error}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
