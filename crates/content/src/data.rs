//! Data that travels in a message and is shown by a user interface in its own way: Kuvert's own parts for business lines.
//!
//! What the bytes mean is for `kuvert-desk`, which reads them with bounds of its own. Beside them stands a text, which says the
//! same to who reads: in notices, in searches, and in whatever does not know the data.

use crate::limits::{MAX_DATA, MAX_DESK_EVENT};

/// What data is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataKind {
    /// A form that a line asks a customer to fill in.
    Form,
    /// A form that a customer filled in: a request.
    Request,
    /// What became of a request.
    Status,
    /// A customer consents to something, or takes that back.
    Consent,
    /// A customer says how satisfied they are.
    Score,
}

impl DataKind {
    const ALL: [Self; 5] = [Self::Form, Self::Request, Self::Status, Self::Consent, Self::Score];

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Form => "application/vnd.kuvert.form+cbor",
            Self::Request => "application/vnd.kuvert.request+cbor",
            Self::Status => "application/vnd.kuvert.status+cbor",
            Self::Consent => "application/vnd.kuvert.consent+cbor",
            Self::Score => "application/vnd.kuvert.score+cbor",
        }
    }

    pub(crate) fn of(media_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.media_type() == media_type)
    }
}

/// Data in a message. `Debug` shows the kind only.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Data<'a> {
    /// What it is.
    pub kind: DataKind,
    /// The data: at most [`MAX_DATA`] bytes. They come from outside.
    pub bytes: &'a [u8],
}

impl<'a> Data<'a> {
    pub(crate) fn read(media_type: &str, bytes: &'a [u8]) -> Option<Self> {
        DataKind::of(media_type).filter(|_| bytes.len() <= MAX_DATA).map(|kind| Self { kind, bytes })
    }
}

impl std::fmt::Debug for Data<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Data({:?})", self.kind)
    }
}

/// Media type of an event of a line's desk room.
pub const DESK_TYPE: &str = "application/vnd.kuvert.desk+cbor";
/// Media type of the state of a desk room, for a device that came later.
pub const DESK_STATE_TYPE: &str = "application/vnd.kuvert.desk-state+cbor";
/// Media type of the part that says when a conversation's messages are to be erased.
pub const RETENTION_TYPE: &str = "application/vnd.kuvert.retention+cbor";
/// Media type of the part that tells a device of a line what was said before it was let in.
pub const HISTORY_TYPE: &str = "application/vnd.kuvert.history+cbor";

/// Whether bytes may travel as an event of a desk room.
pub fn is_desk_event(bytes: &[u8]) -> bool {
    (1..=MAX_DESK_EVENT).contains(&bytes.len())
}
