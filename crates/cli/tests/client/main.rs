//! The client commands, as people and programs run them: real processes, a real relay.

mod kill;
mod privacy;
mod refusals;
mod support;
mod talk;
