//! The validator as a whole.

mod composition;
mod crash;
mod disabled;
mod fixture;
mod net;
mod rows;
mod solo;
