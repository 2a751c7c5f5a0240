//! Where a request stands: the states its form has, and the statuses that travel in the conversation.

use kuvert_content::MessageId;
use minicbor::{Decode, Encode};

use crate::form::limits::{
    MAX_CODE, MAX_LABEL, MAX_NOTE, MAX_PLACE, MAX_SLUG, MAX_STATES, MAX_STATUS, MAX_TIME, MAX_WAYS,
};
use crate::form::{ReadError, is_slug};
use crate::text::{Shape, Text, TextFault, is_plain};

/// The states of a form's requests, and the ways between them. A request begins in the first state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct StatusFlow {
    /// The states; elsewhere they are named by their place in here, from 0.
    #[n(0)]
    pub states: Vec<State>,
    /// From where a request can go where.
    #[n(1)]
    pub ways: Vec<(u8, u8)>,
}

/// A state in which a request can be.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct State {
    /// Names it within the form: small letters, digits, hyphens.
    #[n(0)]
    pub id: String,
    /// What it is called.
    #[n(1)]
    pub label: Text,
    /// The request is done.
    #[n(2)]
    pub is_final: bool,
    /// From here on the time runs after which the request is erased on both sides.
    #[n(3)]
    pub erases: bool,
}

/// What is wrong with the states of a form, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FlowFault {
    /// A request could be in no state.
    #[error("add a state")]
    NoState,
    /// Too many states.
    #[error("keep at most {MAX_STATES} states")]
    TooManyStates,
    /// A state's id names nothing.
    #[error("state {}: give it an id of up to {MAX_SLUG} small letters, digits and hyphens", .0 + 1)]
    Id(usize),
    /// Another state has its id.
    #[error("state {}: another one has this id; choose another one", .0 + 1)]
    IdTwice(usize),
    /// What a state is called.
    #[error("state {place}: {fault}", place = .0 + 1, fault = .1)]
    Label(usize, TextFault),
    /// Requests would be erased while they are worked on.
    #[error("state {}: let a request be erased only when it is done", .0 + 1)]
    ErasesTooEarly(usize),
    /// Too many ways.
    #[error("keep at most {MAX_WAYS} ways between states")]
    TooManyWays,
    /// A way from or to nowhere, from a state to itself, or a second time.
    #[error("take out the way from state {} to state {}", u16::from(*.0) + 1, u16::from(*.1) + 1)]
    Way(u8, u8),
    /// A way out of a state in which the request is done.
    #[error("state {}: nothing follows when a request is done; take out the ways from here", .0 + 1)]
    AfterFinal(usize),
    /// No way leads here from the first state.
    #[error("state {}: add a way that leads here", .0 + 1)]
    Unreachable(usize),
    /// No way leads from here to where the request is done, so that it would stay forever.
    #[error("state {}: add a way from here to a state in which the request is done", .0 + 1)]
    DeadEnd(usize),
}

impl StatusFlow {
    /// Whether a request can go from a state to another one.
    pub fn can_go(&self, from: u8, to: u8) -> bool {
        let is_state = |state: u8| usize::from(state) < self.states.len();
        is_state(from) && is_state(to) && self.ways.contains(&(from, to))
    }

    /// Where a request can go from a state.
    pub fn next(&self, from: u8) -> impl Iterator<Item = u8> {
        (0..=u8::MAX).take(self.states.len()).filter(move |to| self.can_go(from, *to))
    }

    /// A state by its place.
    pub fn state(&self, state: u8) -> Option<&State> {
        self.states.get(usize::from(state))
    }

    /// All that is wrong with the states.
    pub fn check(&self) -> Vec<FlowFault> {
        let mut faults = Vec::new();
        let count = self.states.len();
        if count == 0 {
            return vec![FlowFault::NoState];
        }
        if count > MAX_STATES {
            return vec![FlowFault::TooManyStates];
        }
        if self.ways.len() > MAX_WAYS {
            return vec![FlowFault::TooManyWays];
        }
        for (index, state) in self.states.iter().enumerate() {
            if !is_slug(&state.id) {
                faults.push(FlowFault::Id(index));
            }
            if self.states[..index].iter().any(|earlier| earlier.id == state.id) {
                faults.push(FlowFault::IdTwice(index));
            }
            faults.extend(
                state.label.fault(Shape::line(MAX_LABEL)).map(|fault| FlowFault::Label(index, fault)),
            );
            if state.erases && !state.is_final {
                faults.push(FlowFault::ErasesTooEarly(index));
            }
        }
        self.check_ways(&mut faults);
        faults
    }

    fn check_ways(&self, faults: &mut Vec<FlowFault>) {
        for (index, (from, to)) in self.ways.iter().enumerate() {
            let is_way = self.can_go(*from, *to) && from != to && !self.ways[..index].contains(&(*from, *to));
            if !is_way {
                faults.push(FlowFault::Way(*from, *to));
            }
        }
        let is_final = |index: usize| self.states[index].is_final;
        let reached = self.spread(|index| index == 0, |(from, to)| (from, to));
        let ending = self.spread(is_final, |(from, to)| (to, from));
        for index in 0..self.states.len() {
            if is_final(index) && self.ways.iter().any(|(from, _)| usize::from(*from) == index) {
                faults.push(FlowFault::AfterFinal(index));
            }
            if !reached[index] {
                faults.push(FlowFault::Unreachable(index));
            }
            if !ending[index] {
                faults.push(FlowFault::DeadEnd(index));
            }
        }
    }

    /// The states to which ways lead from those at the start, in the direction that `turn` gives them.
    fn spread(&self, start: impl Fn(usize) -> bool, turn: impl Fn((u8, u8)) -> (u8, u8)) -> Vec<bool> {
        let mut found: Vec<bool> = (0..self.states.len()).map(start).collect();
        // Each round finds at least one more state, or none ever will.
        for _ in 0..self.states.len() {
            for (from, to) in self.ways.iter().map(|way| turn(*way)) {
                if found.get(usize::from(from)) == Some(&true)
                    && let Some(state) = found.get_mut(usize::from(to))
                {
                    *state = true;
                }
            }
        }
        found
    }
}

/// Where a request stands, as the line says it in the conversation.
///
/// `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct RequestStatus {
    /// The customer's message that made the request.
    #[n(0)]
    pub request: MessageId,
    /// One more than that of the status which this one follows; 1 for the first. Clocks differ, so that they cannot say
    /// what was later.
    #[n(1)]
    pub revision: u32,
    /// The state, by its place in the form's [`StatusFlow`].
    #[n(2)]
    pub state: u8,
    /// What the line says about it; perhaps empty.
    #[n(3)]
    pub note: String,
    /// When that was.
    #[n(4)]
    pub at: i64,
    /// When the request is erased on both sides.
    #[n(5)]
    pub erase_at: Option<i64>,
    /// What was agreed on.
    #[n(6)]
    pub appointment: Option<Appointment>,
    /// What to show at the entrance.
    #[n(7)]
    pub ticket: Option<Ticket>,
}

/// A time and a place on which customer and line agreed.
///
/// `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Appointment {
    /// When it begins.
    #[n(0)]
    pub from: i64,
    /// When it ends, not before it begins.
    #[n(1)]
    pub to: i64,
    /// Where; perhaps empty.
    #[n(2)]
    pub place: String,
}

/// What a customer shows at the entrance.
///
/// `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Ticket {
    /// What the code beside it holds; means nothing here.
    #[n(0)]
    pub code: String,
    /// For what it is.
    #[n(1)]
    pub title: String,
    /// Which seats, or how many; perhaps empty.
    #[n(2)]
    pub seats: String,
    /// When it is of no use any more.
    #[n(3)]
    pub until: i64,
}

impl RequestStatus {
    /// The bytes.
    pub fn encode(&self) -> Vec<u8> {
        kuvert_wire::encode(self)
    }

    /// Reads a status. Whether the form has its state, [`latest`] looks at.
    ///
    /// # Errors
    /// [`ReadError`] if the bytes are too many or no status, or if something in it is longer than allowed.
    pub fn decode(bytes: &[u8]) -> Result<Self, ReadError> {
        let status: Self = kuvert_wire::decode(bytes, MAX_STATUS)?;
        if status.is_within_bounds() { Ok(status) } else { Err(ReadError::OutOfBounds) }
    }

    fn is_within_bounds(&self) -> bool {
        let is_time = |at: i64| (0..=MAX_TIME).contains(&at);
        let is_short = |text: &str, most: usize| text.chars().count() <= most && is_plain(text, false);
        let is_note = self.note.chars().count() <= MAX_NOTE && is_plain(&self.note, true);
        is_note
            && usize::from(self.state) < MAX_STATES
            && is_time(self.at)
            && self.erase_at.is_none_or(is_time)
            && self.appointment.as_ref().is_none_or(|one| {
                is_time(one.from) && is_time(one.to) && one.from <= one.to && is_short(&one.place, MAX_PLACE)
            })
            && self.ticket.as_ref().is_none_or(|ticket| {
                let is_code = !ticket.code.is_empty()
                    && ticket.code.len() <= MAX_CODE
                    && ticket.code.bytes().all(|byte| byte.is_ascii_graphic());
                let texts = is_short(&ticket.title, MAX_LABEL) && is_short(&ticket.seats, MAX_LABEL);
                is_code && texts && is_time(ticket.until)
            })
    }
}

/// Which of a request's statuses stands: the one of the highest revision; of several with that, one in which the request is
/// done, then the later one. It does not matter in which order they came or how often. Statuses of other requests, and
/// states that the form does not have, count for nothing.
pub fn latest<'a>(
    flow: &StatusFlow,
    request: MessageId,
    statuses: impl IntoIterator<Item = &'a RequestStatus>,
) -> Option<&'a RequestStatus> {
    let mut latest: Option<(&RequestStatus, bool)> = None;
    for status in statuses {
        let Some(state) = flow.state(status.state).filter(|_| status.request == request) else { continue };
        let rank = (status.revision, state.is_final, status.at);
        let stands = latest.is_none_or(|(other, is_final)| {
            // The bytes decide at last, so that every device decides the same.
            rank.cmp(&(other.revision, is_final, other.at))
                .then_with(|| status.encode().cmp(&other.encode()))
                .is_gt()
        });
        if stands {
            latest = Some((status, state.is_final));
        }
    }
    latest.map(|(status, _)| status)
}

impl std::fmt::Debug for RequestStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RequestStatus(..)")
    }
}

impl std::fmt::Debug for Appointment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Appointment(..)")
    }
}

impl std::fmt::Debug for Ticket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ticket(..)")
    }
}

#[cfg(test)]
mod tests;
