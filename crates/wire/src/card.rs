//! A card as a relay stores it: ciphertext with a version, signed by the card's own key.
//!
//! The record is what `PUT /v1/cards/{id}` carries and `GET /v1/cards/{id}` returns. The card's key is made for this
//! one card, so that the relay can tie it to nobody; who the card speaks of stands inside the ciphertext.

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use minicbor::{Decode, Encode};

use crate::codec::{DecodeError, decode, encode};
use crate::ids::{CardId, OwnerKey, Signature};
use crate::limits;

/// A stored card.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct CardRecord {
    /// The card's key; its id is [`CardId::of`] this.
    #[n(0)]
    pub owner: OwnerKey,
    /// Grows with every change; a relay takes no older one.
    #[n(1)]
    pub version: u64,
    /// Sealed card.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub ciphertext: Vec<u8>,
    /// By `owner`, over version and ciphertext.
    #[n(3)]
    pub signature: Signature,
}

/// What `DELETE /v1/cards/{id}` carries: the card's key takes it away, and its older versions with it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct CardDeletion {
    /// The card's key.
    #[n(0)]
    pub owner: OwnerKey,
    /// The last version to go; a relay takes none up to it again.
    #[n(1)]
    pub version: u64,
    /// By `owner`, over the version.
    #[n(2)]
    pub signature: Signature,
}

/// Why a record is not the card it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CardRecordError {
    /// Not a card record.
    #[error("the card could not be read: {0}")]
    Decode(#[from] DecodeError),
    /// Another card than the one asked for.
    #[error("the record belongs to another card")]
    WrongCard,
    /// Not signed by the card's key.
    #[error("the card's signature does not hold")]
    BadSignature,
}

impl CardRecord {
    /// Signs a new version of a card.
    pub fn sign(key: &SigningKey, version: u64, ciphertext: Vec<u8>) -> Self {
        let owner = OwnerKey::new(key.verifying_key().to_bytes());
        let signature = Signature::new(key.sign(&message(version, &ciphertext)).to_bytes());
        Self { owner, version, ciphertext, signature }
    }

    /// The record's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(self)
    }

    /// Reads and verifies the record of card `id`.
    ///
    /// # Errors
    /// [`CardRecordError`] if it is malformed, another card's, or not signed by the card's key.
    pub fn verified(id: CardId, bytes: &[u8]) -> Result<Self, CardRecordError> {
        let record: Self = decode(bytes, limits::MAX_CARD)?;
        if CardId::of(&record.owner) != id {
            return Err(CardRecordError::WrongCard);
        }
        verify(&record.owner, &message(record.version, &record.ciphertext), &record.signature)?;
        Ok(record)
    }
}

impl CardDeletion {
    /// Signs the end of a card.
    pub fn sign(key: &SigningKey, version: u64) -> Self {
        let owner = OwnerKey::new(key.verifying_key().to_bytes());
        let signature = Signature::new(key.sign(&deletion_message(version)).to_bytes());
        Self { owner, version, signature }
    }

    /// The deletion's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(self)
    }

    /// Reads and verifies the deletion of card `id`.
    ///
    /// # Errors
    /// [`CardRecordError`] if it is malformed, of another card, or not signed by the card's key.
    pub fn verified(id: CardId, bytes: &[u8]) -> Result<Self, CardRecordError> {
        let deletion: Self = decode(bytes, limits::MAX_CARD)?;
        if CardId::of(&deletion.owner) != id {
            return Err(CardRecordError::WrongCard);
        }
        verify(&deletion.owner, &deletion_message(deletion.version), &deletion.signature)?;
        Ok(deletion)
    }
}

fn verify(owner: &OwnerKey, message: &[u8], signature: &Signature) -> Result<(), CardRecordError> {
    VerifyingKey::from_bytes(owner.as_bytes())
        .and_then(|key| key.verify_strict(message, &signature.as_bytes().into()))
        .map_err(|_| CardRecordError::BadSignature)
}

fn deletion_message(version: u64) -> Vec<u8> {
    [b"kuvert card deletion v1".as_slice(), &version.to_be_bytes()].concat()
}

fn message(version: u64, ciphertext: &[u8]) -> Vec<u8> {
    [b"kuvert card v1".as_slice(), &version.to_be_bytes(), ciphertext].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_verifies_only_as_the_card_it_is() {
        let key = SigningKey::from_bytes(&[8; 32]);
        let record = CardRecord::sign(&key, 3, b"sealed".to_vec());
        let id = CardId::of(&record.owner);
        assert_eq!(CardRecord::verified(id, &record.to_bytes()), Ok(record.clone()));
        let other = CardId::new([0; 16]);
        assert_eq!(CardRecord::verified(other, &record.to_bytes()), Err(CardRecordError::WrongCard));
        let changed = CardRecord { version: 4, ..record };
        assert_eq!(CardRecord::verified(id, &changed.to_bytes()), Err(CardRecordError::BadSignature));
    }

    #[test]
    fn a_deletion_verifies_only_for_its_card_and_version() {
        let key = SigningKey::from_bytes(&[8; 32]);
        let deletion = CardDeletion::sign(&key, 3);
        let id = CardId::of(&deletion.owner);
        assert_eq!(CardDeletion::verified(id, &deletion.to_bytes()), Ok(deletion.clone()));
        let other = CardId::new([0; 16]);
        assert_eq!(CardDeletion::verified(other, &deletion.to_bytes()), Err(CardRecordError::WrongCard));
        let changed = CardDeletion { version: 4, ..deletion };
        assert_eq!(CardDeletion::verified(id, &changed.to_bytes()), Err(CardRecordError::BadSignature));
    }
}
