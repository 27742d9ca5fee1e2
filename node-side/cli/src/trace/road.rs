//! One parablock's road, laid out: who is there, what is said, and when.
//!
//! Invariant: each passage of the road is in it once, as something said or as something that a node did.

use crate::args::Until;
use async_backing_devnet::{Devnet, Passing, Story, ToldParablock};
use async_backing_fragment_tree::drawing::short;
use std::{
	collections::{BTreeMap, BTreeSet},
	time::Duration,
};

/// What a message is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Concern {
	/// From the collator to the group.
	Collation,
	/// Statements.
	Statement,
	/// Manifests, acknowledgements and what is asked about them.
	Grid,
	/// Chunks and data.
	Data,
}

impl Concern {
	pub(super) const ALL: [Self; 4] = [Self::Collation, Self::Statement, Self::Grid, Self::Data];

	fn of(kind: &str) -> Self {
		match kind {
			"statement" => Self::Statement,
			"manifest" | "acknowledgement" => Self::Grid,
			kind if kind.starts_with("attested") => Self::Grid,
			kind if ["chunk", "pov", "available"]
				.iter()
				.any(|data| kind.starts_with(data)) =>
			{
				Self::Data
			}
			_ => Self::Collation,
		}
	}

	/// Its class in the picture.
	pub(super) const fn key(self) -> &'static str {
		match self {
			Self::Collation => "collation",
			Self::Statement => "statement",
			Self::Grid => "grid",
			Self::Data => "data",
		}
	}

	/// For the legend.
	pub(super) const fn name(self) -> &'static str {
		match self {
			Self::Collation => "collation",
			Self::Statement => "statements",
			Self::Grid => "manifests, attested candidates",
			Self::Data => "chunks, data",
		}
	}
}

/// Something that a node said to others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
	pub(super) kind: &'static str,
	pub(super) concern: Concern,
	pub(super) bytes: usize,
	pub(super) from: usize,
	/// When it was sent.
	pub(super) began: Duration,
	/// Who heard it, and when.
	pub(super) heard: Vec<(usize, Duration)>,
}

/// Something that a node did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Did {
	pub(super) node: usize,
	pub(super) began: Duration,
	pub(super) at: Duration,
	pub(super) what: Passing,
}

/// A relay block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
	pub(super) number: u32,
	pub(super) at: Duration,
	/// What it does with the parablock.
	pub(super) does: &'static str,
}

/// A parablock's road. Times are since its relay parent was built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Road {
	pub(super) title: String,
	pub(super) subtitle: String,
	/// Validators of the run: nodes from there on are collators.
	pub(super) validators: usize,
	/// Collators, the group, everybody else: the rows of a drawing.
	pub(super) parts: [(&'static str, Vec<usize>); 3],
	pub(super) said: Vec<Said>,
	pub(super) did: Vec<Did>,
	pub(super) marks: Vec<Mark>,
	/// Where it begins and ends.
	pub(super) span: (Duration, Duration),
}

impl Road {
	/// A node's name.
	pub(super) fn name(&self, node: usize) -> String {
		match node.checked_sub(self.validators) {
			Some(collator) => format!("collator {collator}"),
			None => format!("validator {node}"),
		}
	}
}

/// Lays a road out.
///
/// # Errors
/// It never got so far.
pub(super) fn of(
	block: &ToldParablock,
	story: &Story,
	devnet: &Devnet,
	validators: usize,
	until: Until,
) -> Result<Road, &'static str> {
	let passages = devnet.road(block.candidate);
	let relay_parent = story
		.relay_blocks
		.iter()
		.find(|told| told.hash == block.relay_parent);
	let began = relay_parent.map_or(block.built, |told| told.at);
	let since = |at: Duration| at.saturating_sub(began);
	let position = |position: Option<usize>| Some(story.relay_blocks.get(position?)?.at);
	let backable = passages
		.iter()
		.filter(|passage| passage.what == Passing::Backable)
		.map(|passage| passage.at)
		.max();
	let end = match until {
		Until::Quorum => backable.ok_or("no validator ever knew a quorum for the parablock")?,
		Until::Backed => position(block.backed).ok_or("no relay block ever backed the parablock")?,
		Until::Included => position(block.included)
			.or(position(block.timed_out))
			.or(passages.last().map(|passage| passage.at))
			.ok_or("nothing was ever said of the parablock")?,
	};
	let within = || passages.iter().filter(|passage| passage.at <= end);
	let mut said: Vec<Said> = Vec::new();
	let mut by_origin: BTreeMap<(&str, usize, Duration), usize> = BTreeMap::new();
	let mut did = Vec::new();
	for passage in within() {
		let Passing::Heard { kind, from, bytes } = passage.what else {
			did.push(Did {
				node: passage.node,
				began: since(passage.began),
				at: since(passage.at),
				what: passage.what,
			});
			continue;
		};
		let origin = (kind, from, passage.began);
		let position = *by_origin.entry(origin).or_insert_with(|| {
			said.push(Said {
				kind,
				concern: Concern::of(kind),
				bytes,
				from,
				began: since(passage.began),
				heard: Vec::new(),
			});
			said.len() - 1
		});
		if let Some(said) = said.get_mut(position) {
			said.heard.push((passage.node, since(passage.at)));
		}
	}
	said.sort_by_key(|said| (said.began, said.from));
	let parts = parts(&said, &did, validators);
	let does = |at: usize| {
		let is = |of: Option<usize>| of == Some(at);
		match () {
			() if is(block.backed) => "backs it",
			() if is(block.included) => "includes it",
			() if is(block.timed_out) => "drops it",
			() => "",
		}
	};
	let marks = story
		.relay_blocks
		.iter()
		.enumerate()
		.filter(|(_, told)| told.is_best && told.at >= began && told.at <= end)
		.map(|(position, told)| Mark {
			number: told.number,
			at: since(told.at),
			does: does(position),
		});
	let height = block
		.height
		.map_or_else(String::new, |height| format!(" {height}"));
	let number = block
		.relay_parent_number
		.map_or_else(|| "?".to_owned(), |number| number.to_string());
	Ok(Road {
		title: format!("Para {}, parablock{height} on relay block {number}", block.para.0),
		subtitle: format!(
			"candidate {}, {} extrinsics, proof of validity of {} bytes; times since relay block {number} was built",
			short(&format!("{:?}", block.candidate.0)),
			block.extrinsics,
			block.pov_bytes
		),
		validators,
		parts,
		marks: marks.collect(),
		span: (
			said.iter()
				.map(|said| said.began)
				.chain(did.iter().map(|did| did.began))
				.min()
				.unwrap_or_default(),
			since(end),
		),
		said,
		did,
	})
}

/// Who is there: collators, those whom a collator tells and who vote, everybody else.
fn parts(said: &[Said], did: &[Did], validators: usize) -> [(&'static str, Vec<usize>); 3] {
	let hears = said
		.iter()
		.flat_map(|said| said.heard.iter().map(|(node, _)| *node));
	let all: BTreeSet<usize> = hears
		.chain(said.iter().map(|said| said.from))
		.chain(did.iter().map(|did| did.node))
		.chain(0..validators)
		.collect();
	let told = said.iter().filter(|said| said.kind == "advertise");
	let told = told.flat_map(|said| said.heard.iter().map(|(node, _)| *node));
	let voted = did
		.iter()
		.filter(|did| matches!(did.what, Passing::Seconded | Passing::Confirmed))
		.map(|did| did.node);
	let group: BTreeSet<usize> = told.chain(voted).filter(|node| *node < validators).collect();
	let others = all
		.iter()
		.filter(|node| **node < validators && !group.contains(node));
	[
		("", all.range(validators..).copied().collect()),
		("the group", group.iter().copied().collect()),
		("everybody else", others.copied().collect()),
	]
}
