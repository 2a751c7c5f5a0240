//! The one way in which this protocol seals bytes under a shared key: XChaCha20-Poly1305 with the nonce in front.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::ids::FanoutKey;

const NONCE: usize = 24;

/// The bytes were not sealed with this key and context, or were changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("sealed bytes do not open with this key")]
pub struct OpenError;

/// A key that seals and opens bytes. `context` separates uses of one key and is authenticated.
pub struct SecretBoxKey(XChaCha20Poly1305);

impl SecretBoxKey {
    /// Takes 32 uniformly random or derived bytes.
    pub fn new(key: &[u8; 32]) -> Self {
        Self(XChaCha20Poly1305::new(key.into()))
    }

    /// Seals; `nonce` must be fresh random bytes. The result is 40 bytes longer than `plain`.
    pub fn seal(&self, nonce: &[u8; NONCE], context: &[u8], plain: &[u8]) -> Vec<u8> {
        let payload = Payload { msg: plain, aad: context };
        let Ok(ciphertext) = self.0.encrypt(XNonce::from_slice(nonce), payload) else {
            unreachable!("messages stay far below the cipher's 256 GiB");
        };
        [nonce.as_slice(), &ciphertext].concat()
    }

    /// Opens what [`Self::seal`] made with the same key and context.
    ///
    /// # Errors
    /// [`OpenError`] for anything else.
    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let (nonce, ciphertext) = sealed.split_at_checked(NONCE).ok_or(OpenError)?;
        let payload = Payload { msg: ciphertext, aad: context };
        self.0.decrypt(XNonce::from_slice(nonce), payload).map(Zeroizing::new).map_err(|_| OpenError)
    }
}

impl FanoutKey {
    /// The sealing key for fan-out lists of this epoch.
    pub fn secret_box(&self) -> SecretBoxKey {
        SecretBoxKey::new(self.as_bytes())
    }

    /// The context under which fan-out lists are sealed.
    pub const CONTEXT: &[u8] = b"kuvert fan-out v1";
}

/// Derives an independent 32-byte key from `secret` for the use named by `label` and `context` (HKDF-SHA256, RFC 5869).
pub fn derive_key(secret: &[u8], label: &str, context: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    let expanded = Hkdf::<Sha256>::new(Some(label.as_bytes()), secret).expand(context, key.as_mut_slice());
    debug_assert!(expanded.is_ok(), "32 bytes are within HKDF's bounds");
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_bytes_open_only_with_key_and_context() {
        let key = SecretBoxKey::new(&[1; 32]);
        let sealed = key.seal(&[2; 24], b"a", b"text");
        assert_eq!(key.open(b"a", &sealed).expect("opens").as_slice(), b"text");
        assert!(key.open(b"b", &sealed).is_err());
        assert!(SecretBoxKey::new(&[3; 32]).open(b"a", &sealed).is_err());
        assert!(key.open(b"a", &sealed[..10]).is_err());
    }
}
