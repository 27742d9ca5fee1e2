#![doc = include_str!("../README.md")]

pub mod emulator;
pub mod measure;
pub mod memory;
pub mod recovery;
pub mod report;
pub mod scaling;
pub mod subsystem;
pub mod trees;
pub mod work;
