//! A test kit: any core among strangers, under the seven laws (feature `laws`).
//!
//! Whoever writes a core writes its [`World`] as well: what may be said around it, and what it promises. Then [`run`] is
//! the worst driver that still keeps its promises, and says which law is [`Broken`].
//!
//! The convention: a core's crate has a feature `laws` of its own and, behind it, a public module `laws` with the world of
//! its core, so that tests and fuzz targets try the same.

mod calm;
mod carry;
mod choices;
mod driver;
pub mod example;
mod open;
mod run;
mod storm;
mod trace;
mod verdict;
mod watch;
mod world;

pub use choices::Choices;
pub use open::{Open, OpenJob, OpenRequest};
pub use run::{run, run_seeds, Allocations, Measure, Plan, THOROUGH};
pub use verdict::{Breach, Broken, Law, Promise, Report};
pub use world::{Act, Intent, Penalty, Reply, Stimulus, WordsOf, World};

/// Bytes that may be hashed, coded, verified or copied while one input is handled (law 1): about 60 microseconds.
pub const LIGHT: usize = 64 * 1024;
