//! What came of a sweep: as a table, and as a page with its curve.

use super::Swept;
use async_backing_report::{Chapter, Curve, Figure, Line, Point, Report, Row, Table};

/// Rows of the usual table that are shown, and what they are called here.
const SHOWN: [(&str, &str, &str); 3] = [
	("mean parablock interval", "parablock interval", " s"),
	("extrinsics per parablock", "extrinsics per parablock", ""),
	("extrinsics per minute", "extrinsics per minute", ""),
];
/// What has no ratio to speak of: of the asynchronous runs alone.
const WASTED: &str = "parablocks wasted";
/// The lecture's claims, for the first line of the page.
const EXTRINSICS: usize = 1;
const THROUGHPUT: usize = 2;

/// Cells of a value: for each that is shown synchronous, asynchronous and their ratio, and what was wasted.
fn cells(swept: &Swept) -> Vec<(u64, Vec<String>)> {
	swept
		.points
		.iter()
		.map(|point| {
			let mut cells = Vec::new();
			for (row, ..) in SHOWN {
				let row = point.row(row, swept.slot_s);
				cells.extend((0..3).map(|at| row.get(at).cloned().unwrap_or_else(|| "-".into())));
			}
			let wasted = point.row(WASTED, swept.slot_s);
			cells.push(wasted.get(1).cloned().unwrap_or_else(|| "-".into()));
			(point.value, cells)
		})
		.collect()
}

fn reasons(swept: &Swept) -> Vec<String> {
	swept.points.iter().flat_map(super::Point::reasons).collect()
}

/// For the terminal.
pub(super) fn text(swept: &Swept) -> String {
	let label = swept.flag.len().max(8) + 2;
	let width = 11;
	let mut text = format!("{:<label$}", swept.flag);
	for (_, name, _) in SHOWN {
		text += &format!("{:>1$}", name, 3 * width);
	}
	text += &format!("{:>1$}\n{2:label$}", "wasted", width, "");
	for _ in SHOWN {
		for column in ["sync", "async", "ratio"] {
			text += &format!("{column:>width$}");
		}
	}
	text += &format!("{:>width$}\n", "async");
	for (value, cells) in cells(swept) {
		text += &format!("{value:<label$}");
		for cell in cells {
			text += &format!("{cell:>width$}");
		}
		text.push('\n');
	}
	for reason in reasons(swept) {
		text += &format!("{reason}\n");
	}
	text
}

/// A cell as thousandths of its unit.
fn thousandths(cell: &str) -> Option<u64> {
	let number: String = cell
		.chars()
		.take_while(|symbol| symbol.is_ascii_digit() || *symbol == '.')
		.collect();
	let number: f64 = number.parse().ok()?;
	// No figure of a run comes near to where this would not be exact.
	Some((number * 1000.0).round() as u64)
}

/// For the browser.
pub(super) fn report(swept: &Swept) -> Report {
	let rows = cells(swept);
	let line = |name: &str, column: usize| Line {
		name: name.into(),
		points: rows
			.iter()
			.map(|(value, cells)| Point {
				across: *value,
				thousandths: cells.get(column).and_then(|cell| thousandths(cell)),
			})
			.collect(),
	};
	let curve = |title: String, unit: &str, lines| Curve {
		title,
		unit: unit.into(),
		across: format!("--{}", swept.flag),
		lines,
	};
	let ratios = [EXTRINSICS, THROUGHPUT].map(|row| {
		let (_, name, _) = SHOWN[row];
		curve(name.into(), "x", vec![line("ratio", row * 3 + 2)])
	});
	let absolute = SHOWN.iter().enumerate().map(|(row, (_, name, unit))| {
		let lines = vec![line("synchronous", row * 3), line("asynchronous", row * 3 + 1)];
		curve((*name).into(), unit, lines)
	});
	let columns = SHOWN
		.iter()
		.flat_map(|(_, name, _)| ["sync", "async", "ratio"].map(|of| format!("{name}, {of}")));
	let table = Table {
		columns: columns.chain(["wasted, async".to_owned()]).collect(),
		rows: rows
			.iter()
			.map(|(value, cells)| Row {
				label: value.to_string(),
				cells: cells.clone(),
			})
			.collect(),
	};
	let range = |row: usize| {
		let ratios = rows.iter().filter_map(|(_, cells)| {
			let cell = cells.get(row * 3 + 2)?;
			thousandths(cell)
		});
		let (least, most) = (ratios.clone().min()?, ratios.max()?);
		Some(format!(
			"{:.1} to {:.1}",
			least as f64 / 1000.0,
			most as f64 / 1000.0
		))
	};
	let figure = |label: &str, row: usize, note: &str| Figure {
		label: label.into(),
		value: range(row).unwrap_or_else(|| "none".into()),
		note: note.into(),
	};
	Report {
		title: format!("Synchronous beside asynchronous backing, by {}", swept.flag),
		summary: format!(
			"At {} values of --{} asynchronous backing has {} times the extrinsics per parablock, and {} times the throughput.",
			rows.len(),
			swept.flag,
			range(EXTRINSICS).unwrap_or_else(|| "no".into()),
			range(THROUGHPUT).unwrap_or_else(|| "no".into())
		),
		figures: vec![
			figure("Extrinsics per parablock", EXTRINSICS, "times as many; the lecture says 5 to 10"),
			figure("Extrinsics per minute", THROUGHPUT, "times as many; the lecture says 10 to 20"),
		],
		notes: reasons(swept),
		chapters: vec![
			Chapter {
				title: "Asynchronous over synchronous".into(),
				text: "Each point is two runs of the same network: synchronous backing (0, 0), and asynchronous backing (4, 3)."
					.into(),
				curves: ratios.into(),
				..Chapter::default()
			},
			Chapter {
				title: "Both of them".into(),
				curves: absolute.collect(),
				rows_are: format!("--{}", swept.flag),
				table,
				..Chapter::default()
			},
		],
		..Report::default()
	}
}
