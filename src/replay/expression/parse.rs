//! From the text to a tree, with the place of every node.

use cel::common::ast::{Expr, IdedExpr, SourceInfo};
use cel::parser::{ParseError, ParseErrors, Parser};

use crate::replay::Release;

use super::issue::Issue;

/// A parsed expression.
pub(super) struct Parsed {
    pub(super) root: IdedExpr,
    places: SourceInfo,
    /// Where each line starts, in bytes.
    lines: Vec<usize>,
}

/// Parses the text. Source for what is allowed: k8s.io/apiserver, pkg/cel/environment/base.go.
pub(super) fn parse(text: &str, release: Release) -> Result<Parsed, Vec<Issue>> {
    let parser = Parser::new()
        .max_recursion_depth(DEPTH_LIMIT)
        .enable_optional_syntax(true)
        .enable_ident_escape_syntax(release.since(37));
    match parser.parse_with_source_info(text) {
        Ok((root, places)) => {
            let starts = text.char_indices().filter(|(_, c)| *c == '\n').map(|(at, _)| at + 1);
            let lines = std::iter::once(0).chain(starts).collect();
            Ok(Parsed { root, places, lines })
        }
        Err(errors) => Err(issues(&errors)),
    }
}

/// How deep expressions may nest. Source: google/cel-go, parser/options.go.
const DEPTH_LIMIT: u16 = 250;

fn issues(errors: &ParseErrors) -> Vec<Issue> {
    if errors.errors.iter().any(|error| error.msg.contains("Recursion limit")) {
        let message = format!("expression recursion limit exceeded: {DEPTH_LIMIT}");
        return vec![Issue { line: 0, column: 0, message }];
    }
    let issue = |error: &ParseError| {
        let before = usize::try_from(error.pos.1 - 1).unwrap_or_default();
        // The parser places the quotes of a field one too early.
        let late = usize::from(error.msg.starts_with("unsupported syntax"));
        Issue {
            line: usize::try_from(error.pos.0).unwrap_or(1).max(1),
            column: before + late,
            message: expected(&error.msg),
        }
    };
    // Of what the grammar has refused already, the parser complains once more in its own words.
    let told = |error: &&ParseError| !error.msg.starts_with("Incomplete");
    errors.errors.iter().filter(told).map(issue).collect()
}

/// What Go's parser expects where an operand has ended: it has left the rules in which an operator
/// could follow, this one has not.
fn expected(message: &str) -> String {
    const OPERATORS: [&str; 17] = [
        "'=='", "'!='", "'in'", "'<'", "'<='", "'>='", "'>'", "'&&'", "'||'", "'['", "'.'", "'-'",
        "'?'", "'+'", "'*'", "'/'", "'%'",
    ];
    let Some((head, set)) = message.split_once(" expecting {") else { return message.to_owned() };
    let Some(set) = set.strip_suffix('}').filter(|set| set.contains("'=='")) else {
        return message.to_owned();
    };
    let rest: Vec<&str> = set.split(", ").filter(|token| !OPERATORS.contains(token)).collect();
    match rest.as_slice() {
        [] => message.to_owned(),
        ["')'", "','"] => format!("{head} expecting ')'"),
        [one] => format!("{head} expecting {one}"),
        several => format!("{head} expecting {{{}}}", several.join(", ")),
    }
}

impl Parsed {
    /// A complaint about a node.
    pub(super) fn issue(&self, id: u64, source: &str, message: String) -> Issue {
        let start = self.places.offset_for(id).map_or(0, |(start, _)| start as usize);
        let line = self.lines.iter().rposition(|begin| *begin <= start).unwrap_or_default();
        let column = source
            .get(self.lines[line]..start)
            .map_or(start - self.lines[line], |text| text.chars().count());
        Issue { line: line + 1, column, message }
    }
}

/// Whether `variable.field` is selected anywhere, also to test whether it is there.
/// Source: k8s.io/apiserver, pkg/apis/apiserver/validation, `hasSelectExp`.
pub(super) fn selects(node: &IdedExpr, variable: &str, field: &str) -> bool {
    let is_variable = |node: &IdedExpr| matches!(&node.expr, Expr::Ident(name) if name == variable);
    let inside = |node: &IdedExpr| selects(node, variable, field);
    match &node.expr {
        Expr::Select(select) => {
            is_variable(&select.operand) && select.field == field || inside(&select.operand)
        }
        Expr::Call(call) => {
            let optional =
                call.func_name == "_?._" && call.target.is_none() && call.args.len() == 2;
            let named = |node: &IdedExpr| super::literal_text(node) == Some(field);
            optional && is_variable(&call.args[0]) && named(&call.args[1])
                || call.args.iter().any(inside)
                || call.target.as_deref().is_some_and(inside)
        }
        Expr::List(list) => list.elements.iter().any(inside),
        Expr::Map(map) => map.entries.iter().any(|entry| match &entry.expr {
            cel::common::ast::EntryExpr::MapEntry(entry) => {
                inside(&entry.key) || inside(&entry.value)
            }
            cel::common::ast::EntryExpr::StructField(field) => inside(&field.value),
        }),
        Expr::Comprehension(loops) => {
            let parts = [
                &loops.iter_range,
                &loops.accu_init,
                &loops.loop_cond,
                &loops.loop_step,
                &loops.result,
            ];
            parts.into_iter().any(inside)
        }
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) | Expr::Struct(_) => false,
    }
}
