use super::lexer::Token;
use crate::problem::{Position, Problem};

/// A walk over the pieces of a text.
pub(super) struct Cursor {
    tokens: Vec<(Token, Position)>,
    at: usize,
    pub(super) depth: usize,
}

impl Cursor {
    pub(super) const fn new(tokens: Vec<(Token, Position)>) -> Self {
        Self { tokens, at: 0, depth: 0 }
    }

    /// The next piece; after the last, the end for ever.
    pub(super) fn peek(&self) -> &Token {
        self.peek_at(0)
    }

    pub(super) fn peek_at(&self, ahead: usize) -> &Token {
        self.tokens.get(self.at + ahead).map_or(&Token::End, |(token, _)| token)
    }

    pub(super) fn position(&self) -> Position {
        let last = self.tokens.len().saturating_sub(1);
        self.tokens.get(self.at.min(last)).map_or(Position { line: 1, column: 1 }, |(_, position)| *position)
    }

    pub(super) const fn advance(&mut self) {
        self.at += 1;
    }

    /// Whether a word stands so many pieces ahead.
    pub(super) fn is_word(&self, ahead: usize, word: &str) -> bool {
        matches!(self.peek_at(ahead), Token::Word(found) if found == word)
    }

    /// Takes these words if they come next, all of them.
    pub(super) fn take(&mut self, words: &[&str]) -> bool {
        let there = words.iter().enumerate().all(|(ahead, word)| self.is_word(ahead, word));
        if there {
            self.at += words.len();
        }
        there
    }

    /// Takes a sign if it comes next.
    pub(super) fn take_symbol(&mut self, symbol: &str) -> bool {
        let there = matches!(self.peek(), Token::Symbol(found) if *found == symbol);
        if there {
            self.at += 1;
        }
        there
    }

    /// These words must come next.
    pub(super) fn words(&mut self, words: &[&str]) -> Result<(), Problem> {
        for word in words {
            if !self.take(&[word]) {
                return Err(self.expected(&format!("`{word}`")));
            }
        }
        Ok(())
    }

    /// This sign must come next.
    pub(super) fn symbol(&mut self, symbol: &str) -> Result<(), Problem> {
        if self.take_symbol(symbol) { Ok(()) } else { Err(self.expected(&format!("`{symbol}`"))) }
    }

    /// Something else was expected here than what was found.
    pub(super) fn expected(&self, expected: &str) -> Problem {
        self.problem(format!("expected {expected}, found {}", self.peek().describe()))
    }

    /// A problem here.
    pub(super) fn problem(&self, message: impl Into<String>) -> Problem {
        Problem { position: Some(self.position()), ..Problem::new("", message) }
    }
}
