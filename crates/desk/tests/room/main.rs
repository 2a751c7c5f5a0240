//! The desk room as its devices see it: anna owns the line, ben supervises, carol and dave answer, erin looks on.

mod bytes;
mod claims;
mod many;
mod members;
mod notes;
mod presence;
mod properties;
mod queue;
mod records;
mod requests;
mod seats;
mod statistics;
mod support;
