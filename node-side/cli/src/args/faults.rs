//! What goes wrong on purpose.

use async_backing_devnet::{Disturbance, Model, RunConfig, Trouble};
use clap::Args;
use std::time::Duration;

/// What goes wrong on purpose: each by itself or together, drawn from the seed. Times are slots, counted from the beginning of
/// the run; nodes are validators first, then the collators, para by para.
#[derive(Args, Debug)]
#[command(next_help_heading = "Faults")]
pub(super) struct FaultArgs {
	/// What goes wrong on purpose: 'empty-blocks', 'late-quorums', 'lossy-links' or 'crashes'.
	#[arg(long, value_name = "WHAT")]
	disturbance: Option<Disturbance>,
	/// In so many of a hundred slots the relay block reaches half of the nodes a slot too late, whoever builds next among them:
	/// there are two blocks of one height, and one of them loses.
	#[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=100))]
	forks: u32,
	/// In so many of a hundred slots nobody builds.
	#[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=80))]
	empty_slots: u32,
	/// By how much later than --leaf-active-ms a node may have a relay block. Who has it after the next slot has begun makes a
	/// fork if it builds in that.
	#[arg(long, value_name = "MS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=6000))]
	import_jitter_ms: u64,
	/// How many blocks finality is behind the newest one. It stops where no more than two thirds follow one chain.
	#[arg(long, value_name = "BLOCKS", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=32))]
	finality_lag: u32,
	/// So many of a hundred parcels are lost, such as 2, 0.25 or 10@20..40. May be given more than once, as all that follow.
	#[arg(long, value_name = "PERCENT[@FROM..TO]", value_parser = Trouble::loss)]
	loss: Vec<Trouble>,
	/// So many of a hundred messages arrive twice.
	#[arg(long, value_name = "PERCENT[@FROM..TO]", value_parser = Trouble::repeat)]
	repeat: Vec<Trouble>,
	/// Parcels take so many milliseconds longer, drawn for each; what is no message may overtake.
	#[arg(long, value_name = "LEAST..MOST[@FROM..TO]", value_parser = Trouble::delay)]
	delay: Vec<Trouble>,
	/// Nodes that cannot reach one another for a while: 20..40:0-3|4-9. Who is not named is on the last side.
	#[arg(long, value_name = "FROM..TO:NODES|NODES", value_parser = Trouble::partition)]
	partition: Vec<Trouble>,
	/// A node crashes, and is back so many slots later with what it had stored: 3@10+4.
	#[arg(long, value_name = "NODE@SLOT[+SLOTS]", value_parser = Trouble::crash)]
	crash: Vec<Trouble>,
	/// A node takes so many per cent of the usual time for its work: 3=300@10..20.
	#[arg(long, value_name = "NODE=PERCENT[@FROM..TO]", value_parser = Trouble::slow)]
	slow: Vec<Trouble>,
	/// What a node sends goes through an uplink of so many bytes per second: 3=20000@10..20.
	#[arg(long, value_name = "NODE=BYTES[@FROM..TO]", value_parser = Trouble::clog)]
	clog: Vec<Trouble>,
	/// A validator or a collator that does not do what it should: v3=withhold-chunks, c0=equivocate.
	#[arg(long, value_name = "WHO=WHAT", value_parser = Trouble::misconduct)]
	misconduct: Vec<Trouble>,
	/// From this slot on nothing of this goes on but what validators do wrong, and each para has to live: a run in which one
	/// does not stops there.
	#[arg(long, value_name = "SLOT")]
	calm_from: Option<u32>,
}

impl FaultArgs {
	/// What of it the model says.
	pub(super) fn model(&self, model: Model) -> Model {
		Model {
			import_jitter: Duration::from_millis(self.import_jitter_ms),
			finality_lag: self.finality_lag,
			..model
		}
	}

	/// Adds them to a run.
	pub(super) fn add(&self, config: &mut RunConfig) {
		// First: a disturbance ends there as all else does.
		config.faults.calm_from = self.calm_from;
		if let Some(disturbance) = self.disturbance {
			config.faults = disturbance.faults(config);
		}
		config.faults.forks = self.forks;
		config.faults.empty_slots = self.empty_slots;
		let kinds = [
			&self.loss,
			&self.repeat,
			&self.delay,
			&self.partition,
			&self.crash,
			&self.slow,
			&self.clog,
			&self.misconduct,
		];
		config.faults.troubles = kinds.into_iter().flatten().cloned().collect();
	}
}
