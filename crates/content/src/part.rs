//! The parts of a content: null, single, external, multi.

use minicbor::data::Type;
use minicbor::{Decoder, Encode, Encoder, encode};

use crate::ContentError;
use crate::limits::MAX_DEPTH;

const NULL: u8 = 0;
const SINGLE: u8 = 1;
const EXTERNAL: u8 = 2;
const MULTI: u8 = 3;

/// One part of a content, which may hold further parts.
///
/// `Debug` shows the kind of part and nothing that it says.
#[derive(Clone, PartialEq, Eq)]
pub struct Part {
    /// What the part is for.
    pub disposition: Disposition,
    /// Comma-separated language tags (RFC 5646), or empty.
    pub language: String,
    /// What the part says.
    pub body: Body,
}

/// What a part says.
///
/// `Debug` shows the kind of body only.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// Nothing: what deletes a message or takes back a reaction.
    Null,
    /// Content carried in the message.
    Single {
        /// Media type with its parameters.
        content_type: String,
        /// The content itself, of any form that the media type has.
        content: Vec<u8>,
    },
    /// Content that lies elsewhere.
    External(Box<External>),
    /// Two or more parts.
    Multi {
        /// How the parts belong together.
        semantics: Semantics,
        /// The parts: at least two.
        parts: Vec<Part>,
    },
}

/// Content that lies elsewhere, usually encrypted with a key of its own.
///
/// `Debug` shows nothing of it, since it holds a key.
#[derive(Clone, PartialEq, Eq)]
pub struct External {
    /// Media type of the decrypted content, with its parameters; empty for a service.
    pub content_type: String,
    /// Where to fetch it.
    pub url: String,
    /// Seconds since 1970 after which it is gone; 0 for never.
    pub expires: u32,
    /// Bytes; 0 for unknown.
    pub size: u64,
    /// Number in the IANA AEAD registry; 0 for not encrypted.
    pub enc_alg: u16,
    /// Key for `enc_alg`, or empty.
    pub key: Vec<u8>,
    /// Nonce for `enc_alg`, or empty.
    pub nonce: Vec<u8>,
    /// Additional authenticated data for `enc_alg`, usually empty.
    pub aad: Vec<u8>,
    /// Number in the IANA registry of named information hash algorithms; 0 for no hash.
    pub hash_alg: u8,
    /// Hash of what lies at `url`, or empty.
    pub content_hash: Vec<u8>,
    /// A text that describes it, or empty.
    pub description: String,
    /// A suggested file name, or empty. It comes from outside: never a path to write to as it is.
    pub filename: String,
}

/// What a part is for: a number from 0 to 255, of which nine have a meaning. All others are kept, and shown like
/// [`Disposition::RENDER`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Disposition(pub u8);

impl Disposition {
    /// No hint is given.
    pub const UNSPECIFIED: Self = Self(0);
    /// To be shown as the receiver sees fit.
    pub const RENDER: Self = Self(1);
    /// A reaction to another message.
    pub const REACTION: Self = Self(2);
    /// Describes a person or a room.
    pub const PROFILE: Self = Self(3);
    /// To be shown inside the conversation.
    pub const INLINE: Self = Self(4);
    /// A small picture that stands for somebody.
    pub const ICON: Self = Self(5);
    /// To be downloaded on demand.
    pub const ATTACHMENT: Self = Self(6);
    /// A call, or the way into one.
    pub const SESSION: Self = Self(7);
    /// Shows in advance what something else holds.
    pub const PREVIEW: Self = Self(8);
}

/// How the parts of a multi part belong together. Others than these three are refused, as the draft asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Semantics {
    /// The receiver takes the one that it likes best.
    ChooseOne,
    /// All or nothing.
    SingleUnit,
    /// Each for itself, as many as possible.
    ProcessAll,
}

impl Part {
    /// A single part without a language.
    pub fn single(disposition: Disposition, content_type: &str, content: Vec<u8>) -> Self {
        Self {
            disposition,
            language: String::new(),
            body: Body::Single { content_type: content_type.to_owned(), content },
        }
    }

    /// This part and all inside it, depth first. The position of a part in this order is its part index, by which
    /// other parts refer to it (`cid:<index>@local.invalid`).
    pub fn iter(&self) -> impl Iterator<Item = &Part> {
        self.with_depth().map(|(part, _)| part)
    }

    /// Like [`Self::iter`], with the depth of each part; this one's is 1. Needs no recursion, so that it can judge
    /// contents of any depth.
    pub(crate) fn with_depth(&self) -> impl Iterator<Item = (&Part, usize)> {
        let mut waiting = vec![(self, 1)];
        std::iter::from_fn(move || {
            let (part, depth) = waiting.pop()?;
            if let Body::Multi { parts, .. } = &part.body {
                waiting.extend(parts.iter().rev().map(|inner| (inner, depth + 1)));
            }
            Some((part, depth))
        })
    }

    /// Reads a part at `depth`, at most `room` parts in all.
    pub(crate) fn read(d: &mut Decoder<'_>, depth: usize, room: &mut usize) -> Result<Self, ContentError> {
        if depth > MAX_DEPTH {
            return Err(ContentError::TooDeep);
        }
        *room = room.checked_sub(1).ok_or(ContentError::TooManyParts)?;
        let fields = d.array()?.ok_or(ContentError::NotDeterministic)?;
        let disposition = Disposition(d.u8()?);
        let language = text(d)?;
        let body = match (d.u8()?, fields) {
            (NULL, 3) => Body::Null,
            (SINGLE, 5) => Body::Single { content_type: text(d)?, content: d.bytes()?.to_vec() },
            (EXTERNAL, 15) => Body::External(Box::new(External::read(d)?)),
            (MULTI, 5) => Body::read_multi(d, depth, room)?,
            _ => return Err(ContentError::Malformed),
        };
        Ok(Self { disposition, language, body })
    }
}

impl Body {
    fn read_multi(d: &mut Decoder<'_>, depth: usize, room: &mut usize) -> Result<Self, ContentError> {
        let semantics = match d.u8()? {
            0 => Semantics::ChooseOne,
            1 => Semantics::SingleUnit,
            2 => Semantics::ProcessAll,
            _ => return Err(ContentError::Malformed),
        };
        let count = d.array()?.ok_or(ContentError::NotDeterministic)?;
        if count < 2 {
            return Err(ContentError::TooFewParts);
        }
        // A count that lies ends with the bytes or with the room, whichever is first.
        let parts = (0..count).map(|_| Part::read(d, depth + 1, room)).collect::<Result<_, _>>()?;
        Ok(Self::Multi { semantics, parts })
    }
}

impl External {
    fn read(d: &mut Decoder<'_>) -> Result<Self, ContentError> {
        Ok(Self {
            content_type: text(d)?,
            url: text(d)?,
            expires: d.u32()?,
            size: d.u64()?,
            enc_alg: d.u16()?,
            key: d.bytes()?.to_vec(),
            nonce: d.bytes()?.to_vec(),
            aad: d.bytes()?.to_vec(),
            hash_alg: d.u8()?,
            content_hash: d.bytes()?.to_vec(),
            description: text(d)?,
            filename: text(d)?,
        })
    }
}

fn text(d: &mut Decoder<'_>) -> Result<String, ContentError> {
    Ok(d.str()?.to_owned())
}

/// Reads `null` or a value.
pub(crate) fn optional<T>(
    d: &mut Decoder<'_>,
    read: impl FnOnce(&mut Decoder<'_>) -> Result<T, ContentError>,
) -> Result<Option<T>, ContentError> {
    if d.datatype()? == Type::Null {
        d.null()?;
        Ok(None)
    } else {
        read(d).map(Some)
    }
}

impl<C> Encode<C> for Part {
    fn encode<W: encode::Write>(
        &self,
        e: &mut Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        let (fields, cardinality) = match &self.body {
            Body::Null => (3, NULL),
            Body::Single { .. } => (5, SINGLE),
            Body::External(_) => (15, EXTERNAL),
            Body::Multi { .. } => (5, MULTI),
        };
        e.array(fields)?.u8(self.disposition.0)?.str(&self.language)?.u8(cardinality)?;
        match &self.body {
            Body::Null => Ok(()),
            Body::Single { content_type, content } => e.str(content_type)?.bytes(content)?.ok(),
            Body::External(external) => external.encode(e, ctx),
            Body::Multi { semantics, parts } => {
                e.u8(*semantics as u8)?.array(parts.len() as u64)?;
                parts.iter().try_for_each(|part| part.encode(e, ctx))
            }
        }
    }
}

/// The fields without their array: they continue the part's.
impl<C> Encode<C> for External {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.str(&self.content_type)?.str(&self.url)?.u32(self.expires)?.u64(self.size)?;
        e.u16(self.enc_alg)?.bytes(&self.key)?.bytes(&self.nonce)?.bytes(&self.aad)?;
        e.u8(self.hash_alg)?.bytes(&self.content_hash)?;
        e.str(&self.description)?.str(&self.filename)?.ok()
    }
}

impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Part({:?})", self.body)
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Null => f.write_str("Null"),
            Self::Single { .. } => f.write_str("Single(..)"),
            Self::External(_) => f.write_str("External(..)"),
            Self::Multi { parts, .. } => write!(f, "Multi({} parts)", parts.len()),
        }
    }
}

impl std::fmt::Debug for External {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("External(..)")
    }
}
