//! Backing among strangers, for the kit that tries the seven laws (feature `laws`).

mod actors;
mod scene;
mod whole;

pub use scene::Scene;
pub use whole::{Block, Said, Who, Whole, WholeWords};
