//! Tests of constraints: the worked examples of section 3, the limits that modifications run into, and what the wire format
//! cannot carry.

mod examples;
mod limits;
mod properties;
mod source;
mod wire;
