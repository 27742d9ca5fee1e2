//! What a run is made from, and what is refused.

use crate::{Misconduct, Model, RootCall, Span, Trouble, ValidatorMisconduct};
use async_backing_collator::{AuthoringHook, Lookahead, SlotBased};
use async_backing_primitives::{AsyncBackingParams, CoreIndex, InvalidAsyncBackingParams, ParaId};
use async_backing_prospective_parachains::Selection;
use async_backing_sim::{Fault, NodeId};
use std::{
	collections::{BTreeMap, BTreeSet},
	ops::Range,
	time::Duration,
};
use thiserror::Error;

/// Id of the first para; the others follow.
pub const FIRST_PARA: u32 = 2000;
/// Most relay blocks of a run. All of them stay in memory, with their states.
pub const MAX_BLOCKS: u32 = 10_000;
/// Most validators: what the largest relay chains have.
pub const MAX_VALIDATORS: u32 = 1000;
/// Most paras.
pub const MAX_PARAS: u32 = 200;
/// Most collators of one para: fewer than validators listen to (R-NET-82).
pub(crate) const MAX_COLLATORS_PER_PARA: u32 = 10;
/// Most cores of one para.
pub const MAX_CORES_PER_PARA: u32 = 16;
/// Most slots of a hundred in which nobody builds: one of five is left.
pub(crate) const MAX_EMPTY_SLOTS: u32 = 80;
/// Most blocks that finality is behind: half of what nodes remember.
pub(crate) const MAX_FINALITY_LAG: u32 = 32;
/// Most works that cores are given: all are given in the first block.
pub(crate) const MAX_WORKS: usize = 64;

/// When a collator builds the blocks of a leaf (R-HOO-5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Authoring {
	/// One after the other, as soon as there is a leaf.
	#[default]
	Lookahead,
	/// Each in its part of the slot.
	SlotBased,
}

impl Authoring {
	/// The hook of a collator that builds so.
	pub fn hook(self) -> Box<dyn AuthoringHook> {
		match self {
			Self::Lookahead => Box::new(Lookahead),
			Self::SlotBased => Box::new(SlotBased),
		}
	}
}

/// Whom a core works for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assignee {
	/// Nobody.
	Idle,
	/// Whoever orders a block (R-SCH-8).
	Pool,
	/// A para.
	Para(ParaId),
}

/// What a core does from some block on: shares of a whole, or one whole share (R-SCH-7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoreWork {
	/// The core.
	pub core: u32,
	/// First block. Work begins in the third block of a run at the earliest: it is given in the first.
	pub begin: u32,
	/// First block of which it is no more; `None` for work that goes on until there is another.
	pub end: Option<u32>,
	/// Who shares the core, in parts of [`PARTS_OF_A_CORE`](crate::PARTS_OF_A_CORE).
	pub shares: Vec<(Assignee, u16)>,
}

/// A parachain with an id of its own, beside those that are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForeignPara {
	/// Its id.
	pub id: ParaId,
	/// Cores that it has, and blocks that it may have on one relay parent.
	pub cores: u32,
}

/// A run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunConfig {
	/// Relay blocks to build.
	pub blocks: u32,
	/// Validators. They are split evenly over the backing groups, one for each core.
	pub validators: u32,
	/// Paras, each with collators.
	pub paras: u32,
	/// Paras beside these, with ids of their own, ascending, and cores of their own.
	pub foreign: Vec<ForeignPara>,
	/// Collators of each para. They take turns, slot by slot, and import each other's blocks.
	pub collators_per_para: u32,
	/// Cores of each para: so many of its candidates a relay block can back.
	pub cores_per_para: u32,
	/// Paras beyond these without a core of their own: they have blocks that somebody orders. There is a core in the pool
	/// for each.
	pub on_demand: u32,
	/// Relay blocks between two orders for each of them, and of [`orders_for`](Self::orders_for).
	pub order_every: u32,
	/// Paras that somebody orders blocks for although they have cores (R-SCH-10).
	pub orders_for: Vec<ParaId>,
	/// What cores do, instead of one for each para and each that orders: cores that are shared, leases that begin and end.
	/// Where there is any, cores are those that it names, and have no other work.
	pub works: Vec<CoreWork>,
	/// When collators build.
	pub authoring: Authoring,
	/// What validators' trees keep of candidates that build on one head.
	pub selection: Selection,
	/// Genesis preset of the runtime that the run begins with; if there is none, the first of `devnet`, `local_testnet` and
	/// `development` that the runtime has, else its default configuration. Validators, paras, cores and the parameters of a
	/// run are laid over it.
	pub preset: Option<String>,
	/// Whether whoever sends the run's transactions is root, by the sudo pallet, also where no core is given work.
	pub customer_is_root: bool,
	/// What root does while the run goes. Whoever sends the run's transactions is root then.
	pub root_calls: Vec<RootCall>,
	/// Paras that are counted and upgrade their code as soon as they may: the same code, with other bytes.
	pub upgrades: Vec<ParaId>,
	/// Validators that speak version 1 of the chunk protocol alone, as nodes did before chunks were mapped (R-NET-35, R-NET-99).
	/// Where chunks are mapped it is of no use (R-NET-99): there they ask in version 2, and answer nobody.
	pub chunk_v1: Vec<Span>,
	/// Where all randomness comes from.
	pub seed: u64,
	/// Parameters of asynchronous backing.
	pub params: AsyncBackingParams,
	/// The simulated world.
	pub model: Model,
	/// What goes wrong in it.
	pub faults: Faults,
}

impl Default for RunConfig {
	fn default() -> Self {
		Self {
			blocks: 60,
			validators: 6,
			paras: 2,
			foreign: Vec::new(),
			collators_per_para: 1,
			cores_per_para: 1,
			on_demand: 0,
			order_every: 4,
			orders_for: Vec::new(),
			works: Vec::new(),
			authoring: Authoring::default(),
			selection: Selection::default(),
			preset: None,
			customer_is_root: false,
			root_calls: Vec::new(),
			upgrades: Vec::new(),
			chunk_v1: Vec::new(),
			seed: 0,
			params: AsyncBackingParams {
				max_candidate_depth: 4,
				allowed_ancestry_len: 3,
			},
			model: Model::default(),
			faults: Faults::default(),
		}
	}
}

/// What goes wrong on purpose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
	/// Candidates, by para and by their number among those that its collators built, of which nobody hands out chunks:
	/// they are backed and never become available.
	pub withheld: BTreeSet<(ParaId, u32)>,
	/// Relay blocks whose authors put no candidates into them, by number.
	pub backs_nothing: BTreeSet<u32>,
	/// Of how many in a hundred slots the block reaches half of the nodes a slot too late, the author of the next one among
	/// them, so that there is a fork.
	pub forks: u32,
	/// How many in a hundred slots nobody builds in.
	pub empty_slots: u32,
	/// Slot from which on nothing of this goes on but what validators do wrong; after it paras have to live. `None` for a run
	/// that nothing is expected of.
	pub calm_from: Option<u32>,
	/// What validators do wrong, by their nodes.
	pub validators: BTreeMap<NodeId, ValidatorMisconduct>,
	/// What collators do wrong, by their nodes.
	pub collators: BTreeMap<NodeId, Misconduct>,
	/// What goes wrong as flags say it. It becomes part of the rest when the run [begins](RunConfig::expanded).
	pub troubles: Vec<Trouble>,
	/// What goes wrong with links and nodes: validators first, then the collators, para by para.
	pub plan: Vec<Fault>,
}

impl Faults {
	/// Whether chunks of a para's `built`-th candidate are withheld.
	pub fn withholds(&self, para: ParaId, built: u32) -> bool {
		self.withheld.contains(&(para, built))
	}
}

/// Why a run cannot be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConfigError {
	/// A value is out of its range.
	#[error("{name} is {value}, but must be {allowed}")]
	OutOfRange {
		/// Name of the value.
		name: &'static str,
		/// What it is.
		value: String,
		/// What it may be.
		allowed: String,
	},
}

impl From<InvalidAsyncBackingParams> for ConfigError {
	fn from(error: InvalidAsyncBackingParams) -> Self {
		Self::OutOfRange {
			name: error.parameter,
			value: error.value.to_string(),
			allowed: format!("at most {}", AsyncBackingParams::MAX),
		}
	}
}

impl RunConfig {
	/// Checks that the values fit together.
	///
	/// # Errors
	/// [`ConfigError`] names the first that does not, its value and what is allowed.
	pub fn validate(&self) -> Result<(), ConfigError> {
		let Self {
			blocks,
			validators,
			paras,
			foreign,
			collators_per_para,
			cores_per_para,
			on_demand,
			order_every,
			orders_for,
			works,
			params,
			model,
			..
		} = self;
		params.validate()?;
		in_range("blocks", *blocks, 1, MAX_BLOCKS)?;
		let alone = foreign.is_empty() && *on_demand == 0;
		in_range("paras", *paras, u32::from(alone), MAX_PARAS)?;
		self.validate_foreign()?;
		in_range(
			"collators_per_para",
			*collators_per_para,
			1,
			MAX_COLLATORS_PER_PARA,
		)?;
		in_range("cores_per_para", *cores_per_para, 1, MAX_CORES_PER_PARA)?;
		in_range("on_demand", *on_demand, 0, MAX_PARAS)?;
		in_range("order_every", *order_every, 1, MAX_BLOCKS)?;
		for para in orders_for {
			self.is_para("orders_for", *para)?;
		}
		for para in &self.upgrades {
			self.is_para("upgrades", *para)?;
		}
		in_range("works", works.len(), 0, MAX_WORKS)?;
		works.iter().try_for_each(|work| self.validate_work(work))?;
		crate::works::check(self)?;
		if self.cores() > MAX_VALIDATORS {
			let others: u32 = foreign.iter().map(|para| para.cores).sum();
			let left = MAX_VALIDATORS.saturating_sub(*on_demand).saturating_sub(others);
			let most = left.checked_div(*paras).unwrap_or(MAX_CORES_PER_PARA);
			return Err(out_of_range(
				"cores_per_para",
				cores_per_para.to_string(),
				format!("at most {most}, so that {MAX_VALIDATORS} validators suffice for a group each"),
			));
		}
		// Available data cannot be split over fewer than two validators (R-AVL-1); each core needs a group.
		in_range("validators", *validators, self.cores().max(2), MAX_VALIDATORS)?;
		for Span { last, .. } in &self.chunk_v1 {
			in_range("chunk_v1", *last, 0, validators.saturating_sub(1))?;
		}
		self.clone().expanded()?;
		if let Some(session_length) = model.session_length {
			in_range("session_length", session_length, 4, 1_000_000)?;
		}
		in_range("forks", self.faults.forks, 0, 100)?;
		in_range("empty_slots", self.faults.empty_slots, 0, MAX_EMPTY_SLOTS)?;
		in_range("finality_lag", model.finality_lag, 1, MAX_FINALITY_LAG)?;
		duration_within("import_jitter", model.import_jitter, model.slot)?;
		in_range(
			"relay_parent_offset",
			model.relay_parent_offset,
			0,
			AsyncBackingParams::MAX,
		)?;
		in_range("segment_capacity", model.segment_capacity, 1, 256)?;
		in_range("velocity", model.velocity, 1, MAX_CORES_PER_PARA)?;
		in_range(
			"minimum_backing_votes",
			model.minimum_backing_votes,
			1,
			MAX_VALIDATORS,
		)?;
		if model.slot != Duration::from_secs(6) {
			return Err(out_of_range(
				"slot",
				format!("{:?}", model.slot),
				"6s, which the runtime is built for".into(),
			));
		}
		duration_within(
			"leaf_active_after",
			model.leaf_active_after,
			model.slot.saturating_sub(model.inherent_after),
		)?;
		duration_within(
			"bitfield_after",
			model.bitfield_after,
			model.slot.saturating_sub(model.leaf_active_after),
		)?;
		if model.extrinsic_cost.is_zero() {
			return Err(out_of_range("extrinsic_cost", "0".into(), "positive".into()));
		}
		in_range("bandwidth", model.bandwidth, 1, u64::MAX)?;
		in_range("coding", model.coding, 1, u64::MAX)?;
		duration_within("import_spread", model.import_spread, model.leaf_active_after)
	}

	/// The same with its [troubles](Faults::troubles) as parts of the plan.
	///
	/// # Errors
	/// One of them speaks of nodes that there are not, or cannot be.
	pub fn expanded(mut self) -> Result<Self, ConfigError> {
		for trouble in std::mem::take(&mut self.faults.troubles) {
			trouble.add(&mut self)?;
		}
		self.customer_is_root |= !self.root_calls.is_empty();
		Ok(self)
	}

	fn validate_foreign(&self) -> Result<(), ConfigError> {
		let most = MAX_PARAS as usize;
		in_range("foreign", self.foreign.len(), 0, most)?;
		let counted = FIRST_PARA
			..FIRST_PARA
				.saturating_add(self.paras)
				.saturating_add(self.on_demand);
		let mut before = None;
		for ForeignPara { id, cores } in &self.foreign {
			in_range("foreign", *cores, 1, MAX_CORES_PER_PARA)?;
			if counted.contains(&id.0) || before >= Some(*id) {
				let allowed = "no other para's, and above the one before".into();
				return Err(out_of_range("foreign", id.0.to_string(), allowed));
			}
			before = Some(*id);
		}
		Ok(())
	}

	fn is_para(&self, name: &'static str, para: ParaId) -> Result<(), ConfigError> {
		if self.foreign.iter().any(|foreign| foreign.id == para) {
			return Ok(());
		}
		let paras = self.paras.saturating_add(self.on_demand);
		in_range(
			name,
			para.0,
			FIRST_PARA,
			FIRST_PARA.saturating_add(paras.saturating_sub(1)),
		)
	}

	fn validate_work(&self, work: &CoreWork) -> Result<(), ConfigError> {
		in_range("core", work.core, 0, MAX_VALIDATORS.saturating_sub(1))?;
		for (assignee, _) in &work.shares {
			if let Assignee::Para(para) = assignee {
				self.is_para("core", *para)?;
			}
		}
		Ok(())
	}

	/// Number of cores, hence of backing groups.
	pub fn cores(&self) -> u32 {
		let of_works = self.works.iter().map(|work| work.core.saturating_add(1)).max();
		of_works.unwrap_or_else(|| self.leased_cores().saturating_add(self.on_demand))
	}

	/// Whether relay blocks may be beside one another.
	pub(crate) fn has_forks(&self) -> bool {
		let parted = |fault: &Fault| matches!(fault, Fault::Apart { .. });
		self.faults.forks > 0 || !self.model.import_jitter.is_zero() || self.faults.plan.iter().any(parted)
	}

	/// Whether a slot is one after which all is calm.
	pub(crate) fn is_calm(&self, slot: u64) -> bool {
		self.faults.calm_from.is_some_and(|from| slot >= from.into())
	}

	/// Whether a core serves orders, at some time of the run.
	pub(crate) fn serves_orders(&self, core: CoreIndex) -> bool {
		if self.works.is_empty() {
			return core.0 >= self.leased_cores();
		}
		let mut works = self.works.iter().filter(|work| work.core == core.0);
		works.any(|work| work.shares.iter().any(|(of, _)| *of == Assignee::Pool))
	}

	/// Whether somebody has to send transactions.
	pub(crate) fn needs_customer(&self) -> bool {
		self.on_demand > 0 || !self.orders_for.is_empty() || !self.works.is_empty()
	}

	/// Number of cores that belong to a para. They come before those that serve orders.
	pub fn leased_cores(&self) -> u32 {
		self.leases().fold(0, |sum, (_, cores)| sum.saturating_add(cores))
	}

	/// Paras with cores of their own, and how many each has, in the order of the cores.
	pub(crate) fn leases(&self) -> impl Iterator<Item = (ParaId, u32)> + '_ {
		let counted = (FIRST_PARA..FIRST_PARA.saturating_add(self.paras)).map(ParaId);
		let foreign = self.foreign.iter().map(|para| (para.id, para.cores));
		counted.map(|para| (para, self.cores_per_para)).chain(foreign)
	}

	/// Number of paras of all kinds.
	pub(crate) fn all_paras(&self) -> u32 {
		let foreign = u32::try_from(self.foreign.len()).unwrap_or(u32::MAX);
		self.paras.saturating_add(foreign).saturating_add(self.on_demand)
	}

	/// Number of nodes: validators first, then the collators, para by para.
	pub fn nodes(&self) -> usize {
		let collators = self.all_paras().saturating_mul(self.collators_per_para);
		self.validators.saturating_add(collators) as usize
	}

	/// Nodes of a para's collators, by the para's position.
	pub fn collators_of(&self, para: usize) -> Range<usize> {
		let each = self.collators_per_para as usize;
		let first = (self.validators as usize).saturating_add(para.saturating_mul(each));
		first..first.saturating_add(each)
	}

	/// Which collator a node is: the position of its para, and its own among the collators of that.
	pub(crate) fn collator(&self, node: NodeId) -> Option<(usize, usize)> {
		let position = node.0.checked_sub(self.validators as usize)?;
		let each = self.collators_per_para as usize;
		Some((position.checked_div(each)?, position.checked_rem(each)?))
	}

	/// Ids of all paras: those with cores of their own, of which the foreign ones come last, then those without.
	pub fn para_ids(&self) -> impl Iterator<Item = ParaId> + '_ {
		self.leasing_paras().chain(self.on_demand_paras())
	}

	/// Ids of the paras with cores of their own.
	pub fn leasing_paras(&self) -> impl Iterator<Item = ParaId> + '_ {
		self.leases().map(|(para, _)| para)
	}

	/// Ids of the paras that somebody orders blocks for, ascending.
	pub fn on_demand_paras(&self) -> impl Iterator<Item = ParaId> {
		let first = FIRST_PARA.saturating_add(self.paras);
		(first..first.saturating_add(self.on_demand)).map(ParaId)
	}
}

pub(crate) fn out_of_range(name: &'static str, value: String, allowed: String) -> ConfigError {
	ConfigError::OutOfRange { name, value, allowed }
}

fn in_range<T: PartialOrd + ToString>(
	name: &'static str,
	value: T,
	min: T,
	max: T,
) -> Result<(), ConfigError> {
	if value < min || value > max {
		let allowed = format!("at least {} and at most {}", min.to_string(), max.to_string());
		return Err(out_of_range(name, value.to_string(), allowed));
	}
	Ok(())
}

fn duration_within(name: &'static str, value: Duration, max: Duration) -> Result<(), ConfigError> {
	if value > max {
		return Err(out_of_range(
			name,
			format!("{} ms", value.as_millis()),
			format!("at most {} ms, so that a slot suffices", max.as_millis()),
		));
	}
	Ok(())
}

#[cfg(test)]
mod tests;
