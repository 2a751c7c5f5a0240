//! The business line (design section 9): what a team knows and decides together, as pure state.
//!
//! Nothing in here reads a clock, a file or a network. Times are milliseconds since 1970 (UTC) that the caller hands in,
//! local times are those of Germany (`Europe/Berlin`).
//!
//! What a line's rules are made of: [`guard`] finds what should not leave a device by mistake, [`time`], [`holidays`] and
//! [`hours`] say when a line is open, [`calendar`] writes and reads appointments, [`poster`] sets what a line puts up.

pub mod calendar;
pub mod guard;
pub mod holidays;
pub mod hours;
pub mod poster;
pub mod time;
