//! Backing among strangers, for the kit that tries the seven laws (feature `laws`).

mod actors;
mod judge;
mod scene;
mod whole;

pub use scene::Scene;
pub use whole::{Happening, Said, Stated, Who, Whole, WholeWords};
