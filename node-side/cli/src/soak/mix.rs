//! The arguments of a run, and what can be taken away of them.

use crate::args;
use async_backing_devnet::{Arena, Misbehaviour, Mix, Trouble, FIRST_PARA};

/// Paras of a run.
const PARAS: u32 = 2;
/// Collators of each: one of them may misbehave.
const COLLATORS: u32 = 2;
/// Lengths of a session, in slots.
const SESSIONS: [u32; 3] = [20, 50, 10];
/// Virtual time of an extrinsic, so long that few of them fill a block: signed transfers are not what these runs try, and with
/// five times as many they take half as long again.
const EXTRINSIC_US: u32 = 100_000;

/// Blocks of a run before the one in which root opens channels: they are open from the second session on.
const OPENED_AFTER: u32 = 1;
/// What they have room for, so that it takes little to exceed it.
const CHANNEL_LIMITS: &str = r#""max_capacity":2,"max_message_size":64"#;

/// A run.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plan {
	seed: u64,
	blocks: u32,
	validators: u32,
	/// Slots of a session, where the runtime takes a length.
	session: Option<u32>,
	calm_from: u32,
	/// Which runtime it runs on.
	runtime: Vec<String>,
	/// What goes wrong.
	pub(super) mix: Mix,
}

impl Plan {
	/// The run of this number.
	pub(super) fn draw(args: &args::Soak, number: u32) -> Self {
		let calm_from = args.blocks / 2;
		let arena = Arena {
			validators: args.validators,
			collators: PARAS.saturating_mul(COLLATORS),
			calm_from,
			beyond: args.beyond,
		};
		let mut runtime = Vec::new();
		if let Some(path) = &args.runtime.runtime {
			runtime.extend(["--runtime".to_owned(), path.display().to_string()]);
		}
		if let Some(preset) = &args.runtime.preset {
			runtime.extend(["--preset".to_owned(), preset.clone()]);
		}
		let session = SESSIONS[number as usize % SESSIONS.len()];
		Self {
			seed: args.seed.wrapping_mul(1_000_003).wrapping_add(number.into()),
			blocks: args.blocks,
			validators: args.validators,
			session: runtime.is_empty().then_some(session),
			calm_from,
			runtime,
			mix: arena.draw(args.seed, number.into()),
		}
	}

	/// Arguments of `dev` that make it.
	pub(super) fn arguments(&self) -> Vec<String> {
		let numbers = [
			("--seed", self.seed),
			("--blocks", self.blocks.into()),
			("--validators", self.validators.into()),
			("--paras", PARAS.into()),
			("--collators-per-para", COLLATORS.into()),
			("--extrinsic-cost-us", EXTRINSIC_US.into()),
			("--calm-from", self.calm_from.into()),
		];
		let session = self.session.map(|slots| ("--session-length", slots));
		let optional = session.into_iter().chain(self.counts());
		let optional = optional.map(|(flag, value)| (flag, value.into()));
		let mut words = Vec::new();
		for (flag, value) in numbers.into_iter().chain(optional) {
			words.extend([flag.to_owned(), u64::to_string(&value)]);
		}
		for trouble in &self.mix.troubles {
			words.extend([trouble.flag().to_owned(), trouble.to_string()]);
		}
		words.extend(self.channels());
		words.extend(self.runtime.iter().cloned());
		words
	}

	/// Has root open channels between the paras, if somebody is about to misuse them.
	fn channels(&self) -> Vec<String> {
		let misuses = |trouble: &Trouble| match trouble {
			Trouble::Misbehaviour(Misbehaviour::Collator(_, what)) => what.needs_channels(),
			_ => false,
		};
		// Other runtimes may have no such call.
		if !self.runtime.is_empty() || !self.mix.troubles.iter().any(misuses) {
			return Vec::new();
		}
		let paras = [FIRST_PARA, FIRST_PARA + 1];
		let open = |sender: u32, recipient: u32| {
			let call = "hrmp.force_open_hrmp_channel";
			format!(r#"{OPENED_AFTER}:{call}={{"sender":{sender},"recipient":{recipient},{CHANNEL_LIMITS}}}"#)
		};
		[open(paras[0], paras[1]), open(paras[1], paras[0])]
			.into_iter()
			.flat_map(|call| ["--root".to_owned(), call])
			.collect()
	}

	/// The same as a line.
	pub(super) fn line(&self) -> String {
		self.arguments().join(" ")
	}

	/// The seed of the run.
	pub(super) fn seed(&self) -> u64 {
		self.seed
	}

	/// The command that makes it, as a shell takes it.
	pub(super) fn command(&self) -> String {
		let words = self.arguments();
		let words: Vec<_> = words.iter().map(|word| crate::page::quoted(word)).collect();
		format!("async-backing dev {}", words.join(" "))
	}

	/// What goes wrong in it: names of flags with their values.
	pub(super) fn faults(&self) -> String {
		let troubles = self.mix.troubles.iter();
		let troubles = troubles.map(|trouble| format!("{} {trouble}", named(trouble.flag())));
		let counts = self.counts();
		let counts = counts
			.iter()
			.map(|(flag, value)| format!("{} {value}", named(flag)));
		let all: Vec<_> = counts.chain(troubles).collect();
		match all.len() {
			0 => "none".into(),
			_ => all.join(", "),
		}
	}

	/// Kinds of what goes wrong in it: flags, of misconduct with what is done.
	pub(super) fn kinds(&self) -> Vec<String> {
		let counts = self.counts().into_iter().map(|(flag, _)| named(flag).to_owned());
		let troubles = self.mix.troubles.iter().map(|trouble| match trouble {
			Trouble::Misbehaviour(_) => {
				let text = trouble.to_string();
				let (who, what) = text.split_once('=').unwrap_or(("", &text));
				let who = if who.starts_with('c') {
					"collator"
				} else {
					"validator"
				};
				format!("{} of a {who}: {what}", named(trouble.flag()))
			}
			_ => named(trouble.flag()).to_owned(),
		});
		counts.chain(troubles).collect()
	}

	/// What goes wrong now and then, with how often.
	fn counts(&self) -> Vec<(&'static str, u32)> {
		let Mix {
			forks,
			empty_slots,
			import_jitter_ms,
			..
		} = self.mix;
		let all = [
			("--forks", forks),
			("--empty-slots", empty_slots),
			("--import-jitter-ms", import_jitter_ms),
		];
		all.into_iter().filter(|(_, value)| *value > 0).collect()
	}

	/// The same without one of its parts, in all ways.
	pub(super) fn smaller(&self) -> Vec<Self> {
		let with = |change: &dyn Fn(&mut Mix)| {
			let mut smaller = self.clone();
			change(&mut smaller.mix);
			smaller
		};
		let mut all: Vec<_> = (0..self.mix.troubles.len())
			.map(|position| {
				with(&move |mix| {
					mix.troubles.remove(position);
				})
			})
			.collect();
		all.push(with(&|mix| mix.forks = 0));
		all.push(with(&|mix| mix.empty_slots = 0));
		all.push(with(&|mix| mix.import_jitter_ms = 0));
		all.retain(|smaller| smaller != self);
		all
	}
}

/// A flag without dashes.
fn named(flag: &str) -> &str {
	flag.trim_start_matches('-')
}
