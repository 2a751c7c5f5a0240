//! When what was said in a conversation is to be erased on both sides.

use minicbor::{Decode, Encode};

use crate::MessageId;
use crate::limits::MAX_KEPT;

/// Everything that was said so far is to be erased on all devices at a time. A later one takes the place of an earlier one, and a
/// message that is written afterwards is not meant.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Retention {
    /// When: seconds since 1970; `None` takes an earlier one back.
    #[n(0)]
    pub erase_at: Option<u32>,
    /// Messages that are not erased at that time, because they are business records: at most [`MAX_KEPT`].
    #[n(1)]
    pub kept: Vec<MessageId>,
}

impl Retention {
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let retention: Self = kuvert_wire::decode(bytes, crate::limits::MAX_CONTENT).ok()?;
        (retention.kept.len() <= MAX_KEPT).then_some(retention)
    }
}
