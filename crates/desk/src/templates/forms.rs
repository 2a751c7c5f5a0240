//! The forms that a line can begin with.

mod health;
mod office;
mod outing;

use crate::form::{Choice, Field, FieldKind, Form};
use crate::line::LineKind;
use crate::request::{State, StatusFlow};
use crate::retention::Days;
use crate::text::Text;

/// The forms for a kind of business: the one that fits it best first, a request to be called back last.
pub fn forms(kind: LineKind) -> Vec<Form> {
    let own = match kind {
        LineKind::Pharmacy => Some(health::pre_order()),
        LineKind::Practice => Some(health::appointment()),
        LineKind::Bank => Some(office::bank_appointment()),
        LineKind::Authority => Some(office::authority_appointment()),
        LineKind::Cinema => Some(outing::tickets()),
        LineKind::Restaurant => Some(outing::table()),
        LineKind::Taxi => Some(outing::ride()),
        LineKind::Other => None,
    };
    own.into_iter().chain([office::call_back()]).collect()
}

/// A form in its first version that keeps to the line's time.
fn form(id: &str, title: Text, intro: Text, fields: Vec<Field>, statuses: StatusFlow) -> Form {
    Form {
        id: id.into(),
        version: 1,
        title,
        intro,
        fields,
        statuses,
        retention: None,
        dispatch: false,
        capacity: None,
    }
}

/// A field that may be left empty.
fn field(id: &str, german: &str, english: &str, kind: FieldKind) -> Field {
    Field { id: id.into(), label: Text::both(german, english), help: Text::default(), required: false, kind }
}

impl Field {
    fn needed(self) -> Self {
        Self { required: true, ..self }
    }

    fn help(self, german: &str, english: &str) -> Self {
        Self { help: Text::both(german, english), ..self }
    }
}

impl Form {
    fn kept(self, days: u16) -> Self {
        Self { retention: Some(Days(days)), ..self }
    }
}

fn choice(several: bool, options: &[(&str, &str, &str)]) -> FieldKind {
    let option = |(id, german, english): &(&str, &str, &str)| Choice {
        id: (*id).into(),
        label: Text::both(german, english),
    };
    FieldKind::Choice { options: options.iter().map(option).collect(), several }
}

const LINE: FieldKind = FieldKind::Text { max: 120, lines: 1 };
const NOTE: FieldKind = FieldKind::Text { max: 1000, lines: 10 };
const MOMENT: FieldKind = FieldKind::DateTime { date_only: false, slots: None };
const DAY: FieldKind = FieldKind::DateTime { date_only: true, slots: None };

fn note() -> Field {
    field("note", "Was sollten wir noch wissen?", "Anything else that we should know?", NOTE)
}

/// How a state of [`flow`] ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// It does not.
    Goes,
    /// The request is done, and its time runs.
    Done,
}

/// States by id, German and English name and end, and the ways between them by the places of the states.
fn flow(states: &[(&str, &str, &str, End)], ways: &[(u8, u8)]) -> StatusFlow {
    let state = |(id, german, english, end): &(&str, &str, &str, End)| State {
        id: (*id).into(),
        label: Text::both(german, english),
        is_final: *end == End::Done,
        erases: *end == End::Done,
    };
    StatusFlow { states: states.iter().map(state).collect(), ways: ways.to_vec() }
}

/// For what is agreed on and then takes place.
fn appointment_flow() -> StatusFlow {
    flow(
        &[
            ("new", "Eingegangen", "Received", End::Goes),
            ("proposed", "Vorschlag gemacht", "Proposal made", End::Goes),
            ("confirmed", "Bestätigt", "Confirmed", End::Goes),
            ("done", "Erledigt", "Done", End::Done),
            ("declined", "Leider nicht möglich", "Not possible", End::Done),
            ("cancelled", "Abgesagt", "Cancelled", End::Done),
        ],
        &[(0, 1), (0, 2), (0, 4), (0, 5), (1, 2), (1, 4), (1, 5), (2, 1), (2, 3), (2, 5)],
    )
}
