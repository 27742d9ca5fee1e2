//! The validator as a whole.

mod codes;
mod composition;
mod crash;
mod disabled;
mod fixture;
mod net;
mod rows;
mod solo;
mod sources;
