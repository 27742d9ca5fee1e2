//! The page, put together: markup, styles and script of this crate, styles of the report, and the Wasm.

use base64::{engine::general_purpose::STANDARD, Engine};

const STYLE: &str = include_str!("../page/playground.css");
const MARKUP: &str = include_str!("../page/playground.html");
const SCRIPT: &str = include_str!("../page/playground.js");
/// Where the Wasm begins and ends in the page.
const BEGIN: &str = "<script type=\"application/octet-stream;base64\" id=\"wasm\">";
const END: &str = "</script>";

/// The page with this Wasm in it. It asks for nothing from anywhere.
pub fn html(wasm: &[u8]) -> String {
	with_wasm(&STANDARD.encode(wasm))
}

fn with_wasm(encoded: &str) -> String {
	let look = async_backing_report::look::STYLE;
	format!(
		"<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Fragment trees to play with</title>\n\
		 <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
		 <meta name=\"color-scheme\" content=\"light dark\">\n\
		 <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
		 script-src 'unsafe-inline' 'wasm-unsafe-eval'; img-src data:\">\n<link rel=\"icon\" href=\"data:,\">\n\
		 <style>\n{look}{STYLE}</style>\n</head>\n<body>\n{MARKUP}{BEGIN}{encoded}{END}\n\
		 <script>\n{}{SCRIPT}</script>\n</body>\n</html>\n",
		async_backing_report::look::THEME
	)
}

/// The Wasm in a page, if there is one that can be read.
pub fn wasm_of(page: &str) -> Option<Vec<u8>> {
	STANDARD.decode(page.split_once(BEGIN)?.1.split_once(END)?.0).ok()
}

/// Whether all of a page but its Wasm is what [`html`] would write.
pub fn is_current(page: &str) -> bool {
	let parts = page
		.split_once(BEGIN)
		.and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
	let now = with_wasm("");
	let now = now
		.split_once(BEGIN)
		.and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
	parts.is_some() && parts == now
}
