//! Tables of figures.

use super::{
	escape::{bytes, grouped, Text},
	put, Out,
};
use crate::{Parameter, Run, Table};
use std::collections::BTreeSet;

/// The table that a run ends with.
pub(super) fn main(out: &mut Out, table: &Table) {
	if table.rows.is_empty() {
		return;
	}
	put!(
		out,
		"<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Figures\"><table class=\"main\">\n<thead><tr><td></td>"
	);
	for column in &table.columns {
		put!(out, "<th scope=\"col\" class=\"n\">{}</th>", Text(column));
	}
	put!(out, "</tr></thead>\n<tbody>\n");
	for row in &table.rows {
		let label = row.label.trim_start();
		let class = if label.len() < row.label.len() {
			" class=\"sub\""
		} else {
			""
		};
		put!(out, "<tr><th scope=\"row\"{class}>{}</th>", Text(label));
		for cell in &row.cells {
			put!(out, "<td class=\"n\">{}</td>", Text(cell));
		}
		put!(out, "</tr>\n");
	}
	put!(out, "</tbody></table></div>\n");
}

/// Messages and their bytes, by kind.
pub(super) fn traffic(out: &mut Out, runs: &[Run]) {
	let kinds: BTreeSet<_> = runs
		.iter()
		.flat_map(|run| &run.traffic)
		.map(|traffic| &traffic.kind)
		.collect();
	if kinds.is_empty() {
		return;
	}
	put!(
		out,
		"<section id=\"traffic\" aria-labelledby=\"h-traffic\">\n<h2 id=\"h-traffic\">Messages by kind</h2>\n\
		 <p>What arrived at validators and collators, with its encoded size. Bars compare bytes on one scale.</p>\n\
		 <div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Messages and bytes\"><table class=\"traffic\"><thead><tr>\
		 <th scope=\"col\" rowspan=\"2\">kind</th>"
	);
	for run in runs {
		put!(
			out,
			"<th scope=\"colgroup\" colspan=\"2\" class=\"n\">{}</th>",
			Text(&run.name)
		);
	}
	put!(out, "</tr><tr>");
	for _ in runs {
		put!(
			out,
			"<th scope=\"col\" class=\"n\">messages</th><th scope=\"col\" class=\"n\">bytes</th>"
		);
	}
	put!(out, "</tr></thead>\n<tbody>\n");
	let of = |run: &Run, kind: &str| run.traffic.iter().find(|traffic| traffic.kind == kind).cloned();
	let most = runs
		.iter()
		.flat_map(|run| &run.traffic)
		.map(|traffic| traffic.bytes)
		.max();
	let most = most.unwrap_or_default().max(1);
	let mut kinds: Vec<_> = kinds.into_iter().collect();
	let all = |kind: &str| {
		runs.iter()
			.filter_map(|run| of(run, kind))
			.map(|traffic| traffic.bytes)
			.sum::<u64>()
	};
	kinds.sort_by_key(|kind| std::cmp::Reverse(all(kind)));
	for kind in kinds {
		put!(out, "<tr><th scope=\"row\">{}</th>", Text(kind));
		for run in runs {
			let traffic = of(run, kind).unwrap_or_default();
			// In thousandths, of a scale that all cells share.
			let share = u128::from(traffic.bytes) * 1000 / u128::from(most);
			put!(
				out,
				"<td class=\"n\">{}</td><td class=\"n gauge\" style=\"--share:{}.{}%\">{}</td>",
				grouped(traffic.messages),
				share / 10,
				share % 10,
				bytes(traffic.bytes)
			);
		}
		put!(out, "</tr>\n");
	}
	put!(out, "</tbody><tfoot><tr><th scope=\"row\">all</th>");
	for run in runs {
		let sum = |of: fn(&crate::Traffic) -> u64| run.traffic.iter().map(of).sum::<u64>();
		put!(
			out,
			"<td class=\"n\">{}</td><td class=\"n\">{}</td>",
			grouped(sum(|traffic| traffic.messages)),
			bytes(sum(|traffic| traffic.bytes))
		);
	}
	put!(out, "</tr></tfoot></table></div>\n</section>\n");
}

/// Parameters of the runs, side by side. What differs is marked.
pub(super) fn parameters(out: &mut Out, runs: &[Run]) {
	let mut names: Vec<&str> = Vec::new();
	for Parameter { name, .. } in runs.iter().flat_map(|run| &run.parameters) {
		if !names.contains(&name.as_str()) {
			names.push(name);
		}
	}
	if names.is_empty() {
		return;
	}
	put!(
		out,
		"<h3>Seed and parameters</h3>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Seed and parameters\">\
		 <table class=\"parameters\"><thead><tr><th scope=\"col\">parameter</th>"
	);
	for run in runs {
		put!(out, "<th scope=\"col\">{}</th>", Text(&run.name));
	}
	put!(out, "</tr></thead>\n<tbody>\n");
	for name in names {
		let of = |run: &Run| {
			let found = run.parameters.iter().find(|parameter| parameter.name == name);
			found.map_or_else(String::new, |parameter| parameter.value.clone())
		};
		let values: Vec<_> = runs.iter().map(of).collect();
		let differs = values.windows(2).any(|pair| pair[0] != pair[1]);
		put!(
			out,
			"<tr{}><th scope=\"row\">{}</th>",
			if differs { " class=\"differs\"" } else { "" },
			Text(name)
		);
		for value in values {
			put!(out, "<td>{}</td>", Text(&value));
		}
		put!(out, "</tr>\n");
	}
	put!(out, "</tbody></table></div>\n");
}
