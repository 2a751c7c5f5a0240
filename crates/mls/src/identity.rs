//! Identities, Kuvert IDs, devices and their certificates (design section 4).

use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use kuvert_wire::{decode, derive_key, encode};
use minicbor::{Decode, Encode};
use openmls::prelude::{BasicCredential, CredentialWithKey, SignatureScheme};
use openmls_traits::signatures::{Signer, SignerError};
use sha2::{Digest, Sha256};
use x25519_dalek::{PublicKey, StaticSecret};

/// Largest encoded certificate in bytes.
const MAX_CERTIFICATE: usize = 512;
/// Longest device name in bytes.
const MAX_DEVICE_NAME: usize = 64;
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Public half of an identity: an Ed25519 key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct IdentityKey(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 32]);

impl std::fmt::Debug for IdentityKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "IdentityKey({:02x}..)", self.0[0])
    }
}

impl IdentityKey {
    /// Whether `signature` over `message` was made with this identity.
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        VerifyingKey::from_bytes(&self.0)
            .and_then(|key| key.verify_strict(message, &signature.into()))
            .is_ok()
    }
}

/// A person or a line: the key that nobody issued and nobody can reassign.
pub struct Identity(SigningKey);

impl Identity {
    /// Takes 32 random bytes as the private key.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The public half.
    pub fn key(&self) -> IdentityKey {
        IdentityKey(self.0.verifying_key().to_bytes())
    }

    /// Signs with the identity key.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

/// The readable name of an identity: 16 characters of Crockford base32 from SHA-256 of its key, and 2 check characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KuvertId([u8; 10]);

/// Why a text is no Kuvert ID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KuvertIdError {
    /// Not 18 characters of the alphabet (after leaving out hyphens and spaces).
    #[error("a Kuvert ID has 18 letters and digits, as in ABCD-EFGH-JKMN-PQRS-TV")]
    Shape,
    /// The check characters do not fit: a character was mistyped.
    #[error("a character of this Kuvert ID is mistyped")]
    Check,
}

impl KuvertId {
    /// The name of `identity`.
    pub fn of(identity: &IdentityKey) -> Self {
        let digest = Sha256::new().chain_update(b"kuvert id v1").chain_update(identity.0).finalize();
        let mut id = [0; 10];
        id.copy_from_slice(&digest[..10]);
        Self(id)
    }

    /// Reads an ID as people write it: any case, with or without hyphens and spaces, O for 0, I or L for 1.
    ///
    /// # Errors
    /// [`KuvertIdError`] if it has another shape, or was mistyped.
    pub fn parse(text: &str) -> Result<Self, KuvertIdError> {
        let digits = text
            .chars()
            .filter(|c| !matches!(c, '-' | ' '))
            .map(|c| match c.to_ascii_uppercase() {
                'O' => Some(0),
                'I' | 'L' => Some(1),
                c => ALPHABET.iter().position(|a| char::from(*a) == c),
            })
            .collect::<Option<Vec<_>>>()
            .filter(|digits| digits.len() == 18)
            .ok_or(KuvertIdError::Shape)?;
        let (digits, check) = digits.split_at(16);
        let bits = digits.iter().fold(0u128, |bits, digit| bits << 5 | *digit as u128);
        let mut id = [0; 10];
        id.copy_from_slice(&bits.to_be_bytes()[6..]);
        let id = Self(id);
        if id.check().map(usize::from) == *check { Ok(id) } else { Err(KuvertIdError::Check) }
    }

    fn check(&self) -> [u8; 2] {
        let digest = Sha256::new().chain_update(b"kuvert id check v1").chain_update(self.0).finalize();
        [digest[0] & 31, digest[1] & 31]
    }
}

impl std::fmt::Display for KuvertId {
    /// Groups of four, as in `ABCD-EFGH-JKMN-PQRS-TV`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bits = self.0.iter().fold(0u128, |bits, byte| bits << 8 | u128::from(*byte));
        let digits = (0..16).map(|at| (bits >> (75 - at * 5) & 31) as usize);
        for (at, digit) in digits.chain(self.check().map(usize::from)).enumerate() {
            if at > 0 && at % 4 == 0 {
                f.write_str("-")?;
            }
            write!(f, "{}", char::from(ALPHABET[digit]))?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for KuvertId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KuvertId(..)")
    }
}

/// What a device may do for its identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum DeviceRole {
    /// Holds the identity key.
    #[n(0)]
    Owner,
    /// Speaks for a business line by certificate only.
    #[n(1)]
    Agent,
}

/// Says that a device key belongs to an identity; signed by the identity. The credential of every leaf.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct DeviceCertificate {
    /// Whose.
    #[n(0)]
    pub identity: IdentityKey,
    /// The device's signature key (Ed25519).
    #[cbor(n(1), with = "minicbor::bytes")]
    pub device: [u8; 32],
    /// What it may do.
    #[n(2)]
    pub role: DeviceRole,
    /// Name for the owner's own devices; at most 64 bytes.
    #[n(3)]
    pub name: String,
    /// Valid from (seconds since 1970).
    #[n(4)]
    pub not_before: u64,
    /// Valid until (seconds since 1970).
    #[n(5)]
    pub not_after: u64,
    /// By the identity, over all of the above.
    #[cbor(n(6), with = "minicbor::bytes")]
    pub signature: [u8; 64],
}

/// Why a certificate does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Not a certificate.
    #[error("the device certificate is malformed")]
    Malformed,
    /// Not signed by the identity that it names.
    #[error("the device certificate is not signed by its identity")]
    BadSignature,
    /// Made for another device key than the one it came with.
    #[error("the device certificate belongs to another device")]
    WrongDevice,
}

impl DeviceCertificate {
    /// Certifies a device of `identity`.
    pub fn sign(
        identity: &Identity,
        device: [u8; 32],
        role: DeviceRole,
        name: &str,
        validity: std::ops::Range<u64>,
    ) -> Self {
        let mut certificate = Self {
            identity: identity.key(),
            device,
            role,
            name: name.to_owned(),
            not_before: validity.start,
            not_after: validity.end,
            signature: [0; 64],
        };
        certificate.signature = identity.sign(&certificate.message());
        certificate
    }

    /// Reads and verifies a credential that came with `device_key`.
    ///
    /// # Errors
    /// [`CertificateError`] if it is malformed, forged, or another device's.
    pub fn verified(credential: &[u8], device_key: &[u8]) -> Result<Self, CertificateError> {
        let certificate = Self::read(credential)?;
        if certificate.device != device_key {
            return Err(CertificateError::WrongDevice);
        }
        if !certificate.identity.verify(&certificate.message(), &certificate.signature) {
            return Err(CertificateError::BadSignature);
        }
        Ok(certificate)
    }

    /// Reads a credential that was verified before.
    ///
    /// # Errors
    /// [`CertificateError::Malformed`].
    pub(crate) fn read(credential: &[u8]) -> Result<Self, CertificateError> {
        let certificate: Self =
            decode(credential, MAX_CERTIFICATE).map_err(|_| CertificateError::Malformed)?;
        if certificate.name.len() > MAX_DEVICE_NAME {
            return Err(CertificateError::Malformed);
        }
        Ok(certificate)
    }

    /// The encoded certificate.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(self)
    }

    fn message(&self) -> Vec<u8> {
        let unsigned = Self { signature: [0; 64], ..self.clone() };
        [b"kuvert device v1".as_slice(), &encode(&unsigned)].concat()
    }
}

/// One MLS client: a signature key with its certificate.
pub struct Device {
    key: SigningKey,
    certificate: DeviceCertificate,
    /// Opens group keys that the device missed.
    pub(crate) recovery: StaticSecret,
}

impl Device {
    /// Puts a device key (32-byte seed) and its certificate together.
    ///
    /// # Errors
    /// [`CertificateError`] if the certificate is not this device's.
    pub fn new(seed: &[u8; 32], certificate: &[u8]) -> Result<Self, CertificateError> {
        let key = SigningKey::from_bytes(seed);
        let certificate = DeviceCertificate::verified(certificate, key.verifying_key().as_bytes())?;
        let recovery = StaticSecret::from(*derive_key(seed, "kuvert recovery key v1", b""));
        Ok(Self { key, certificate, recovery })
    }

    /// The public device key that belongs to a seed.
    pub fn public_key(seed: &[u8; 32]) -> [u8; 32] {
        SigningKey::from_bytes(seed).verifying_key().to_bytes()
    }

    /// The certificate.
    pub fn certificate(&self) -> &DeviceCertificate {
        &self.certificate
    }

    /// Public key to which a group key is sealed for this device, in case that it misses the change.
    pub fn recovery_key(&self) -> [u8; 32] {
        PublicKey::from(&self.recovery).to_bytes()
    }

    pub(crate) fn sign_bytes(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }

    pub(crate) fn credential(&self) -> CredentialWithKey {
        CredentialWithKey {
            credential: BasicCredential::new(self.certificate.to_bytes()).into(),
            signature_key: self.key.verifying_key().to_bytes().to_vec().into(),
        }
    }
}

impl Signer for Device {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(self.key.sign(payload).to_bytes().to_vec())
    }

    fn signature_scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kuvert_id_survives_sloppy_writing_but_no_typing_error() {
        let id = KuvertId::of(&Identity::from_seed(&[1; 32]).key());
        let text = id.to_string();
        assert_eq!(text.len(), 22);
        assert_eq!(KuvertId::parse(&text), Ok(id));
        assert_eq!(KuvertId::parse(&text.to_lowercase().replace('-', " ")), Ok(id));
        let first = if text.starts_with('7') { "8" } else { "7" };
        assert_eq!(KuvertId::parse(&format!("{first}{}", &text[1..])), Err(KuvertIdError::Check));
        assert_eq!(KuvertId::parse("short"), Err(KuvertIdError::Shape));
    }

    #[test]
    fn a_certificate_holds_for_one_device_of_one_identity() {
        let identity = Identity::from_seed(&[1; 32]);
        let device = Device::public_key(&[2; 32]);
        let good = DeviceCertificate::sign(&identity, device, DeviceRole::Owner, "web", 0..100);
        assert_eq!(DeviceCertificate::verified(&good.to_bytes(), &device), Ok(good.clone()));
        let other = Device::public_key(&[3; 32]);
        let stolen = DeviceCertificate::verified(&good.to_bytes(), &other);
        assert_eq!(stolen, Err(CertificateError::WrongDevice));
        let forged = DeviceCertificate { identity: Identity::from_seed(&[4; 32]).key(), ..good };
        let forged = DeviceCertificate::verified(&forged.to_bytes(), &device);
        assert_eq!(forged, Err(CertificateError::BadSignature));
    }
}
