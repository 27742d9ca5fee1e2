//! How the pages of this workspace look: what a page that is no report takes over, so that it looks the same.

/// Styles: colours for light and dark, text, controls, tables, time lines and trees.
pub const STYLE: &str = concat!(
	include_str!("page/base.css"),
	include_str!("page/parts.css"),
	include_str!("page/drawings.css")
);

/// Script of the button with the id `theme`, which changes the colours. It needs nothing else of the page's.
pub const THEME: &str = include_str!("page/theme.js");
