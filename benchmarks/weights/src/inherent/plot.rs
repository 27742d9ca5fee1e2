//! The prediction of every composition as a multiple of what it took, drawn.

use crate::model::{Row, GOAL};
use plotters::prelude::*;
use std::{error::Error, path::Path};

/// Ratios that are drawn; everything is in between.
const RATIOS: std::ops::Range<f64> = 0.8..2.0;

/// Draws an SVG: measured milliseconds to the right, on a logarithmic scale; ratios upwards, with the goal marked.
pub fn draw(rows: &[Row], file: &Path) -> Result<(), Box<dyn Error>> {
	let milliseconds = |row: &Row| row.measured.median() / 1e6;
	let longest = rows.iter().map(milliseconds).fold(1.0, f64::max) * 1.5;
	let shortest = rows.iter().map(milliseconds).fold(longest, f64::min) / 1.5;
	let area = SVGBackend::new(file, (860, 420)).into_drawing_area();
	area.fill(&WHITE)?;
	let mut chart = ChartBuilder::on(&area)
		.margin(16)
		.x_label_area_size(44)
		.y_label_area_size(52)
		.build_cartesian_2d((shortest..longest).log_scale(), RATIOS)?;
	chart
		.configure_mesh()
		.x_desc("measured, in milliseconds")
		.y_desc("predicted / measured")
		.x_label_formatter(&|value| format!("{value}"))
		.y_label_formatter(&|value| format!("{value:.1}"))
		.label_style(("sans-serif", 14))
		.axis_desc_style(("sans-serif", 15))
		.light_line_style(WHITE)
		.bold_line_style(BLACK.mix(0.1))
		.draw()?;
	let goal = Rectangle::new(
		[(shortest, *GOAL.start()), (longest, *GOAL.end())],
		GREEN.mix(0.12).filled(),
	);
	chart.draw_series(std::iter::once(goal))?;
	let one_millisecond = PathElement::new([(1.0, RATIOS.start), (1.0, RATIOS.end)], BLACK.mix(0.4));
	chart.draw_series(std::iter::once(one_millisecond))?;
	chart.draw_series(rows.iter().map(|row| {
		let ratio = row.ratio().clamp(RATIOS.start, RATIOS.end);
		Circle::new((milliseconds(row), ratio), 4, BLUE.mix(0.7).filled())
	}))?;
	area.present()?;
	Ok(())
}
