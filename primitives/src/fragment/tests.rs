//! Tests of fragment validity: every error at its limit, the order of the checks, and what holds for all candidates.

mod limits;
mod order;
mod properties;
mod scope;
mod unconnected;
