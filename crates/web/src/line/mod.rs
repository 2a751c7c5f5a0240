//! The page of a business line's team, which is a program of its own.
//!
//! It shares everything with the page for everybody and adds a queue, what the team knows of a conversation, and the line itself.
//! What only a team needs is reached through [`Hooks`]: a program that never calls [`with_desk`] does not hold what is behind them.

mod begin;
mod case;
mod describe;
mod entries;
mod form_builder;
mod link_sheet;
mod offers;
mod panes;
mod queue;
mod request;
mod seats;
mod team;
mod team_state;
mod week;

use std::cell::Cell;

use kuvert_view::{MessageId, RequestView};
use leptos::prelude::*;

use crate::state::AppState;
pub(crate) use team_state::Team;

/// What a team's page does otherwise.
pub(crate) struct Hooks {
    /// What the team shares.
    pub(crate) team: fn() -> Team,
    /// Takes an update of the desk.
    pub(crate) apply: fn(Team, &[u8]),
    /// Keeps what is shown up to date.
    pub(crate) follow: fn(AppState),
    /// The first screen.
    pub(crate) start: fn() -> AnyView,
    /// The panes.
    pub(crate) panes: fn() -> AnyView,
    /// What the team can say about a request.
    pub(crate) request: fn(MessageId, &RequestView) -> AnyView,
}

static DESK: Hooks = Hooks {
    team: Team::new,
    apply: Team::apply,
    follow: team_state::follow,
    start: begin::start,
    panes: panes::panes,
    request: request::ways,
};

thread_local! {
    static HOOKS: Cell<Option<&'static Hooks>> = const { Cell::new(None) };
}

/// Makes this the page of a line's team. Called before [`crate::show`].
pub fn with_desk() {
    HOOKS.set(Some(&DESK));
}

/// What a team's page does otherwise, if this is one.
pub(crate) fn hooks() -> Option<&'static Hooks> {
    HOOKS.get()
}

/// The page's own address at its relay.
pub(crate) fn home() -> &'static str {
    one_of("/", "/desk")
}

/// One word for the page for everybody, and one for a team's: the key of a text, or a name under which something is remembered.
pub(crate) fn one_of(everybody: &'static str, team: &'static str) -> &'static str {
    if hooks().is_some() { team } else { everybody }
}
