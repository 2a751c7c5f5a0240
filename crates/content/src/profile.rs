//! How a person presents themselves inside a conversation.

use minicbor::{Decoder, Encode, Encoder, encode};

use crate::limits::{MAX_EXTENSION_DEPTH, MAX_NAME, MAX_REACH};
use crate::{ContentError, canonical};

/// Media type of a profile. Kuvert's own.
pub const PROFILE_TYPE: &str = "application/vnd.kuvert.profile+cbor";
/// Media type of the part that accepts a request; it holds a profile. Kuvert's own.
pub const ACCEPTANCE_TYPE: &str = "application/vnd.kuvert.acceptance+cbor";

/// How a person presents themselves inside a conversation. Claimed by the sender and proven by nothing.
///
/// `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Profile {
    /// Display name: 1 to [`MAX_NAME`] characters without control characters; see [`Profile::new`].
    pub name: String,
    /// How the sender's devices are reached to be added to groups; means nothing to this crate. At most [`MAX_REACH`]
    /// bytes, empty for nothing.
    pub reach: Vec<u8>,
}

impl Profile {
    /// A profile with a display name, from which white space at both ends is taken.
    ///
    /// # Errors
    /// [`ContentError::BadName`] if the name is empty, longer than [`MAX_NAME`] characters, or has control characters
    /// or characters that change the direction of what follows: these could disguise who is speaking.
    pub fn new(name: &str) -> Result<Self, ContentError> {
        let name = name.trim();
        if is_name(name) {
            Ok(Self { name: name.to_owned(), reach: Vec::new() })
        } else {
            Err(ContentError::BadName)
        }
    }

    /// Reads a profile. Fields of later versions are skipped.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        if !canonical::is_item(bytes, MAX_EXTENSION_DEPTH) {
            return None;
        }
        let mut d = Decoder::new(bytes);
        // Keys are sorted, so that the least ones stand first or nowhere.
        let fields = d.map().ok()??;
        let has_name = fields > 0 && d.u8().ok()? == NAME;
        let name = has_name.then(|| d.str().ok())??.to_owned();
        let has_reach = fields > 1 && d.u8().is_ok_and(|key| key == REACH);
        let reach = if has_reach { d.bytes().ok()?.to_vec() } else { Vec::new() };
        (is_name(&name) && reach.len() <= MAX_REACH).then_some(Self { name, reach })
    }
}

const NAME: u8 = 0;
const REACH: u8 = 1;

fn is_name(name: &str) -> bool {
    let is_disguise =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    (1..=MAX_NAME).contains(&name.chars().count())
        && name.trim() == name
        && !name.chars().any(|c| c.is_control() || is_disguise(c))
}

impl<C> Encode<C> for Profile {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.map(if self.reach.is_empty() { 1 } else { 2 })?.u8(NAME)?.str(&self.name)?;
        if !self.reach.is_empty() {
            e.u8(REACH)?.bytes(&self.reach)?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Profile(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_1_to_64_characters() {
        assert_eq!(Profile::new(" Ümit \n").expect("a name").name, "Ümit");
        assert!(Profile::new(&"ß".repeat(MAX_NAME)).is_ok());
        assert_eq!(Profile::new(&"ß".repeat(MAX_NAME + 1)), Err(ContentError::BadName));
        assert_eq!(Profile::new(" \t"), Err(ContentError::BadName));
    }

    #[test]
    fn a_name_cannot_disguise_itself() {
        assert_eq!(Profile::new("bank\u{202e}knab"), Err(ContentError::BadName));
        assert_eq!(Profile::new("two\nlines"), Err(ContentError::BadName));
    }

    #[test]
    fn fields_of_later_versions_are_skipped() {
        let named = |reach: &[u8]| Some(Profile { name: "a".into(), reach: reach.to_vec() });
        assert_eq!(Profile::read(b"\xa2\x00\x61a\x02\x81\x02"), named(b""));
        assert_eq!(Profile::read(b"\xa3\x00\x61a\x01\x42hi\x02\x00"), named(b"hi"));
        assert_eq!(Profile::read(b"\xa2\x00\x61a\x01\x81\x02"), None, "not bytes");
        assert_eq!(Profile::read(b"\xa1\x01\x61a"), None);
        assert_eq!(Profile::read(b"\xa1\x00\x61 "), None);
        assert_eq!(Profile::read(b"\xa0"), None);
        assert_eq!(Profile::read(b"\x80"), None);
    }
}
