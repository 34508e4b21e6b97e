//! Static types of expressions and when one may stand for another.

use std::fmt;

/// A type as the server's checker knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Type {
    /// What a claim is: no comprehension may range over it.
    Any,
    Bool,
    Bytes,
    Double,
    Duration,
    /// Anything.
    Dyn,
    /// What could not be typed; it offends nobody further.
    Error,
    Int,
    List(Box<Type>),
    Map(Box<Type>, Box<Type>),
    Null,
    Optional(Box<Type>),
    /// A parameter of a function's signature.
    Param(usize),
    String,
    Timestamp,
    /// The type of a type.
    Kind(Box<Type>),
    Uint,
    /// The object behind `user`.
    User,
    /// A type that is yet to be found.
    Var(usize),
}

impl Type {
    pub(super) fn list(of: Type) -> Type {
        Type::List(Box::new(of))
    }

    pub(super) fn map(key: Type, value: Type) -> Type {
        Type::Map(Box::new(key), Box::new(value))
    }

    pub(super) fn optional(of: Type) -> Type {
        Type::Optional(Box::new(of))
    }

    /// One more than the highest parameter inside.
    pub(super) fn parameters(&self) -> usize {
        match self {
            Type::Param(at) => at + 1,
            Type::List(of) | Type::Optional(of) | Type::Kind(of) => of.parameters(),
            Type::Map(key, value) => key.parameters().max(value.parameters()),
            _ => 0,
        }
    }

    pub(super) fn is_dyn(&self) -> bool {
        matches!(self, Type::Any | Type::Dyn)
    }

    fn is_dyn_or_error(&self) -> bool {
        self.is_dyn() || *self == Type::Error
    }

    /// Source: google/cel-go, checker/types.go, `isEqualOrLessSpecific`.
    pub(super) fn is_equal_or_less_specific(&self, other: &Type) -> bool {
        if self.is_dyn() || matches!(self, Type::Var(_)) {
            return true;
        }
        if other.is_dyn() || matches!(other, Type::Var(_)) {
            return false;
        }
        match (self, other) {
            (Type::List(a), Type::List(b)) | (Type::Optional(a), Type::Optional(b)) => {
                a.is_equal_or_less_specific(b)
            }
            (Type::Map(a, b), Type::Map(c, d)) => {
                a.is_equal_or_less_specific(c) && b.is_equal_or_less_specific(d)
            }
            (Type::Kind(_), Type::Kind(_)) => true,
            _ => self == other,
        }
    }

    fn takes_null(&self) -> bool {
        matches!(
            self,
            Type::Null
                | Type::Optional(_)
                | Type::User
                | Type::Timestamp
                | Type::Duration
                | Type::Any
                | Type::Dyn
        )
    }
}

/// As in the server's messages. Source: google/cel-go, checker/format.go, `FormatCELType`.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Any => f.write_str("any"),
            Type::Bool => f.write_str("bool"),
            Type::Bytes => f.write_str("bytes"),
            Type::Double => f.write_str("double"),
            Type::Duration => f.write_str("duration"),
            Type::Dyn | Type::Param(_) => f.write_str("dyn"),
            Type::Var(var) => write!(f, "_var{var}"),
            Type::Error => f.write_str("!error!"),
            Type::Int => f.write_str("int"),
            Type::List(of) => write!(f, "list({of})"),
            Type::Map(key, value) => write!(f, "map({key}, {value})"),
            Type::Null => f.write_str("null"),
            Type::Optional(of) => write!(f, "optional_type({of})"),
            Type::String => f.write_str("string"),
            Type::Timestamp => f.write_str("timestamp"),
            Type::Kind(of) => write!(f, "type({of})"),
            Type::Uint => f.write_str("uint"),
            Type::User => f.write_str("kubernetes.UserInfo"),
        }
    }
}

/// What was found out about types that are yet to be found.
#[derive(Clone, Debug, Default)]
pub(super) struct Findings {
    found: Vec<Option<Type>>,
}

impl Findings {
    /// A new type that is yet to be found.
    pub(super) fn fresh(&mut self) -> Type {
        self.found.push(None);
        Type::Var(self.found.len() - 1)
    }

    fn get(&self, var: usize) -> Option<&Type> {
        self.found.get(var).and_then(Option::as_ref)
    }

    /// The type with everything filled in that is known.
    pub(super) fn fill(&self, of: &Type) -> Type {
        match of {
            Type::Var(var) => match self.get(*var) {
                Some(found) => self.fill(found),
                None => of.clone(),
            },
            Type::List(of) => Type::list(self.fill(of)),
            Type::Optional(of) => Type::optional(self.fill(of)),
            Type::Map(key, value) => Type::map(self.fill(key), self.fill(value)),
            Type::Kind(of) => Type::Kind(Box::new(self.fill(of))),
            other => other.clone(),
        }
    }

    /// The type with everything filled in, what is unknown being dyn.
    pub(super) fn fill_dyn(&self, of: &Type) -> Type {
        fn settle(of: Type) -> Type {
            match of {
                Type::Var(_) => Type::Dyn,
                Type::List(of) => Type::list(settle(*of)),
                Type::Optional(of) => Type::optional(settle(*of)),
                Type::Map(key, value) => Type::map(settle(*key), settle(*value)),
                Type::Kind(of) => Type::Kind(Box::new(settle(*of))),
                other => other,
            }
        }
        settle(self.fill(of))
    }

    /// Whether every one of the first types may stand for its partner; what is found out on the way
    /// is kept only then.
    pub(super) fn assign_all(&mut self, from: &[Type], to: &[Type]) -> bool {
        let mut trial = self.clone();
        let fits = from.len() == to.len() && from.iter().zip(to).all(|(a, b)| trial.assign(a, b));
        if fits {
            *self = trial;
        }
        fits
    }

    /// Source: google/cel-go, checker/types.go, `internalIsAssignable`.
    fn assign(&mut self, from: &Type, to: &Type) -> bool {
        if let Type::Var(var) = to {
            let known = self.get(*var).is_some();
            if self.substitute(from, *var) {
                return true;
            }
            if known {
                return false;
            }
        }
        if let Type::Var(var) = from {
            return self.substitute(to, *var);
        }
        if from.is_dyn_or_error() || to.is_dyn_or_error() {
            return true;
        }
        match (from, to) {
            (Type::Null, other) | (other, Type::Null) => other.takes_null(),
            (Type::List(a), Type::List(b)) | (Type::Optional(a), Type::Optional(b)) => {
                self.assign(a, b)
            }
            (Type::Map(a, b), Type::Map(c, d)) => self.assign(a, c) && self.assign(b, d),
            (Type::Kind(_), Type::Kind(_)) => true,
            _ => from == to,
        }
    }

    /// Source: as above, `isValidTypeSubstitution`.
    fn substitute(&mut self, candidate: &Type, var: usize) -> bool {
        if *candidate == Type::Var(var) {
            return true;
        }
        if let Some(found) = self.get(var).cloned() {
            if *candidate == found {
                return true;
            }
            if !self.assign(candidate, &found) {
                return false;
            }
            let general =
                if candidate.is_equal_or_less_specific(&found) { candidate.clone() } else { found };
            if !self.mentions(&general, var) {
                self.found[var] = Some(general);
            }
            return true;
        }
        if self.mentions(candidate, var) {
            return false;
        }
        self.found[var] = Some(candidate.clone());
        true
    }

    fn mentions(&self, of: &Type, var: usize) -> bool {
        match of {
            Type::Var(other) if *other == var => true,
            Type::Var(other) => match self.get(*other) {
                Some(found) => self.mentions(&found.clone(), var),
                None => false,
            },
            Type::List(of) | Type::Optional(of) | Type::Kind(of) => self.mentions(of, var),
            Type::Map(key, value) => self.mentions(key, var) || self.mentions(value, var),
            _ => false,
        }
    }
}
