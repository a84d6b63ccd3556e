//! What a plan becomes while its release is on its way: matrices whose values were not known, and what jobs print or
//! upload (D1 to D6).
//!
//! Everything here is a value: the caller says what has begun, keeps what is answered, and acts on it.

mod fragment;
mod matrix;

pub use fragment::{Fragment, FragmentJob, Need};
pub(crate) use matrix::{Combination, MOST_COMBINATIONS, combinations, names, specialised};
pub use matrix::{MatrixError, expand_matrix};
