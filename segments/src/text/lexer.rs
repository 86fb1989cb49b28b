use std::str::FromStr;

use rust_decimal::Decimal;

use crate::comparison::When;
use crate::json::when;
use crate::problem::{Position, Problem, short};

/// A piece of text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Word(String),
    Text(String),
    Number(Decimal),
    Date(When),
    Symbol(&'static str),
    End,
}

impl Token {
    /// What it is, for an error.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Word(word) => format!("`{}`", short(word)),
            Self::Text(text) => format!("the text \"{}\"", short(text)),
            Self::Number(number) => format!("the number {number}"),
            Self::Date(When::Day(day)) => format!("the date {day}"),
            Self::Date(When::Instant(instant)) => format!("the date {instant}"),
            Self::Symbol(symbol) => format!("`{symbol}`"),
            Self::End => "the end".to_owned(),
        }
    }
}

const SYMBOLS: [&str; 10] = [">=", "<=", "!=", ">", "<", "=", "(", ")", ",", "%"];

/// Longer than the text of any rule that can be checked, though each of its characters be written as `\u{…}`.
const LONGEST: usize = 3_000_000;

/// Cuts a text into pieces, each with its place; the last is the end.
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, Position)>, Problem> {
    if text.len() > LONGEST {
        return Err(Problem::new(
            "",
            format!("expected a rule of at most {LONGEST} bytes, found {}", text.len()),
        ));
    }
    let mut lexer = Lexer { rest: text, position: Position { line: 1, column: 1 } };
    let mut tokens = Vec::new();
    loop {
        lexer.take_while(char::is_whitespace);
        let position = lexer.position;
        let token = lexer
            .token()
            .map_err(|message| Problem { position: Some(position), ..Problem::new("", message) })?;
        let ended = token == Token::End;
        tokens.push((token, position));
        if ended {
            return Ok(tokens);
        }
    }
}

/// Whether a key can be written as a bare word.
pub(super) fn is_word(key: &str) -> bool {
    let mut lexer = Lexer { rest: key, position: Position { line: 1, column: 1 } };
    matches!(lexer.token(), Ok(Token::Word(word)) if word == key)
}

struct Lexer<'t> {
    rest: &'t str,
    position: Position,
}

impl<'t> Lexer<'t> {
    /// Goes on by so many bytes, which end with a character.
    fn advance(&mut self, bytes: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at(bytes);
        for character in taken.chars() {
            if character == '\n' {
                self.position = Position { line: self.position.line + 1, column: 1 };
            } else {
                self.position.column += 1;
            }
        }
        self.rest = rest;
        taken
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'t str {
        let end = self.rest.find(|character| !belongs(character)).unwrap_or(self.rest.len());
        self.advance(end)
    }

    fn token(&mut self) -> Result<Token, String> {
        let Some(first) = self.rest.chars().next() else { return Ok(Token::End) };
        if first == '"' {
            return self.text();
        }
        if is_first(first) {
            return Ok(self.word());
        }
        let negative = first == '-' && self.rest[1..].starts_with(|next: char| next.is_ascii_digit());
        if first.is_ascii_digit() || negative {
            return self.number_or_date();
        }
        match SYMBOLS.iter().find(|symbol| self.rest.starts_with(**symbol)) {
            Some(symbol) => {
                self.advance(symbol.len());
                Ok(Token::Symbol(symbol))
            }
            None => Err(format!("expected a word, text in \"…\", a number or a sign, found `{first}`")),
        }
    }

    fn word(&mut self) -> Token {
        let mut end = 0;
        let mut characters = self.rest.char_indices().peekable();
        while let Some((at, character)) = characters.next() {
            let joins = character == '.' && characters.peek().is_some_and(|(_, next)| is_first(*next));
            if !(is_inner(character) || joins) {
                break;
            }
            end = at + character.len_utf8();
        }
        Token::Word(self.advance(end).to_owned())
    }

    fn number_or_date(&mut self) -> Result<Token, String> {
        let is_date = |text: &str| {
            let shape = text.bytes().map(|byte| if byte.is_ascii_digit() { b'0' } else { byte });
            shape.eq(*b"0000-00-00")
        };
        if self.rest.get(..10).is_some_and(is_date) {
            let in_time = |character: char| character.is_ascii_alphanumeric() || ":.+-".contains(character);
            let written = self.take_while(in_time);
            let wrong = || {
                format!(
                    "expected a date such as 2026-01-31 or 2026-01-31T12:00:00Z, found `{}`",
                    short(written)
                )
            };
            return when(written).map(Token::Date).ok_or_else(wrong);
        }
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let sign = usize::from(self.rest.starts_with('-'));
        let mut end = sign + digits(&self.rest[sign..]);
        if let Some(fraction) = self.rest[end..].strip_prefix('.').map(digits).filter(|count| *count > 0) {
            end += 1 + fraction;
        }
        let written = self.advance(end);
        // Beyond 28 digits the number would be rounded without a word.
        match Decimal::from_str(written) {
            Ok(number) if written.len() <= 28 => Ok(Token::Number(number)),
            _ => Err(format!("expected a number of at most 15 digits, found {}", short(written))),
        }
    }

    fn text(&mut self) -> Result<Token, String> {
        let mut text = String::new();
        let mut characters = self.rest.char_indices().skip(1);
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.advance(at + 1);
                    return Ok(Token::Text(text));
                }
                '\\' => match characters.next().map(|(_, escaped)| escaped) {
                    Some('n') => text.push('\n'),
                    Some('r') => text.push('\r'),
                    Some('t') => text.push('\t'),
                    Some(same @ ('"' | '\\')) => text.push(same),
                    Some('u') => {
                        let code: String = characters
                            .by_ref()
                            .map(|(_, digit)| digit)
                            .take(8)
                            .take_while(|digit| *digit != '}')
                            .collect();
                        let number =
                            code.strip_prefix('{').and_then(|digits| u32::from_str_radix(digits, 16).ok());
                        let character = number.and_then(char::from_u32);
                        text.push(character.ok_or("expected a character after \\u, as in \\u{1F600}")?);
                    }
                    _ => return Err("expected one of \" \\ n r t u after \\ in a text".to_owned()),
                },
                character => text.push(character),
            }
        }
        Err("expected the text that begins here to end with \"".to_owned())
    }
}

fn is_first(character: char) -> bool {
    character.is_alphabetic() || character == '_'
}

fn is_inner(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '-'
}
