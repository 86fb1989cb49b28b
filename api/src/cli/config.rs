//! `rondom config`: the settings that hold, and where each comes from.

use std::io::Write;

use super::connectors;
use crate::config::{ConfigArgs, Loaded, settings};

pub(super) fn run(args: &ConfigArgs) -> anyhow::Result<()> {
    let loaded = Loaded::read(args, std::env::vars_os())?;
    connectors::secret_setting("oidc.client_secret", loaded.config.oidc.client_secret.as_ref())?;
    write(&loaded, &mut std::io::stdout().lock())?;
    Ok(())
}

fn write(loaded: &Loaded, out: &mut impl Write) -> std::io::Result<()> {
    for setting in settings() {
        let value = loaded.shown(&setting.name).unwrap_or_else(|| "(not set)".to_owned());
        writeln!(out, "{:32} {value:28} from {}", setting.name, loaded.origin(&setting.name))?;
    }
    Ok(())
}
