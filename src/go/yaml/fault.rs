//! What is wrong with a text, in Go's words.

use granit_parser::{ErrorKind, ScanError};

/// Why Go would not read a text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct YamlError {
    /// Go's text where it is known, such as `yaml: line 2: mapping values are not allowed in this
    /// context`. It never quotes a value. Go counts the lines of some errors from 0 and leaves out the
    /// first; `line` is the true one.
    pub message: String,
    /// Line, from 1.
    pub line: Option<u32>,
    /// Column in characters, from 1.
    pub column: Option<u32>,
}

/// The innermost collection that is open.
#[derive(Clone, Copy)]
pub(super) enum Inside {
    Block,
    FlowList,
    FlowMap,
}

/// Which half of Go's parser complains; they count lines differently.
enum Half {
    Parser,
    Scanner,
}

impl YamlError {
    pub(super) fn new(message: &str, span: crate::go::tree::Span) -> YamlError {
        YamlError {
            message: format!("yaml: {message}"),
            line: Some(span.line),
            column: Some(span.column),
        }
    }

    pub(super) fn nowhere(message: &str) -> YamlError {
        YamlError { message: message.to_owned(), line: None, column: None }
    }

    /// `inside` is the innermost collection that is open.
    pub(super) fn from_scan(error: &ScanError, text: &str, inside: Inside) -> YamlError {
        let line = match error.kind() {
            // Go notices only at the end that a quote was never closed.
            ErrorKind::UnclosedQuotedScalar => text.matches('\n').count() + 1,
            ErrorKind::TabInPlainScalar => error.marker().line() + lines_to_tab(error, text),
            _ => error.marker().line(),
        };
        let line = count(line);
        let column = count(error.marker().col().saturating_add(1));
        let (half, problem) = wording(error.kind(), inside);
        let mut shown = Self::placed(half, &problem, line, column);
        if matches!(error.kind(), ErrorKind::SimpleKeyExpected) && line > 1 {
            // Go notices at the next token, which is mostly in the next line.
            shown.message = format!("yaml: line {}: {problem}", line + 1);
        }
        shown
    }

    /// An item of a flow collection is followed by something else than a comma or its end.
    pub(super) fn between(inside: Inside, span: crate::go::tree::Span) -> YamlError {
        Self::placed(Half::Parser, trailing(inside), span.line, span.column)
    }

    /// An error of Go's scanner.
    pub(super) fn in_line(problem: &str, line: u32, column: u32) -> YamlError {
        Self::placed(Half::Scanner, problem, line, column)
    }

    fn placed(half: Half, problem: &str, line: u32, column: u32) -> YamlError {
        let shown = match half {
            _ if line <= 1 => None,
            Half::Scanner => Some(line),
            Half::Parser => Some(line - 1),
        };
        let place = shown.map_or_else(String::new, |line| format!("line {line}: "));
        let message = format!("yaml: {place}{problem}");
        YamlError { message, line: Some(line), column: Some(column) }
    }
}

/// The scanner names the start of the scalar; the tab stands at the start of a later line.
fn lines_to_tab(error: &ScanError, text: &str) -> usize {
    let rest = error.marker().byte_offset().and_then(|at| text.get(at..)).unwrap_or_default();
    let tab = |line: &str| line.trim_start_matches(' ').starts_with('\t');
    rest.split('\n').skip(1).position(tab).map_or(0, |n| n + 1)
}

/// A line or column number that fits.
pub(super) fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Source: goyaml.v2 `scannerc.go`, `parserc.go`.
fn wording(kind: &ErrorKind, inside: Inside) -> (Half, String) {
    use ErrorKind as K;
    if matches!(kind, K::InvalidTrailingDoubleQuotedScalar | K::InvalidTrailingSingleQuotedScalar) {
        return (Half::Parser, trailing(inside).to_owned());
    }
    if let Some(text) = parser_words(kind) {
        return (Half::Parser, text.to_owned());
    }
    let text = match kind {
        K::UnclosedQuotedScalar | K::UnexpectedEof => "found unexpected end of stream",
        K::UnknownQuotedScalarEscape => "found unknown escape character",
        K::InvalidQuotedScalarHexEscape => "did not find expected hexdecimal number",
        K::InvalidLowSurrogate
        | K::InvalidLowSurrogateHexEscape
        | K::InvalidUnicodeEscape
        | K::MissingLowSurrogate
        | K::UnpairedLowSurrogate => "found invalid Unicode character escape code",
        K::InvalidMappingValueWhitespace | K::MappingValueNotAllowed => {
            "mapping values are not allowed in this context"
        }
        K::MappingKeyNotAllowed => "mapping keys are not allowed in this context",
        K::BlockEntryInFlowCollection | K::BlockSequenceEntryNotAllowed => {
            "block sequence entries are not allowed in this context"
        }
        K::InvalidSimpleKey | K::SimpleKeyExpected => "could not find expected ':'",
        K::DocumentIndicatorInQuotedScalar => "found unexpected document indicator",
        K::InvalidBlockScalarHeader => "did not find expected comment or line break",
        K::MissingAnchorOrAliasName => "did not find expected alphabetic or numeric character",
        K::ZeroBlockScalarIndent => "found an indentation indicator equal to 0",
        K::TabInPlainScalar => "found a tab character that violates indentation",
        K::TabAtBlockScalarStart => "found a tab character where an indentation space is expected",
        K::MissingTagUri => "did not find expected tag URI",
        K::UnclosedVerbatimTag => "did not find the expected '>'",
        K::RecursionLimitExceeded => "exceeded max depth",
        K::PlainScalarStartsWithDashFlowIndicator
        | K::TabInBlockIndentation
        | K::TabInIndentation
        | K::TabNotAllowed
        | K::UnexpectedCharacter { .. } => "found character that cannot start any token",
        other => return (Half::Scanner, other.to_string()),
    };
    (Half::Scanner, text.to_owned())
}

fn trailing(inside: Inside) -> &'static str {
    match inside {
        Inside::Block => "did not find expected key",
        Inside::FlowList => "did not find expected ',' or ']'",
        Inside::FlowMap => "did not find expected ',' or '}'",
    }
}

fn parser_words(kind: &ErrorKind) -> Option<&'static str> {
    use ErrorKind as K;
    Some(match kind {
        K::ExpectedFlowSequenceSeparator
        | K::InvalidColonPlacement
        | K::UnclosedFlowCollection { open: '[' }
        | K::MismatchedFlowCollectionEnd { open: '[', .. }
        | K::UnexpectedEofFlowSequence => "did not find expected ',' or ']'",
        K::ExpectedFlowMappingSeparator
        | K::UnclosedFlowCollection { .. }
        | K::MismatchedFlowCollectionEnd { .. }
        | K::UnexpectedEofFlowMapping => "did not find expected ',' or '}'",
        K::ExpectedBlockMappingKey | K::UnexpectedEofBlockMapping => "did not find expected key",
        K::ExpectedBlockSequenceEntry | K::UnexpectedEofBlockSequence => {
            "did not find expected '-' indicator"
        }
        K::ExpectedNodeContent | K::MisplacedFlowCollectionEnd => {
            "did not find expected node content"
        }
        K::ExpectedDocumentStart => "did not find expected <document start>",
        K::UndeclaredTagHandle => "found undefined tag handle",
        K::UnsupportedYamlMajorVersion => "found incompatible YAML document",
        _ => return None,
    })
}
