//! The engine with virtual time: two real devices and a relay in memory.

mod composing;
mod elsewhere;
mod faults;
mod files;
mod groups;
mod healing;
mod impostors;
mod invitations;
mod journey;
mod large;
mod lies;
mod line;
mod links;
mod messages;
mod moving;
mod privacy;
mod push;
mod relay;
mod reports;
mod shop;
mod staffing;
mod standing;
mod stuck;
mod unused;
mod world;
