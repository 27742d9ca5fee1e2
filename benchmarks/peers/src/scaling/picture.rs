//! Curves as pictures: both axes logarithmic, measured points, and the straight lines that fit them best.

use super::{exponent, Curve, Subject};
use crate::report::{count, time};
use plotters::prelude::*;

/// Width and height of the picture of one curve, in pixels.
const PANEL: (u32, u32) = (430, 360);
const OURS: RGBColor = RGBColor(0x1f, 0x5f, 0xbf);
const THEIRS: RGBColor = RGBColor(0xc8, 0x55, 0x0a);
const FONT: &str = "sans-serif";

type DrawError<'a> = DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>;

/// The picture of a subject, as SVG: its curves side by side.
pub(super) fn draw(subject: &Subject) -> Result<String, Box<dyn std::error::Error>> {
	let mut text = String::new();
	{
		let width = PANEL.0 * subject.curves.len() as u32;
		let area = SVGBackend::with_string(&mut text, (width, PANEL.1)).into_drawing_area();
		area.fill(&WHITE)?;
		for (panel, curve) in area
			.split_evenly((1, subject.curves.len()))
			.iter()
			.zip(&subject.curves)
		{
			draw_curve(panel, subject, curve)?;
		}
		area.present()?;
	}
	Ok(text)
}

/// Powers of ten around the costs, in nanoseconds.
fn decades(curve: &Curve) -> (f64, f64) {
	let costs = || {
		curve
			.ours(0)
			.into_iter()
			.chain(curve.theirs(0))
			.map(|(_, cost)| cost.log10())
	};
	let low = costs().fold(f64::INFINITY, f64::min).floor();
	let high = costs().fold(f64::NEG_INFINITY, f64::max).ceil().max(low + 1.0);
	(10f64.powf(low), 10f64.powf(high))
}

fn draw_curve<'a>(
	panel: &DrawingArea<SVGBackend<'a>, plotters::coord::Shift>,
	subject: &Subject,
	curve: &Curve,
) -> Result<(), DrawError<'a>> {
	let sizes = curve.ours(0);
	let (first, last) = (
		sizes.first().map_or(1.0, |point| point.0),
		sizes.last().map_or(10.0, |point| point.0),
	);
	let (low, high) = decades(curve);
	let mut chart = ChartBuilder::on(panel)
		.caption(curve.what, (FONT, 16))
		.margin(8)
		.margin_right(18)
		.x_label_area_size(38)
		.y_label_area_size(62)
		// Powers of ten at the ends have to be within the range whatever their rounding, and the legend needs room.
		.build_cartesian_2d(
			(first * 0.9..last * 1.1).log_scale(),
			(low * 0.999..high * 4.0).log_scale(),
		)?;
	chart
		.configure_mesh()
		.x_desc(subject.axis)
		.axis_desc_style((FONT, 14))
		.label_style((FONT, 13))
		.x_labels(5)
		.y_labels(8)
		.x_label_formatter(&|size| count(size.round() as usize))
		.y_label_formatter(&|ns| whole(*ns))
		.light_line_style(WHITE.mix(0.0))
		.bold_line_style(BLACK.mix(0.15))
		.draw()?;
	for (name, colour, points) in [("ours", OURS, curve.ours(0)), ("theirs", THEIRS, curve.theirs(0))] {
		let Some(slope) = exponent(&points) else {
			continue;
		};
		let middle = points.iter().map(|(_, cost)| cost.ln()).sum::<f64>() / points.len() as f64;
		let centre = points.iter().map(|(size, _)| size.ln()).sum::<f64>() / points.len() as f64;
		let fitted = |size: f64| {
			(
				size,
				(middle + slope * (size.ln() - centre)).exp().clamp(low, high),
			)
		};
		let circle = move |(size, cost): &(f64, f64)| Circle::new((*size, *cost), 4, colour.filled());
		chart.draw_series(LineSeries::new(
			[fitted(first), fitted(last)],
			colour.mix(0.45).stroke_width(2),
		))?;
		chart
			.draw_series(points.iter().map(circle))?
			.label(format!("{name}, exponent {slope:.2}"))
			.legend(move |(x, y)| Circle::new((x + 10, y), 4, colour.filled()));
	}
	chart
		.configure_series_labels()
		.position(SeriesLabelPosition::UpperLeft)
		.margin(6)
		.label_font((FONT, 14))
		.background_style(WHITE.mix(0.85))
		.border_style(BLACK.mix(0.25))
		.draw()
}

/// A power of ten nanoseconds.
fn whole(ns: f64) -> String {
	time(ns.round()).replace(".00", "").replace(".0", "")
}
