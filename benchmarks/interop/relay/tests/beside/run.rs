//! One history through both chains.

use crate::{
	answers, calls,
	chain::{self, begin_block, end_block, enter, info, FIRST_SLOT},
	form,
	node::{AtLeaf, Made, Node},
	ours,
	plan::{BlockPlan, PARAS},
	record::Recorder,
	rows::{Row, Verdicts},
	scheduling, wrong,
};
use async_backing_interop_relay::chain as theirs;
use async_backing_primitives::{
	hash_of, ClaimQueue, CoreIndex, CoreState, Header, ParachainsInherentData, ValidatorIndex,
};
use codec::{DecodeAll, Encode};
use sp_core::Bytes;
use sp_io::TestExternalities;
use std::collections::{BTreeMap, BTreeSet};

mod calling;

/// A difference where it was met.
#[derive(Clone, Debug)]
pub(crate) struct Case {
	pub(crate) history: u64,
	pub(crate) block: u32,
	pub(crate) what: String,
	pub(crate) ours: String,
	pub(crate) theirs: String,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
	pub(crate) histories: u64,
	pub(crate) blocks: u64,
	pub(crate) sessions: u64,
	pub(crate) both_accept: u64,
	pub(crate) both_refuse: u64,
	/// Candidates and additions to a block that were judged, and answers that were compared.
	pub(crate) verdicts: u64,
	pub(crate) answers: u64,
	pub(crate) included: u64,
	pub(crate) timed_out: u64,
	/// Those of which ours told nodes when that would be.
	pub(crate) dropped_when_told: u64,
	/// Messages that enacted candidates sent, or consumed.
	pub(crate) upward: u64,
	pub(crate) downward: u64,
	pub(crate) horizontal: u64,
	pub(crate) upgrades: u64,
	pub(crate) calls: u64,
	/// Why ours refused what both refuse.
	pub(crate) reasons: BTreeMap<&'static str, u64>,
	/// How often each row was met, and where first.
	pub(crate) rows: BTreeMap<Row, (u64, Case)>,
	/// No row says why. Few are kept.
	pub(crate) unexplained: Vec<Case>,
	pub(crate) unexplained_count: u64,
}

/// Cases without a row that are kept to be shown.
const SHOWN: usize = 30;

impl Found {
	fn differs(&mut self, row: Option<Row>, case: Case) {
		match row {
			Some(row) => self.rows.entry(row).or_insert((0, case)).0 += 1,
			None => {
				self.unexplained_count += 1;
				// One of a kind, which stands behind the para and before what it is like.
				let kind = |case: &Case| {
					let words = case.what.rsplit(": ").next().unwrap_or_default();
					(words.to_owned(), case.what.starts_with("a candidate"))
				};
				let is_new = !self.unexplained.iter().any(|known| kind(known) == kind(&case));
				if is_new && self.unexplained.len() < SHOWN {
					self.unexplained.push(case);
				}
			}
		}
	}
}

/// Both chains.
struct Both {
	ours: TestExternalities,
	theirs: TestExternalities,
	session: u32,
	recorder: Recorder,
	/// Cores that serve orders, or did.
	pool: BTreeSet<CoreIndex>,
	/// Claim queues as theirs took them, by the number of the relay parent.
	taken: BTreeMap<u32, ClaimQueue>,
	/// Cores are for other paras on one side than on the other, so that states are no longer comparable.
	is_apart: bool,
}

/// Runs a history through both, and returns it as it is written down.
pub(crate) fn run(kind: ours::Kind, blocks: &[BlockPlan], found: &mut Found) -> form::History {
	let mut ours = ours::genesis(kind);
	let (mut parent, validators, seed) = ours.execute_with(|| {
		let seed = ours::seed(0);
		theirs::set_seed(seed);
		theirs::set_disabled(ours::disabled());
		(chain::genesis_header(), ours::validators(), seed)
	});
	let paras: Vec<_> = PARAS
		.iter()
		.map(|para| (para.0, chain::genesis_head(*para).0, chain::code(1).0))
		.collect();
	let configuration = calls::configuration(&ours::configuration(kind.is_narrow));
	let more_cores: Vec<_> = kind.cores()[PARAS.len()..]
		.iter()
		.map(|para| para.map(|para| para.0))
		.collect();
	let mut both = Both {
		ours,
		theirs: theirs::genesis(&configuration, &paras, &more_cores, &validators),
		session: 0,
		recorder: Recorder::new(kind, configuration, &paras, &validators, seed),
		pool: (0..)
			.zip(kind.cores())
			.filter_map(|(core, para)| para.is_none().then_some(CoreIndex(core)))
			.collect(),
		taken: BTreeMap::new(),
		is_apart: false,
	};
	let first = BlockPlan {
		before: calls::prelude(),
		candidates: Vec::new(),
		attesting: 0,
		after: Vec::new(),
		skipped_slots: 0,
	};
	let mut node = Node::default();
	let mut slot = FIRST_SLOT;
	let mut blocks = blocks.to_vec();
	if kind.has_pool {
		calls::order(&mut blocks);
	}
	for (number, plan) in core::iter::once(&first).chain(&blocks).enumerate() {
		parent = both.block(&mut node, &parent, slot, plan, number, found);
		slot += 1 + plan.skipped_slots;
		if both.is_apart {
			// The block that says another thing is none that others could follow.
			both.recorder.history.blocks.pop();
			break;
		}
	}
	both.recorder.history
}

impl Both {
	fn block(
		&mut self,
		node: &mut Node,
		parent: &Header,
		slot: u64,
		plan: &BlockPlan,
		number: usize,
		found: &mut Found,
	) -> Header {
		let history = found.histories;
		let case = |what: String, ours: String, theirs: String| Case {
			history,
			block: parent.number + 1,
			what,
			ours,
			theirs,
		};
		let (leaf, made, offered, bitfields) = self.ours.execute_with(|| {
			let leaf = node.learn(info(parent), slot.saturating_sub(1));
			// Every other one of the first para is for its second core, so that several wait at a time.
			let mut plans = plan.candidates.clone();
			for (position, plan) in plans.iter_mut().enumerate() {
				if plan.para == 0 && (number + position) % 2 == 1 {
					plan.core = 1;
				}
			}
			let mut made = leaf.make(&plans, number as u32);
			let bitfields = leaf.bitfields(plan.attesting);
			let all: Vec<_> = made.iter().collect();
			let proposal = leaf.propose(slot, &all, bitfields.clone());
			let offered: Vec<_> = proposal
				.backed_candidates
				.iter()
				.filter_map(|offered| made.iter().find(|made| made.hash() == offered.hash()).cloned())
				.collect();
			for (position, honest) in made.clone().iter().enumerate() {
				made.extend(wrong::by_one(&leaf, honest, number * 7 + position));
			}
			(leaf, made, offered, bitfields)
		});

		// First halves.
		let session = self.ours.execute_with(|| {
			begin_block(parent, slot);
			ours::session()
		});
		let validators = self.ours.execute_with(ours::validators);
		let starts = (session != self.session).then_some((session, validators.as_slice()));
		found.sessions += u64::from(starts.is_some());
		self.session = session;
		let parent_hash = hash_of(parent);
		self.theirs
			.execute_with(|| theirs::begin(parent.number + 1, parent_hash, starts));
		self.recorder.begin(parent, slot, starts);
		let seen = leaf.claim_queue(parent_hash);
		// What cores are for, nodes see up to the inherent; what is called before it waits until then.
		let (scheduling, before): (Vec<_>, Vec<_>) =
			plan.before.iter().cloned().partition(calls::is_scheduling);
		self.calls(&before, seen, &case, found);

		let claims = self.theirs.execute_with(theirs::claim_queue);
		let claims = ClaimQueue::decode_all(&mut &claims[..]).expect("the same type");
		self.taken.insert(parent.number, claims);

		// Each by itself.
		let nothing = ParachainsInherentData {
			bitfields: Vec::new(),
			backed_candidates: Vec::new(),
			disputes: Vec::new(),
			parent_header: parent.clone(),
		};
		for candidate in &made {
			let _ = self.judge(&leaf, &nothing, None, candidate, &case, found);
		}

		// All that is offered, one after the other: what both take is the block's.
		let mut data = ParachainsInherentData { bitfields, ..nothing };
		let verdicts = [
			self.ours
				.execute_with(|| ours::verdict(&data))
				.map_err(str::to_owned),
			self.theirs.execute_with(|| theirs::would_enter(&data.encode())),
		];
		if verdicts != [Ok(()), Ok(())] {
			let [ours, theirs] = verdicts.map(|verdict| format!("{verdict:?}"));
			found.differs(None, case("bitfields".into(), ours, theirs));
			data.bitfields.clear();
		}
		for candidate in &offered {
			let behind = Some(data.backed_candidates.len());
			if self.judge(&leaf, &data, behind, candidate, &case, found) {
				data.backed_candidates.push(candidate.backed.clone());
			}
		}
		self.ours
			.execute_with(|| enter(data.clone()))
			.expect("it was judged before");
		self.theirs
			.execute_with(|| theirs::enter(&data.encode()))
			.expect("it was judged before");
		self.recorder.enter(&data);
		self.calls(&scheduling, seen, &case, found);
		self.calls(&plan.after, seen, &case, found);

		// The ends.
		let header = self.ours.execute_with(end_block);
		let seed = self.ours.execute_with(|| ours::seed(session));
		theirs::set_seed(seed);
		self.theirs.execute_with(theirs::end);
		found.blocks += 1;
		self.count(&leaf, found);
		let block = scheduling::Block {
			pool: &self.pool,
			cores: &leaf.facts.cores,
			claims: seen,
			is_last_of_session: starts.is_some(),
		};
		let beyond = self.theirs.execute_with(theirs::order_cores_beyond);
		let fates = block.fates(&mut self.ours, &mut self.theirs, beyond);
		let orders = scheduling::Orders {
			pool: &self.pool,
			seen,
			fate: fates.iter().find_map(|fate| fate.row),
			beyond,
		};
		let (told, differences) = answers::compare(&mut self.ours, &mut self.theirs, &orders);
		let parts = |row: &Row| matches!(row, Row::Dealt | Row::Nowhere);
		self.is_apart |= !fates.is_empty() || told.iter().any(|told| told.rows.iter().any(parts));
		for fate in fates {
			let what = format!("orders of para {} that wait", fate.para);
			found.differs(
				fate.row,
				case(what, fate.ours.to_string(), fate.theirs.to_string()),
			);
		}
		found.answers += told.len() as u64;
		self.recorder.end(seed, told);
		for difference in differences {
			let answers::Difference {
				row,
				name,
				ours,
				theirs,
			} = difference;
			found.differs(row, case(name, ours, theirs));
		}
		header
	}

	/// What both say of an inherent with one candidate more. Tells whether both accept it.
	fn judge(
		&mut self,
		leaf: &AtLeaf,
		data: &ParachainsInherentData,
		behind: Option<usize>,
		candidate: &Made,
		case: &impl Fn(String, String, String) -> Case,
		found: &mut Found,
	) -> bool {
		let mut with = data.clone();
		with.backed_candidates.push(candidate.backed.clone());
		let ours = self.ours.execute_with(|| ours::verdict(&with));
		let theirs = self.theirs.execute_with(|| theirs::would_enter(&with.encode()));
		found.verdicts += 1;
		let trial = form::Trial {
			behind,
			candidate: Bytes(candidate.backed.encode()),
			published: said(&theirs),
			ours: said(&ours),
			rules: None,
		};
		match (&ours, &theirs) {
			(Ok(()), Ok(())) => {
				found.both_accept += 1;
				self.recorder.trial(trial);
				return true;
			}
			(Err(reason), Err(_)) => {
				found.both_refuse += 1;
				self.recorder.trial(trial);
				*found.reasons.entry(reason).or_default() += 1;
				return false;
			}
			_ => {}
		}
		let state = self
			.ours
			.execute_with(|| ours::state_after(data, candidate.para()));
		let disabled = self.theirs.execute_with(theirs::disabled_validators);
		let disabled: Vec<_> = disabled.into_iter().map(ValidatorIndex).collect();
		let verdicts = Verdicts {
			ours,
			theirs: &theirs,
			made: candidate,
			leaf,
			disabled: &disabled,
			state,
			taken: &self.taken,
		};
		let pending = verdicts
			.state
			.as_ref()
			.map_or(0, |(state, _)| state.pending_availability.len());
		let outputs = &candidate.backed.candidate.commitments;
		let what = format!(
			"a candidate of para {} after {pending} that wait: {} up, {} down, {} across, watermark {}, code {}",
			candidate.para(),
			outputs.upward_messages.len(),
			outputs.processed_downward_messages,
			outputs.horizontal_messages.len(),
			outputs.hrmp_watermark,
			outputs.new_validation_code.is_some(),
		);
		let what = match verdicts.by_stored_state() {
			Some(Err(error)) => format!("{what}; by the stored state alone: {error}"),
			Some(Ok(())) => format!("{what}; fits the stored state alone"),
			None => what,
		};
		let case = case(what, said(&ours), said(&theirs));
		let row = verdicts.row();
		self.recorder.trial(form::Trial {
			rules: row.map(|row| row.words().2.to_owned()),
			..trial
		});
		found.differs(row, case);
		false
	}

	/// Counts what the block enacted.
	fn count(&mut self, leaf: &AtLeaf, found: &mut Found) {
		use async_backing_primitives::CandidateEvent;
		let events = self.ours.execute_with(ours::candidate_events);
		for event in events {
			match event {
				CandidateEvent::CandidateIncluded(receipt, ..) => {
					found.included += 1;
					let pending = leaf
						.facts
						.paras
						.values()
						.flat_map(|para| &para.backing_state.pending_availability);
					for pending in pending.filter(|pending| pending.candidate_hash == receipt.hash()) {
						let outputs = &pending.commitments;
						found.upward += outputs.upward_messages.len() as u64;
						found.downward += u64::from(outputs.processed_downward_messages);
						found.horizontal += outputs.horizontal_messages.len() as u64;
						found.upgrades += u64::from(outputs.new_validation_code.is_some());
					}
				}
				CandidateEvent::CandidateTimedOut(receipt, ..) => {
					found.timed_out += 1;
					// With the first of its para, of which nodes were told when (R-TMO-3, R-TMO-5).
					let para = receipt.descriptor.para_id();
					let is_told = leaf.facts.cores.iter().any(|core| {
						matches!(core, CoreState::Occupied(core)
							if core.candidate_descriptor.para_id() == para
								&& core.time_out_at == leaf.facts.block.number + 1)
					});
					found.dropped_when_told += u64::from(is_told);
				}
				CandidateEvent::CandidateBacked(..) => {}
			}
		}
	}
}

fn said<T: core::fmt::Display>(verdict: &Result<(), T>) -> String {
	match verdict {
		Ok(()) => form::ACCEPTED.to_owned(),
		Err(reason) => reason.to_string(),
	}
}
