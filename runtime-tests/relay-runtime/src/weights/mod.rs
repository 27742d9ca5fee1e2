//! Weights of the pallets, as `make weights` measured them on this runtime.
//!
//! Each file names the day and the processor. Times are those of Wasm without a database; what reading and writing cost is
//! added by the runtime (`DbWeight`).

pub mod pallet_async_backing_configuration;
pub mod pallet_async_backing_dmp;
pub mod pallet_async_backing_hrmp;
pub mod pallet_async_backing_inclusion;
pub mod pallet_async_backing_paras;
pub mod pallet_async_backing_scheduler;

#[cfg(test)]
mod tests;
