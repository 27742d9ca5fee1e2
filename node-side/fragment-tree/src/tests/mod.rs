//! Stories and properties. Every step of every story is followed by [`check_invariants`] and by a comparison with the
//! [naive tree](Model).

mod basics;
mod bounds;
mod carry;
mod forks;
mod histories;
mod questions;
mod resources;
mod shape;
mod storage;
mod story;

use crate::{model::*, *};
use async_backing_primitives::*;
use std::{collections::BTreeMap, vec, vec::Vec};
