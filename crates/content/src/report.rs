//! Reports on what became of messages: delivered, read, gone.

use minicbor::{Decoder, Encode, Encoder, encode};

use crate::{MessageId, canonical};

/// Media type of a report (draft-mahy-mimi-message-status-01).
pub const REPORT_TYPE: &str = "application/mimi-message-status";

/// What became of some messages of one conversation, as its author's device saw it.
///
/// `Debug` shows how many messages it speaks of.
#[derive(Clone, PartialEq, Eq)]
pub struct Report {
    /// Messages and their status: at most [`crate::limits::MAX_REPORTED`].
    pub statuses: Vec<(MessageId, Status)>,
    /// When it was made, in milliseconds since 1970 by its author's clock; 0 if the author does not say.
    pub at: i64,
}

/// What became of a message at the author of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Not read yet, or marked as such again.
    Unread,
    /// A device received it.
    Delivered,
    /// The person read it.
    Read,
    /// It expired.
    Expired,
    /// It was deleted, here or by somebody who may.
    Deleted,
    /// It was put out of sight, for example archived.
    Hidden,
    /// The device knows of it, but could not receive it.
    Error,
    /// A status that this version does not know: 7 to 255.
    Other(u8),
}

impl Status {
    /// The number that stands for it.
    pub const fn code(self) -> u8 {
        match self {
            Self::Unread => 0,
            Self::Delivered => 1,
            Self::Read => 2,
            Self::Expired => 3,
            Self::Deleted => 4,
            Self::Hidden => 5,
            Self::Error => 6,
            Self::Other(code) => code,
        }
    }

    /// The status that a number stands for.
    pub const fn from_code(code: u8) -> Self {
        match code {
            0 => Self::Unread,
            1 => Self::Delivered,
            2 => Self::Read,
            3 => Self::Expired,
            4 => Self::Deleted,
            5 => Self::Hidden,
            6 => Self::Error,
            code => Self::Other(code),
        }
    }
}

impl Report {
    /// Reads the statuses; the time stands elsewhere.
    pub(crate) fn read(bytes: &[u8], at: i64) -> Option<Self> {
        if !canonical::is_item(bytes, 2) {
            return None;
        }
        let mut d = Decoder::new(bytes);
        let count = d.array().ok()??;
        let statuses = (0..count).map(|_| read_status(&mut d)).collect::<Option<_>>()?;
        Some(Self { statuses, at })
    }
}

fn read_status(d: &mut Decoder<'_>) -> Option<(MessageId, Status)> {
    (d.array().ok()?? == 2).then_some(())?;
    Some((d.decode().ok()?, Status::from_code(d.u8().ok()?)))
}

/// The statuses alone, as the draft has them.
impl<C> Encode<C> for Report {
    fn encode<W: encode::Write>(
        &self,
        e: &mut Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        e.array(self.statuses.len() as u64)?;
        self.statuses
            .iter()
            .try_for_each(|(id, status)| e.array(2)?.encode_with(id, ctx)?.u8(status.code())?.ok())
    }
}

impl std::fmt::Debug for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Report({} messages)", self.statuses.len())
    }
}
