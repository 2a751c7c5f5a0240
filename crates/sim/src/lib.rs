//! The simulator: many real engines, the relay's own services, and a network that loses, delays, repeats, parts and
//! restarts, all from one seed and in virtual time.
//!
//! A run is a function of its seed: the same seed does the same again, which every run of the program checks. What it
//! guarantees and how to read a failure stands in `docs/simulator.md`. What is cryptography stays cryptography: nothing is
//! mocked but sockets and clocks.

mod carrier;
mod device;
mod dispatch;
mod driver;
mod faults;
mod features;
mod ledger;
mod network;
mod oracle;
mod rng;
mod run;
mod station;
mod trace;
mod trouble;
mod workload;
mod world;

pub use faults::Fault;
pub use features::Features;
pub use run::{Options, Outcome, SimError, run};
pub use world::Violation;
