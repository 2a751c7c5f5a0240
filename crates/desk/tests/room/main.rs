//! The desk room as its devices see it: anna owns the line, ben supervises, carol and dave answer, erin looks on.

mod claims;
mod members;
mod notes;
mod presence;
mod queue;
mod records;
mod requests;
mod seats;
mod statistics;
mod support;
