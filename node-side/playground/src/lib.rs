#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod acts;
mod chain;
mod contexts;
#[cfg(all(target_arch = "wasm32", not(feature = "std")))]
mod entry;
mod moves;
#[cfg(feature = "std")]
pub mod page;
mod presets;
#[cfg(feature = "std")]
pub mod random;
mod show;
#[cfg(test)]
mod tests;
mod world;

pub use contexts::{Contexts, Field, Hook, Role};
pub use moves::{Game, Look, Move, Plan};
pub use presets::{presets, Preset, Step};
pub use show::{BlockShown, CandidateShown, NextShown, NodeShown, Shown, TreeShown};
pub use world::{Said, World};

use alloc::string::{String, ToString};

/// What there is to see of a game, both as JSON: a [`Game`] in, a [`Shown`] out, or an object with the one field `error`.
///
/// The whole interface of the page to the rules. A pure function: the same text gives the same text, wherever it runs.
pub fn play(game: &str) -> String {
	let shown = serde_json::from_str::<Game>(game)
		.and_then(|game| serde_json::to_string(&World::after(&game.moves).show(&game.look)));
	shown.unwrap_or_else(|error| {
		let mut told = serde_json::Map::new();
		told.insert("error".into(), error.to_string().into());
		serde_json::Value::Object(told).to_string()
	})
}

/// The [presets] as JSON.
pub fn presets_json() -> String {
	// A list of texts and numbers has no reason to fail.
	serde_json::to_string(&presets()).unwrap_or_default()
}
