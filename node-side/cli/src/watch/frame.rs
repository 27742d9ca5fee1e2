//! A picture of a run at a moment, of a size.
//!
//! Invariant: no line is longer than there are columns, and there are fewer lines than rows, so that nothing scrolls.

use super::Look;
use async_backing_devnet::{Fate, Story, ToldBlock, ToldParablock};
use std::{collections::BTreeMap, time::Duration};

/// Columns of a slot in a lane.
const PER_SLOT: usize = 4;
/// Columns before and behind a lane.
const BEFORE: usize = 16;
const BEHIND: usize = 34;
/// Parablocks of a para that are shown at most.
const MOST: usize = 8;
/// Lines of a tree that say what its signs mean, which nobody needs at each block.
const SIGNS: usize = 3;

/// Draws a run.
pub(super) fn draw(
	look: &Look,
	story: &Story,
	trees: Vec<(u32, String)>,
	now: Duration,
	(rows, columns): (usize, usize),
) -> String {
	let mut lines = head(look, story, now, columns);
	let mut left = rows.saturating_sub(lines.len() + 1);
	// Lanes take as many lines as half of what is left bears, trees the rest.
	let paras = look.paras.len().max(1);
	let each = (left * 3 / 5 / paras).saturating_sub(1).clamp(1, MOST);
	let slots = (columns.saturating_sub(BEFORE + BEHIND) / PER_SLOT).clamp(4, 24);
	for para in &look.paras {
		let lanes = lanes(look, story, *para, now, each, slots);
		if lanes.len() > left {
			break;
		}
		left -= lanes.len();
		lines.extend(lanes);
	}
	for (_, tree) in trees {
		let mut text: Vec<_> = tree.lines().map(String::from).collect();
		text.truncate(text.len().saturating_sub(SIGNS));
		if text.len() + 1 > left {
			break;
		}
		left -= text.len() + 1;
		lines.push(String::new());
		lines.extend(text);
	}
	let cut = |line: String| {
		line.chars()
			.take(columns)
			.collect::<String>()
			.trim_end()
			.to_owned()
	};
	let lines: Vec<_> = lines.into_iter().map(cut).take(rows.saturating_sub(1)).collect();
	lines.join("\n") + "\n"
}

/// The relay chain: where it is, its slots, its forks.
fn head(look: &Look, story: &Story, now: Duration, columns: usize) -> Vec<String> {
	let best = story.relay_blocks.iter().filter(|block| block.is_best);
	let newest = best.max_by_key(|block| block.number);
	let lost = story.relay_blocks.iter().filter(|block| !block.is_best).count();
	let included = story
		.parablocks
		.iter()
		.filter(|block| block.fate == Fate::Included)
		.count();
	let at = match newest {
		Some(block) => format!(
			"relay block {} of {} by validator {}, session {}",
			block.number, look.blocks, block.author, block.session
		),
		None => "no relay block yet".to_owned(),
	};
	vec![
		look.title.clone(),
		format!("{:.1} s, slot {}: {at}", now.as_secs_f64(), slot_of(look, now)),
		format!(
			"{lost} relay blocks lost to other forks; {included} of {} parablocks included",
			story.parablocks.len()
		),
		slots(look, story, now, columns),
		forks(story),
		String::new(),
	]
}

fn slot_of(look: &Look, at: Duration) -> u128 {
	at.as_nanos() / look.slot.as_nanos().max(1)
}

/// The last slots: one block, none, or several.
fn slots(look: &Look, story: &Story, now: Duration, columns: usize) -> String {
	const NAME: &str = "slots  ";
	let mut built: BTreeMap<u128, (usize, bool)> = BTreeMap::new();
	for block in &story.relay_blocks {
		let slot = built.entry(slot_of(look, block.at)).or_default();
		slot.0 += 1;
		slot.1 |= block.is_best;
	}
	let legend = "   # block, Y forks, x lost, . empty";
	let shown = columns.saturating_sub(NAME.len() + legend.len()).clamp(10, 80) as u128;
	let last = slot_of(look, now);
	let first = (last + 1).saturating_sub(shown);
	let signs = (first..=last).map(|slot| match built.get(&slot) {
		None => '.',
		Some((1, true)) => '#',
		Some((_, true)) => 'Y',
		Some((_, false)) => 'x',
	});
	format!("{NAME}{}{legend}", signs.collect::<String>())
}

/// The end of the best chain, and what was beside it.
fn forks(story: &Story) -> String {
	const SHOWN: usize = 6;
	let mut by_number: BTreeMap<u32, Vec<&ToldBlock>> = BTreeMap::new();
	for block in &story.relay_blocks {
		by_number.entry(block.number).or_default().push(block);
	}
	let newest = by_number.iter().rev().take(SHOWN);
	let mut names: Vec<_> = newest
		.map(|(number, blocks)| match blocks.len() {
			1 => number.to_string(),
			several => format!("{number} (+{})", several - 1),
		})
		.collect();
	names.reverse();
	format!("chain  {}", names.join(" - "))
}

/// A para: its last parablocks, each on its line.
fn lanes(look: &Look, story: &Story, para: u32, now: Duration, most: usize, slots: usize) -> Vec<String> {
	let of_para: Vec<_> = story
		.parablocks
		.iter()
		.filter(|block| block.para.0 == para)
		.collect();
	let count = |fate: fn(Fate) -> bool| of_para.iter().filter(|block| fate(block.fate)).count();
	let mut lines = vec![format!(
		"para {para}  {} built, {} included, {} lost",
		of_para.len(),
		count(|fate| fate == Fate::Included),
		count(Fate::is_lost)
	)];
	let from = of_para.len().saturating_sub(most);
	let lanes = of_para.iter().skip(from);
	lines.extend(lanes.map(|block| lane(look, story, block, now, slots)));
	lines
}

fn lane(look: &Look, story: &Story, block: &ToldParablock, now: Duration, slots: usize) -> String {
	let columns = slots * PER_SLOT;
	let per_column = look.slot / PER_SLOT as u32;
	let column = |at: Duration| at.as_nanos() / per_column.as_nanos().max(1);
	let last = column(now);
	let first = (last + 1).saturating_sub(columns as u128);
	let at = |position: Option<usize>| Some(story.relay_blocks.get(position?)?.at);
	let (backed, ended) = (
		at(block.backed),
		at(block.included).or(at(block.timed_out)).or(block.lost),
	);
	let sign = |column_of: u128| {
		let is = |moment: Option<Duration>| moment.map(column);
		let (backed, ended) = (is(backed), is(ended));
		match () {
			() if column_of < column(block.built) => ' ',
			() if ended == Some(column_of) => match block.fate.is_lost() {
				true => 'x',
				false => '|',
			},
			() if ended.is_some_and(|ended| column_of > ended) => ' ',
			() if backed.is_some_and(|backed| column_of >= backed) => '=',
			() => '-',
		}
	};
	let signs: String = (first..=last).map(sign).collect();
	let height = block
		.height
		.map_or_else(|| "?".to_owned(), |height| height.to_string());
	let parent = block
		.relay_parent_number
		.map_or_else(|| "?".to_owned(), |number| number.to_string());
	let before = format!("{height:>5} on {parent:<5}");
	format!("{before:<BEFORE$}{signs:<columns$}  {}", stands(story, block))
}

/// How far a parablock is.
fn stands(story: &Story, block: &ToldParablock) -> String {
	let number = |position: Option<usize>| Some(story.relay_blocks.get(position?)?.number);
	match block.fate {
		Fate::Included => match number(block.included) {
			Some(number) => format!("included in {number}"),
			None => "included".to_owned(),
		},
		Fate::InFlight => match (number(block.backed), block.backable, block.seconded) {
			(Some(number), ..) => format!("backed in {number}"),
			(_, Some(_), _) => "backable".to_owned(),
			(.., Some(_)) => "seconded".to_owned(),
			_ => "built".to_owned(),
		},
		fate => fate.name().to_owned(),
	}
}
