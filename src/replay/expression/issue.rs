//! What a compiler says about an expression, in the server's form.

/// One complaint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Issue {
    /// Line from 1; 0 when the whole expression is meant.
    pub(super) line: usize,
    /// Characters before it in its line.
    pub(super) column: usize,
    pub(super) message: String,
}

impl Issue {
    /// The same complaint at the minus sign before it.
    pub(super) fn at_sign(self, source: &str) -> Issue {
        let line = source.split('\n').nth(self.line.saturating_sub(1)).unwrap_or_default();
        let before: Vec<char> = line.chars().take(self.column).collect();
        let sign = before.iter().rposition(|c| *c == '-');
        Issue { column: sign.unwrap_or(self.column), ..self }
    }
}

/// All complaints in the order of their places.
/// Source: google/cel-go, common/errors.go, `ToDisplayString`, common/error.go.
pub(super) fn display(issues: &[Issue], source: &str) -> String {
    let mut sorted: Vec<&Issue> = issues.iter().collect();
    sorted.sort_by_key(|issue| (issue.line, issue.column));
    let texts: Vec<String> = sorted.into_iter().map(|issue| show(issue, source)).collect();
    texts.join("\n")
}

fn show(issue: &Issue, source: &str) -> String {
    let Issue { line, column, message } = issue;
    if *line == 0 {
        return format!("ERROR: <input>:-1:0: {message}");
    }
    let head = format!("ERROR: <input>:{line}:{}: {message}", column + 1);
    let Some(text) = source.split('\n').nth(line - 1) else { return head };
    let text = text.replace('\t', " ");
    let wide = |c: char| c.len_utf8() > 1;
    let dots: String =
        text.chars().take(*column).map(|c| if wide(c) { '．' } else { '.' }).collect();
    let mark = match text.chars().nth(*column) {
        Some(c) if wide(c) => '＾',
        _ => '^',
    };
    format!("{head}\n | {text}\n | {dots}{mark}")
}
