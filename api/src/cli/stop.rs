//! Ctrl-C while a command works: the first asks it to stop in good order, the second ends it at once.

use tokio::sync::watch;

use crate::http::terminated;

/// The exit code of a program that a signal ended (128 + SIGINT).
const INTERRUPTED: i32 = 130;

/// The word of commands that work page by page.
pub(super) const AFTER_PAGE: &str = "stopping after this page; once more to stop at once";

/// Turns true at the first signal, with that word, if any, to the person who sent it.
pub(super) fn on_signal(word: Option<&'static str>) -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        if let Err(error) = terminated().await {
            tracing::warn!(%error, "signals cannot be received");
            // Dropping the sender would look like a signal.
            return std::future::pending().await;
        }
        if let Some(word) = word {
            eprintln!("\n{word}");
        }
        sender.send_replace(true);
        if terminated().await.is_ok() {
            std::process::exit(INTERRUPTED);
        }
    });
    receiver
}
