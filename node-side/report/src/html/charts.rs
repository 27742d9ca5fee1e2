//! Throughput, latency and confidence over time: a line for each run.

use super::{
	classes::{confidence, percent},
	escape::{seconds, Text},
	put,
	series::{counts_extrinsics, stretch_slots, stretches, Latency, Stretch},
	Out,
};
use crate::Run;

const WIDTH: f64 = 340.0;
const HEIGHT: f64 = 190.0;
/// Left, right, top and bottom of what is drawn in.
const FRAME: (f64, f64, f64, f64) = (46.0, 330.0, 12.0, 164.0);

/// A chart.
struct Chart {
	title: String,
	unit: &'static str,
	value: fn(&Stretch) -> Option<f64>,
	/// Where its scale ends, if that does not follow from the values.
	top: Option<f64>,
}

/// Which line is whose.
pub(super) fn legend<'a>(out: &mut Out, names: impl IntoIterator<Item = &'a str>) {
	put!(out, "<ul class=\"legend lines\">");
	for (position, name) in names.into_iter().enumerate() {
		put!(
			out,
			"<li><svg viewBox=\"0 0 34 12\" aria-hidden=\"true\"><path class=\"line r{0}\" d=\"M2 6H32\"/></svg>{1}</li>",
			position % 4,
			Text(name)
		);
	}
	put!(out, "</ul>\n");
}

pub(super) fn section(out: &mut Out, runs: &[Run]) {
	put!(
		out,
		"<section id=\"charts\" aria-labelledby=\"h-charts\">\n<h2 id=\"h-charts\">Over time</h2>\n"
	);
	legend(out, runs.iter().map(|run| run.name.as_str()));
	put!(out, "<div class=\"charts\">\n");
	let slots = stretch_slots(runs);
	let lines: Vec<_> = runs.iter().map(|run| stretches(run, slots)).collect();
	let work = if runs.iter().any(counts_extrinsics) {
		"Extrinsics"
	} else {
		"Parablocks"
	};
	let charts = [
		Chart {
			title: format!("{work} included per minute"),
			unit: "",
			value: |stretch| Some(stretch.throughput),
			top: None,
		},
		Chart {
			title: "Latency to inclusion".into(),
			unit: " s",
			value: |stretch| stretch.latency_s,
			top: None,
		},
		Chart {
			title: "Block confidence".into(),
			unit: " %",
			value: |stretch| stretch.confidence,
			top: Some(100.0),
		},
	];
	for chart in &charts {
		draw(out, chart, runs, &lines);
	}
	put!(out, "</div>\n<p class=\"small\">Each point stands for {slots} slots; the axis counts slots since the run began.</p>\n");
	table(out, &charts, runs, &lines);
	latency(out, runs);
	put!(out, "</section>\n");
}

/// The least of 1, 2 and 5 times a power of ten that three steps of reach a value with.
fn step(most: f64) -> f64 {
	let least = (most / 3.0).max(1e-3);
	let power = 10f64.powf(least.log10().floor());
	let step = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * power >= least);
	step.unwrap_or(10.0) * power
}

/// A value, as short as it may be.
fn label(value: f64) -> String {
	match value {
		value if value >= 10_000.0 => format!("{:.0}k", value / 1000.0),
		value if value >= 10.0 || value.fract() == 0.0 => format!("{value:.0}"),
		value => format!("{value:.1}"),
	}
}

/// A drawing of lines, whatever they are of.
pub(super) struct Plot<'a> {
	pub(super) title: &'a str,
	pub(super) unit: &'a str,
	/// Where its scale ends, if that does not follow from the values.
	pub(super) top: Option<f64>,
	/// What it is said to show, for those who don't see it.
	pub(super) said: String,
	/// Where its lines begin and end.
	pub(super) across: (f64, f64),
	/// Points from left to right; without a value there is a gap.
	pub(super) lines: Vec<Vec<(f64, Option<f64>)>>,
}

fn draw(out: &mut Out, chart: &Chart, runs: &[Run], lines: &[Vec<Stretch>]) {
	let slots = lines.iter().flatten().map(|stretch| stretch.to_slot).max();
	let said: Vec<_> = runs
		.iter()
		.zip(lines)
		.map(|(run, line)| {
			let values: Vec<_> = line.iter().filter_map(chart.value).collect();
			let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
			format!("{}: {}{} on average", run.name, label(mean), chart.unit)
		})
		.collect();
	let points = |line: &Vec<Stretch>| {
		let points = line.iter();
		points
			.map(|stretch| (stretch.to_slot as f64, (chart.value)(stretch)))
			.collect()
	};
	let plot = Plot {
		title: &chart.title,
		unit: chart.unit,
		top: chart.top,
		said: said.join("; "),
		across: (0.0, slots.unwrap_or(1).max(1) as f64),
		lines: lines.iter().map(points).collect(),
	};
	plot.draw(out);
}

impl Plot<'_> {
	/// Draws it as a figure with its title.
	pub(super) fn draw(&self, out: &mut Out) {
		let (left, right, top, bottom) = FRAME;
		let values = self.lines.iter().flatten().filter_map(|(_, value)| *value);
		let most = self.top.unwrap_or_else(|| values.fold(0.0, f64::max));
		let step = if self.top.is_some() { 25.0 } else { step(most) };
		let most = (most / step).ceil().max(1.0) * step;
		let (from, to) = self.across;
		let length = (to - from).max(1.0);
		let x = |across: f64| left + (right - left) * (across - from) / length;
		let y = |value: f64| bottom - (bottom - top) * (value / most).clamp(0.0, 1.0);
		put!(
			out,
			"<figure><figcaption>{0}</figcaption><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{0}. {1}\">",
			Text(self.title),
			Text(&self.said)
		);
		let steps = (most / step).round() as u32;
		for number in 0..=steps {
			let value = f64::from(number) * step;
			put!(
				out,
				"<path class=\"grid\" d=\"M{left} {0:.1}H{right}\"/><text class=\"tick\" x=\"{1}\" y=\"{2:.1}\" text-anchor=\"end\">{3}{4}</text>",
				y(value),
				left - 6.0,
				y(value) + 4.0,
				label(value),
				Text(self.unit)
			);
		}
		for part in 0..=4u32 {
			let tick = (from + length * f64::from(part) / 4.0).floor();
			let anchor = if part == 4 { "end" } else { "middle" };
			put!(
				out,
				"<text class=\"tick\" x=\"{:.1}\" y=\"{}\" text-anchor=\"{anchor}\">{tick:.0}</text>",
				x(tick),
				bottom + 18.0
			);
		}
		for (position, line) in self.lines.iter().enumerate() {
			let mut path = String::new();
			let mut points = Out::default();
			let mut begins = true;
			for (across, value) in line {
				let Some(value) = value else {
					begins = true;
					continue;
				};
				let (x, y) = (x(*across), y(*value));
				path.push_str(&format!("{}{x:.1} {y:.1}", if begins { "M" } else { "L" }));
				begins = false;
				put!(points, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.2\"/>");
			}
			put!(
				out,
				"<g class=\"r{}\"><path class=\"line\" d=\"{path}\"/>{}</g>",
				position % 4,
				points.0
			);
		}
		put!(out, "</svg></figure>\n");
	}
}

/// The points of all charts.
fn table(out: &mut Out, charts: &[Chart], runs: &[Run], lines: &[Vec<Stretch>]) {
	put!(
		out,
		"<details><summary>These charts as a table</summary><div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"These \
		 charts as a table\"><table><thead><tr><th scope=\"col\" rowspan=\"2\" class=\"n\">up to slot</th>"
	);
	for run in runs {
		put!(
			out,
			"<th scope=\"colgroup\" colspan=\"{}\" class=\"n\">{}</th>",
			charts.len(),
			Text(&run.name)
		);
	}
	put!(out, "</tr><tr>");
	for _ in runs {
		for chart in charts {
			put!(
				out,
				"<th scope=\"col\" class=\"n\">{}</th>",
				Text(&chart.title.to_lowercase())
			);
		}
	}
	put!(out, "</tr></thead><tbody>\n");
	let longest = lines.iter().max_by_key(|line| line.len());
	for (position, stretch) in longest.into_iter().flatten().enumerate() {
		put!(out, "<tr><th scope=\"row\" class=\"n\">{}</th>", stretch.to_slot);
		for line in lines {
			for chart in charts {
				let value = line.get(position).and_then(chart.value);
				let value = value.map_or_else(|| "-".into(), |value| format!("{value:.1}{}", chart.unit));
				put!(out, "<td class=\"n\">{value}</td>");
			}
		}
		put!(out, "</tr>\n");
	}
	put!(out, "</tbody></table></div></details>\n");
}

/// How long inclusion takes, and how sure it is.
fn latency(out: &mut Out, runs: &[Run]) {
	put!(
		out,
		"<h3>From authoring to inclusion</h3>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"From authoring to \
		 inclusion\"><table><thead><tr><th scope=\"col\">run</th><th scope=\"col\" class=\"n\">included</th>\
		 <th scope=\"col\" class=\"n\">confidence</th><th scope=\"col\" class=\"n\">mean</th><th scope=\"col\" class=\"n\">median</th>\
		 <th scope=\"col\" class=\"n\">95th percentile</th><th scope=\"col\" class=\"n\">worst</th>\
		 <th scope=\"col\" class=\"n\">standard deviation</th></tr></thead><tbody>\n"
	);
	for run in runs {
		let confidence = confidence(run).map_or_else(|| "-".into(), percent);
		put!(out, "<tr><th scope=\"row\">{}</th>", Text(&run.name));
		let Some(latency) = Latency::of(run) else {
			put!(out, "<td class=\"n\">0</td><td class=\"n\">{confidence}</td>");
			put!(out, "{}</tr>\n", "<td class=\"n\">-</td>".repeat(5));
			continue;
		};
		put!(
			out,
			"<td class=\"n\">{}</td><td class=\"n\">{confidence}</td>",
			latency.count
		);
		for ms in [
			latency.mean_ms,
			latency.median_ms,
			latency.high_ms,
			latency.worst_ms,
			latency.deviation_ms,
		] {
			put!(out, "<td class=\"n\">{}</td>", seconds(ms));
		}
		put!(out, "</tr>\n");
	}
	put!(out, "</tbody></table></div>\n");
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn scales_have_round_steps() {
		for (most, expected) in [
			(9.0, 5.0),
			(36_667.0, 20_000.0),
			(0.0, 0.001),
			(15.0, 5.0),
			(16.0, 10.0),
		] {
			let found = step(most);
			assert!((found - expected).abs() < expected / 1e6, "{most}: {found}");
		}
		assert_eq!(label(20_000.0), "20k");
		assert_eq!(label(2.5), "2.5");
		assert_eq!(label(1500.0), "1500");
	}
}
