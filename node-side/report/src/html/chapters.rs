//! Chapters: tables over many runs, and curves.

use super::{
	charts::{legend, Plot},
	escape::Text,
	put, Out,
};
use crate::{Chapter, Curve, Line};

/// The id of the chapter at a position.
pub(super) fn id(position: usize) -> String {
	format!("chapter-{}", position + 1)
}

pub(super) fn sections(out: &mut Out, chapters: &[Chapter]) {
	for (position, chapter) in chapters.iter().enumerate() {
		let (id, title) = (id(position), Text(&chapter.title));
		put!(
			out,
			"<section id=\"{id}\" class=\"chapter\" aria-labelledby=\"h-{id}\">\n<h2 id=\"h-{id}\">{title}</h2>\n"
		);
		if !chapter.text.is_empty() {
			put!(out, "<p>{}</p>\n", Text(&chapter.text));
		}
		curves(out, &chapter.curves);
		table(out, chapter);
		put!(out, "</section>\n");
	}
}

fn curves(out: &mut Out, curves: &[Curve]) {
	// All of a chapter compare the same things.
	let Some(first) = curves.first() else { return };
	legend(out, first.lines.iter().map(|line| line.name.as_str()));
	put!(out, "<div class=\"charts\">\n");
	for curve in curves {
		plot(curve).draw(out);
	}
	put!(
		out,
		"</div>\n<p class=\"small\">The axis is {}.</p>\n",
		Text(&first.across)
	);
}

fn plot(curve: &Curve) -> Plot<'_> {
	let all = || curve.lines.iter().flat_map(|line| &line.points);
	let places = || all().map(|point| point.across);
	let (from, to) = (places().min().unwrap_or(0), places().max().unwrap_or(1));
	let value = |thousandths: u64| thousandths as f64 / 1000.0;
	let ends = |line: &Line| {
		let at = |point: Option<&crate::Point>| point.and_then(|point| point.thousandths);
		let first = at(line.points.first())?;
		let last = at(line.points.last())?;
		let unit = &curve.unit;
		Some(format!(
			"{}: from {:.1}{unit} to {:.1}{unit}",
			line.name,
			value(first),
			value(last)
		))
	};
	Plot {
		title: &curve.title,
		unit: &curve.unit,
		top: None,
		said: curve.lines.iter().filter_map(ends).collect::<Vec<_>>().join("; "),
		across: (from as f64, to as f64),
		lines: curve
			.lines
			.iter()
			.map(|line| {
				let points = line.points.iter();
				points
					.map(|point| (point.across as f64, point.thousandths.map(value)))
					.collect()
			})
			.collect(),
	}
}

fn table(out: &mut Out, chapter: &Chapter) {
	let table = &chapter.table;
	if table.rows.is_empty() {
		return;
	}
	let title = Text(&chapter.title);
	if chapter.is_folded {
		put!(out, "<details><summary>{title}, as a table</summary>");
	}
	put!(
		out,
		"<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{title}\"><table>\n<thead><tr><th scope=\"col\">{}</th>",
		Text(&chapter.rows_are)
	);
	let class: Vec<_> = (0..table.columns.len())
		.map(|column| {
			let mut cells = table.rows.iter().filter_map(|row| row.cells.get(column));
			match cells.all(|cell| is_figure(cell)) {
				true => " class=\"n\"",
				false => "",
			}
		})
		.collect();
	for (column, class) in table.columns.iter().zip(&class) {
		put!(out, "<th scope=\"col\"{class}>{}</th>", Text(column));
	}
	put!(out, "</tr></thead>\n<tbody>\n");
	for row in &table.rows {
		put!(out, "<tr><th scope=\"row\">{}</th>", Text(&row.label));
		for (cell, class) in row.cells.iter().zip(&class) {
			put!(out, "<td{class}>{}</td>", Text(cell));
		}
		put!(out, "</tr>\n");
	}
	put!(out, "</tbody></table></div>");
	put!(out, "{}\n", if chapter.is_folded { "</details>" } else { "" });
}

/// Whether a cell is a figure, perhaps with its unit, or says that there is none.
fn is_figure(cell: &str) -> bool {
	let cell = cell.trim();
	let begins = cell.chars().next();
	begins.is_none_or(|first| first.is_ascii_digit() || cell == "-") && cell.len() <= 16
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{html, Point, Report, Row, Table};

	fn chapter() -> Chapter {
		let points = [(50, Some(3480)), (200, None), (400, Some(12_000))];
		let points = points.map(|(across, thousandths)| Point { across, thousandths });
		Chapter {
			title: "Links <slow>".into(),
			curves: vec![Curve {
				title: "ratio".into(),
				unit: "x".into(),
				across: "latency of a link, in ms".into(),
				lines: vec![Line {
					name: "asynchronous".into(),
					points: points.into(),
				}],
			}],
			rows_are: "run".into(),
			table: Table {
				columns: vec!["built".into(), "result".into()],
				rows: vec![Row {
					label: "0".into(),
					cells: vec!["12".into(), "nothing broke".into()],
				}],
			},
			..Chapter::default()
		}
	}

	#[test]
	fn a_page_without_runs_has_its_chapters_and_nothing_that_is_empty() {
		let page = html(&Report {
			chapters: vec![chapter()],
			..Report::default()
		});
		assert!(page.contains("<a href=\"#chapter-1\">Links &lt;slow&gt;</a>"));
		assert!(!page.contains("Links <slow>"));
		for gone in ["id=\"lanes\"", "id=\"fates\"", "id=\"charts\"", "#lanes"] {
			assert!(!page.contains(gone), "{gone}");
		}
		assert!(page.contains("asynchronous: from 3.5x to 12.0x"), "{page}");
		assert!(page.contains("<th scope=\"col\" class=\"n\">built</th><th scope=\"col\">result</th>"));
	}

	#[test]
	fn a_gap_breaks_a_line() {
		let chapter = chapter();
		let mut out = Out::default();
		plot(&chapter.curves[0]).draw(&mut out);
		let path = out.0.split("class=\"line\" d=\"").nth(1).expect("a line");
		let path = path.split('"').next().expect("it ends");
		assert_eq!(path.matches('M').count(), 2, "{path}");
	}
}
