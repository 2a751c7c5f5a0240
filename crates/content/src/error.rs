//! Why a content cannot be read or must not be sent.

use crate::limits::{
    MAX_CONTENT, MAX_DEPTH, MAX_EXTENSIONS, MAX_NAME, MAX_PARTS, MAX_REPORTED, MAX_TEXT, MAX_TOPIC,
};

/// Why bytes are no content, or why a content keeps none of its promises to the receiver.
///
/// When decoding, each of these is the sender's fault; from [`crate::Content::check`], the caller's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ContentError {
    /// Longer than [`MAX_CONTENT`].
    #[error("{size} bytes, where at most {MAX_CONTENT} are allowed")]
    TooLarge {
        /// Bytes of the encoded content.
        size: usize,
    },
    /// Not CBOR, or CBOR of another shape.
    #[error("not a well-formed content")]
    Malformed,
    /// A content followed by something else.
    #[error("bytes left over after the content")]
    Trailing,
    /// Well-formed, but not in the one deterministic encoding (RFC 8949, section 4.2.1).
    #[error("not in deterministic encoding")]
    NotDeterministic,
    /// Parts nested deeper than [`MAX_DEPTH`].
    #[error("parts nested deeper than {MAX_DEPTH}")]
    TooDeep,
    /// More than [`MAX_PARTS`] parts.
    #[error("more than {MAX_PARTS} parts")]
    TooManyParts,
    /// A multi part with fewer than two parts.
    #[error("a multi part with fewer than two parts")]
    TooFewParts,
    /// A text part longer than [`MAX_TEXT`].
    #[error("a text longer than {MAX_TEXT} bytes")]
    TextTooLong,
    /// A topic id longer than [`MAX_TOPIC`].
    #[error("a topic id longer than {MAX_TOPIC} bytes")]
    TopicTooLong,
    /// A report on more than [`MAX_REPORTED`] messages.
    #[error("a report on more than {MAX_REPORTED} messages")]
    TooManyReported,
    /// More than [`MAX_EXTENSIONS`] extensions.
    #[error("more than {MAX_EXTENSIONS} extensions")]
    TooManyExtensions,
    /// An extension whose key or value breaks the draft's section 6.
    #[error("an extension with a key or value that is not allowed")]
    BadExtension,
    /// A display name that is empty, longer than [`MAX_NAME`] characters, or has control characters.
    #[error("a display name needs 1 to {MAX_NAME} characters, none of them a control character")]
    BadName,
}

impl From<minicbor::decode::Error> for ContentError {
    fn from(_: minicbor::decode::Error) -> Self {
        Self::Malformed
    }
}
