use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::cursor::Cursor;
use super::lexer::Token;
use crate::comparison::{Amount, Literal, Money, Range, Test, When, Window};
use crate::condition::{KeyTest, Times};
use crate::duration::Duration;
use crate::problem::{Problem, nearest};

/// The words with which tests begin.
const TESTS: [&str; 13] = [
    "is",
    "contains",
    "starts",
    "ends",
    "between",
    "before",
    "after",
    "within",
    "more",
    "anniversary",
    "exists",
    "size",
    "near",
];

impl Cursor {
    /// A text in quotes.
    pub(super) fn text(&mut self, what: &str) -> Result<String, Problem> {
        match self.peek() {
            Token::Text(text) => {
                let text = text.clone();
                self.advance();
                Ok(text)
            }
            _ => Err(self.expected(&format!("{what} in \"…\""))),
        }
    }

    /// A word, or a text in quotes.
    pub(super) fn name(&mut self, what: &str) -> Result<String, Problem> {
        match self.peek() {
            Token::Word(name) | Token::Text(name) => {
                let name = name.clone();
                self.advance();
                Ok(name)
            }
            _ => Err(self.expected(what)),
        }
    }

    pub(super) fn number(&mut self) -> Result<Decimal, Problem> {
        match self.peek() {
            Token::Number(number) => {
                let number = *number;
                self.advance();
                Ok(number)
            }
            _ => Err(self.expected("a number")),
        }
    }

    fn currency(&mut self) -> Option<String> {
        match self.peek() {
            Token::Word(word)
                if word.len() == 3 && word.bytes().all(|letter| letter.is_ascii_uppercase()) =>
            {
                let currency = word.clone();
                self.advance();
                Some(currency)
            }
            _ => None,
        }
    }

    /// `in EUR`, if it comes next.
    pub(super) fn in_currency(&mut self) -> Result<Option<String>, Problem> {
        if !self.take(&["in"]) {
            return Ok(None);
        }
        match self.currency() {
            Some(currency) => Ok(Some(currency)),
            None => Err(self.expected("a currency such as EUR")),
        }
    }

    fn amount(&mut self) -> Result<Amount, Problem> {
        let Token::Number(_) = self.peek() else {
            return Err(self.expected("a number, or money such as 50 EUR"));
        };
        let number = self.number()?;
        Ok(match self.currency() {
            Some(currency) => Amount::Money(Money { amount: number, currency }),
            None => Amount::Number(number),
        })
    }

    fn literal(&mut self) -> Result<Literal, Problem> {
        match self.peek() {
            Token::Text(_) => self.text("a text").map(Literal::Text),
            Token::Number(_) => Ok(match self.amount()? {
                Amount::Number(number) => Literal::Number(number),
                Amount::Money(money) => Literal::Money(money),
            }),
            Token::Word(word) if matches!(word.as_str(), "true" | "false") => {
                let flag = word == "true";
                self.advance();
                Ok(Literal::Boolean(flag))
            }
            Token::Date(_) => Err(self.expected("a value; of dates write `is on`")),
            _ => Err(self.expected("a value: text in \"…\", a number, money, true or false")),
        }
    }

    fn literals(&mut self) -> Result<Vec<Literal>, Problem> {
        self.symbol("(")?;
        let mut literals = vec![self.literal()?];
        while self.take_symbol(",") {
            literals.push(self.literal()?);
        }
        self.symbol(")")?;
        Ok(literals)
    }

    fn date(&mut self) -> Result<When, Problem> {
        match self.peek() {
            Token::Date(when) => {
                let when = *when;
                self.advance();
                Ok(when)
            }
            _ => Err(self.expected("a date such as 2026-01-31 or 2026-01-31T12:00:00Z")),
        }
    }

    fn dates(&mut self) -> Result<Range<When>, Problem> {
        let from = self.date()?;
        self.words(&["and"])?;
        Ok(Range { from, to: self.date()? })
    }

    pub(super) fn length(&mut self) -> Result<Duration, Problem> {
        let begins = self.problem("expected a length such as 30 days");
        let count = self.number()?;
        let Some(count) = count.to_i64().filter(|whole| Decimal::from(*whole) == count) else {
            return Err(Problem { message: format!("expected a whole number, found {count}"), ..begins });
        };
        let Token::Word(unit) = self.peek() else {
            return Err(self.expected("seconds, minutes, hours, days or weeks"));
        };
        let length = Duration::of(count, unit).map_err(|message| self.problem(message))?;
        self.advance();
        Ok(length)
    }

    /// A test. `after` is what is tested, for an error.
    pub(super) fn test(&mut self, after: &str) -> Result<Test, Problem> {
        if self.take(&["is"]) || self.take_symbol("=") {
            return self.identity();
        }
        if self.take_symbol("!=") {
            return self.literal().map(Test::NotEquals);
        }
        for (symbol, test) in [
            (">=", Test::AtLeast as fn(Amount) -> Test),
            ("<=", Test::AtMost),
            (">", Test::Above),
            ("<", Test::Below),
        ] {
            if self.take_symbol(symbol) {
                return self.amount().map(test);
            }
        }
        if self.take(&["contains", "all"]) {
            self.words(&["of"])?;
            return self.literals().map(Test::ContainsAll);
        }
        if self.take(&["contains"]) {
            return self.text("a text").map(Test::Contains);
        }
        if self.take(&["starts"]) {
            self.words(&["with"])?;
            return self.text("a text").map(Test::StartsWith);
        }
        if self.take(&["ends"]) {
            self.words(&["with"])?;
            return self.text("a text").map(Test::EndsWith);
        }
        if self.take(&["size"]) {
            // One level is all that makes sense; the check would refuse more.
            if self.is_word(0, "size") {
                return Err(self.expected("a test of numbers"));
            }
            return self.test("size").map(|test| Test::Size(Box::new(test)));
        }
        if self.take(&["exists"]) {
            return Ok(Test::Exists(true));
        }
        self.dated_test(after)
    }

    /// What follows `is`.
    fn identity(&mut self) -> Result<Test, Problem> {
        if self.take(&["not"]) {
            return self.literal().map(Test::NotEquals);
        }
        if self.take(&["one"]) {
            self.words(&["of"])?;
            return self.literals().map(Test::OneOf);
        }
        if self.take(&["none"]) {
            self.words(&["of"])?;
            return self.literals().map(Test::NoneOf);
        }
        if self.take(&["missing"]) {
            return Ok(Test::Exists(false));
        }
        if self.take(&["on"]) {
            return self.date().map(Test::On);
        }
        self.literal().map(Test::Equals)
    }

    fn dated_test(&mut self, after: &str) -> Result<Test, Problem> {
        if self.take(&["between"]) {
            if matches!(self.peek(), Token::Date(_)) {
                return self.dates().map(Test::BetweenDates);
            }
            let from = self.amount()?;
            self.words(&["and"])?;
            return Ok(Test::Between(Range { from, to: self.amount()? }));
        }
        if self.take(&["before"]) {
            return self.date().map(Test::Before);
        }
        if self.take(&["after"]) {
            return self.date().map(Test::After);
        }
        if self.take(&["within"]) {
            self.words(&["the"])?;
            if self.take(&["next"]) {
                return self.length().map(Test::WithinNext);
            }
            self.words(&["last"])?;
            return self.length().map(Test::WithinLast);
        }
        if self.take(&["more"]) {
            self.words(&["than"])?;
            let length = self.length()?;
            self.words(&["ago"])?;
            return Ok(Test::MoreThanAgo(length));
        }
        if self.take(&["anniversary"]) {
            self.words(&["within", "the", "next"])?;
            return self.length().map(Test::AnniversaryWithin);
        }
        let meant = match self.peek() {
            Token::Word(word) => nearest(word, &TESTS),
            _ => None,
        };
        let hint = meant.map_or_else(String::new, |meant| format!("; did you mean `{meant}`?"));
        let problem =
            self.expected(&format!("a test of {after}, such as is, >, contains, within the last, exists"));
        Err(Problem { message: problem.message + &hint, ..problem })
    }

    /// Whether upper and lower case are ignored.
    pub(super) fn ignoring_case(&mut self) -> Result<bool, Problem> {
        if !self.take(&["ignoring"]) {
            return Ok(false);
        }
        self.words(&["case"])?;
        Ok(true)
    }

    /// `where …`, if it comes next.
    pub(super) fn conditions(&mut self) -> Result<Option<Vec<KeyTest>>, Problem> {
        if !self.take(&["where"]) {
            return Ok(None);
        }
        let mut tests = Vec::new();
        loop {
            let key = self.name("the name of a property")?;
            let is = self.test(&format!("`{}`", crate::problem::short(&key)))?;
            tests.push(KeyTest { key, is, ignore_case: self.ignoring_case()? });
            if !self.take_symbol(",") {
                return Ok(Some(tests));
            }
        }
    }

    /// A window, if one comes next.
    pub(super) fn window(&mut self) -> Result<Option<Window>, Problem> {
        Ok(Some(if self.take(&["within", "the"]) {
            self.words(&["last"])?;
            Window::Last(self.length()?)
        } else if self.take(&["between"]) {
            Window::Between(self.dates()?)
        } else if self.take(&["since"]) {
            Window::Since(self.date()?)
        } else if self.take(&["before"]) {
            Window::Before(self.date()?)
        } else {
            return Ok(None);
        }))
    }

    /// How often, if it comes next.
    pub(super) fn times(&mut self) -> Result<Option<Times>, Problem> {
        let times = if self.take(&["at", "least"]) {
            Times::AtLeast as fn(u32) -> Times
        } else if self.take(&["at", "most"]) {
            Times::AtMost
        } else if self.take(&["exactly"]) {
            Times::Exactly
        } else {
            return Ok(None);
        };
        let begins = self.problem("");
        let number = self.number()?;
        let Some(count) = number.to_u32().filter(|whole| Decimal::from(*whole) == number) else {
            return Err(Problem { message: format!("expected a whole number, found {number}"), ..begins });
        };
        if !self.take(&["time"]) {
            self.words(&["times"])?;
        }
        Ok(Some(times(count)))
    }
}
