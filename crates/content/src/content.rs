//! A content as a whole: its fields, its encoding, its id.

use minicbor::{Decoder, Encode, Encoder, encode};

use crate::limits::{MAX_CONTENT, MAX_DEPTH, MAX_PARTS, MAX_REPORTED, MAX_TEXT, MAX_TOPIC};
use crate::part::optional;
use crate::profile::{ACCEPTANCE_TYPE, PROFILE_TYPE};
use crate::report::REPORT_TYPE;
use crate::{Body, ContentError, Extensions, MessageId, Part, Profile, Report, meaning};

/// Fields of the outermost array.
const FIELDS: u64 = 7;

/// What one message says (`mimiContent`).
///
/// [`Content::decode`] gives only contents that keep every limit. The fields are open, so that one can be made that
/// breaks some; [`Content::check`] tells. `Debug` shows the shape and nothing that is said.
#[derive(Clone, PartialEq, Eq)]
pub struct Content {
    /// 16 random bytes that make the id of the message unlike all others.
    pub salt: [u8; 16],
    /// The message that this one edits or deletes: always its first version.
    pub replaces: Option<MessageId>,
    /// Groups messages of a conversation: empty, or at most [`MAX_TOPIC`] bytes.
    pub topic: Vec<u8>,
    /// When every device is to delete the message.
    pub expires: Option<Expires>,
    /// The message that this one answers or reacts to.
    pub in_reply_to: Option<MessageId>,
    /// Further fields.
    pub extensions: Extensions,
    /// What is said.
    pub part: Part,
}

/// When every device is to delete a message. A wish, which no device can be held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expires {
    /// Seconds after it was read.
    After(u32),
    /// Seconds since 1970.
    At(u32),
}

impl Content {
    /// A content of one part and nothing else.
    pub fn new(salt: [u8; 16], part: Part) -> Self {
        Self {
            salt,
            replaces: None,
            topic: Vec::new(),
            expires: None,
            in_reply_to: None,
            extensions: Extensions::new(),
            part,
        }
    }

    /// The deterministic encoding.
    pub fn encode(&self) -> Vec<u8> {
        kuvert_wire::encode(self)
    }

    /// Reads a content. What it returns encodes to the same bytes again.
    ///
    /// # Errors
    /// [`ContentError`] if the bytes are no content in deterministic encoding, or break a limit. Unknown media types,
    /// dispositions, statuses and extensions are no error.
    pub fn decode(bytes: &[u8]) -> Result<Self, ContentError> {
        if bytes.len() > MAX_CONTENT {
            return Err(ContentError::TooLarge { size: bytes.len() });
        }
        let mut d = Decoder::new(bytes);
        let content = Self::read(&mut d)?;
        if d.position() != bytes.len() {
            return Err(ContentError::Trailing);
        }
        content.check_shape()?;
        // Encoding knows one form only, so that whatever comes out the same was in it.
        if content.encode() == bytes { Ok(content) } else { Err(ContentError::NotDeterministic) }
    }

    /// Whether a receiver would accept this content. To be asked before it is sent.
    ///
    /// # Errors
    /// [`ContentError`] says which limit it breaks.
    pub fn check(&self) -> Result<(), ContentError> {
        self.check_shape()?;
        for part in self.part.iter() {
            if let Body::Single { content_type, content } = &part.body
                && (content_type == PROFILE_TYPE || content_type == ACCEPTANCE_TYPE)
                && Profile::read(content).is_none()
            {
                return Err(ContentError::BadName);
            }
        }
        let size = self.encode().len();
        if size > MAX_CONTENT { Err(ContentError::TooLarge { size }) } else { Ok(()) }
    }

    /// The id of this message, sent by `sender` to `room`. Both are URIs of at most 65,535 bytes.
    pub fn id(&self, sender: &str, room: &str) -> MessageId {
        MessageId::derive(sender, room, &self.encode(), &self.salt)
    }

    fn read(d: &mut Decoder<'_>) -> Result<Self, ContentError> {
        if d.array()?.ok_or(ContentError::NotDeterministic)? != FIELDS {
            return Err(ContentError::Malformed);
        }
        Ok(Self {
            salt: d.bytes()?.try_into().map_err(|_| ContentError::Malformed)?,
            replaces: optional(d, |d| Ok(d.decode()?))?,
            topic: d.bytes()?.to_vec(),
            expires: optional(d, Expires::read)?,
            in_reply_to: optional(d, |d| Ok(d.decode()?))?,
            extensions: Extensions::read(d)?,
            part: Part::read(d, 1, &mut { MAX_PARTS })?,
        })
    }

    /// All limits but that of the size.
    fn check_shape(&self) -> Result<(), ContentError> {
        if self.topic.len() > MAX_TOPIC {
            return Err(ContentError::TopicTooLong);
        }
        for (index, (part, depth)) in self.part.with_depth().enumerate() {
            if index >= MAX_PARTS {
                return Err(ContentError::TooManyParts);
            }
            if depth > MAX_DEPTH {
                return Err(ContentError::TooDeep);
            }
            check_body(&part.body)?;
        }
        Ok(())
    }
}

fn check_body(body: &Body) -> Result<(), ContentError> {
    match body {
        Body::Multi { parts, .. } if parts.len() < 2 => Err(ContentError::TooFewParts),
        Body::Single { content_type, content }
            if content.len() > MAX_TEXT && meaning::is_text(content_type) =>
        {
            Err(ContentError::TextTooLong)
        }
        Body::Single { content_type, content }
            if content_type == REPORT_TYPE
                && Report::read(content, 0).is_some_and(|report| report.statuses.len() > MAX_REPORTED) =>
        {
            Err(ContentError::TooManyReported)
        }
        _ => Ok(()),
    }
}

impl Expires {
    fn read(d: &mut Decoder<'_>) -> Result<Self, ContentError> {
        if d.array()? != Some(2) {
            return Err(ContentError::Malformed);
        }
        let is_relative = d.bool()?;
        let seconds = d.u32()?;
        Ok(if is_relative { Self::After(seconds) } else { Self::At(seconds) })
    }
}

impl<C> Encode<C> for Expires {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        let (is_relative, seconds) = match *self {
            Self::After(seconds) => (true, seconds),
            Self::At(seconds) => (false, seconds),
        };
        e.array(2)?.bool(is_relative)?.u32(seconds)?.ok()
    }
}

impl<C> Encode<C> for Content {
    fn encode<W: encode::Write>(
        &self,
        e: &mut Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        e.array(FIELDS)?.bytes(&self.salt)?;
        e.encode_with(self.replaces, ctx)?.bytes(&self.topic)?;
        e.encode_with(self.expires, ctx)?.encode_with(self.in_reply_to, ctx)?;
        e.encode_with(&self.extensions, ctx)?.encode_with(&self.part, ctx)?.ok()
    }
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Content({:?})", self.part.body)
    }
}
