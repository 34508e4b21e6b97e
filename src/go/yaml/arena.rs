//! The document as written: scalars unresolved, aliases unexpanded.
//!
//! Nodes live in one vector and name each other by index, so that neither a deep document nor a chain
//! of aliases can exhaust the stack when it is dropped.

use super::fault::{Inside, YamlError, count};
use super::tab::{Before, forbidden_tab, trailing_gap};
use super::{DEPTH_LIMIT, TEXT_LIMIT};
use crate::go::tree::Span;
use granit_parser::{Event, Parser, ScalarStyle, StrInput, StructureStyle, Tag};
use std::collections::HashMap;

/// The index of a node in its arena.
pub(super) type Index = usize;

/// A node as written.
pub(super) struct Raw {
    pub(super) kind: Kind,
    pub(super) span: Span,
}

/// What a node is before anything is resolved.
pub(super) enum Kind {
    /// The same node as another one, earlier in the document; the name is the anchor's.
    Alias(Index, String),
    List(Vec<Index>),
    /// Key, value, key, value, …
    Map(Vec<Index>),
    Scalar(Scalar),
}

/// A scalar as written.
pub(super) struct Scalar {
    pub(super) text: String,
    /// Neither quoted nor block nor tagged: its look decides what it is.
    pub(super) plain: bool,
    /// The tag in its short form (`!!int`), when there is one.
    pub(super) tag: Option<String>,
}

/// One document; the root is the last node added.
pub(super) struct Arena {
    pub(super) nodes: Vec<Raw>,
    pub(super) root: Index,
}

/// The documents of a text, one after the other.
pub(super) struct Documents<'t> {
    text: &'t str,
    parser: Parser<'t, StrInput<'t>>,
    peeked: Option<(Event<'t>, granit_parser::Span)>,
}

/// A collection whose end has not come yet.
struct Open {
    node: Index,
    children: Vec<Index>,
    map: bool,
    flow: bool,
}

struct Builder<'t> {
    text: &'t str,
    /// Where the last token ended, and what it was.
    cursor: usize,
    before: Before,
    nodes: Vec<Raw>,
    open: Vec<Open>,
    anchors: HashMap<usize, (Index, String)>,
    latest: Index,
    root: Option<Index>,
    /// Nothing shows where the root ends, so what follows it may still break it.
    open_ended: bool,
}

impl<'t> Documents<'t> {
    pub(super) fn new(text: &'t str) -> Result<Documents<'t>, YamlError> {
        if text.len() > TEXT_LIMIT {
            let message = format!("text of {} bytes exceeds the limit of {TEXT_LIMIT}", text.len());
            return Err(YamlError::nowhere(&message));
        }
        if !text.chars().all(printable) {
            return Err(YamlError::nowhere("yaml: control characters are not allowed"));
        }
        let options = granit_parser::options! {
            emit_anchor_events: true,
            emit_comments: false,
            emit_unresolved_aliases: true,
            block_scalar_eof_without_line_feed: true,
            flow_nesting_limit: DEPTH_LIMIT,
            block_nesting_limit: DEPTH_LIMIT,
        };
        let parser = Parser::new_from_str_with_options(text, options);
        Ok(Documents { text, parser, peeked: None })
    }

    /// The next document. Go reads it up to the end of its root node and looks at one token more.
    pub(super) fn next_document(&mut self) -> Result<Option<Arena>, YamlError> {
        let mut builder = Builder::new(self.text);
        while let Some((event, span)) = self.next_event(builder.inside())? {
            builder.take(event, place(&span))?;
            if let Some(root) = builder.root {
                builder.refuse_trailing_tabs()?;
                if builder.open_ended {
                    self.peeked = self.next_event(Inside::Block)?;
                }
                return Ok(Some(Arena { nodes: builder.nodes, root }));
            }
        }
        Ok(None)
    }

    fn next_event(
        &mut self,
        inside: Inside,
    ) -> Result<Option<(Event<'t>, granit_parser::Span)>, YamlError> {
        if let Some(peeked) = self.peeked.take() {
            return Ok(Some(peeked));
        }
        let next = self.parser.next().transpose();
        next.map_err(|error| YamlError::from_scan(&error, self.text, inside))
    }
}

impl<'t> Builder<'t> {
    fn new(text: &'t str) -> Builder<'t> {
        Builder {
            text,
            cursor: 0,
            before: Before::Nothing,
            nodes: Vec::new(),
            open: Vec::new(),
            anchors: HashMap::new(),
            latest: 0,
            root: None,
            open_ended: true,
        }
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), YamlError> {
        if event.is_node() {
            self.refuse_tabs(span.start)?;
        }
        match event {
            Event::DocumentStart(true, _) => self.pass(span),
            Event::Scalar(value, style, _, tag) => {
                if style == ScalarStyle::DoubleQuoted {
                    refuse_json_escapes(self.gap(span.start, span.end), span)?;
                }
                let tag = tag.map(|tag| short(&tag));
                let plain = style == ScalarStyle::Plain && tag.is_none();
                let scalar = Scalar { text: value.into_owned(), plain, tag };
                self.refuse_flow_scalar(&scalar, span)?;
                self.open_ended &= !self.open.is_empty() || style == ScalarStyle::Plain;
                self.leaf(Kind::Scalar(scalar), span);
                if style == ScalarStyle::Plain && span.end > span.start {
                    self.before = Before::Plain(self.indent());
                }
            }
            Event::Alias(id) => {
                let Some((target, name)) = self.anchors.get(&id).cloned() else {
                    return Err(YamlError::new("unknown anchor referenced", span));
                };
                self.leaf(Kind::Alias(target, name), span);
            }
            Event::UnresolvedAlias(name) => {
                let message = format!("unknown anchor '{name}' referenced");
                return Err(YamlError::new(&message, span));
            }
            Event::Anchor(id, name) => {
                self.anchors.insert(id, (self.latest, name.into_owned()));
            }
            Event::SequenceStart(style, ..) => self.start(false, style, span)?,
            Event::MappingStart(style, ..) => self.start(true, style, span)?,
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            _ => {}
        }
        Ok(())
    }

    fn add(&mut self, kind: Kind, span: Span) -> Index {
        self.latest = self.nodes.len();
        self.nodes.push(Raw { kind, span });
        self.latest
    }

    /// The innermost collection that is open.
    fn inside(&self) -> Inside {
        match self.open.last() {
            Some(Open { flow: true, map: true, .. }) => Inside::FlowMap,
            Some(Open { flow: true, map: false, .. }) => Inside::FlowList,
            _ => Inside::Block,
        }
    }

    /// Older rules than those of the parser: in a flow collection `?` ends a plain scalar, and a key
    /// stands in one line.
    fn refuse_flow_scalar(&self, scalar: &Scalar, span: Span) -> Result<(), YamlError> {
        let Some(open) = self.open.last().filter(|open| open.flow) else { return Ok(()) };
        let question = scalar.plain && scalar.text.char_indices().any(|(at, c)| at > 0 && c == '?');
        let key = open.map && open.children.len() % 2 == 0;
        let explicit = self.gap(self.cursor, span.start).contains('?');
        let broken = key && !explicit && self.gap(span.start, span.end).contains('\n');
        if question || broken {
            return Err(YamlError::between(self.inside(), span));
        }
        Ok(())
    }

    fn gap(&self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end).unwrap_or_default()
    }

    fn pass(&mut self, span: Span) {
        (self.cursor, self.before) = (span.end.max(self.cursor), Before::Token);
    }

    /// The indentation below which the innermost block collection's scalars cannot go on.
    fn indent(&self) -> usize {
        let column = self.open.last().map(|open| self.nodes[open.node].span.column);
        column.map_or(0, |column| usize::try_from(column).unwrap_or(usize::MAX))
    }

    fn refuse_tabs(&self, start: usize) -> Result<(), YamlError> {
        if self.open.last().is_some_and(|open| open.flow) {
            return Ok(());
        }
        self.refuse_tab_in(self.gap(self.cursor, start))
    }

    fn refuse_trailing_tabs(&self) -> Result<(), YamlError> {
        self.refuse_tab_in(trailing_gap(self.gap(self.cursor, self.text.len())))
    }

    fn refuse_tab_in(&self, gap: &str) -> Result<(), YamlError> {
        let Some(tab) = forbidden_tab(gap, self.before) else { return Ok(()) };
        let upto = &self.text[..self.cursor + tab.offset];
        let line = upto.matches('\n').count() + 1;
        let column = upto.chars().rev().take_while(|&c| c != '\n').count() + 1;
        Err(YamlError::in_line(tab.message, count(line), count(column)))
    }

    fn leaf(&mut self, kind: Kind, span: Span) {
        self.pass(span);
        let index = self.add(kind, span);
        self.finish(index);
    }

    fn start(&mut self, map: bool, style: StructureStyle, span: Span) -> Result<(), YamlError> {
        if self.open.len() >= DEPTH_LIMIT {
            return Err(YamlError::new(&format!("exceeded max depth of {DEPTH_LIMIT}"), span));
        }
        let node = self.add(Kind::List(Vec::new()), span);
        let flow = style == StructureStyle::Flow;
        self.open.push(Open { node, children: Vec::new(), map, flow });
        if flow {
            self.pass(Span { end: span.start + 1, ..span });
        }
        Ok(())
    }

    fn end(&mut self, span: Span) {
        let Some(open) = self.open.pop() else { return };
        if open.flow {
            self.pass(span);
            self.open_ended &= !self.open.is_empty();
        }
        // A block collection ends with its last child; the parser says so only after blank lines.
        let last = open.children.last().map(|&child| self.nodes[child].span.end);
        let end = if open.flow { span.end } else { last.unwrap_or(span.end) };
        let node = &mut self.nodes[open.node];
        node.span.end = end.max(node.span.start);
        node.kind = if open.map { Kind::Map(open.children) } else { Kind::List(open.children) };
        self.finish(open.node);
    }

    fn finish(&mut self, index: Index) {
        match self.open.last_mut() {
            Some(open) => open.children.push(index),
            None => self.root = Some(index),
        }
    }
}

/// Source: goyaml.v2 `readerc.go`.
fn printable(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..)
}

/// JSON may write `\/` and pairs of surrogates; Go's YAML knows neither.
fn refuse_json_escapes(raw: &str, span: Span) -> Result<(), YamlError> {
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        let escape = rest[at + 1..].chars().next().unwrap_or_default();
        let after = &rest[at + 1 + escape.len_utf8()..];
        if escape == '/' {
            return Err(YamlError::new("found unknown escape character", span));
        }
        let surrogate = after.get(..4).and_then(|hex| u32::from_str_radix(hex, 16).ok());
        if escape == 'u' && surrogate.is_some_and(|code| (0xd800..0xe000).contains(&code)) {
            return Err(YamlError::new("found invalid Unicode character escape code", span));
        }
        rest = after;
    }
    Ok(())
}

fn short(tag: &Tag) -> String {
    match tag.suffix_in_namespace("tag:yaml.org,2002:") {
        Some(name) => format!("!!{name}"),
        None => format!("{}{}", tag.handle(), tag.suffix()),
    }
}

fn place(span: &granit_parser::Span) -> Span {
    let start = span.start.byte_offset().unwrap_or_default();
    let end = span.end.byte_offset().unwrap_or(start).max(start);
    Span { start, end, line: count(span.start.line()), column: count(span.start.col() + 1) }
}
