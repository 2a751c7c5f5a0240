//! The extension fields of a content.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use minicbor::data::Type;
use minicbor::{Decoder, Encode, Encoder, encode};

use crate::ContentError;
use crate::canonical;
use crate::limits::{MAX_EXTENSION_DEPTH, MAX_EXTENSION_NAME, MAX_EXTENSIONS, MAX_KEY};

/// Names an extension: positive integers are registered, negative ones and texts are anybody's.
///
/// Sorts as the encoding demands: bytewise by encoded key (RFC 8949, section 4.2.1).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ExtensionKey {
    /// A number of at most 53 bits and a sign.
    Integer(i64),
    /// 1 to 255 bytes.
    Name(String),
}

impl ExtensionKey {
    /// The sender, as a URI.
    pub const SENDER_URI: Self = Self::Integer(1);
    /// The room, as a URI.
    pub const ROOM_URI: Self = Self::Integer(2);

    fn is_allowed(&self) -> bool {
        match self {
            Self::Integer(number) => number.unsigned_abs() <= MAX_KEY.unsigned_abs(),
            Self::Name(name) => (1..=MAX_EXTENSION_NAME).contains(&name.len()),
        }
    }

    fn read(d: &mut Decoder<'_>) -> Result<Self, ContentError> {
        match d.datatype()? {
            Type::String => Ok(Self::Name(d.str()?.to_owned())),
            _ => d.i64().map(Self::Integer).map_err(|_| ContentError::BadExtension),
        }
    }
}

impl From<&str> for ExtensionKey {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl Ord for ExtensionKey {
    fn cmp(&self, other: &Self) -> Ordering {
        use ExtensionKey::{Integer, Name};
        match (self, other) {
            (Integer(a), Integer(b)) => (*a < 0, a.unsigned_abs()).cmp(&(*b < 0, b.unsigned_abs())),
            (Name(a), Name(b)) => (a.len(), a).cmp(&(b.len(), b)),
            (Integer(_), Name(_)) => Ordering::Less,
            (Name(_), Integer(_)) => Ordering::Greater,
        }
    }
}

impl PartialOrd for ExtensionKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The extension fields of a content: keys, and values kept in their encoded form, so that what this version does
/// not know survives byte for byte.
///
/// Every value in here is one deterministically encoded CBOR item. `Debug` shows how many there are.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Extensions(BTreeMap<ExtensionKey, Vec<u8>>);

impl Extensions {
    /// No extensions.
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// One number under a key that is known to be allowed.
    pub(crate) fn with_integer(key: ExtensionKey, value: i64) -> Self {
        debug_assert!(key.is_allowed());
        Self(BTreeMap::from([(key, kuvert_wire::encode(&value))]))
    }

    /// Sets `key` to an encoded value and returns what was there.
    ///
    /// # Errors
    /// [`ContentError::BadExtension`] if the key is out of range, or the value is not one CBOR item that the draft
    /// allows, in deterministic encoding; [`ContentError::TooManyExtensions`] if there is no room for another key.
    pub fn insert(&mut self, key: ExtensionKey, value: Vec<u8>) -> Result<Option<Vec<u8>>, ContentError> {
        // The draft gives these two a type.
        let is_uri = key == ExtensionKey::SENDER_URI || key == ExtensionKey::ROOM_URI;
        if !key.is_allowed()
            || !canonical::is_item(&value, MAX_EXTENSION_DEPTH - 1)
            || is_uri && text(&value).is_none()
        {
            return Err(ContentError::BadExtension);
        }
        if self.0.len() >= MAX_EXTENSIONS && !self.0.contains_key(&key) {
            return Err(ContentError::TooManyExtensions);
        }
        Ok(self.0.insert(key, value))
    }

    /// Sets `key` to a text.
    ///
    /// # Errors
    /// As [`Self::insert`].
    pub fn insert_text(&mut self, key: ExtensionKey, value: &str) -> Result<(), ContentError> {
        self.insert(key, kuvert_wire::encode(&value)).map(drop)
    }

    /// Sets `key` to a number.
    ///
    /// # Errors
    /// As [`Self::insert`].
    pub fn insert_integer(&mut self, key: ExtensionKey, value: i64) -> Result<(), ContentError> {
        self.insert(key, kuvert_wire::encode(&value)).map(drop)
    }

    /// The encoded value of `key`.
    pub fn get(&self, key: &ExtensionKey) -> Option<&[u8]> {
        self.0.get(key).map(Vec::as_slice)
    }

    /// The value of `key`, if it is a text.
    pub fn get_text(&self, key: &ExtensionKey) -> Option<&str> {
        text(self.get(key)?)
    }

    /// The value of `key`, if it is a number that fits.
    pub fn get_integer(&self, key: &ExtensionKey) -> Option<i64> {
        Decoder::new(self.get(key)?).i64().ok()
    }

    /// Takes `key` out and returns its encoded value.
    pub fn remove(&mut self, key: &ExtensionKey) -> Option<Vec<u8>> {
        self.0.remove(key)
    }

    /// All keys with their encoded values, in the order of the encoding.
    pub fn iter(&self) -> impl Iterator<Item = (&ExtensionKey, &[u8])> {
        self.0.iter().map(|(key, value)| (key, value.as_slice()))
    }

    /// How many there are: at most [`MAX_EXTENSIONS`].
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn read(d: &mut Decoder<'_>) -> Result<Self, ContentError> {
        let count = d.map()?.ok_or(ContentError::NotDeterministic)?;
        let mut extensions = Self::new();
        for _ in 0..count {
            let key = ExtensionKey::read(d)?;
            let rest = &d.input()[d.position()..];
            let length =
                canonical::item_length(rest, MAX_EXTENSION_DEPTH - 1).ok_or(ContentError::BadExtension)?;
            d.set_position(d.position() + length);
            if extensions.insert(key, rest[..length].to_vec())?.is_some() {
                return Err(ContentError::BadExtension);
            }
        }
        Ok(extensions)
    }
}

fn text(value: &[u8]) -> Option<&str> {
    Decoder::new(value).str().ok()
}

impl<C> Encode<C> for Extensions {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.map(self.0.len() as u64)?;
        for (key, value) in &self.0 {
            match key {
                ExtensionKey::Integer(number) => e.i64(*number)?,
                ExtensionKey::Name(name) => e.str(name)?,
            };
            e.writer_mut().write_all(value).map_err(encode::Error::write)?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for Extensions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Extensions({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_like_their_encodings() {
        let mut keys: Vec<ExtensionKey> =
            [0, 1, 23, 24, 255, 256, 70_000, MAX_KEY, -1, -24, -25, -300, -MAX_KEY]
                .map(ExtensionKey::Integer)
                .into_iter()
                .chain(["z", "aa", "b", "ab", "a"].map(ExtensionKey::from))
                .collect();
        keys.sort();
        let encoded: Vec<Vec<u8>> = keys
            .iter()
            .map(|key| match key {
                ExtensionKey::Integer(number) => kuvert_wire::encode(number),
                ExtensionKey::Name(name) => kuvert_wire::encode(name),
            })
            .collect();
        assert!(encoded.is_sorted(), "{keys:?}");
    }

    #[test]
    fn uris_must_be_texts() {
        let mut extensions = Extensions::new();
        assert_eq!(extensions.insert(ExtensionKey::SENDER_URI, vec![0x01]), Err(ContentError::BadExtension));
        extensions.insert_text(ExtensionKey::SENDER_URI, "kuvert:a").expect("a text is a text");
        assert_eq!(extensions.get_text(&ExtensionKey::SENDER_URI), Some("kuvert:a"));
        assert_eq!(extensions.get_integer(&ExtensionKey::SENDER_URI), None);
    }

    #[test]
    fn a_value_that_is_not_one_item_is_refused() {
        let mut extensions = Extensions::new();
        for value in [&[][..], &[0x01, 0x02], &[0x18, 0x01], &[0x9f, 0xff], &[0x62, 0x61], &[0xff]] {
            assert_eq!(
                extensions.insert("x".into(), value.to_vec()),
                Err(ContentError::BadExtension),
                "{value:02x?}"
            );
        }
        assert!(extensions.is_empty());
    }
}
