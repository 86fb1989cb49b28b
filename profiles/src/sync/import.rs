//! Importing a file: the pages of a reader instead of a connector's, through the same commit.

use connectors::{Cursor, HttpStats, Next, Page};
use tokio::sync::mpsc;

use super::{commit::Commit, run::Trigger, runs::Run};
use crate::{
    Profiles,
    error::{Error, Result},
    sources::Source,
};

/// A file that is being imported.
#[derive(Debug, Clone)]
pub struct Import {
    /// The source that its facts belong to.
    pub source: Source,
    /// The stream: one for each file name.
    pub stream: String,
    /// Where an interrupted import of it stopped.
    pub resume: Option<Cursor>,
}

/// How an import ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// What it did.
    pub run: Run,
}

impl Profiles {
    /// Prepares the import of a file of that name into a source.
    pub async fn begin_import(&self, source: Source, file_name: &str) -> Result<Import> {
        let stream = file_name.to_owned();
        let state = self.stream_states(source.id).await?.remove(&stream);
        let resume = match state {
            Some(state) if !state.finished => match state.cursor {
                Some(text) => Some(serde_json::from_str(&text).map_err(|e| Error::stored("cursor", e))?),
                None => None,
            },
            _ => None,
        };
        Ok(Import { source, stream, resume })
    }

    /// Stores the pages of a file as they come and derives what they change. Ends with the channel; a page
    /// that is an error (its text) ends the run as failed.
    pub async fn run_import(
        &self,
        import: &Import,
        mut pages: mpsc::Receiver<Result<Page, String>>,
        report: impl Fn(&Run) + Send,
    ) -> Result<Imported> {
        let mut run = self.begin_run(import.source.id, Trigger::Import).await?;
        let mut problem = None;
        let mut finished = false;
        let mut next = pages.recv().await;
        while let Some(page) = next {
            let page = match page {
                Ok(page) => page,
                Err(text) => {
                    problem = Some(text);
                    break;
                }
            };
            let commit = Commit {
                stream: &import.stream,
                page: &page,
                stamp: self.now(),
                http: HttpStats::default(),
                expected: page.total,
                holder: None,
            };
            self.commit_page(&mut run, &commit).await?;
            report(&run);
            finished = matches!(page.next, Next::Done(_));
            next = self.derive_meanwhile(pages.recv()).await?;
        }
        self.settle(|| true).await?;
        if !finished && problem.is_none() {
            problem = Some("the file ended before its last page".to_owned());
        }
        let state = if problem.is_some() { "failed" } else { "succeeded" };
        self.end_run(&mut run, state, problem).await?;
        report(&run);
        Ok(Imported { run })
    }
}
