mod golden;
mod limits;
mod names;
mod properties;
mod sample;
mod versions;
