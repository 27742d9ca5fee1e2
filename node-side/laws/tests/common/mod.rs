//! A relay chain.
// Each test file uses its part of this.
#![allow(unused_imports)]

pub(crate) use async_backing_laws::subjects::{candidate, facts};
