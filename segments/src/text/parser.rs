use super::cursor::Cursor;
use super::lexer::{Token, tokens};
use super::mark::Mark;
use crate::comparison::Window;
use crate::condition::{
    Aggregate, Behaviour, Bought, Condition, ConsentRef, Events, Goods, KeyTest, ListRef, Measure, Near,
    Occasion, OrderDate, Orders, PredictionTest, Sample, SegmentRef, Sequence, Step, Times,
};
use crate::problem::{Problem, nearest, short};

/// The words that begin something else than a test of a trait.
pub(super) const RESERVED: [&str; 22] = [
    "and",
    "or",
    "not",
    "all",
    "any",
    "everyone",
    "nobody",
    "trait",
    "consent",
    "did",
    "first",
    "last",
    "sum",
    "average",
    "minimum",
    "maximum",
    "distinct",
    "count",
    "total",
    "bought",
    "prediction",
    "in",
];

/// How deep parentheses may stand in each other: deeper than conditions may, for they need mean nothing.
const DEEPEST: usize = 100;

/// Reads the text form.
pub(crate) fn parse(text: &str) -> Result<(Condition, Mark), Problem> {
    let mut cursor = Cursor::new(tokens(text)?);
    let read = cursor.rule()?;
    match cursor.peek() {
        Token::End => Ok(read),
        _ => Err(cursor.expected("`and`, `or` or the end")),
    }
}

type Read = Result<(Condition, Mark), Problem>;

impl Cursor {
    fn rule(&mut self) -> Read {
        self.group("or", Condition::Any, |cursor| cursor.group("and", Condition::All, Self::negation))
    }

    fn group(
        &mut self,
        word: &str,
        join: fn(Vec<Condition>) -> Condition,
        part: fn(&mut Self) -> Read,
    ) -> Read {
        let at = self.position();
        let first = part(self)?;
        if !self.is_word(0, word) {
            return Ok(first);
        }
        let (mut conditions, mut inner) = (vec![first.0], vec![first.1]);
        while self.take(&[word]) {
            let (condition, mark) = part(self)?;
            conditions.push(condition);
            inner.push(mark);
        }
        Ok((join(conditions), Mark { at, inner }))
    }

    fn negation(&mut self) -> Read {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.problem(format!("nested too deep: at most {} levels", crate::check::LEVELS)));
        }
        let at = self.position();
        let read = if self.take(&["not"]) {
            let (condition, mark) = self.negation()?;
            (Condition::Not(Box::new(condition)), Mark { at, inner: vec![mark] })
        } else if matches!(self.peek(), Token::Symbol("(")) {
            self.parentheses()?
        } else if self.take(&["all"]) {
            let (condition, mark) = self.parentheses()?;
            (Condition::All(vec![condition]), Mark { at, inner: vec![mark] })
        } else if self.take(&["any"]) {
            let (condition, mark) = self.parentheses()?;
            (Condition::Any(vec![condition]), Mark { at, inner: vec![mark] })
        } else {
            (self.condition()?, Mark { at, inner: Vec::new() })
        };
        self.depth -= 1;
        Ok(read)
    }

    fn parentheses(&mut self) -> Read {
        self.symbol("(")?;
        let read = self.rule()?;
        if !self.take_symbol(")") {
            return Err(self.expected("`and`, `or` or `)`"));
        }
        Ok(read)
    }

    fn condition(&mut self) -> Result<Condition, Problem> {
        let Token::Word(word) = self.peek() else {
            return Err(self.expected("a condition"));
        };
        let word = word.clone();
        if !RESERVED.contains(&word.as_str()) {
            self.advance();
            return self.about(word);
        }
        if matches!(word.as_str(), "and" | "or") {
            return Err(self.expected("a condition"));
        }
        self.advance();
        match word.as_str() {
            "everyone" => Ok(Condition::All(Vec::new())),
            "nobody" => Ok(Condition::Any(Vec::new())),
            "trait" => {
                let key = self.name("the name of a trait")?;
                self.trait_test(key)
            }
            "consent" => {
                let purpose = self.name("a purpose")?;
                self.words(&["is", "allowed"])?;
                Ok(Condition::Consent(ConsentRef { purpose }))
            }
            "did" => self.did(),
            "first" | "last" => self.occasion(&word),
            "count" | "total" => {
                self.words(&["of", "orders"])?;
                self.orders(if word == "count" { Measure::Count } else { Measure::Total })
            }
            "average" if self.take(&["of", "orders"]) => self.orders(Measure::Average),
            "sum" | "average" | "minimum" | "maximum" => {
                self.words(&["of"])?;
                let aggregate = self.aggregate()?;
                Ok(match word.as_str() {
                    "sum" => Condition::Sum(aggregate),
                    "average" => Condition::Average(aggregate),
                    "minimum" => Condition::Minimum(aggregate),
                    _ => Condition::Maximum(aggregate),
                })
            }
            "distinct" => self.aggregate().map(Condition::Distinct),
            "bought" => self.bought(),
            "prediction" => {
                let name = self.name("the name of a prediction")?;
                let is = self.test("a prediction")?;
                Ok(Condition::Prediction(PredictionTest { name, is }))
            }
            _ => self.membership(),
        }
    }

    /// What is said about a key that stands by itself.
    fn about(&mut self, key: String) -> Result<Condition, Problem> {
        if self.take(&["is", "allowed"]) {
            return Ok(Condition::Consent(ConsentRef { purpose: key }));
        }
        let follows_name = matches!(self.peek(), Token::Text(_) | Token::Word(_));
        let meant = nearest(&key, &RESERVED).filter(|_| follows_name);
        self.trait_test(key).map_err(|problem| match meant {
            Some(meant) if !problem.message.contains("did you mean") => Problem {
                message: format!("{}; or did you mean `{meant}` before it?", problem.message),
                ..problem
            },
            _ => problem,
        })
    }

    fn trait_test(&mut self, key: String) -> Result<Condition, Problem> {
        if self.is_word(0, "within") && matches!(self.peek_at(1), Token::Number(_)) {
            self.advance();
            let kilometres = self.number()?;
            self.words(&["km", "of"])?;
            self.symbol("(")?;
            let latitude = self.number()?;
            self.symbol(",")?;
            let longitude = self.number()?;
            self.symbol(")")?;
            return Ok(Condition::Near(Near { key, latitude, longitude, kilometres }));
        }
        let is = self.test(&format!("`{}`", short(&key)))?;
        let ignore_case = self.ignoring_case()?;
        Ok(Condition::Trait(KeyTest { key, is, ignore_case }))
    }

    fn event(&mut self) -> Result<Option<String>, Problem> {
        if self.take(&["any", "event"]) {
            return Ok(None);
        }
        match self.peek() {
            Token::Text(_) => self.text("the name of an event").map(Some),
            _ => Err(self.expected("the name of an event in \"…\", or `any event`")),
        }
    }

    fn did(&mut self) -> Result<Condition, Problem> {
        let mut clauses = Clauses::default();
        let mut steps = vec![self.step(&mut clauses)?];
        while self.take(&["then"]) {
            steps.push(self.step(&mut clauses)?);
        }
        if steps.len() > 1 {
            if clauses.times.is_some() {
                return Err(
                    self.problem("expected no `at least … times` in a sequence: repeat the step with `then`")
                );
            }
            return Ok(Condition::Sequence(Sequence { steps, window: clauses.window }));
        }
        let events = steps.swap_remove(0).events;
        let times = clauses.times.unwrap_or_default();
        Ok(Condition::Did(Behaviour { events, times, window: clauses.window }))
    }

    /// What is done, or after `then` perhaps not, with its clauses in any order.
    fn step(&mut self, clauses: &mut Clauses) -> Result<Step, Problem> {
        let later = clauses.begun;
        let not = later && self.take(&["not"]);
        let mut step =
            Step { events: Events { event: self.event()?, conditions: Vec::new() }, not, within: None };
        clauses.begun = true;
        loop {
            if later && self.is_word(0, "within") && !self.is_word(1, "the") {
                if step.within.is_some() {
                    return Err(self.problem("expected one `within …` a step"));
                }
                self.advance();
                step.within = Some(self.length()?);
            } else if !self.clause(&mut step.events, clauses)? {
                return Ok(step);
            }
        }
    }

    /// Reads a clause, if one comes next: how often, when, or which.
    fn clause(&mut self, events: &mut Events, clauses: &mut Clauses) -> Result<bool, Problem> {
        let twice = |cursor: &Self, what: &str| Err(cursor.problem(format!("expected {what} only once")));
        if let Some(times) = self.times()? {
            if clauses.times.replace(times).is_some() {
                return twice(self, "how often");
            }
        } else if let Some(window) = self.window()? {
            if clauses.window.replace(window).is_some() {
                return twice(self, "a window of time");
            }
        } else if let Some(conditions) = self.conditions()? {
            if !events.conditions.is_empty() {
                return twice(self, "`where`; put a comma between tests");
            }
            events.conditions = conditions;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn occasion(&mut self, word: &str) -> Result<Condition, Problem> {
        if self.take(&["order"]) {
            let is = self.test("the date of an order")?;
            let order = OrderDate { is };
            return Ok(if word == "first" {
                Condition::FirstOrder(order)
            } else {
                Condition::LastOrder(order)
            });
        }
        if !matches!(self.peek(), Token::Text(_)) && !self.is_word(0, "any") {
            return Err(self.expected("the name of an event in \"…\", `any event` or `order`"));
        }
        let event = self.event()?;
        let conditions = self.conditions()?.unwrap_or_default();
        let is = self.test("when it happened")?;
        let occasion = Occasion { events: Events { event, conditions }, is };
        Ok(if word == "first" { Condition::First(occasion) } else { Condition::Last(occasion) })
    }

    fn aggregate(&mut self) -> Result<Aggregate, Problem> {
        let of = self.name("the name of a property")?;
        self.words(&["in"])?;
        let mut events = Events { event: self.event()?, conditions: Vec::new() };
        let is = self.test("what it comes to")?;
        let mut clauses = Clauses::default();
        while self.clause(&mut events, &mut clauses)? {}
        if clauses.times.is_some() {
            return Err(self.problem("expected no `at least … times`: what is compared stands before it"));
        }
        Ok(Aggregate { events, of, window: clauses.window, is })
    }

    fn orders(&mut self, measure: Measure) -> Result<Condition, Problem> {
        let currency = self.in_currency()?;
        let is = self.test("orders")?;
        let window = self.window()?;
        Ok(Condition::Orders(Orders { measure, currency, window, is }))
    }

    fn bought(&mut self) -> Result<Condition, Problem> {
        let goods = if self.take(&["product"]) {
            Goods::Product(self.text("a product")?)
        } else if self.take(&["category"]) {
            Goods::Category(self.text("a category")?)
        } else {
            return Err(self.expected("`product` or `category`"));
        };
        let (mut clauses, mut events) = (Clauses::default(), Events::default());
        while !self.is_word(0, "where") && self.clause(&mut events, &mut clauses)? {}
        let times = clauses.times.unwrap_or_default();
        Ok(Condition::Bought(Bought { goods, times, window: clauses.window }))
    }

    fn membership(&mut self) -> Result<Condition, Problem> {
        if self.take(&["segment"]) {
            return Ok(Condition::Segment(SegmentRef { key: self.text("the key of a segment")? }));
        }
        if self.take(&["list"]) {
            return Ok(Condition::List(ListRef { key: self.text("the key of a list")? }));
        }
        if self.take(&["sample"]) {
            let percent = self.number()?;
            self.symbol("%")?;
            self.words(&["of"])?;
            let salt = self.text("any text")?;
            return Ok(Condition::Sample(Sample { percent, salt }));
        }
        Err(self.expected("`segment`, `list` or `sample`"))
    }
}

/// What may be said once of all that is done.
#[derive(Default)]
struct Clauses {
    begun: bool,
    times: Option<Times>,
    window: Option<Window>,
}
