//! Other blobs that do the same: for finding out which figures follow from hashes.
//!
//! A chain's hashes follow from every byte of its code, and the code from the compiler and from where the tree lies. Some of
//! what a run decides is ordered by hash: of two candidates, of two blocks at one height. So a figure of a run that a document
//! states is the figure of one blob, and a test that compares the two says how far others may be from it. `RUNTIME_SALT=NUMBER`
//! gives these tests another blob, which executes the same; `make test-other-hashes` runs them with several.

use std::borrow::Cow;

/// The variable.
const SALT: &str = "RUNTIME_SALT";

/// A custom section of a module: its kind, its length, its name, what is in it.
fn section(salt: u8) -> [u8; 8] {
	[0, 6, 4, b's', b'a', b'l', b't', salt]
}

/// The same module with another hash where the variable is set, else the module.
pub(crate) fn salted(code: Cow<'static, [u8]>) -> Cow<'static, [u8]> {
	let Ok(salt) = std::env::var(SALT) else {
		return code;
	};
	let salt = salt.parse().expect("a number of one byte");
	let module = sp_maybe_compressed_blob::decompress(&code, sp_maybe_compressed_blob::CODE_BLOB_BOMB_LIMIT)
		.expect("it was compiled here");
	[&module[..], &section(salt)].concat().into()
}
