//! Forms of a line on their way: what a customer filled in, and what became of it.

use kuvert_desk::form::Answers;
use kuvert_desk::text::Text;
use minicbor::{Decode, Encode};

/// A form that a customer filled in.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct FilledForm {
    /// What they answered. Attachments are counted among the files that travel with it.
    #[n(0)]
    pub answers: Answers,
    /// In which language they saw the form.
    #[n(1)]
    pub language: String,
}

/// What is wrong with an answer.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct AnswerFaultView {
    /// Names the field; empty if it is about all of them.
    #[n(0)]
    pub field: String,
    /// What to do about it.
    #[n(1)]
    pub todo: Todo,
    /// Smallest number that fits, where it is about one.
    #[n(2)]
    pub min: i64,
    /// Largest number that fits, or the most that there may be.
    #[n(3)]
    pub max: i64,
}

/// What to do so that an answer fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Todo {
    /// Answer it, or answer it again.
    #[n(0)]
    FillIn,
    /// Open the form again, as the line has it now.
    #[n(1)]
    OpenAgain,
    /// Use at most so many characters.
    #[n(2)]
    Characters,
    /// Use at most so many lines.
    #[n(3)]
    Lines,
    /// Shorten the longest answers.
    #[n(4)]
    Shorten,
    /// Take out invisible characters.
    #[n(5)]
    Visible,
    /// Choose from what is offered.
    #[n(6)]
    Choose,
    /// Give a number in the range.
    #[n(7)]
    Between,
    /// Choose a day.
    #[n(8)]
    Day,
    /// Choose a time of day.
    #[n(9)]
    Time,
    /// Keep at most so many.
    #[n(10)]
    Most,
    /// Give the number or the name of each product.
    #[n(11)]
    Product,
    /// Attach the files again.
    #[n(12)]
    Attach,
    /// Agree.
    #[n(13)]
    Agree,
    /// A newer version is needed.
    #[n(14)]
    Update,
}

/// Data that a message brings beside its text.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum DataView {
    /// A form that a customer filled in. The text of the message says what they answered.
    #[n(0)]
    Request(#[n(0)] RequestView),
    /// What a line says about such a request; the message answers it.
    #[n(1)]
    Status(#[n(0)] StatusView),
}

/// A form that a customer filled in, and where that stands.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct RequestView {
    /// Names the form within the line.
    #[n(0)]
    pub form: String,
    /// What the line said about it last; `None` as long as it said nothing.
    #[n(1)]
    pub status: Option<StatusView>,
    /// What the first state is called; empty if the line has this form no longer.
    #[n(2)]
    pub first: Text,
    /// States to which it can go from here, by their places in the form; for the line only.
    #[n(3)]
    pub ways: Vec<(u8, Text)>,
    /// A request of this form is offered to several members, and whoever takes it first has it.
    #[n(4)]
    pub is_dispatched: bool,
}

/// Where a request stands.
///
/// `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct StatusView {
    /// What its state is called.
    #[n(0)]
    pub state: Text,
    /// It is done.
    #[n(1)]
    pub is_final: bool,
    /// What the line says about it; perhaps empty.
    #[n(2)]
    pub note: String,
    /// Since when: milliseconds since 1970 (UTC).
    #[n(3)]
    pub at: i64,
    /// When the request is erased on both sides: milliseconds since 1970 (UTC).
    #[n(4)]
    pub erase_at: Option<i64>,
    /// What was agreed on.
    #[n(5)]
    pub appointment: Option<AppointmentView>,
    /// What to show at the entrance.
    #[n(6)]
    pub ticket: Option<TicketView>,
}

/// A time and a place on which customer and line agreed.
///
/// `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct AppointmentView {
    /// When it begins: milliseconds since 1970 (UTC).
    #[n(0)]
    pub from: i64,
    /// When it ends.
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
pub struct TicketView {
    /// What the code holds.
    #[n(0)]
    pub code: String,
    /// For what it is.
    #[n(1)]
    pub title: String,
    /// Which seats, or how many; perhaps empty.
    #[n(2)]
    pub seats: String,
}

impl std::fmt::Debug for StatusView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StatusView(..)")
    }
}

impl std::fmt::Debug for AppointmentView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AppointmentView(..)")
    }
}

impl std::fmt::Debug for TicketView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TicketView(..)")
    }
}
