//! The rules of docs/model.md, each by its number. `plan` builds plans, `world` plays runners, people,
//! monitors and time around one pipeline, and after every input compares it with one that was loaded
//! from the rows that were saved (IE10).

mod plan;
mod world;

mod path;
