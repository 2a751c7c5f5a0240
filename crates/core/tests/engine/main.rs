//! The engine with virtual time: two real devices and a relay in memory.

mod faults;
mod impostors;
mod journey;
mod links;
mod privacy;
mod relay;
mod stuck;
mod world;
