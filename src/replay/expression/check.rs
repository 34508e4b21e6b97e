//! The static check of an expression, as the server's compiler does it.

use std::collections::{HashMap, HashSet};

use cel::common::ast::{
    CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, ListExpr, LiteralValue, MapExpr,
    SelectExpr,
};

use crate::replay::Release;

use super::issue::Issue;
use super::parse::Parsed;
use super::signatures::{Known, Signature, is_namespace, signatures};
use super::types::{Findings, Type};
use super::{Scope, literal_text, pattern};

/// What came of a check.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Checked {
    /// The expression's type.
    Typed(Type),
    /// The compiler complains.
    Refused(Vec<Issue>),
    /// The expression uses something that is not replayed.
    Beyond(String),
}

/// Checks an expression.
pub(super) fn check(parsed: &Parsed, source: &str, scope: Scope, release: Release) -> Checked {
    let variable = match scope {
        Scope::Claims => ("claims".to_owned(), Type::map(Type::String, Type::Any)),
        Scope::User => ("user".to_owned(), Type::User),
    };
    let mut checker = Checker {
        parsed,
        source,
        release,
        variables: vec![variable],
        findings: Findings::default(),
        types: HashMap::new(),
        issues: Vec::new(),
        negative: HashSet::new(),
    };
    let outcome = checker.visit(&parsed.root);
    if let Err(Beyond(what)) = outcome {
        return Checked::Beyond(what);
    }
    if checker.issues.is_empty()
        && let Err(Beyond(what)) = checker.validate(&parsed.root)
    {
        return Checked::Beyond(what);
    }
    if !checker.issues.is_empty() {
        return Checked::Refused(checker.issues);
    }
    Checked::Typed(checker.type_of(&parsed.root))
}

/// The expression uses something that is not replayed.
struct Beyond(String);

struct Checker<'a> {
    parsed: &'a Parsed,
    source: &'a str,
    release: Release,
    variables: Vec<(String, Type)>,
    findings: Findings,
    types: HashMap<u64, Type>,
    issues: Vec<Issue>,
    /// Literals with a minus sign, which the parser places behind it.
    negative: HashSet<u64>,
}

impl Checker<'_> {
    fn complain(&mut self, id: u64, mut message: String) {
        if !self.release.since(31) {
            message = message.replace("optional_type(", "optional(");
        }
        let issue = self.parsed.issue(id, self.source, message);
        self.issues.push(match self.negative.contains(&id) {
            false => issue,
            true => issue.at_sign(self.source),
        });
    }

    fn undeclared(&mut self, id: u64, name: &str) -> Type {
        self.complain(id, format!("undeclared reference to '{name}' (in container '')"));
        Type::Error
    }

    fn type_of(&self, node: &IdedExpr) -> Type {
        self.types.get(&node.id).map_or(Type::Error, |found| self.findings.fill(found))
    }

    fn visit(&mut self, node: &IdedExpr) -> Result<Type, Beyond> {
        let found = match &node.expr {
            Expr::Literal(literal) => {
                if is_negative(literal) {
                    self.negative.insert(node.id);
                }
                literal_type(literal)
            }
            Expr::Ident(name) => self.ident(node.id, name)?,
            Expr::Select(select) => self.select(node.id, select)?,
            Expr::Call(call) => self.call(node.id, call)?,
            Expr::List(list) => self.list(list)?,
            Expr::Map(map) => self.map(map)?,
            Expr::Comprehension(loops) => self.comprehension(loops)?,
            Expr::Struct(_) => return Err(Beyond("CEL messages".to_owned())),
            Expr::Unspecified => return Err(Beyond("this CEL syntax".to_owned())),
        };
        self.types.insert(node.id, found.clone());
        Ok(found)
    }

    fn ident(&mut self, id: u64, written: &str) -> Result<Type, Beyond> {
        let name = written.strip_prefix('.').unwrap_or(written);
        if let Some((_, found)) = self.variables.iter().rev().find(|(known, _)| known == name) {
            return Ok(found.clone());
        }
        let named = match name {
            "bool" => Type::Bool,
            "bytes" => Type::Bytes,
            "double" => Type::Double,
            "int" => Type::Int,
            "list" => Type::list(Type::Dyn),
            "map" => Type::map(Type::Dyn, Type::Dyn),
            "null_type" => Type::Null,
            "string" => Type::String,
            "type" => Type::Kind(Box::new(Type::Dyn)),
            "uint" => Type::Uint,
            _ if is_namespace(name) || name.contains('.') || name.starts_with("optional") => {
                return Err(Beyond(format!("the CEL name {name}")));
            }
            _ => return Ok(self.undeclared(id, written)),
        };
        Ok(Type::Kind(Box::new(named)))
    }

    fn select(&mut self, id: u64, select: &SelectExpr) -> Result<Type, Beyond> {
        let found = self.field(id, &select.operand, &select.field)?;
        Ok(if select.test { Type::Bool } else { found })
    }

    /// Source: google/cel-go, checker/checker.go, `checkSelectField`.
    fn field(&mut self, id: u64, operand: &IdedExpr, field: &str) -> Result<Type, Beyond> {
        let of = self.visit(operand)?;
        let of = self.findings.fill(&of);
        let (target, optional) = match of {
            Type::Optional(inner) => (*inner, true),
            other => (other, false),
        };
        let found = match &target {
            Type::Map(_, value) => (**value).clone(),
            Type::User => match field {
                "username" | "uid" => Type::String,
                "groups" => Type::list(Type::String),
                "extra" => Type::map(Type::String, Type::list(Type::String)),
                _ => {
                    self.complain(id, format!("undefined field '{field}'"));
                    Type::Error
                }
            },
            Type::Var(_) => {
                self.findings.assign_all(&[Type::Dyn], std::slice::from_ref(&target));
                Type::Dyn
            }
            Type::Any | Type::Dyn | Type::Error => Type::Dyn,
            other => {
                self.complain(id, format!("type '{other}' does not support field selection"));
                Type::Dyn
            }
        };
        Ok(if optional { Type::optional(found) } else { found })
    }

    fn call(&mut self, id: u64, call: &CallExpr) -> Result<Type, Beyond> {
        if call.func_name == "_?._" {
            let [operand, field] = call.args.as_slice() else {
                return Err(Beyond("this CEL syntax".to_owned()));
            };
            let field = literal_text(field).ok_or_else(|| Beyond("this CEL syntax".to_owned()))?;
            let found = self.field(id, operand, field)?;
            return Ok(match found {
                Type::Optional(_) => found,
                plain => Type::optional(plain),
            });
        }
        if let Some(target) = &call.target
            && let Some(word) = first_word(target)
            && is_namespace(word)
            && !self.variables.iter().any(|(known, _)| known == word)
        {
            return Err(Beyond(format!("the CEL function {word}.{}", call.func_name)));
        }
        let mut types = Vec::new();
        for argument in &call.args {
            types.push(self.visit(argument)?);
        }
        if let Some(target) = &call.target {
            types.insert(0, self.visit(target)?);
        }
        let name = call.func_name.trim_start_matches('.');
        match signatures(name, self.release) {
            Known::Nowhere => Ok(self.undeclared(id, &call.func_name)),
            // What could not be typed fits everywhere.
            Known::Beyond if types.contains(&Type::Error) => Ok(Type::Dyn),
            Known::Beyond => Err(Beyond(format!("the CEL function {}", call.func_name))),
            Known::Signatures(_) if matches!(call.func_name.as_str(), "_&&_" | "_||_") => {
                Ok(self.logic(call, &types))
            }
            Known::Signatures(all) => Ok(self.resolve(id, call, &all, &types)),
        }
    }

    fn logic(&mut self, call: &CallExpr, types: &[Type]) -> Type {
        let mut result = Type::Bool;
        for (argument, found) in call.args.iter().zip(types) {
            if !self.findings.assign_all(std::slice::from_ref(found), &[Type::Bool]) {
                let found = self.findings.fill(found);
                self.complain(argument.id, format!("expected type 'bool' but found '{found}'"));
                result = Type::Error;
            }
        }
        result
    }

    /// Source: google/cel-go, checker/checker.go, `resolveOverload`.
    fn resolve(&mut self, id: u64, call: &CallExpr, all: &[Signature], types: &[Type]) -> Type {
        let mut result: Option<Type> = None;
        for signature in all.iter().filter(|s| s.member == call.target.is_some()) {
            let parameters = self.parameters(signature);
            let instantiate = |of: &Type| fill_parameters(of, &parameters);
            let wanted: Vec<Type> = signature.arguments.iter().map(instantiate).collect();
            if !self.findings.assign_all(types, &wanted) {
                continue;
            }
            let found = self.findings.fill(&instantiate(&signature.result));
            result = Some(match result {
                None => found,
                Some(before) if !before.is_dyn() && before != found => Type::Dyn,
                Some(before) => before,
            });
        }
        result.unwrap_or_else(|| {
            let shown: Vec<String> =
                types.iter().map(|found| self.findings.fill_dyn(found).to_string()).collect();
            let applied = match (&call.target, shown.split_first()) {
                (Some(_), Some((target, rest))) => format!("{target}.({})", rest.join(", ")),
                _ => format!("({})", shown.join(", ")),
            };
            let name = call.func_name.trim_start_matches('.');
            self.complain(
                id,
                format!("found no matching overload for '{name}' applied to '{applied}'"),
            );
            Type::Error
        })
    }

    /// New types for the parameters that the signature has.
    fn parameters(&mut self, signature: &Signature) -> [Type; 2] {
        let count = signature.parameters();
        let mut fresh = |at| if at < count { self.findings.fresh() } else { Type::Dyn };
        [fresh(0), fresh(1)]
    }

    fn list(&mut self, list: &ListExpr) -> Result<Type, Beyond> {
        if !list.optional_indices.is_empty() {
            return Err(Beyond("optional elements of CEL lists".to_owned()));
        }
        let mut joined = None;
        for element in &list.elements {
            let found = self.visit(element)?;
            joined = Some(self.join(joined, found));
        }
        Ok(Type::list(joined.unwrap_or_else(|| self.findings.fresh())))
    }

    fn map(&mut self, map: &MapExpr) -> Result<Type, Beyond> {
        let (mut keys, mut values) = (None, None);
        for entry in &map.entries {
            let EntryExpr::MapEntry(entry) = &entry.expr else {
                return Err(Beyond("CEL messages".to_owned()));
            };
            if entry.optional {
                return Err(Beyond("optional entries of CEL maps".to_owned()));
            }
            let key = self.visit(&entry.key)?;
            keys = Some(self.join(keys, key));
            let value = self.visit(&entry.value)?;
            values = Some(self.join(values, value));
        }
        let key = keys.unwrap_or_else(|| self.findings.fresh());
        Ok(Type::map(key, values.unwrap_or_else(|| self.findings.fresh())))
    }

    /// Source: google/cel-go, checker/checker.go, `joinTypes`.
    fn join(&mut self, before: Option<Type>, next: Type) -> Type {
        let Some(before) = before else { return next };
        if !self.findings.assign_all(std::slice::from_ref(&before), std::slice::from_ref(&next)) {
            return Type::Dyn;
        }
        if before.is_equal_or_less_specific(&next) { before } else { next }
    }

    /// Source: google/cel-go, checker/checker.go, `checkComprehension`.
    fn comprehension(&mut self, loops: &ComprehensionExpr) -> Result<Type, Beyond> {
        if loops.iter_var2.is_some() {
            return Err(Beyond("CEL loops with two variables".to_owned()));
        }
        let range = self.visit(&loops.iter_range)?;
        let range = self.findings.fill(&range);
        let accumulator = self.visit(&loops.accu_init)?;
        let variable = match &range {
            Type::List(of) | Type::Map(of, _) => (**of).clone(),
            Type::Dyn | Type::Error => Type::Dyn,
            Type::Var(_) => {
                self.findings.assign_all(&[Type::Dyn], std::slice::from_ref(&range));
                Type::Dyn
            }
            other => {
                let message = format!(
                    "expression of type '{other}' cannot be range of a comprehension (must be \
                     list, map, or dynamic)"
                );
                self.complain(loops.iter_range.id, message);
                Type::Error
            }
        };
        let depth = self.variables.len();
        self.variables.push((loops.accu_var.clone(), accumulator.clone()));
        self.variables.push((loops.iter_var.clone(), variable));
        let condition = self.visit(&loops.loop_cond)?;
        self.assert(&loops.loop_cond, &condition, &Type::Bool);
        let step = self.visit(&loops.loop_step)?;
        self.assert(&loops.loop_step, &step, &accumulator);
        self.variables.pop();
        let result = self.visit(&loops.result)?;
        self.variables.truncate(depth);
        Ok(self.findings.fill(&result))
    }

    fn assert(&mut self, node: &IdedExpr, found: &Type, wanted: &Type) {
        if self.findings.assign_all(std::slice::from_ref(found), std::slice::from_ref(wanted)) {
            return;
        }
        let (wanted, found) = (self.findings.fill(wanted), self.findings.fill(found));
        self.complain(node.id, format!("expected type '{wanted}' but found '{found}'"));
    }

    /// Literals of mixed types and patterns that are none.
    /// Source: google/cel-go, cel/validator.go; k8s.io/apiserver, pkg/cel/environment/base.go.
    fn validate(&mut self, node: &IdedExpr) -> Result<(), Beyond> {
        match &node.expr {
            Expr::List(list) => {
                self.homogeneous(list.elements.iter());
                list.elements.iter().try_for_each(|element| self.validate(element))
            }
            Expr::Map(map) => {
                let entries: Vec<_> = map
                    .entries
                    .iter()
                    .filter_map(|entry| match &entry.expr {
                        EntryExpr::MapEntry(entry) => Some(entry),
                        EntryExpr::StructField(_) => None,
                    })
                    .collect();
                self.homogeneous(entries.iter().map(|entry| &entry.key));
                self.homogeneous(entries.iter().map(|entry| &entry.value));
                entries.into_iter().try_for_each(|entry| {
                    self.validate(&entry.key)?;
                    self.validate(&entry.value)
                })
            }
            Expr::Select(select) => self.validate(&select.operand),
            Expr::Call(call) => {
                self.valid_pattern(call)?;
                foldable(call)?;
                call.target.iter().try_for_each(|target| self.validate(target))?;
                call.args.iter().try_for_each(|argument| self.validate(argument))
            }
            Expr::Comprehension(loops) => [
                &loops.iter_range,
                &loops.accu_init,
                &loops.loop_cond,
                &loops.loop_step,
                &loops.result,
            ]
            .into_iter()
            .try_for_each(|part| self.validate(part)),
            _ => Ok(()),
        }
    }

    fn homogeneous<'n>(&mut self, elements: impl Iterator<Item = &'n IdedExpr>) {
        let mut first = None;
        for element in elements {
            let found = self.findings.fill_dyn(&self.type_of(element));
            match &first {
                None => first = Some(found),
                Some(wanted) if *wanted != found => {
                    let message = format!("expected type '{wanted}' but found '{found}'");
                    self.complain(element.id, message);
                    return;
                }
                Some(_) => {}
            }
        }
    }

    fn valid_pattern(&mut self, call: &CallExpr) -> Result<(), Beyond> {
        if call.func_name != "matches" {
            return Ok(());
        }
        let Some(argument) = call.args.last() else { return Ok(()) };
        let Some(text) = literal_text(argument) else { return Ok(()) };
        match pattern::compile(text) {
            Ok(_) => Ok(()),
            Err(pattern::Refusal::Invalid) => {
                self.complain(argument.id, "invalid matches argument".to_owned());
                Ok(())
            }
            Err(pattern::Refusal::Beyond) => Err(Beyond("this regular expression".to_owned())),
        }
    }
}

/// Calls that the server computes when it builds the program, where a failure is one of the start.
/// Source: google/cel-go, interpreter/planner.go, decorators.go.
fn foldable(call: &CallExpr) -> Result<(), Beyond> {
    let conversion = ["string", "int", "double", "bool"].contains(&call.func_name.as_str());
    let index = ["_[_]", "_[?_]"].contains(&call.func_name.as_str());
    match call.args.last().map(|argument| &argument.expr) {
        Some(Expr::Literal(LiteralValue::Null)) if conversion || index => {
            Err(Beyond("a constant that fails beforehand".to_owned()))
        }
        Some(Expr::Literal(LiteralValue::String(_)))
            if conversion && call.func_name != "string" =>
        {
            Err(Beyond("a constant that may fail beforehand".to_owned()))
        }
        Some(Expr::Literal(LiteralValue::Double(_))) if call.func_name == "int" => {
            Err(Beyond("a constant that may fail beforehand".to_owned()))
        }
        Some(Expr::List(_) | Expr::Map(_)) if conversion || index => {
            Err(Beyond("a constant that fails beforehand".to_owned()))
        }
        Some(expr @ Expr::Call(_)) if conversion && is_constant(expr) => {
            Err(Beyond("a constant that may fail beforehand".to_owned()))
        }
        _ => Ok(()),
    }
}

/// Whether the server computes the expression beforehand: literals, and conversions of them.
fn is_constant(expr: &Expr) -> bool {
    match expr {
        Expr::Literal(_) | Expr::List(_) | Expr::Map(_) => true,
        Expr::Call(call) => {
            ["dyn", "string", "int", "double", "bool"].contains(&call.func_name.as_str())
                && call.args.iter().all(|argument| is_constant(&argument.expr))
        }
        _ => false,
    }
}

fn is_negative(literal: &LiteralValue) -> bool {
    match literal {
        LiteralValue::Int(value) => *value.inner() < 0,
        LiteralValue::Double(value) => value.inner().is_sign_negative(),
        _ => false,
    }
}

fn literal_type(literal: &LiteralValue) -> Type {
    match literal {
        LiteralValue::Boolean(_) => Type::Bool,
        LiteralValue::Bytes(_) => Type::Bytes,
        LiteralValue::Double(_) => Type::Double,
        LiteralValue::Int(_) => Type::Int,
        LiteralValue::Null => Type::Null,
        LiteralValue::String(_) => Type::String,
        LiteralValue::UInt(_) => Type::Uint,
    }
}

fn fill_parameters(of: &Type, parameters: &[Type; 2]) -> Type {
    let inner = |of: &Type| fill_parameters(of, parameters);
    match of {
        Type::Param(at) => parameters[*at].clone(),
        Type::List(of) => Type::list(inner(of)),
        Type::Optional(of) => Type::optional(inner(of)),
        Type::Map(key, value) => Type::map(inner(key), inner(value)),
        Type::Kind(of) => Type::Kind(Box::new(inner(of))),
        other => other.clone(),
    }
}

/// The first word of a dotted name.
fn first_word(node: &IdedExpr) -> Option<&str> {
    match &node.expr {
        Expr::Ident(name) => Some(name),
        Expr::Select(select) if !select.test => first_word(&select.operand),
        _ => None,
    }
}
