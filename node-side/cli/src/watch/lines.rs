//! A run as lines, one for each relay block, for whoever has no terminal.

use super::Look;
use async_backing_devnet::{Story, ToldParablock};

/// Lines of the relay blocks that were built since so many.
pub(super) fn since(look: &Look, story: &Story, told: &mut usize) -> String {
	let mut text = String::new();
	for (position, block) in story.relay_blocks.iter().enumerate().skip(*told) {
		let of = |what: fn(&ToldParablock) -> Option<usize>| {
			let blocks = story
				.parablocks
				.iter()
				.filter(|parablock| what(parablock) == Some(position));
			let names = blocks.map(|parablock| match parablock.height {
				Some(height) => format!("{}#{height}", parablock.para.0),
				None => format!("{}#?", parablock.para.0),
			});
			names.collect::<Vec<_>>().join(" ")
		};
		let parts = [
			("backs", of(|block| block.backed)),
			("includes", of(|block| block.included)),
			("drops", of(|block| block.timed_out)),
		];
		let parts = parts.iter().filter(|(_, names)| !names.is_empty());
		let parts: Vec<_> = parts.map(|(what, names)| format!("{what} {names}")).collect();
		let does = match parts.is_empty() {
			true => "nothing of parachains".to_owned(),
			false => parts.join("; "),
		};
		text += &format!(
			"slot {}: relay block {} by validator {}: {does}\n",
			block.at.as_nanos() / look.slot.as_nanos().max(1),
			block.number,
			block.author
		);
	}
	*told = story.relay_blocks.len();
	text
}
