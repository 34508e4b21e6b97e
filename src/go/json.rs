//! JSON as Go's encoding/json reads it.
//!
//! Three readers stand on one scanner: [`Raw`] looks into a valid document without copying it (what
//! Go calls a raw message), `decode` turns raw values into Go's types with Go's refusals, and
//! [`read`] builds a tree with the place of every value.

mod decode;
mod place;
mod raw;
mod scan;
mod text;
mod walk;

pub use decode::{
    Kind, TypeMismatch, boolean, fold_equal, go_type, list, number, object, string, strings,
};
pub use place::{ReadError, read};
pub use raw::{Items, Members, Raw};
pub use scan::{DEPTH_LIMIT, SyntaxError, check, check_within};
pub use text::{number_float, number_int, valid_number};
pub use walk::strict_refusal;
