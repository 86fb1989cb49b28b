//! One installation of the real binary: a folder, a database, a secret key.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use sea_orm::{ConnectOptions, ConnectionTrait, Database};
use serde_json::Value;
use tempfile::TempDir;

use super::{
    Server,
    postgres::{Scratch, scratch},
};

/// The secret key of every installation, so that two of them give the same ids.
pub(crate) const SECRET: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
/// Longer than any command takes, on a busy machine too.
const LIMIT: Duration = Duration::from_mins(3);
const LOOK: Duration = Duration::from_millis(20);

/// A folder with a database of its own.
pub(crate) struct Installation {
    folder: TempDir,
    pub(crate) database_url: String,
    scratch_database: Option<Scratch>,
}

/// A command that has ended.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A command under way; killed when dropped.
pub(crate) struct Running {
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
    command: String,
}

impl Installation {
    pub(crate) fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database_url = format!("sqlite://{}", folder.path().join("rondom.db").display());
        Self { folder, database_url, scratch_database: None }
    }

    pub(crate) fn on_postgres(scratch: Scratch) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, database_url: scratch.url(), scratch_database: Some(scratch) }
    }

    /// Another, empty one on the same kind of database.
    pub(crate) async fn another(&self) -> Self {
        match &self.scratch_database {
            None => Self::on_sqlite(),
            Some(_) => Self::on_postgres(scratch().await.expect("the server answered before")),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file into the folder, in which all commands run.
    pub(crate) fn write(&self, name: &str, content: &str) {
        std::fs::write(self.path().join(name), content).unwrap();
    }

    /// The binary with this installation's settings and no others.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rondom"));
        command.args(args).current_dir(self.path()).stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("RONDOM_") || name == "DATABASE_URL" {
                command.env_remove(name);
            }
        }
        command.env("RONDOM_DATABASE_URL", &self.database_url).env("RONDOM_SECRET_KEY", SECRET);
        command
    }

    /// Starts a command.
    pub(crate) fn start(&self, args: &[&str]) -> Running {
        self.start_command(self.command(args))
    }

    pub(crate) fn start_command(&self, mut command: Command) -> Running {
        // Files, not pipes: nobody has to read them for the command to go on.
        let kept = |ending| {
            tempfile::Builder::new().suffix(ending).tempfile_in(self.path()).unwrap().keep().unwrap()
        };
        let ((out, stdout), (err, stderr)): ((File, _), (File, _)) = (kept(".stdout"), kept(".stderr"));
        let text = format!("{command:?}");
        let child = command.stdout(out).stderr(err).spawn().unwrap();
        Running { child, stdout, stderr, command: text }
    }

    /// Runs a command to its end.
    pub(crate) async fn run(&self, args: &[&str]) -> Finished {
        self.start(args).finished().await
    }

    /// Runs a command that must succeed; its standard output.
    pub(crate) async fn ok(&self, args: &[&str]) -> String {
        let finished = self.run(args).await;
        assert!(finished.status.success(), "{args:?}: {}", finished.stderr);
        finished.stdout
    }

    /// Runs a command that must succeed and answer in JSON.
    pub(crate) async fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.ok(args).await).unwrap()
    }

    /// Runs a command that must fail; what it says about it.
    pub(crate) async fn fails(&self, args: &[&str]) -> String {
        let finished = self.run(args).await;
        assert_eq!(finished.status.code(), Some(1), "{args:?}: {}{}", finished.stdout, finished.stderr);
        finished.stderr
    }

    /// The digest of everything derived, consent being decided at one instant for all.
    pub(crate) async fn state_hash(&self) -> String {
        self.ok(&["state-hash", "--at", "2030-01-01T00:00:00Z"]).await
    }

    /// Serves on a free port of this machine.
    pub(crate) async fn serve(&self) -> Server {
        Server::start(self).await
    }

    /// Writes to the database behind the program's back.
    pub(crate) async fn sql(&self, statement: &str) {
        let mut options = ConnectOptions::new(self.database_url.clone());
        options.max_connections(1).sqlx_logging(false);
        let db = Database::connect(options).await.unwrap();
        db.execute_unprepared(statement).await.unwrap();
        db.close().await.unwrap();
    }
}

impl Running {
    /// Waits for the end.
    pub(crate) async fn finished(mut self) -> Finished {
        let began = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(began.elapsed() < LIMIT, "{} does not end: {}", self.command, self.stderr());
            tokio::time::sleep(LOOK).await;
        };
        Finished { status, stdout: self.stdout(), stderr: self.stderr() }
    }

    /// What it has written so far.
    pub(crate) fn stdout(&self) -> String {
        std::fs::read_to_string(&self.stdout).unwrap()
    }

    /// What it has said so far.
    pub(crate) fn stderr(&self) -> String {
        std::fs::read_to_string(&self.stderr).unwrap()
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Ends it as a crash would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end: `INT` is Ctrl-C, `TERM` what a service manager sends.
    pub(crate) fn signal(&self, name: &str) {
        let status =
            Command::new("kill").args([format!("-{name}"), self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Err: it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
