//! The network of a run.

use super::{faults::FaultArgs, model::ModelArgs};
use crate::runtime::RuntimeArgs;
use async_backing_devnet::{
	most_cores_at_once, Assignee, Authoring, CoreWork, RootCall, RunConfig, Selection, Span,
	MAX_CORES_PER_PARA, MAX_PARAS, MAX_VALIDATORS, PARTS_OF_A_CORE,
};
use async_backing_primitives::{AsyncBackingParams, ParaId};
use clap::Args;

/// Paras, if nobody says how many.
const USUAL_PARAS: u32 = 2;

/// The network of a run.
#[derive(Args, Debug)]
pub(crate) struct Network {
	/// Validators, split evenly over the cores.
	#[arg(long, value_name = "COUNT", default_value_t = 6, value_parser = clap::value_parser!(u32).range(2..=i64::from(MAX_VALIDATORS)))]
	validators: u32,
	/// Paras; ids start at 2000. By default 2.
	#[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(0..=i64::from(MAX_PARAS)))]
	pub(super) paras: Option<u32>,
	/// Where all randomness comes from: the same seed gives the same run.
	#[arg(long, value_name = "NUMBER", default_value_t = 0)]
	pub(crate) seed: u64,
	/// Collators of each para: they take turns, slot by slot, and execute each other's parablocks.
	#[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10))]
	collators_per_para: u32,
	/// Cores of each para: so many of its parablocks a relay block can back.
	#[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_CORES_PER_PARA)))]
	cores_per_para: u32,
	/// What a core does, instead of the cores of --cores-per-para and --on-demand: '0=2000', a lease '1=2000@10..40' of
	/// blocks 10 to 39, shares '0=2000:28800,pool:28800' of 57600 parts. Once for each core and lease.
	#[arg(long = "core", value_name = "CORE=WHO[:PARTS],..[@BEGIN..[END]]", value_parser = core_work)]
	works: Vec<CoreWork>,
	/// A para that somebody orders blocks for although it has a core. Once for each.
	#[arg(long = "order", value_name = "ID")]
	orders: Vec<u32>,
	/// When collators build the blocks of a relay parent.
	#[arg(long, value_enum, default_value_t = Building::Lookahead)]
	authoring: Building,
	/// What validators' trees keep of parablocks that build on one head: all of them, or one path as fragment chains do.
	#[arg(long, value_enum, default_value_t = Selecting::Tree)]
	selection: Selecting,
	/// Paras beyond these that lease no core: they have blocks that somebody orders, on as many cores of the pool.
	#[arg(long, value_name = "COUNT", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=i64::from(MAX_PARAS)))]
	on_demand: u32,
	/// Relay blocks between two orders for one para.
	#[arg(long, value_name = "BLOCKS", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=10_000))]
	order_every: u32,
	/// What root does while the run goes: '10:configuration.set_max_code_size={"new":1000000}' in the block after ten.
	#[arg(long = "root", value_name = "BLOCKS:PALLET.CALL={..}")]
	root_calls: Vec<RootCall>,
	/// A para that upgrades its code as soon as it may; see --upgrade-delay. Once for each.
	#[arg(long = "upgrade", value_name = "ID")]
	upgrades: Vec<u32>,
	/// Validators that speak version 1 of the chunk protocol alone, as nodes did before chunks were mapped: 0-3,7.
	#[arg(long, value_name = "NODES", value_delimiter = ',')]
	chunk_v1: Vec<Span>,
	#[command(flatten)]
	faults: FaultArgs,
	#[command(flatten)]
	pub(super) model: ModelArgs,
	/// Which relay runtime it runs on.
	#[command(flatten)]
	pub(crate) runtime: RuntimeArgs,
}

impl Network {
	fn orders_for(&self) -> Vec<ParaId> {
		self.orders.iter().copied().map(ParaId).collect()
	}

	/// The most cores that one para has at once, one that serves its orders among them (R-SCH-10): pace, segment and depth
	/// follow from that (R-SEG-8).
	pub(super) fn most_cores(&self) -> u32 {
		let cores = match &self.works[..] {
			// A core of the pool for each para that has no other.
			[] if self.orders.is_empty() || self.on_demand == 0 => self.cores_per_para,
			[] => self.cores_per_para.saturating_add(1),
			works => most_cores_at_once(works, &self.orders_for()),
		};
		// A block on one relay parent for each core, at most.
		cores.clamp(1, MAX_CORES_PER_PARA)
	}

	/// A run of so many blocks with these parameters.
	pub(super) fn run_config(&self, blocks: u32, params: AsyncBackingParams) -> RunConfig {
		let mut config = RunConfig {
			blocks,
			validators: self.validators,
			paras: self.paras.unwrap_or(USUAL_PARAS),
			seed: self.seed,
			params,
			model: self.faults.model(self.model.model(self.most_cores())),
			collators_per_para: self.collators_per_para,
			cores_per_para: self.cores_per_para,
			on_demand: self.on_demand,
			order_every: self.order_every,
			orders_for: self.orders_for(),
			works: self.works.clone(),
			preset: self.runtime.preset.clone(),
			authoring: self.authoring.into(),
			selection: self.selection.into(),
			root_calls: self.root_calls.clone(),
			upgrades: self.upgrades.iter().copied().map(ParaId).collect(),
			chunk_v1: self.chunk_v1.clone(),
			..RunConfig::default()
		};
		self.faults.add(&mut config);
		config
	}
}

/// When collators build the blocks of a relay parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Building {
	/// One after the other, as soon as it is a leaf.
	Lookahead,
	/// Each in its part of the slot.
	SlotBased,
}

impl From<Building> for Authoring {
	fn from(building: Building) -> Self {
		match building {
			Building::Lookahead => Self::Lookahead,
			Building::SlotBased => Self::SlotBased,
		}
	}
}

/// What trees keep of parablocks that build on one head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Selecting {
	/// All of them.
	Tree,
	/// One path: of those with a quorum the one with the lowest hash, and what builds on it.
	Chain,
}

impl From<Selecting> for Selection {
	fn from(selecting: Selecting) -> Self {
		match selecting {
			Selecting::Tree => Self::Tree,
			Selecting::Chain => Self::Chain,
		}
	}
}

/// Reads what a core does: `CORE=WHO[:PARTS],..[@BEGIN..[END]]`.
pub(super) fn core_work(text: &str) -> Result<CoreWork, String> {
	const FORM: &str = "must be CORE=WHO[:PARTS],..[@BEGIN..[END]], WHO a para's id, 'pool' or 'idle'";
	let wrong = |_| FORM.to_owned();
	let (core, rest) = text.split_once('=').ok_or(FORM)?;
	let (shares, lease) = rest.split_once('@').unwrap_or((rest, "0.."));
	let (begin, end) = lease.split_once("..").ok_or(FORM)?;
	let shares = shares
		.split(',')
		.map(|share| {
			let (who, parts) = match share.split_once(':') {
				Some((who, parts)) => (who, parts.parse().map_err(wrong)?),
				None => (share, PARTS_OF_A_CORE),
			};
			let assignee = match who {
				"pool" => Assignee::Pool,
				"idle" => Assignee::Idle,
				para => Assignee::Para(ParaId(para.parse().map_err(wrong)?)),
			};
			Ok((assignee, parts))
		})
		.collect::<Result<_, String>>()?;
	Ok(CoreWork {
		core: core.parse().map_err(wrong)?,
		begin: begin.parse().map_err(wrong)?,
		end: (!end.is_empty())
			.then(|| end.parse().map_err(wrong))
			.transpose()?,
		shares,
	})
}
