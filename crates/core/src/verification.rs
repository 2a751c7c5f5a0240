//! Verification: two people make sure that each holds the other's key, and what trust follows from it.
//!
//! **By code.** Each shows a QR code with both identity keys, as far as they know them; scanning it compares whole keys, in
//! both directions at once.
//!
//! **By words.** Six words that both sides derive from both keys, to be read to each other. They are proquints (Wilkerson,
//! "Proposal for Proquints", 2009): five letters that stand for 16 bits, pronounceable in German and in English alike, so
//! that two people with different languages compare the same words. Six of them are 96 bits. Somebody between the two who
//! wants both to see equal words has to find a collision among keys of their own: some 2^48 key pairs for each side, and
//! for each [`ROUNDS`] rounds of SHA-256, 2^61 in all.

use data_encoding::BASE32_NOPAD;
use kuvert_mls::IdentityKey;
use kuvert_store::{ContactRow, ConversationId, Trust};
use sha2::{Digest, Sha256};

use crate::step::Step;
use crate::{ClientError, Refusal};

/// Words that are compared.
pub const SAFETY_WORDS: usize = 6;

/// Rounds of the hash behind the words.
const ROUNDS: u32 = 1 << 13;
const CONTEXT: &[u8] = b"kuvert safety words v1";
/// What a code begins with. All of it is upper case, which makes a smaller QR code.
const CODE: &str = "KUVERT:VERIFY:1:";
const CONSONANTS: &[u8; 16] = b"bdfghjklmnprstvz";
const VOWELS: &[u8; 4] = b"aiou";

/// What changes how well a contact is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrustEvent {
    /// A contact, or a verified organisation, vouched for them.
    Introduced,
    /// They were verified in person.
    Verified,
    /// Where they were found, another identity stands now.
    KeyChanged,
    /// The user has looked at it, and begins anew.
    LookedAt,
}

impl TrustEvent {
    /// How well a contact is known after it (design section 4).
    pub fn applied_to(self, before: Trust) -> Trust {
        match (self, before) {
            (Self::Verified, _) => Trust::Verified,
            (Self::KeyChanged, _) => Trust::Changed,
            (Self::LookedAt, _) => Trust::New,
            (Self::Introduced, Trust::New) => Trust::Introduced,
            // Somebody else's word counts less than what one has seen, and does not explain a change.
            (Self::Introduced, before) => before,
        }
    }
}

/// The words that two people compare; the same ones for both of them.
pub fn safety_words(one: &IdentityKey, other: &IdentityKey) -> [String; SAFETY_WORDS] {
    let (first, second) = if one <= other { (one, other) } else { (other, one) };
    let keyed = |digest: &[u8]| {
        Sha256::new().chain_update(CONTEXT).chain_update(digest).chain_update(first.0).chain_update(second.0)
    };
    let mut digest = keyed(&[]).finalize();
    for _ in 0..ROUNDS {
        digest = keyed(&digest).finalize();
    }
    std::array::from_fn(|word| proquint(u16::from_be_bytes([digest[2 * word], digest[2 * word + 1]])))
}

/// Consonant, vowel, consonant, vowel, consonant: 4, 2, 4, 2, 4 bits.
fn proquint(bits: u16) -> String {
    let consonant = |shift: u16| char::from(CONSONANTS[usize::from(bits >> shift & 0xf)]);
    let vowel = |shift: u16| char::from(VOWELS[usize::from(bits >> shift & 0x3)]);
    [consonant(12), vowel(10), consonant(6), vowel(4), consonant(0)].into_iter().collect()
}

/// What `own` shows to `other` as a QR code.
pub fn verification_code(own: &IdentityKey, other: &IdentityKey) -> String {
    format!("{CODE}{}", BASE32_NOPAD.encode(&[own.0, other.0].concat()))
}

/// Who shows a code, and to whom.
fn read_code(code: &str) -> Option<(IdentityKey, IdentityKey)> {
    let code = code.trim().to_ascii_uppercase();
    let keys = BASE32_NOPAD.decode(code.strip_prefix(CODE)?.as_bytes()).ok()?;
    let (own, other) = keys.split_at_checked(32)?;
    Some((IdentityKey(own.try_into().ok()?), IdentityKey(other.try_into().ok()?)))
}

impl Step<'_, '_> {
    /// The user scanned what a contact shows.
    pub(crate) fn verify(&mut self, conversation: ConversationId, code: &str) -> Result<(), ClientError> {
        let account = self.account()?;
        let contact = self.tx.contact_of(conversation)?.ok_or(Refusal::Unknown)?;
        let (shown_by, shown_to) = read_code(code).ok_or(Refusal::CodeUnreadable)?;
        if shown_by.0 != contact.identity {
            return Err(Refusal::CodeOfAnother.into());
        }
        if shown_to != account.key() {
            return Err(Refusal::CodeForAnother.into());
        }
        self.trust(&contact, TrustEvent::Verified)
    }

    /// The user has compared the words.
    pub(crate) fn confirm_words(&mut self, conversation: ConversationId) -> Result<(), ClientError> {
        let contact = self.tx.contact_of(conversation)?.ok_or(Refusal::Unknown)?;
        self.trust(&contact, TrustEvent::Verified)
    }

    /// The user takes a verification back, or has looked at a change.
    pub(crate) fn unverify(&mut self, conversation: ConversationId) -> Result<(), ClientError> {
        let contact = self.tx.contact_of(conversation)?.ok_or(Refusal::Unknown)?;
        self.trust(&contact, TrustEvent::LookedAt)
    }

    pub(crate) fn trust(&mut self, contact: &ContactRow, event: TrustEvent) -> Result<(), ClientError> {
        Ok(self.tx.set_trust(contact.id, event.applied_to(contact.trust))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANNA: IdentityKey = IdentityKey([1; 32]);
    const BEN: IdentityKey = IdentityKey([2; 32]);

    #[test]
    fn both_sides_see_the_same_words_and_other_people_see_others() {
        let words = safety_words(&ANNA, &BEN);
        assert_eq!(words, safety_words(&BEN, &ANNA));
        let others = safety_words(&ANNA, &IdentityKey([3; 32]));
        assert!(words.iter().zip(&others).all(|(one, other)| one != other));
        // What was read out to each other once must stay the same.
        assert_eq!(words.join(" "), "hikob nanum sakan robib fisav ginod");
    }

    #[test]
    fn words_are_the_published_proquints() {
        // From the proposal: 127.0.0.1 is lusab-babad, 63.84.220.193 is gutih-tugad.
        let words = [0x7f00, 0x0001, 0x3f54, 0xdcc1].map(proquint);
        assert_eq!(words, ["lusab", "babad", "gutih", "tugad"]);
    }

    #[test]
    fn a_code_says_who_shows_it_to_whom() {
        let code = verification_code(&ANNA, &BEN);
        assert_eq!(read_code(&code), Some((ANNA, BEN)));
        assert_eq!(read_code(&format!(" {}\n", code.to_lowercase())), Some((ANNA, BEN)));
        for broken in [&code[1..], &code[..code.len() - 1], "", "KUVERT:VERIFY:1:"] {
            assert_eq!(read_code(broken), None, "{broken}");
        }
    }

    #[test]
    fn trust_moves_as_designed() {
        use Trust::{Changed, Introduced, New, Verified};
        for before in [New, Introduced, Verified, Changed] {
            assert_eq!(TrustEvent::Verified.applied_to(before), Verified);
            assert_eq!(TrustEvent::KeyChanged.applied_to(before), Changed);
            assert_eq!(TrustEvent::LookedAt.applied_to(before), New);
        }
        assert_eq!(TrustEvent::Introduced.applied_to(New), Introduced);
        assert_eq!(TrustEvent::Introduced.applied_to(Verified), Verified);
        assert_eq!(TrustEvent::Introduced.applied_to(Changed), Changed);
    }
}
