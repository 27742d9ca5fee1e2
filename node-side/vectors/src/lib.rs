#![doc = include_str!("../README.md")]

mod ask;
mod canonical;
mod error;
mod folder;
mod hex;
mod json;
mod make;
mod target;

pub use ask::{answer, answer_line, Question};
pub use canonical::canonical;
pub use error::Malformed;
pub use folder::{check, write_to, FolderError};
pub use make::{families, files, Case, VectorFile, MAX_FILE};
pub use target::{serve, MAX_LINE};
