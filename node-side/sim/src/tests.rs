//! The promises of a driver, faults and reruns, on toy cores.

mod crashes;
mod jobs;
mod promises;
mod replay;
mod toy;
