//! Where the text of a field comes from: a column, a constant, a template, with a condition or a value map.

use std::{borrow::Cow, collections::BTreeMap, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{
        self, MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer, StrDeserializer},
    },
};

use super::rows::Row;
use crate::canonical::guest_id;

/// A column of the file by name. Its position is filled in when the file's header is known.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "String")]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) index: usize,
}

impl From<String> for Column {
    fn from(name: String) -> Self {
        Self { name, index: usize::MAX }
    }
}

/// Everything in a mapping that names columns hands them out, so that one place can find them in the header.
pub(super) trait Columns {
    fn columns<'a>(&'a mut self, found: &mut Vec<&'a mut Column>);
}

impl Columns for Column {
    fn columns<'a>(&'a mut self, found: &mut Vec<&'a mut Column>) {
        found.push(self);
    }
}

impl<T: Columns> Columns for Option<T> {
    fn columns<'a>(&'a mut self, found: &mut Vec<&'a mut Column>) {
        if let Some(item) = self {
            item.columns(found);
        }
    }
}

impl<T: Columns> Columns for Vec<T> {
    fn columns<'a>(&'a mut self, found: &mut Vec<&'a mut Column>) {
        for item in self {
            item.columns(found);
        }
    }
}

impl<T: Columns> Columns for BTreeMap<String, T> {
    fn columns<'a>(&'a mut self, found: &mut Vec<&'a mut Column>) {
        for item in self.values_mut() {
            item.columns(found);
        }
    }
}

/// The text of a field: empty text counts as absent.
#[derive(Debug, Clone)]
pub(super) struct Value {
    source: Source,
    map: BTreeMap<String, String>,
    otherwise: Option<String>,
    when: Vec<Condition>,
}

#[derive(Debug, Clone)]
enum Source {
    Column(Column),
    Constant(String),
    Template(Vec<Part>),
    Guest(Box<Value>),
    FirstOf(Vec<Value>),
}

#[derive(Debug, Clone)]
enum Part {
    Text(String),
    Column(Column),
}

impl Value {
    /// The text of this field in `row`, trimmed and mapped; `None` where there is none.
    pub(super) fn text<'a>(&'a self, row: &'a Row) -> Option<Cow<'a, str>> {
        if !self.when.iter().all(|condition| condition.holds(row)) {
            return None;
        }
        let text = self.source.text(row)?;
        if let Some(mapped) = self.map.get(text.as_ref()) {
            return (!mapped.is_empty()).then_some(Cow::Borrowed(mapped));
        }
        Some(self.otherwise.as_deref().map_or(text, Cow::Borrowed))
    }

    /// What a person finds in the file: `column Quantity`.
    pub(super) fn label(&self) -> String {
        match &self.source {
            Source::Column(column) => format!("column {}", column.name),
            Source::Constant(_) => "constant".to_owned(),
            Source::Guest(value) => value.label(),
            Source::FirstOf(values) => values.iter().map(Self::label).collect::<Vec<_>>().join(" or "),
            Source::Template(parts) => {
                let names: Vec<_> = parts.iter().filter_map(Part::name).collect();
                format!("columns {}", names.join(" and "))
            }
        }
    }
}

impl Source {
    fn text<'a>(&'a self, row: &'a Row) -> Option<Cow<'a, str>> {
        match self {
            Self::Column(column) => row.text(column).map(Cow::Borrowed),
            Self::Constant(text) => Some(Cow::Borrowed(text)),
            Self::Guest(value) => value.text(row).map(|email| Cow::Owned(guest_id(&email))),
            Self::FirstOf(values) => values.iter().find_map(|value| value.text(row)),
            Self::Template(parts) => {
                let mut text = String::new();
                for part in parts {
                    text.push_str(match part {
                        Part::Text(text) => text,
                        // A template without all its parts would give two things one id.
                        Part::Column(column) => row.text(column)?,
                    });
                }
                Some(Cow::Owned(text))
            }
        }
    }
}

impl Columns for Value {
    fn columns<'a>(&'a mut self, found: &mut Vec<&'a mut Column>) {
        self.when.columns(found);
        match &mut self.source {
            Source::Column(column) => found.push(column),
            Source::Constant(_) => {}
            Source::Guest(value) => value.columns(found),
            Source::FirstOf(values) => values.columns(found),
            Source::Template(parts) => found.extend(parts.iter_mut().filter_map(|part| match part {
                Part::Column(column) => Some(column),
                Part::Text(_) => None,
            })),
        }
    }
}

impl Part {
    fn name(&self) -> Option<&str> {
        match self {
            Self::Column(column) => Some(&column.name),
            Self::Text(_) => None,
        }
    }

    /// Parses `{List}:{Id}`; a doubled brace stands for itself.
    fn parse(template: &str) -> Result<Vec<Self>, String> {
        let (mut parts, mut text) = (Vec::new(), String::new());
        let mut letters = template.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '{' | '}' if letters.next_if_eq(&letter).is_some() => text.push(letter),
                '{' => {
                    let mut name = String::new();
                    loop {
                        match letters.next() {
                            Some('}') => break,
                            Some(letter) => name.push(letter),
                            None => return Err(format!("template `{template}`: a brace is never closed")),
                        }
                    }
                    parts.extend((!text.is_empty()).then(|| Self::Text(std::mem::take(&mut text))));
                    parts.push(Self::Column(name.into()));
                }
                '}' => return Err(format!("template `{template}`: a brace closes that was never opened")),
                _ => text.push(letter),
            }
        }
        parts.extend((!text.is_empty()).then_some(Self::Text(text)));
        if parts.iter().any(|part| part.name().is_some()) {
            Ok(parts)
        } else {
            Err(format!("template `{template}`: names no column; write a constant instead"))
        }
    }
}

/// A field of free shape, such as a trait: its value and the type in which it is stored.
#[derive(Debug, Clone)]
pub(super) struct Typed {
    pub(super) value: Value,
    pub(super) shape: Shape,
    /// Between the items of a list.
    pub(super) separator: String,
}

/// The types of a trait or property.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Shape {
    #[default]
    Text,
    Number,
    Bool,
    Date,
    Instant,
    List,
}

impl Columns for Typed {
    fn columns<'a>(&'a mut self, found: &mut Vec<&'a mut Column>) {
        self.value.columns(found);
    }
}

/// A test on a row; it holds when each of its parts holds.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "ConditionForm")]
pub(super) struct Condition(ConditionForm);

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConditionForm {
    column: Column,
    #[serde(default, deserialize_with = "one_or_many")]
    equals: Vec<String>,
    #[serde(default, deserialize_with = "one_or_many")]
    not: Vec<String>,
    starts_with: Option<String>,
    empty: Option<bool>,
}

impl TryFrom<ConditionForm> for Condition {
    type Error = &'static str;

    fn try_from(form: ConditionForm) -> Result<Self, Self::Error> {
        let ConditionForm { equals, not, starts_with, empty, .. } = &form;
        if equals.is_empty() && not.is_empty() && starts_with.is_none() && empty.is_none() {
            return Err("expected at least one of equals, not, starts_with, empty");
        }
        Ok(Self(form))
    }
}

impl Condition {
    pub(super) fn holds(&self, row: &Row) -> bool {
        let ConditionForm { column, equals, not, starts_with, empty } = &self.0;
        let text = row.text(column).unwrap_or_default();
        (equals.is_empty() || equals.iter().any(|value| value == text))
            && not.iter().all(|value| value != text)
            && starts_with.as_ref().is_none_or(|start| text.starts_with(start))
            && empty.is_none_or(|empty| empty == text.is_empty())
    }
}

impl Columns for Condition {
    fn columns<'a>(&'a mut self, found: &mut Vec<&'a mut Column>) {
        found.push(&mut self.0.column);
    }
}

/// The long form of a value in a mapping file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LongForm {
    column: Option<Column>,
    constant: Option<String>,
    template: Option<String>,
    guest: Option<Box<Value>>,
    first_of: Option<Vec<Value>>,
    #[serde(default)]
    map: BTreeMap<String, String>,
    otherwise: Option<String>,
    #[serde(default, deserialize_with = "one_or_many")]
    when: Vec<Condition>,
    #[serde(rename = "type")]
    shape: Option<Shape>,
    separator: Option<String>,
}

impl LongForm {
    fn typed(self) -> Result<Typed, String> {
        let mut sources = [
            self.column.map(Source::Column),
            self.constant.map(|text| Source::Constant(text.trim().to_owned())),
            self.template.map(|text| Part::parse(&text)).transpose()?.map(Source::Template),
            self.guest.map(Source::Guest),
            self.first_of.map(Source::FirstOf),
        ]
        .into_iter()
        .flatten();
        let (Some(source), None) = (sources.next(), sources.next()) else {
            return Err("expected exactly one of column, constant, template, guest, first_of".to_owned());
        };
        let shape = self.shape.unwrap_or_default();
        if self.separator.is_some() && shape != Shape::List {
            return Err("a separator belongs to `type: list`".to_owned());
        }
        let separator = self.separator.unwrap_or_else(|| ",".to_owned());
        if separator.is_empty() {
            return Err("separator: expected at least one character".to_owned());
        }
        let value = Value { source, map: self.map, otherwise: self.otherwise, when: self.when };
        Ok(Typed { value, shape, separator })
    }
}

/// A plain text is the name of a column, everything else the long form.
enum Written {
    Short(Column),
    Long(Box<LongForm>),
}

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Written;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "the name of a column, or one of {column}, {constant}, {template}, {guest}, {first_of}",
                )
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Written, E> {
                Ok(Written::Short(Column::from(name.to_owned())))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Written, A::Error> {
                LongForm::deserialize(MapAccessDeserializer::new(map)).map(Box::new).map(Written::Long)
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

impl<'de> Deserialize<'de> for Typed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Written::deserialize(deserializer)? {
            Written::Long(form) => form.typed().map_err(de::Error::custom),
            Written::Short(column) => {
                let (map, when) = (BTreeMap::new(), Vec::new());
                let value = Value { source: Source::Column(column), map, otherwise: None, when };
                Ok(Self { value, shape: Shape::Text, separator: ",".to_owned() })
            }
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let typed = Typed::deserialize(deserializer)?;
        if typed.shape == Shape::Text {
            Ok(typed.value)
        } else {
            Err(de::Error::custom(
                "only traits, properties, context and evidence take a type; this field has its own",
            ))
        }
    }
}

/// Reads one item, or a list of them.
pub(super) fn one_or_many<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Vec<T>, D::Error> {
    struct Reader<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("one item or a list of items")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Vec<T>, E> {
            T::deserialize(StrDeserializer::new(text)).map(|item| vec![item])
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Vec<T>, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map)).map(|item| vec![item])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Vec<T>, A::Error> {
            Vec::deserialize(SeqAccessDeserializer::new(items))
        }
    }
    from.deserialize_any(Reader(PhantomData))
}
