//! Tests of constraints: the worked examples of section 3, and the limits that modifications run into.

mod examples;
mod limits;
mod properties;
mod wire;
