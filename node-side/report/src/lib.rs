#![doc = include_str!("../README.md")]

mod class;
mod html;
mod model;
pub mod sample;

pub use class::Class;
pub use html::{html, MAX_TREE_BYTES};
pub use model::{
	Figure, Moment, Para, Parablock, Parameter, Place, RelayBlock, Report, Row, Run, Table, Traffic, Tree,
};
