//! The rules of docs/model.md, each by its number. `plan` builds plans, `world` plays runners, people,
//! monitors and time around one pipeline, and after every input compares it with one that was loaded
//! from the rows that were saved (IE10).

mod plan;
mod world;

mod aggregates;
mod attempts;
mod bakes;
mod break_glass;
mod gates;
mod growing;
mod guards;
mod histories;
mod lanes;
mod path;
mod random;
mod releases;
mod restart;
mod restored;
mod retries;
mod rollbacks;
mod rollbacks_by_hand;
mod size;
mod two_phases;
mod unknown;
mod unreachable;
mod view;
mod waves;
