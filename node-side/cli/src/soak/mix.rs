//! The arguments of a run, and what can be taken away of them.

use crate::args;
use async_backing_devnet::{Arena, Misbehaviour, Mix, Trouble, FIRST_PARA};

/// What a network is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shape {
	paras: u32,
	/// Of each para.
	collators: u32,
	/// All of them: so many groups the validators are in.
	cores: u32,
	/// What else `dev` is told of it.
	more: &'static str,
}

impl Shape {
	fn collators_in_all(&self) -> u32 {
		self.paras.saturating_mul(self.collators)
	}

	/// Whether groups are of three at least: of two, one that is faulty says whether there is a quorum.
	fn fits(&self, validators: u32) -> bool {
		validators >= self.cores.saturating_mul(3)
	}

	/// The shape of the run of a number: the plain one of every second, and the others in turn. Other runtimes than ours may not
	/// know what they take.
	fn of(number: u32, args: &args::Soak) -> Self {
		let is_ours = args.runtime.runtime.is_none() && args.runtime.preset.is_none();
		let turn = (number / 2) as usize % SHAPES.len();
		let other = SHAPES.get(turn).filter(|_| number % 2 == 1 && is_ours);
		other
			.copied()
			.filter(|shape| shape.fits(args.validators))
			.unwrap_or(PLAIN)
	}
}

const PLAIN: Shape = Shape {
	paras: 2,
	collators: 2,
	cores: 2,
	more: "",
};

/// Whatever a para may have: several cores at once or for a time, orders, shares, an offset, other collators and trees.
const SHAPES: [Shape; 8] = [
	Shape {
		paras: 1,
		cores: 3,
		more: "--cores-per-para 3",
		..PLAIN
	},
	Shape {
		paras: 3,
		collators: 3,
		cores: 3,
		..PLAIN
	},
	Shape {
		paras: 3,
		more: "--core 0=2000:28800,2001:28800 --core 1=2002",
		..PLAIN
	},
	Shape {
		more: "--core 0=2000 --core 1=pool --order 2001",
		..PLAIN
	},
	Shape {
		cores: 3,
		more: "--core 0=2000 --core 1=2001 --core 2=2001@20..70",
		..PLAIN
	},
	Shape {
		more: "--relay-parent-offset 2",
		..PLAIN
	},
	Shape {
		more: "--authoring slot-based",
		..PLAIN
	},
	Shape {
		more: "--selection chain",
		..PLAIN
	},
];

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
	shape: Shape,
	/// What goes wrong.
	pub(super) mix: Mix,
}

impl Plan {
	/// The run of this number.
	pub(super) fn draw(args: &args::Soak, number: u32) -> Self {
		let calm_from = args.blocks / 2;
		let shape = Shape::of(number, args);
		let arena = Arena {
			validators: args.validators,
			collators: shape.collators_in_all(),
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
			shape,
			mix: arena.draw(args.seed, number.into()),
		}
	}

	/// Arguments of `dev` that make it.
	pub(super) fn arguments(&self) -> Vec<String> {
		let numbers = [
			("--seed", self.seed),
			("--blocks", self.blocks.into()),
			("--validators", self.validators.into()),
			("--paras", self.shape.paras.into()),
			("--collators-per-para", self.shape.collators.into()),
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
		words.extend(self.shape.more.split_whitespace().map(str::to_owned));
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
		let is_alone = self.shape.paras < 2;
		if is_alone || !self.runtime.is_empty() || !self.mix.troubles.iter().any(misuses) {
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
		// Collators are counted over all paras.
		if self.shape.collators_in_all() == PLAIN.collators_in_all() {
			all.push(Self {
				shape: PLAIN,
				..self.clone()
			});
		}
		all.retain(|smaller| smaller != self);
		all
	}
}

/// A flag without dashes.
fn named(flag: &str) -> &str {
	flag.trim_start_matches('-')
}

#[cfg(test)]
pub(super) mod tests {
	use super::*;
	use crate::rerun;

	/// Runs that nobody stops.
	pub(in crate::soak) fn soak(validators: u32) -> args::Soak {
		args::Soak {
			runs: None,
			seed: 3,
			blocks: 100,
			validators,
			beyond: false,
			state: None,
			report: None,
			keep_going: false,
			shrink: 40,
			runtime: Default::default(),
		}
	}

	/// With enough validators every shape comes, half of all runs are plain, and `dev` takes whatever is drawn.
	#[test]
	fn every_shape_is_drawn_and_can_be_made() {
		let ten = soak(10);
		let plans: Vec<_> = (0..160).map(|number| Plan::draw(&ten, number)).collect();
		let of = |shape: &Shape| plans.iter().filter(|plan| plan.shape == *shape).count();
		assert_eq!(of(&PLAIN), 80);
		for shape in &SHAPES {
			assert_eq!(of(shape), 10, "{shape:?}");
		}
		for plan in &plans {
			let dev =
				rerun::dev(&plan.arguments()).unwrap_or_else(|error| panic!("{}: {error}", plan.line()));
			let config = dev.run_config();
			assert_eq!(config.validate(), Ok(()), "{}", plan.line());
			for smaller in plan.smaller() {
				assert!(rerun::dev(&smaller.arguments()).is_ok(), "{}", smaller.line());
			}
		}
	}

	#[test]
	fn groups_are_of_three_at_least() {
		for validators in [4, 6, 8, 9, 10, 30] {
			for number in 0..16 {
				let shape = Plan::draw(&soak(validators), number).shape;
				assert!(
					shape == PLAIN || validators / shape.cores >= 3,
					"{validators}: {shape:?}"
				);
			}
		}
	}
}
