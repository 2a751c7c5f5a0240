//! Use cases over the engine: [`kuvert_view::UiCommand`] in, [`kuvert_view::ViewUpdate`] out.
//!
//! [`App`] translates between what a user interface knows (plain data) and what the engine knows (rows and events),
//! and remembers which conversation is shown. It does no I/O: drivers feed it inputs and carry out its outputs, just
//! as they would the engine's.

mod app;
mod consents;
mod copy;
mod desk;
mod desk_dispatch;
mod desk_requests;
mod desk_seats;
mod desk_tend;
mod desk_tickets;
mod desk_views;
mod files;
mod forms;
mod groups;
mod guard;
mod line_profile;
mod moving;
mod pages;
mod people;
mod push;
mod questions;
mod rights;
mod views;
mod wishes;

pub use app::{App, Effect, Watch};
pub use files::{FilesWish, KeptFile};
