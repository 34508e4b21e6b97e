//! The expression of a check: CEL over facts, and nothing else.
//!
//! The only place that talks to the `cel` crate for checks. An expression is refused when it is
//! loaded if it reads a path that the vocabulary does not have; it answers `Unknown` if what decides
//! it is unknown, and `False` if a fact that it needs is absent and it does not ask with `has()`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr};
use cel::parser::Parser;
use cel::{Context, Value};

use crate::evidence::{Fact, Gap};
use crate::facts::{Facts, Leaf, schema};

/// Bytes that an expression may have.
const LENGTH_LIMIT: usize = 2048;
/// Brackets that may stand inside each other; the parser's own recursion is not to be tried.
const NESTING_LIMIT: usize = 16;
/// Operators in a row, because the parser descends once for each.
const CHAIN_LIMIT: usize = 200;

/// A compiled expression with the paths that it reads.
#[derive(Clone, Debug)]
pub struct Expression {
    source: String,
    conjuncts: Arc<Vec<Conjunct>>,
}

#[derive(Debug)]
struct Conjunct {
    tree: IdedExpr,
    /// Paths read as values.
    reads: BTreeSet<String>,
    /// Paths tested with `has()`.
    tests: BTreeSet<String>,
}

/// What an expression says.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// It failed; the text says how.
    Fails(String),
    /// It does not hold, or what it needs is absent.
    False,
    /// It holds.
    True,
    /// What decides it is unknown.
    Unknown(Vec<(String, Gap)>),
}

/// Why an expression is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is not CEL.
    #[error("{0}")]
    Syntax(String),
    /// It is too long or too deep.
    #[error("the expression has more than {0}")]
    TooLarge(&'static str),
    /// It calls a function that checks do not have.
    #[error("there is no function {name}")]
    UnknownFunction {
        /// The function.
        name: String,
    },
    /// It puts a loop inside a loop, which no list of strangers may be given to.
    #[error("a loop stands inside another loop")]
    NestedLoop,
    /// It reads a fact that does not exist.
    #[error("there is no fact {path}{}", suggestion(.nearest))]
    UnknownPath {
        /// The path as written.
        path: String,
        /// What may have been meant.
        nearest: Option<&'static str>,
    },
    /// It compares a fact with a literal of another kind.
    #[error("{path} is a {kind:?} and is compared with a {literal}")]
    WrongKind {
        /// The path.
        path: String,
        /// What it is.
        kind: schema::Kind,
        /// What it is compared with.
        literal: &'static str,
    },
}

fn suggestion(nearest: &Option<&'static str>) -> String {
    nearest.map(|path| format!("; did you mean {path}?")).unwrap_or_default()
}

impl Expression {
    /// Compiles an expression and lists what it reads.
    ///
    /// # Errors
    ///
    /// Refuses what is too large, is not CEL, or reads what the vocabulary does not have.
    pub fn compile(source: &str) -> Result<Self, Refusal> {
        guard(source)?;
        let tree = Parser::new()
            .parse(source)
            .map_err(|errors| Refusal::Syntax(first_line(&errors.to_string())))?;
        let mut conjuncts = Vec::new();
        for tree in split(tree) {
            let mut reader = Reader::default();
            reader.walk(&tree)?;
            conjuncts.push(Conjunct { tree, reads: reader.reads, tests: reader.tests });
        }
        Ok(Self { source: source.to_owned(), conjuncts: Arc::new(conjuncts) })
    }

    /// The text as written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Every path that it reads or tests.
    pub fn paths(&self) -> BTreeSet<String> {
        self.conjuncts.iter().flat_map(|c| c.reads.iter().chain(&c.tests)).cloned().collect()
    }

    /// Asks it. One conjunct that is surely false decides, whatever else is unknown.
    pub fn judge(&self, facts: &Facts) -> Answer {
        let mut missing = Vec::new();
        let mut failure = None;
        for conjunct in self.conjuncts.iter() {
            match conjunct.judge(facts) {
                Answer::False => return Answer::False,
                Answer::Fails(error) => failure = Some(error),
                Answer::True => {}
                Answer::Unknown(gaps) => missing.extend(gaps),
            }
        }
        match (failure, missing.is_empty()) {
            (Some(error), true) => Answer::Fails(error),
            (None, true) => Answer::True,
            _ => Answer::Unknown(missing),
        }
    }
}

impl Conjunct {
    fn judge(&self, facts: &Facts) -> Answer {
        let mut missing = Vec::new();
        let mut leaves = BTreeMap::new();
        let mut absent = false;
        for path in self.reads.union(&self.tests) {
            match facts.get(path) {
                Fact::Known(leaf, _) => {
                    leaves.insert(path.as_str(), leaf);
                }
                Fact::Absent(_) => absent |= !self.tests.contains(path),
                Fact::Unknown(gap) => missing.push((path.clone(), gap)),
            }
        }
        if !missing.is_empty() {
            return Answer::Unknown(missing);
        }
        if absent {
            return Answer::False;
        }
        evaluate(&self.tree, leaves, &self.tests)
    }
}

fn evaluate(tree: &IdedExpr, leaves: BTreeMap<&str, Leaf>, tests: &BTreeSet<String>) -> Answer {
    let mut root = Branch::default();
    for path in tests {
        root.open(path);
    }
    for (path, leaf) in leaves {
        root.put(path, value(&leaf));
    }
    let mut context = Context::default();
    for (name, branch) in root.members {
        context.add_variable_from_value(name, branch.into_value());
    }
    match context.resolve(&tree.clone()) {
        Ok(Value::Bool(true)) => Answer::True,
        Ok(Value::Bool(false)) => Answer::False,
        Ok(_) => Answer::Fails("the expression does not yield true or false".to_owned()),
        Err(error) => Answer::Fails(kind_of(&error).to_owned()),
    }
}

/// An error's kind without the values in it: they may be claims.
fn kind_of(error: &cel::ExecutionError) -> &'static str {
    use cel::ExecutionError as E;
    match error {
        E::NoSuchKey(_) => "a member that is not there is read without has()",
        E::NoSuchOverload(_) | E::UnsupportedBinaryOperator(..) | E::ValuesNotComparable(..) => {
            "an operator is given values of kinds that it does not take"
        }
        E::UndeclaredReference(_) => "a name that is not declared is read",
        _ => "the expression cannot be evaluated on these facts",
    }
}

/// A map under construction.
#[derive(Default)]
struct Branch {
    members: BTreeMap<String, Branch>,
    leaf: Option<Value>,
}

impl Branch {
    /// Makes the parent of a tested path exist, so that `has()` finds a map to look into.
    fn open(&mut self, path: &str) {
        let mut branch = self;
        if let Some((parent, _)) = path.rsplit_once('.') {
            for name in parent.split('.') {
                branch = branch.members.entry(name.to_owned()).or_default();
            }
        }
    }

    fn put(&mut self, path: &str, value: Value) {
        let mut branch = self;
        for name in path.split('.') {
            branch = branch.members.entry(name.to_owned()).or_default();
        }
        branch.leaf = Some(value);
    }

    fn into_value(self) -> Value {
        if let Some(value) = self.leaf {
            return value;
        }
        let map: HashMap<String, Value> =
            self.members.into_iter().map(|(name, branch)| (name, branch.into_value())).collect();
        map.into()
    }
}

/// A fact as CEL sees it: whole numbers are signed, times are whole seconds.
fn value(leaf: &Leaf) -> Value {
    match leaf {
        Leaf::Count(n) => Value::Int(*n),
        Leaf::Flag(b) => Value::Bool(*b),
        Leaf::Open(json) => json_value(json),
        Leaf::Text(text) => text.as_str().into(),
        Leaf::Texts(texts) => {
            Value::List(Arc::new(texts.iter().map(|t| t.as_str().into()).collect()))
        }
        Leaf::Time(moment) => Value::Int(moment.unix()),
    }
}

fn json_value(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(b) => Value::Bool(*b),
        serde_json::Value::Number(n) => {
            n.as_i64().map_or(Value::Float(n.as_f64().unwrap_or(f64::NAN)), Value::Int)
        }
        serde_json::Value::String(text) => text.as_str().into(),
        serde_json::Value::Array(items) => {
            Value::List(Arc::new(items.iter().map(json_value).collect()))
        }
        serde_json::Value::Object(members) => {
            let map: HashMap<String, Value> =
                members.iter().map(|(name, member)| (name.clone(), json_value(member))).collect();
            map.into()
        }
    }
}

/// Counts before the parser sees anything: it recurses, and a stack overflow cannot be caught.
fn guard(source: &str) -> Result<(), Refusal> {
    if source.len() > LENGTH_LIMIT {
        return Err(Refusal::TooLarge("2048 bytes"));
    }
    let mut depth = 0usize;
    let mut chain = 0usize;
    for byte in source.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b'.' | b'+' | b'-' | b'*' | b'/' | b'!' | b'=' | b'?' => chain += 1,
            _ => {}
        }
        if depth > NESTING_LIMIT {
            return Err(Refusal::TooLarge("16 brackets inside each other"));
        }
    }
    if chain > CHAIN_LIMIT {
        return Err(Refusal::TooLarge("200 operators"));
    }
    Ok(())
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim_start_matches("ERROR: <input>:").to_owned()
}

/// The parts of a conjunction.
fn split(tree: IdedExpr) -> Vec<IdedExpr> {
    match tree.expr {
        Expr::Call(CallExpr { func_name, args, .. }) if func_name == "_&&_" => {
            args.into_iter().flat_map(split).collect()
        }
        _ => vec![tree],
    }
}

/// Walks an expression and collects the fact paths in it.
#[derive(Default)]
struct Reader {
    reads: BTreeSet<String>,
    tests: BTreeSet<String>,
    bound: Vec<String>,
}

/// What checks may call: CEL's operators and its string and list basics.
const FUNCTIONS: &[&str] =
    &["size", "contains", "startsWith", "endsWith", "matches", "string", "int", "double"];

impl Reader {
    fn walk(&mut self, tree: &IdedExpr) -> Result<(), Refusal> {
        if let Some((path, tested)) = self.path_of(&tree.expr) {
            return self.note(path, tested);
        }
        match &tree.expr {
            Expr::Call(call) => self.walk_call(call),
            Expr::Comprehension(loop_) => self.walk_loop(loop_),
            Expr::List(list) => list.elements.iter().try_for_each(|item| self.walk(item)),
            Expr::Map(map) => map.entries.iter().try_for_each(|entry| self.walk_entry(&entry.expr)),
            Expr::Select(select) => self.walk(&select.operand),
            Expr::Struct(it) => {
                it.entries.iter().try_for_each(|entry| self.walk_entry(&entry.expr))
            }
            Expr::Ident(_) | Expr::Literal(_) | Expr::Unspecified => Ok(()),
        }
    }

    fn walk_entry(&mut self, entry: &EntryExpr) -> Result<(), Refusal> {
        match entry {
            EntryExpr::MapEntry(entry) => {
                self.walk(&entry.key)?;
                self.walk(&entry.value)
            }
            EntryExpr::StructField(field) => self.walk(&field.value),
        }
    }

    fn walk_call(&mut self, call: &CallExpr) -> Result<(), Refusal> {
        let operator = call.func_name.contains(['_', '@', '!']) || call.func_name.starts_with('-');
        if !operator && !FUNCTIONS.contains(&call.func_name.as_str()) {
            return Err(Refusal::UnknownFunction { name: call.func_name.clone() });
        }
        if matches!(call.func_name.as_str(), "_==_" | "_!=_") {
            self.compare(call)?;
        }
        for part in call.target.iter().map(|t| t.as_ref()).chain(&call.args) {
            self.walk(part)?;
        }
        Ok(())
    }

    /// A fact against a literal of another kind is always false, which no author means.
    fn compare(&self, call: &CallExpr) -> Result<(), Refusal> {
        let [left, right] = call.args.as_slice() else { return Ok(()) };
        for (path, literal) in [(left, right), (right, left)] {
            let Expr::Literal(literal) = &literal.expr else { continue };
            let Some((path, false)) = self.path_of(&path.expr) else { continue };
            let Some(entry) = schema::entry(&path) else { continue };
            let name = literal_kind(literal);
            let fits = matches!(
                (entry.kind, name),
                (schema::Kind::Open, _)
                    | (schema::Kind::Count | schema::Kind::Time, "number")
                    | (schema::Kind::Flag, "flag")
                    | (schema::Kind::Text, "text")
            );
            if !fits {
                return Err(Refusal::WrongKind { path, kind: entry.kind, literal: name });
            }
        }
        Ok(())
    }

    fn walk_loop(&mut self, it: &ComprehensionExpr) -> Result<(), Refusal> {
        if !self.bound.is_empty() {
            return Err(Refusal::NestedLoop);
        }
        self.walk(&it.iter_range)?;
        self.walk(&it.accu_init)?;
        let before = self.bound.len();
        self.bound.push(it.iter_var.clone());
        self.bound.push(it.accu_var.clone());
        self.bound.extend(it.iter_var2.clone());
        let inner = self
            .walk(&it.loop_cond)
            .and_then(|()| self.walk(&it.loop_step))
            .and_then(|()| self.walk(&it.result));
        self.bound.truncate(before);
        inner
    }

    /// The dotted path that an expression spells, and whether `has()` asks for it.
    fn path_of(&self, expr: &Expr) -> Option<(String, bool)> {
        let mut names = Vec::new();
        let mut tested = false;
        let mut expr = expr;
        loop {
            match expr {
                Expr::Ident(name) if self.bound.contains(name) => return None,
                Expr::Ident(name) => {
                    names.push(name.as_str());
                    names.reverse();
                    return Some((names.join("."), tested));
                }
                Expr::Select(select) => {
                    tested |= select.test;
                    names.push(&select.field);
                    expr = &select.operand.expr;
                }
                _ => return None,
            }
        }
    }

    fn note(&mut self, path: String, tested: bool) -> Result<(), Refusal> {
        if schema::entry(&path).is_none() {
            let nearest = schema::nearest(&path);
            return Err(Refusal::UnknownPath { path, nearest });
        }
        if tested {
            self.tests.insert(path);
        } else {
            self.reads.insert(path);
        }
        Ok(())
    }
}

fn literal_kind(literal: &cel::common::ast::LiteralValue) -> &'static str {
    use cel::common::ast::LiteralValue as L;
    match literal {
        L::Boolean(_) => "flag",
        L::Double(_) | L::Int(_) | L::UInt(_) => "number",
        L::String(_) => "text",
        L::Bytes(_) | L::Null => "value without a kind",
    }
}
