//! The page of a business line's team, which is a program of its own.
//!
//! It shares everything with the page for everybody and adds a queue, what the team knows of a conversation, and the line itself.
//! What only a team needs is reached through [`Hooks`]: a program that never calls [`with_desk`] does not hold what is behind them.

mod alerts;
mod audit;
mod begin;
mod built_field;
mod canned;
mod case;
mod describe;
mod entries;
mod form_builder;
mod guard_part;
mod keys;
mod labels;
mod link_sheet;
mod offers;
mod outside;
mod panes;
mod papers_part;
mod promise_part;
mod queue;
mod reminders;
mod request;
mod rights;
mod search;
mod seats;
mod statistics;
mod team;
mod team_state;
mod tools;
mod week;

use std::cell::Cell;

use kuvert_view::{MessageId, MessageView, RequestView};
use leptos::prelude::*;

use crate::state::AppState;
use crate::talk::Talk;
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
    /// What can be done with a message beside what everybody can.
    pub(crate) menu: fn(Talk, &MessageView) -> AnyView,
    /// What else can be set.
    pub(crate) settings: fn() -> AnyView,
    /// What is said at a message.
    pub(crate) mark: fn(Memo<MessageView>) -> AnyView,
}

static DESK: Hooks = Hooks {
    team: Team::new,
    apply: Team::apply,
    follow: team_state::follow,
    start: begin::start,
    panes: panes::panes,
    request: request::ways,
    menu: rights::menu,
    settings: tools::settings,
    mark: rights::mark,
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
