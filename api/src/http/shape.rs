//! How large a query is once its fragments are written out, computed without writing them out.
//!
//! A few lines of fragments that spread each other twice stand for billions of fields, so this is measured before
//! anything else walks the query. Each fragment is measured once; the work is linear in the text.

use std::collections::HashMap;

use async_graphql::Name;
use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};

/// Selection sets nested in one another, fragments included, that are still walked. The parser itself stops here.
pub(super) const MAX_LEVELS: usize = 64;

/// Brackets nested in one another that are still given to the parser, which recurses once a bracket.
const MAX_BRACKETS: usize = 200;

/// The size of a query, or of a part of it, with its fragments written out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Shape {
    /// Fields nested in one another.
    pub(super) depth: usize,
    /// Fields in all; at most `usize::MAX`.
    pub(super) fields: usize,
    /// Selection sets nested in one another, counting fragments.
    levels: usize,
}

/// Why a query has no size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shapeless {
    /// It is nested deeper than anything is willing to walk.
    TooDeep,
    /// A fragment spreads itself, perhaps by way of others.
    Cycle(Name),
}

/// Measures all operations of a document together.
pub(super) fn measure(document: &ExecutableDocument) -> Result<Shape, Shapeless> {
    let mut measure = Measure { document, fragments: HashMap::new() };
    let mut whole = Shape::default();
    for (_, operation) in document.operations.iter() {
        let shape = measure.selection_set(&operation.node.selection_set.node, 1)?;
        if shape.levels > MAX_LEVELS {
            return Err(Shapeless::TooDeep);
        }
        whole.depth = whole.depth.max(shape.depth);
        whole.fields = whole.fields.saturating_add(shape.fields);
        whole.levels = whole.levels.max(shape.levels);
    }
    Ok(whole)
}

struct Measure<'a> {
    document: &'a ExecutableDocument,
    /// `None` while a fragment is being measured: meeting it then is a cycle.
    fragments: HashMap<&'a Name, Option<Shape>>,
}

impl<'a> Measure<'a> {
    fn selection_set(&mut self, set: &'a SelectionSet, level: usize) -> Result<Shape, Shapeless> {
        if level > MAX_LEVELS {
            return Err(Shapeless::TooDeep);
        }
        let mut whole = Shape::default();
        for item in &set.items {
            let inner = match &item.node {
                Selection::Field(field) => {
                    let inner = self.selection_set(&field.node.selection_set.node, level + 1)?;
                    Shape { depth: inner.depth + 1, fields: inner.fields.saturating_add(1), ..inner }
                }
                Selection::InlineFragment(inline) => {
                    self.selection_set(&inline.node.selection_set.node, level + 1)?
                }
                Selection::FragmentSpread(spread) => {
                    self.fragment(&spread.node.fragment_name.node, level + 1)?
                }
            };
            whole.depth = whole.depth.max(inner.depth);
            whole.fields = whole.fields.saturating_add(inner.fields);
            whole.levels = whole.levels.max(inner.levels);
        }
        whole.levels += usize::from(!set.items.is_empty());
        Ok(whole)
    }

    fn fragment(&mut self, name: &'a Name, level: usize) -> Result<Shape, Shapeless> {
        match self.fragments.get(name) {
            Some(Some(known)) => return Ok(*known),
            Some(None) => return Err(Shapeless::Cycle(name.clone())),
            None => {}
        }
        // One that does not exist has no size; validation will name it.
        let Some(fragment) = self.document.fragments.get(name) else { return Ok(Shape::default()) };
        self.fragments.insert(name, None);
        let shape = self.selection_set(&fragment.node.selection_set.node, level)?;
        self.fragments.insert(name, Some(shape));
        Ok(shape)
    }
}

/// Whether the brackets of a text are nested so deep that the parser's recursion would overrun the stack. Brackets in
/// strings and comments count as well: the answer errs on the safe side.
pub(super) fn nested_beyond_parsing(text: &str) -> bool {
    let mut open = 0_usize;
    text.bytes().any(|byte| {
        match byte {
            b'{' | b'[' | b'(' => open += 1,
            b'}' | b']' | b')' => open = open.saturating_sub(1),
            _ => {}
        }
        open > MAX_BRACKETS
    })
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use async_graphql::parser::parse_query;

    use super::*;

    fn shape(query: &str) -> Result<Shape, Shapeless> {
        measure(&parse_query(query).unwrap())
    }

    #[test]
    fn fragments_count_as_if_they_were_written_out() {
        let plain = shape("{ a { b { c } d } }").unwrap();
        assert_eq!((plain.depth, plain.fields), (3, 4));
        let spread = shape("{ a { ...x ... { d } } } fragment x on T { b { c } }").unwrap();
        assert_eq!((spread.depth, spread.fields), (3, 4));
    }

    #[test]
    fn a_fragment_bomb_is_measured_without_going_off() {
        let mut bomb = "{ ...f0 }".to_owned();
        for level in 0..40 {
            write!(bomb, " fragment f{level} on T {{ ...f{0} ...f{0} }}", level + 1).unwrap();
        }
        bomb += " fragment f40 on T { a }";
        assert_eq!(shape(&bomb).unwrap().fields, 1 << 40);
    }

    #[test]
    fn a_fragment_that_spreads_itself_is_found() {
        let cycle = shape("{ ...a } fragment a on T { ...b } fragment b on T { x { ...a } }");
        assert_eq!(cycle, Err(Shapeless::Cycle(Name::new("a"))));
    }

    #[test]
    fn a_long_chain_of_fragments_does_not_overrun_the_stack() {
        let mut chain = "{ ...f0 }".to_owned();
        for level in 0..20_000 {
            write!(chain, " fragment f{level} on T {{ ...f{} }}", level + 1).unwrap();
        }
        assert_eq!(shape(&chain), Err(Shapeless::TooDeep));
    }

    #[test]
    fn levels_add_up_over_fragments_that_were_measured_before() {
        let nest = |inner: &str| "a { ".repeat(40) + inner + &" }".repeat(40);
        let query = format!("{{ ...f {} }} fragment f on T {{ {} }}", nest("...f"), nest("b"));
        assert_eq!(shape(&query), Err(Shapeless::TooDeep));
    }

    #[test]
    fn endless_brackets_never_reach_the_parser() {
        assert!(nested_beyond_parsing(&"{a".repeat(100_000)));
        assert!(nested_beyond_parsing(&format!("{{ a(x: {}", "[".repeat(100_000))));
        assert!(!nested_beyond_parsing(&"{ a { b(c: [1]) } }".repeat(10_000)));
    }
}
