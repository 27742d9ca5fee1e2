//! What the pallet does, told as blocks of a mock chain with real signatures.

mod adversarial;
mod bitfields;
mod budget;
mod cases;
mod chains;
mod cores;
mod dear_claims;
mod defects;
mod edges;
mod freeing;
mod governance;
mod inherent;
mod load;
mod outputs;
mod queries;
mod refusals;
mod road;
mod runtime_api;
mod sessions;
mod sharing;
mod try_state;
mod validation_outputs;
mod weight;
mod wiring;
