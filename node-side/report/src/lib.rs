#![doc = include_str!("../README.md")]

mod class;
mod html;
pub mod look;
mod model;
pub mod sample;

pub use class::Class;
pub use html::{html, picture, MAX_TREE_BYTES};
pub use model::{
	Chapter, Curve, Figure, Line, Moment, Para, Parablock, Parameter, Place, Point, RelayBlock, Report, Row,
	Run, Table, Traffic, Tree,
};
