//! The C interface of the module: unsafe code, and as little of it as there can be (docs/decisions/0025).
//!
//! A host makes an instance for each call: it asks for room ([`room`]), writes the game there, and calls [`play`] or
//! [`presets`]. Nothing is ever freed, because the instance ends with the call; so the allocator counts up. Of its host
//! the module asks two things under names of Substrate: to be told why it stops, and Blake2, for which the host calls
//! [`blake2_256`] of the same instance.

use blake2b_simd::Params;
use core::{
	alloc::{GlobalAlloc, Layout},
	sync::atomic::{AtomicUsize, Ordering},
};

/// Bytes of a page of memory.
const PAGE: usize = 65_536;
/// Least number of pages to ask for at once.
const CHUNK: usize = 16;

/// Memory that is given out and never taken back.
struct CountingUp {
	next: AtomicUsize,
	end: AtomicUsize,
}

#[global_allocator]
static ALLOCATOR: CountingUp = CountingUp {
	next: AtomicUsize::new(0),
	end: AtomicUsize::new(0),
};

// SAFETY: every piece is given out once, from memory that is the module's, at the alignment that is asked for; there is
// one thread.
#[allow(unsafe_code, reason = "an allocator is unsafe to implement")]
unsafe impl GlobalAlloc for CountingUp {
	unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
		let (mut next, mut end) = (
			self.next.load(Ordering::Relaxed),
			self.end.load(Ordering::Relaxed),
		);
		let aligned = |at: usize| at.next_multiple_of(layout.align());
		if end < aligned(next).saturating_add(layout.size()) {
			let pages = layout.size().div_ceil(PAGE).saturating_add(1).max(CHUNK);
			let before = core::arch::wasm32::memory_grow::<0>(pages);
			if before == usize::MAX {
				return core::ptr::null_mut();
			}
			let begin = before * PAGE;
			if begin != end {
				next = begin;
			}
			end = begin + pages * PAGE;
			self.end.store(end, Ordering::Relaxed);
		}
		let at = aligned(next);
		self.next.store(at + layout.size(), Ordering::Relaxed);
		at as *mut u8
	}

	unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

/// Room for so many bytes, for the host to write to.
#[allow(unsafe_code, reason = "the host finds it by its name")]
#[no_mangle]
pub(crate) extern "C" fn room(len: usize) -> *mut u8 {
	alloc::vec![0; len].leak().as_mut_ptr()
}

/// What there is to see of a game: see [`crate::play`]. Pointer in the low half, length in the high half.
///
/// # Safety
/// `pointer` refers to `len` bytes that the host wrote and nobody changes while this runs.
#[allow(
	unsafe_code,
	reason = "the host hands over a raw pointer and finds this function by its name"
)]
#[no_mangle]
pub(crate) unsafe extern "C" fn play(pointer: *const u8, len: usize) -> u64 {
	// SAFETY: the caller's part of the contract, above.
	let game = unsafe { core::slice::from_raw_parts(pointer, len) };
	told(crate::play(core::str::from_utf8(game).unwrap_or_default()))
}

/// The presets: see [`crate::presets_json`]. Returned as by [`play`].
#[allow(unsafe_code, reason = "the host finds it by its name")]
#[no_mangle]
pub(crate) extern "C" fn presets() -> u64 {
	told(crate::presets_json())
}

/// Hands a text over: never freed, because the instance ends with this call.
fn told(text: alloc::string::String) -> u64 {
	let bytes = text.into_bytes().leak();
	bytes.as_ptr() as u64 | ((bytes.len() as u64) << 32)
}

/// Blake2-256, the hash of all that is hashed here, of bytes whose pointer is in the low half of the argument and whose length
/// is in the high half. Returns where it lies.
///
/// # Safety
/// The bytes are such as `sp-io` hands to its host: a slice of its caller's.
#[allow(
	unsafe_code,
	reason = "the host hands over a raw pointer and finds this function by its name"
)]
#[no_mangle]
pub(crate) unsafe extern "C" fn blake2_256(data: u64) -> *mut u8 {
	let (pointer, len) = ((data & u64::from(u32::MAX)) as usize, (data >> 32) as usize);
	// SAFETY: the caller's part of the contract, above.
	let bytes = unsafe { core::slice::from_raw_parts(pointer as *const u8, len) };
	let hash = Params::new().hash_length(32).hash(bytes);
	hash.as_bytes().to_vec().leak().as_mut_ptr()
}
