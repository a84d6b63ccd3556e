//! What a plan becomes while its release is on its way: matrices whose values were not known, and what jobs print or
//! upload (D1 to D6).
//!
//! Everything here is a value: the caller says what has begun, keeps what is answered, and acts on it.

mod compile;
mod difference;
mod fragment;
mod graft;
mod index;
mod matrix;
mod splice;

pub use compile::{Joining, compile_fragment};
pub use difference::difference;
pub use fragment::{Fragment, FragmentJob, Need};
pub use index::{Index, Surroundings};
pub(crate) use matrix::{Combination, MOST_COMBINATIONS, combinations, names, specialised};
pub use matrix::{MatrixError, expand_matrix};
pub use splice::{MAX_ADDED, MAX_DEPTH, Origin, SpliceError, Spliced, splice};
