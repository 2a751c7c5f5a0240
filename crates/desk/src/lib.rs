//! The business line (design section 9): what a team knows and decides together, as pure state.
//!
//! Nothing in here reads a clock, a file or a network. Times are milliseconds since 1970 (UTC) that the caller hands in,
//! local times are those of Germany (`Europe/Berlin`).
//!
//! [`room`] is the desk room: its events, and what every device of the line folds them into. What a line publishes and what
//! customers send it: [`form`] and [`pzn`] are request forms and their answers, [`request`] is where a request stands, [`line`] is
//! the line itself with its [`imprint`], [`seats`] are what is limited, and [`templates`] are what to begin with. What is kept for how long is in [`retention`], and
//! [`papers`] are what the GDPR asks a line to be able to show. [`guard`] finds what should not leave a device by mistake,
//! [`consent`] is what customers consent to and [`score`] how satisfied they were, [`calendar`] writes appointments down, and [`poster`] draws the link for the wall.

pub mod calendar;
pub mod consent;
pub mod form;
pub mod guard;
pub mod holidays;
pub mod hours;
pub mod imprint;
pub mod limits;
pub mod line;
pub mod papers;
pub mod poster;
pub mod pzn;
pub mod request;
pub mod retention;
pub mod room;
pub mod score;
pub mod seats;
pub mod templates;
pub mod text;
pub mod time;

mod later;
