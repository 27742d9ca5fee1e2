//! Statement distribution among strangers, for the kit that tries the seven laws (feature `laws`).

mod scene;
mod whole;

pub use scene::Scene;
pub use whole::{Happening, Who, Whole, WholeWords};
