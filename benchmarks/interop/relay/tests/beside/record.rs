//! Histories written down, so that they can be told to others: to an implementation in another language, and to ours without the
//! published pallets (`vectors/inherent`).

use crate::{
	answers::Told,
	form::{Block, Call, Genesis, History, Instead, Para, Session, Trial, Validator},
	ours,
};
use async_backing_primitives::{CandidateEvent, Hash, Header, ParachainsInherentData};
use codec::{DecodeAll, Encode};
use sp_core::Bytes;
use sp_runtime::AccountId32;
use std::{
	collections::{BTreeMap, BTreeSet},
	io,
	path::Path,
};

/// Bytes that the blocks of a file have at most: a history ends before the block that would be too much.
const ROOM: usize = 280_000;

/// Most files.
const FILES: usize = 5;

type Named<'a> = &'a [(AccountId32, [u8; 32])];

/// Writes a history down while it happens.
pub(crate) struct Recorder {
	pub(crate) history: History,
	told: BTreeMap<String, Bytes>,
	instead: BTreeMap<String, Instead>,
}

fn named(validators: Named<'_>) -> Vec<Validator> {
	let named = validators.iter().map(|(account, key)| Validator {
		account: Bytes(account.encode()),
		key: Bytes(key.to_vec()),
	});
	named.collect()
}

impl Recorder {
	pub(crate) fn new(
		kind: ours::Kind,
		configuration: Vec<u8>,
		paras: &[(u32, Vec<u8>, Vec<u8>)],
		validators: Named<'_>,
		seed: Hash,
	) -> Self {
		let paras = paras.iter().map(|(id, head, code)| Para {
			id: *id,
			head: Bytes(head.clone()),
			code: Bytes(code.clone()),
		});
		let genesis = Genesis {
			configuration: Bytes(configuration),
			ours: Bytes(ours::configuration(kind.is_narrow).encode()),
			paras: paras.collect(),
			cores: kind.cores().map(|para| para.map(|para| para.0)).to_vec(),
			validators: named(validators),
			seed: Bytes(seed.encode()),
		};
		let about = "Inherents through the pallets of polkadot-runtime-parachains 30, and what they made of them. Written by `make \
			beside-published`; README.md explains the form.";
		Self {
			history: History {
				about: about.to_owned(),
				genesis,
				blocks: Vec::new(),
			},
			told: BTreeMap::new(),
			instead: BTreeMap::new(),
		}
	}

	pub(crate) fn begin(&mut self, parent: &Header, slot: u64, starts: Option<(u32, Named<'_>)>) {
		self.history.blocks.push(Block {
			number: parent.number + 1,
			slot,
			parent: Bytes(parent.encode()),
			session: starts.map(|(index, validators)| Session {
				index,
				validators: named(validators),
			}),
			before: Vec::new(),
			trials: Vec::new(),
			inherent: Bytes(Vec::new()),
			after: Vec::new(),
			seed: Bytes(Vec::new()),
			told: BTreeMap::new(),
			ours: BTreeMap::new(),
		});
	}

	fn now(&mut self) -> &mut Block {
		self.history.blocks.last_mut().expect("a block began")
	}

	/// Before the inherent, or behind it.
	pub(crate) fn call(&mut self, call: Call) {
		let block = self.now();
		match block.inherent.is_empty() {
			true => block.before.push(call),
			false => block.after.push(call),
		}
	}

	pub(crate) fn trial(&mut self, trial: Trial) {
		self.now().trials.push(trial);
	}

	pub(crate) fn enter(&mut self, data: &ParachainsInherentData) {
		self.now().inherent = Bytes(data.encode());
	}

	/// What is other than a block ago.
	pub(crate) fn end(&mut self, seed: Hash, all: Vec<Told>) {
		let (mut news, mut changes) = (BTreeMap::new(), BTreeMap::new());
		for Told {
			question,
			ours,
			theirs,
			rows,
		} in all
		{
			let instead = (ours != theirs).then(|| {
				let rules: BTreeSet<_> = rows.iter().map(|row| row.words().2).collect();
				Instead {
					value: Bytes(ours),
					rules: rules.into_iter().collect::<Vec<_>>().join("; "),
				}
			});
			if self.instead.get(&question) != instead.as_ref() {
				changes.insert(question.clone(), instead.clone());
				match instead {
					Some(instead) => self.instead.insert(question.clone(), instead),
					None => self.instead.remove(&question),
				};
			}
			let theirs = Bytes(theirs);
			if self.told.get(&question) != Some(&theirs) {
				news.insert(question.clone(), theirs.clone());
				self.told.insert(question, theirs);
			}
		}
		let block = self.now();
		(block.seed, block.told, block.ours) = (Bytes(seed.encode()), news, changes);
	}
}

/// A history as a file, and what it shows.
struct Book {
	number: u64,
	json: String,
	shows: BTreeSet<String>,
}

/// Histories of which some are worth their files.
#[derive(Default)]
pub(crate) struct Shelf(Vec<Book>);

impl Shelf {
	/// Takes the beginning of a history.
	pub(crate) fn offer(&mut self, number: u64, mut history: History) {
		let mut bytes = 0;
		let fits = |block: &Block| {
			bytes += serde_json::to_string(block).map_or(ROOM, |block| block.len());
			bytes <= ROOM
		};
		let blocks = history.blocks.iter().take_while({
			let mut fits = fits;
			move |block| fits(block)
		});
		let blocks = blocks.count();
		history.blocks.truncate(blocks);
		self.0.push(Book {
			number,
			json: history.to_json().expect("it serialises"),
			shows: history.blocks.iter().flat_map(shown).collect(),
		});
	}

	/// The few that show most: each time the one with most that none of them has.
	fn choose(&self) -> Vec<&Book> {
		let (mut chosen, mut shown) = (Vec::new(), BTreeSet::new());
		while chosen.len() < FILES {
			let news = |book: &Book| book.shows.difference(&shown).count();
			// The first of equals.
			let best = self.0.iter().rev().max_by_key(|book| news(book));
			let Some(best) = best.filter(|book| news(book) > 0) else {
				break;
			};
			shown.extend(best.shows.iter().cloned());
			chosen.push(best);
		}
		chosen
	}

	/// In place of what is there.
	pub(crate) fn write_to(&self, folder: &Path) -> io::Result<()> {
		std::fs::create_dir_all(folder)?;
		for entry in std::fs::read_dir(folder)? {
			let path = entry?.path();
			if path.extension().is_some_and(|extension| extension == "json") {
				std::fs::remove_file(path)?;
			}
		}
		for book in self.choose() {
			std::fs::write(
				folder.join(format!("history_{:03}.json", book.number)),
				&book.json,
			)?;
		}
		Ok(())
	}
}

/// Verdicts with what they are about, rules, calls, and what became of candidates.
fn shown(block: &Block) -> Vec<String> {
	let verdicts = block.trials.iter().map(|trial| match &trial.rules {
		Some(rules) => format!("{rules}: {} {}", trial.ours, trial.published),
		None => trial.ours.clone(),
	});
	let instead = block.ours.values().flatten();
	let rules = instead.flat_map(|instead| instead.rules.split("; "));
	let calls = block.before.iter().chain(&block.after).map(kind);
	let events = block.told.get("candidate_events");
	let events = events.and_then(|events| Vec::<CandidateEvent>::decode_all(&mut &events.0[..]).ok());
	let timed_out = events.is_some_and(|events| {
		events
			.iter()
			.any(|event| matches!(event, CandidateEvent::CandidateTimedOut(..)))
	});
	verdicts
		.chain(rules.map(str::to_owned))
		.chain(calls)
		.chain(timed_out.then(|| "timed out".to_owned()))
		.collect()
}

/// The name of a call.
fn kind(call: &Call) -> String {
	let json = serde_json::to_value(call).expect("it serialises");
	json["call"].to_string()
}
