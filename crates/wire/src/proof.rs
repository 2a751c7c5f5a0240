//! Proof that a session's device owns an inbox, bound to one connection at one relay.

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};

use crate::ids::{Challenge, OwnerKey, Signature};
use crate::limits;

/// What an owner signs: label, origin, challenge and owner key, with the origin's length in front of it.
pub struct OwnerProof<'a> {
    /// Origin of the relay, as in `https://relay.example`.
    pub origin: &'a str,
    /// From the relay's [`crate::Hello`].
    pub challenge: &'a Challenge,
}

impl OwnerProof<'_> {
    /// Signs with the inbox's owner key.
    pub fn sign(&self, owner: &SigningKey) -> Signature {
        let key = OwnerKey::new(owner.verifying_key().to_bytes());
        Signature::new(owner.sign(&self.message(&key)).to_bytes())
    }

    fn message(&self, owner: &OwnerKey) -> Vec<u8> {
        let mut message = b"kuvert owner v1".to_vec();
        message.extend_from_slice(&(self.origin.len() as u64).to_be_bytes());
        message.extend_from_slice(self.origin.as_bytes());
        message.extend_from_slice(self.challenge.as_bytes());
        message.extend_from_slice(owner.as_bytes());
        message
    }
}

/// Whether `signature` proves ownership for this relay and connection.
pub fn verify_owner_proof(proof: &OwnerProof<'_>, owner: &OwnerKey, signature: &Signature) -> bool {
    proof.origin.len() <= limits::MAX_ORIGIN
        && VerifyingKey::from_bytes(owner.as_bytes())
            .and_then(|key| key.verify_strict(&proof.message(owner), &signature.as_bytes().into()))
            .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_holds_for_one_relay_and_one_connection() {
        let key = SigningKey::from_bytes(&[4; 32]);
        let owner = OwnerKey::new(key.verifying_key().to_bytes());
        let (here, now) = ("https://relay.example", Challenge::new([1; 32]));
        let signature = OwnerProof { origin: here, challenge: &now }.sign(&key);
        let holds = |origin, challenge: &Challenge| {
            verify_owner_proof(&OwnerProof { origin, challenge }, &owner, &signature)
        };
        assert!(holds(here, &now));
        assert!(!holds("https://other.example", &now));
        assert!(!holds(here, &Challenge::new([2; 32])));
    }
}
