//! The tour of the product, and its acceptance test.

mod keeper;
mod sample;
mod visitors;
