use serde_json::{Map, Value};

use super::reader::{Reader, join, optional};
use crate::check::LEVELS;
use crate::condition::{
    Aggregate, Behaviour, Bought, Condition, ConsentRef, Events, Goods, ListRef, Measure, Near, Occasion,
    OrderDate, Orders, PredictionTest, Sample, SegmentRef, Sequence, Step,
};
use crate::problem::{Problem, meant, short};

const CONDITIONS: [&str; 23] = [
    "all",
    "any",
    "not",
    "trait",
    "did",
    "sequence",
    "first",
    "last",
    "sum",
    "average",
    "minimum",
    "maximum",
    "distinct",
    "orders",
    "firstOrder",
    "lastOrder",
    "bought",
    "segment",
    "consent",
    "prediction",
    "near",
    "list",
    "sample",
];

/// Reads a condition.
pub(crate) fn read(value: &Value) -> Result<Condition, Vec<Problem>> {
    let mut reader = Reader::default();
    let read = reader.condition(value, "", 1);
    reader.finish(read)
}

impl Reader {
    fn condition(&mut self, value: &Value, path: &str, level: usize) -> Option<Condition> {
        if level > LEVELS {
            return self.problem(path, format!("nested too deep: at most {LEVELS} levels"));
        }
        let (key, value) = self.only(value, path, "a condition", &CONDITIONS)?;
        let path = &join(path, key);
        let within = |reader: &mut Self, value: &Value, path: &str| reader.condition(value, path, level + 1);
        Some(match key {
            "all" => Condition::All(self.list(value, path, within)?),
            "any" => Condition::Any(self.list(value, path, within)?),
            "not" => Condition::Not(Box::new(self.condition(value, path, level + 1)?)),
            "trait" => Condition::Trait(self.key_test(value, path)?),
            "did" => self.did(value, path)?,
            "sequence" => self.sequence(value, path)?,
            "first" => Condition::First(self.occasion(value, path)?),
            "last" => Condition::Last(self.occasion(value, path)?),
            "sum" => Condition::Sum(self.aggregate(value, path)?),
            "average" => Condition::Average(self.aggregate(value, path)?),
            "minimum" => Condition::Minimum(self.aggregate(value, path)?),
            "maximum" => Condition::Maximum(self.aggregate(value, path)?),
            "distinct" => Condition::Distinct(self.aggregate(value, path)?),
            "orders" => Condition::Orders(self.orders(value, path)?),
            "firstOrder" => Condition::FirstOrder(self.order_date(value, path)?),
            "lastOrder" => Condition::LastOrder(self.order_date(value, path)?),
            "bought" => Condition::Bought(self.bought(value, path)?),
            "segment" => Condition::Segment(SegmentRef { key: self.single(value, path, "key")? }),
            "list" => Condition::List(ListRef { key: self.single(value, path, "key")? }),
            "consent" => Condition::Consent(ConsentRef { purpose: self.single(value, path, "purpose")? }),
            "prediction" => {
                let object = self.object(value, path, &["name", "is"])?;
                let (name, is) = (self.text(object, path, "name"), self.is(object, path));
                Condition::Prediction(PredictionTest { name: name?, is: is? })
            }
            "near" => self.near(value, path)?,
            _ => {
                let object = self.object(value, path, &["percent", "salt"])?;
                let salt = self.text(object, path, "salt");
                let percent = self.required(object, path, "percent")?;
                let percent = self.number(percent, &join(path, "percent"));
                Condition::Sample(Sample { percent: percent?, salt: salt? })
            }
        })
    }

    fn single(&mut self, value: &Value, path: &str, key: &str) -> Option<String> {
        let object = self.object(value, path, &[key])?;
        self.text(object, path, key)
    }

    fn events(&mut self, object: &Map<String, Value>, path: &str) -> Option<Events> {
        let event = match optional(object, "event") {
            Some(name) => self.string(name, &join(path, "event")).map(Some),
            None => Some(None),
        };
        let conditions = match optional(object, "where") {
            Some(list) => self.list(list, &join(path, "where"), Self::key_test),
            None => Some(Vec::new()),
        };
        Some(Events { event: event?, conditions: conditions? })
    }

    fn did(&mut self, value: &Value, path: &str) -> Option<Condition> {
        let object = self.object(value, path, &["event", "where", "times", "window"])?;
        let events = self.events(object, path);
        let times = self.times(object, path);
        let window = self.window(object, path);
        Some(Condition::Did(Behaviour { events: events?, times: times?, window: window? }))
    }

    fn sequence(&mut self, value: &Value, path: &str) -> Option<Condition> {
        let object = self.object(value, path, &["steps", "window"])?;
        let window = self.window(object, path);
        let steps = self.required(object, path, "steps")?;
        let steps = self.list(steps, &join(path, "steps"), |reader, value, path| {
            let object = reader.object(value, path, &["event", "where", "not", "within"])?;
            let events = reader.events(object, path);
            let not = reader.flag(object, path, "not");
            let within = match optional(object, "within") {
                Some(length) => reader.duration(length, &join(path, "within")).map(Some),
                None => Some(None),
            };
            Some(Step { events: events?, not: not?, within: within? })
        });
        Some(Condition::Sequence(Sequence { steps: steps?, window: window? }))
    }

    fn occasion(&mut self, value: &Value, path: &str) -> Option<Occasion> {
        let object = self.object(value, path, &["event", "where", "is"])?;
        let (events, is) = (self.events(object, path), self.is(object, path));
        Some(Occasion { events: events?, is: is? })
    }

    fn aggregate(&mut self, value: &Value, path: &str) -> Option<Aggregate> {
        let object = self.object(value, path, &["event", "where", "of", "window", "is"])?;
        let events = self.events(object, path);
        let of = self.text(object, path, "of");
        let window = self.window(object, path);
        let is = self.is(object, path);
        Some(Aggregate { events: events?, of: of?, window: window?, is: is? })
    }

    fn orders(&mut self, value: &Value, path: &str) -> Option<Orders> {
        let object = self.object(value, path, &["measure", "currency", "window", "is"])?;
        let currency = match optional(object, "currency") {
            Some(currency) => self.string(currency, &join(path, "currency")).map(Some),
            None => Some(None),
        };
        let window = self.window(object, path);
        let is = self.is(object, path);
        let measure = match self.text(object, path, "measure")?.as_str() {
            "count" => Measure::Count,
            "total" => Measure::Total,
            "average" => Measure::Average,
            other => {
                let hint = meant(other, &["count", "total", "average"]);
                return self
                    .problem(&join(path, "measure"), format!("unknown measure `{}`{hint}", short(other)));
            }
        };
        Some(Orders { measure, currency: currency?, window: window?, is: is? })
    }

    fn order_date(&mut self, value: &Value, path: &str) -> Option<OrderDate> {
        let object = self.object(value, path, &["is"])?;
        Some(OrderDate { is: self.is(object, path)? })
    }

    fn bought(&mut self, value: &Value, path: &str) -> Option<Bought> {
        let object = self.object(value, path, &["product", "category", "times", "window"])?;
        let times = self.times(object, path);
        let window = self.window(object, path);
        let goods = match (optional(object, "product"), optional(object, "category")) {
            (Some(product), None) => Goods::Product(self.string(product, &join(path, "product"))?),
            (None, Some(category)) => Goods::Category(self.string(category, &join(path, "category"))?),
            _ => return self.problem(path, "expected either `product` or `category`"),
        };
        Some(Bought { goods, times: times?, window: window? })
    }

    fn near(&mut self, value: &Value, path: &str) -> Option<Condition> {
        let object = self.object(value, path, &["key", "latitude", "longitude", "kilometres"])?;
        let key = self.text(object, path, "key");
        let mut number = |key: &str| {
            let value = self.required(object, path, key)?;
            self.number(value, &join(path, key))
        };
        let (latitude, longitude, kilometres) =
            (number("latitude"), number("longitude"), number("kilometres"));
        Some(Condition::Near(Near {
            key: key?,
            latitude: latitude?,
            longitude: longitude?,
            kilometres: kilometres?,
        }))
    }
}
