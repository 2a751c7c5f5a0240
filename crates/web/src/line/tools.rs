//! What the tools of the queue share: prepared answers, the label by which the queue is filtered, and the time.

use std::time::Duration;

use kuvert_view::{
    CannedView, ConversationId, DeskCommand, FoundCasesView, LabelId, StatisticsView, TeamRole, ToolCommand,
};
use leptos::prelude::*;

use super::alerts::{self, Alerts};
use super::keys;
use super::team_state::{Team, post, team};
use crate::browser;
use crate::dates;
use crate::harmless::clean;
use crate::i18n::t1;
use crate::state::{AppState, state};

/// How often it is looked whether a reminder is due, and whether a colleague still writes.
const TICK: Duration = Duration::from_secs(15);
/// How often it is looked who is there, in milliseconds.
const LOOK_AGAIN: i64 = 60_000;
/// The engine is told at most so often that somebody types; it decides what colleagues are told.
const TYPED_AGAIN: i64 = 5_000;

/// The part of the team's state that is about tools; cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Tools {
    /// The prepared answers, by title.
    pub(super) canned: RwSignal<Vec<CannedView>>,
    /// A prepared answer for a customer, to be taken into the field.
    pub(super) filled: RwSignal<Option<(ConversationId, String)>>,
    /// Only conversations with this label are listed.
    pub(super) label: RwSignal<Option<LabelId>>,
    /// The time, now and then.
    pub(super) clock: RwSignal<i64>,
    /// What is searched for.
    pub(super) typed: RwSignal<String>,
    /// Customers who were found.
    pub(super) found: RwSignal<Option<FoundCasesView>>,
    /// What was counted.
    pub(super) statistics: RwSignal<Option<StatisticsView>>,
    /// Notifications.
    pub(super) alerts: Alerts,
}

impl Tools {
    pub(super) fn new() -> Self {
        Self {
            canned: RwSignal::new(Vec::new()),
            filled: RwSignal::new(None),
            label: RwSignal::new(None),
            clock: RwSignal::new(0),
            typed: RwSignal::new(String::new()),
            found: RwSignal::new(None),
            statistics: RwSignal::new(None),
            alerts: Alerts::new(),
        }
    }

    pub(super) fn take_canned(self, mut canned: Vec<CannedView>) {
        for one in &mut canned {
            clean(&mut one.title);
            clean(&mut one.language);
        }
        self.canned.set(canned);
    }
}

/// Posts a wish about a tool.
pub(super) fn post_tool(tool: ToolCommand) {
    post(&DeskCommand::Tool(tool));
}

/// Asks for what tools need, and keeps the clock.
pub(super) fn follow(team: Team, state: AppState) {
    keys::follow(team);
    alerts::follow(state, team);
    let clock = team.tools().clock;
    clock.set(dates::now());
    set_interval(move || clock.set(dates::now()), TICK);
    let queue = team.queue();
    // A colleague who stops writing says nothing: their mark is looked at again.
    Effect::new(move |_| {
        clock.track();
        let is_marked = queue.with_untracked(|queue| {
            queue.as_ref().is_some_and(|queue| queue.rows.iter().any(|row| !row.answering.is_empty()))
        });
        if is_marked {
            post(&DeskCommand::ShowQueue { filter: team.filter().get_untracked() });
        }
    });
    let is_member = Memo::new(move |_| team.role().get().is_some());
    Effect::new(move |_| {
        if is_member.get() {
            post_tool(ToolCommand::ShowCanned);
        }
    });
    // The engine decides how often colleagues are told.
    let is_here = move || {
        clock.track();
        if is_member.get() && browser::is_visible() {
            post_tool(ToolCommand::Here);
        }
    };
    Effect::new(move |_| is_here());
    // Who went says nothing: the team is looked at again now and then.
    Effect::new(move |looked: Option<i64>| {
        let now = clock.get();
        let looked = looked.unwrap_or(now);
        let is_due = now - looked >= LOOK_AGAIN;
        if is_due && is_member.get_untracked() {
            post(&DeskCommand::ShowDesk);
        }
        if is_due { now } else { looked }
    });
}

/// What the team's page can be set to.
pub(super) fn settings() -> AnyView {
    let alerts = team().tools().alerts;
    view! { {alerts::section(alerts)} {keys::section()} }.into_any()
}

/// Whether the user decides about labels and prepared answers.
pub(super) fn supervises() -> Memo<bool> {
    let role = team().role();
    Memo::new(move |_| role.get() >= Some(TeamRole::Supervisor))
}

/// Whether the user is in the field for answers.
fn is_in_field() -> bool {
    document().active_element().is_some_and(|element| element.id() == "composer")
}

/// Says who else writes an answer, and tells others when the user does.
#[component]
pub(super) fn Answering(
    /// Which conversation.
    id: ConversationId,
) -> impl IntoView {
    let case = team().case(id);
    let names = Memo::new(move |_| {
        case.with(|case| case.as_ref().map(|case| case.answering.join(", ")).unwrap_or_default())
    });
    let clock = team().tools().clock;
    Effect::new(move |_| {
        clock.track();
        if !names.with_untracked(String::is_empty) {
            post(&DeskCommand::ShowCase { conversation: id });
        }
    });
    let words = t1("desk-answering", "name", move || names.get());
    let draft = state().talk().draft(id);
    let told = StoredValue::new(0_i64);
    Effect::new(move |before: Option<()>| {
        let is_empty = draft.with(String::is_empty);
        // What was kept of an earlier day is not typed now.
        let is_typing = before.is_some() && !is_empty && is_in_field();
        let now = dates::now();
        if is_typing && !(0..TYPED_AGAIN).contains(&now.saturating_sub(told.get_value())) {
            told.set_value(now);
            post_tool(ToolCommand::Answering { conversation: id });
        }
    });
    view! {
        <p class="case-answering" role="status" data-testid="answering">
            {move || (!names.with(String::is_empty)).then(words)}
        </p>
    }
}
