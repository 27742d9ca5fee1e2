//! A made-up report: for looking at pages, and for testing them, without a run.

use crate::{
	Chapter, Class, Curve, Figure, Line, Moment, Para, Parablock, Parameter, Place, Point, RelayBlock,
	Report, Row, Run, Table, Traffic, Tree,
};

const SLOT_MS: u64 = 6000;

/// Numbers that look random: SplitMix64.
struct Random(u64);

impl Random {
	fn below(&mut self, limit: u64) -> u64 {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		(mixed ^ (mixed >> 31)) % limit.max(1)
	}

	fn hash(&mut self) -> String {
		let parts = [(); 4].map(|()| format!("{:016x}", self.below(u64::MAX)));
		format!("0x{}", parts.concat())
	}
}

/// Two runs of 60 relay blocks with two paras, in which every class occurs.
pub fn sample() -> Report {
	sample_of(60, 2)
}

/// The same, of another size.
pub fn sample_of(relay_blocks: u32, paras: u32) -> Report {
	let row = |label: &str, cells: [&str; 3]| Row {
		label: label.into(),
		cells: cells.map(String::from).into(),
	};
	let figure = |label: &str, value: &str, note: &str| Figure {
		label: label.into(),
		value: value.into(),
		note: note.into(),
	};
	Report {
		chapters: vec![chapter()],
		title: "Synchronous beside asynchronous backing".into(),
		summary: "Made up, to show what a page looks like: a parablock every 6 seconds instead of every 12."
			.into(),
		figures: vec![
			figure("Parablock interval", "6.00 s", "12.00 s synchronous"),
			figure("Extrinsics per minute", "36,667", "6.60 times as many"),
			figure("Block confidence", "96.5 %", "110 of 114 included"),
		],
		table: Table {
			columns: ["synchronous (0, 0)", "asynchronous (4, 3)", "ratio"]
				.map(String::from)
				.into(),
			rows: vec![
				row("mean parablock interval", ["12.00 s", "6.00 s", "0.50x"]),
				row("  session changes included", ["12.00 s", "6.22 s", "0.52x"]),
				row("extrinsics per minute", ["5558", "36667", "6.60x"]),
			],
		},
		command: format!("async-backing compare --blocks {relay_blocks} --paras {paras} --seed 0"),
		version: "async-backing, made up".into(),
		notes: vec!["Nothing here was run.".into()],
		runs: vec![
			run("synchronous (0, 0)", 2, relay_blocks, paras),
			run("asynchronous (4, 3)", 1, relay_blocks, paras),
		],
	}
}

fn run(name: &str, every: u32, relay_blocks: u32, paras: u32) -> Run {
	let mut random = Random(u64::from(every));
	let mut chain = Vec::new();
	for number in 1..=relay_blocks {
		let mut block = |at_ms, is_best| RelayBlock {
			number,
			hash: random.hash(),
			at_ms,
			session: number / 25,
			author: Some(number % 6),
			is_best,
		};
		let at_ms = u64::from(number - 1) * SLOT_MS;
		chain.push(block(at_ms, true));
		if number % 17 == 0 {
			chain.push(block(at_ms + 400, false));
		}
	}
	let paras: Vec<_> = (2000..2000 + paras)
		.map(|id| para(id, every, &chain, &mut random))
		.collect();
	let trees = paras.iter().flat_map(|para| trees(para, &chain)).collect();
	let traffic = |kind: &str, messages: u64, bytes: u64| Traffic {
		kind: kind.into(),
		messages: messages * u64::from(relay_blocks),
		bytes: bytes * u64::from(relay_blocks),
	};
	let parameter = |name: &str, value: String| Parameter {
		name: name.into(),
		value,
	};
	Run {
		name: name.into(),
		parameters: vec![
			parameter("seed", "0".into()),
			parameter("max_candidate_depth", if every == 1 { "4" } else { "0" }.into()),
			parameter("relay blocks", relay_blocks.to_string()),
		],
		slot_ms: SLOT_MS,
		relay_blocks: chain,
		paras,
		traffic: vec![
			traffic("statement", 60, 14_000),
			traffic("bitfield", 30, 4_200),
			traffic("collation response", 2, 560_000 / u64::from(every)),
			traffic("chunk response", 24, 190_000 / u64::from(every)),
		],
		trees,
	}
}

fn para(id: u32, every: u32, chain: &[RelayBlock], random: &mut Random) -> Para {
	let best: Vec<_> = chain
		.iter()
		.enumerate()
		.filter(|(_, block)| block.is_best)
		.collect();
	let mut blocks = Vec::new();
	for (number, parent) in best.iter().step_by(every as usize).enumerate() {
		let moment = |later: usize| {
			let position = best.iter().position(|(at, _)| *at == parent.0)? + later;
			best.get(position).map(|(relay_block, block)| Moment {
				at_ms: block.at_ms,
				relay_block: *relay_block,
			})
		};
		let wait = if every == 1 { 2 } else { 1 };
		let (backed, included) = (moment(wait), moment(wait + 1));
		let class = match (included, number % 6) {
			(None, _) => Class::InFlight,
			// One after the other, but for those that are included.
			(_, 5) => Class::ALL[2 + number / 6 % 8],
			_ => Class::Included,
		};
		let built = parent.1.at_ms + 3600 + random.below(400);
		let is_late = class == Class::AvailabilityLate;
		let is_included = class == Class::Included;
		blocks.push(Parablock {
			candidate: random.hash(),
			height: Some(number as u32 + 1),
			relay_parent: Some(parent.1.number),
			core: Some(id - 2000),
			built_ms: Some(built),
			seconded_ms: Some(built + 800),
			backable_ms: (class != Class::Refused).then_some(built + 1500),
			backed: backed.filter(|_| is_included || is_late || class == Class::InFlight),
			included: included.filter(|_| is_included),
			timed_out: included.filter(|_| is_late),
			lost_ms: included.map(|included| included.at_ms),
			extrinsics: Some(if every == 1 { 2000 } else { 575 }),
			pov_bytes: Some(300_000),
			authoring_ms: Some(if every == 1 { 2000 } else { 570 }),
			class,
			reason: match class {
				Class::Included | Class::InFlight => String::new(),
				other => format!("{} (R-COL-6)", other.meaning()),
			},
		});
	}
	Para {
		id,
		blocks,
		idle: vec![Parameter {
			name: "the segment is full (R-SEG-2)".into(),
			value: "3".into(),
		}],
	}
}

fn trees(para: &Para, chain: &[RelayBlock]) -> Vec<Tree> {
	let mut trees = Vec::new();
	for (relay_block, leaf) in chain.iter().enumerate() {
		let after = |block: &&Parablock| {
			block
				.relay_parent
				.is_some_and(|parent| parent + 3 > leaf.number && parent <= leaf.number)
		};
		let mut places: Vec<Place> = Vec::new();
		for block in para.blocks.iter().filter(after) {
			let depth = places.len() as u32;
			places.push(Place {
				parent: places.len().checked_sub(1),
				depth,
				candidate: block.candidate.clone(),
				relay_parent: block.relay_parent.unwrap_or_default(),
				state: if depth == 0 { "pending" } else { "backable" }.into(),
				is_best: depth > 0,
			});
		}
		trees.push(Tree {
			para: para.id,
			relay_block,
			title: format!("{} candidate places, depth limit 4", places.len()),
			drawing: drawing(&places),
			places,
		});
	}
	trees
}

fn drawing(places: &[Place]) -> String {
	let width = 760;
	let mut boxes = vec![(24, "root", "included head".to_owned(), String::new())];
	boxes.extend(places.iter().map(|place| {
		let class = if place.is_best { "backable best" } else { "pending" };
		let first = place.candidate.chars().skip(2).take(8).collect();
		(
			210 + 186 * place.depth,
			class,
			first,
			format!("on block {}", place.relay_parent),
		)
	}));
	let boxes: String = boxes
		.into_iter()
		.map(|(x, class, first, second)| {
			let ink = if class == "root" { " class=\"root-text\"" } else { "" };
			let middle = x + 66;
			format!(
				"<rect class=\"{class}\" x=\"{x}\" y=\"128\" width=\"132\" height=\"40\"/><text{ink} x=\"{middle}\" y=\"145\" \
				 text-anchor=\"middle\">{first}</text><text{ink} x=\"{middle}\" y=\"160\" text-anchor=\"middle\">{second}</text>\n"
			)
		})
		.collect();
	format!("<svg viewBox=\"0 96 {width} 110\" width=\"{width}\" height=\"110\">\n{boxes}</svg>\n")
}

/// A curve, and a table of words and figures.
fn chapter() -> Chapter {
	let line = |name: &str, values: [Option<u64>; 4]| Line {
		name: name.into(),
		points: [50, 100, 200, 400]
			.into_iter()
			.zip(values)
			.map(|(across, thousandths)| Point { across, thousandths })
			.collect(),
	};
	let row = |label: &str, cells: [&str; 3]| Row {
		label: label.into(),
		cells: cells.map(String::from).into(),
	};
	Chapter {
		title: "By latency".into(),
		text: "What comes of slower links.".into(),
		curves: vec![Curve {
			title: "extrinsics per parablock".into(),
			unit: String::new(),
			across: "--link-latency-ms".into(),
			lines: vec![
				line("synchronous", [Some(700_000), Some(575_000), Some(225_000), None]),
				line("asynchronous", [Some(2_000_000); 4]),
			],
		}],
		rows_are: "latency".into(),
		table: Table {
			columns: ["included", "share", "why not"].map(String::from).into(),
			rows: vec![
				row("50", ["24", "100.0 %", ""]),
				row("400", ["0", "-", "no parablock was built: there is no time for one between its relay parent and the block that could back it"]),
			],
		},
		is_folded: false,
	}
}
