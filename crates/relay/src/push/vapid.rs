//! How a relay says to push services who it is (RFC 8292).

use std::io::{self, ErrorKind};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use data_encoding::BASE64URL_NOPAD;
use kuvert_wire::P256Key;

use crate::key_file::Secret;
use crate::seal::random;

/// How long a statement holds; at most a day is allowed.
const HOLDS: Duration = Duration::from_secs(12 * 60 * 60);
/// `{"typ":"JWT","alg":"ES256"}`
const HEAD: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9";

/// The relay's key pair for pushes.
pub(crate) struct Vapid {
    pair: EcdsaKeyPair,
    pub(crate) public: P256Key,
    contact: Option<String>,
}

/// 32 random bytes that are a private key on P-256, as nearly all are.
pub(crate) fn fresh_secret() -> Secret {
    loop {
        let secret = random();
        if PrivateKey::from_private_key(&ECDH_P256, secret.as_slice()).is_ok() {
            return secret;
        }
    }
}

impl Vapid {
    /// # Errors
    /// If the secret is no private key.
    pub(crate) fn new(secret: &Secret, contact: Option<String>) -> io::Result<Self> {
        let unusable = || {
            io::Error::new(ErrorKind::InvalidData, "push.key is not a private key: restore it from a backup")
        };
        let private = PrivateKey::from_private_key(&ECDH_P256, secret.as_slice()).map_err(|_| unusable())?;
        let public = private.compute_public_key().map_err(|_| unusable())?;
        let (algorithm, public) = (&ECDSA_P256_SHA256_FIXED_SIGNING, public.as_ref());
        let pair = EcdsaKeyPair::from_private_key_and_public_key(algorithm, secret.as_slice(), public)
            .map_err(|_| unusable())?;
        let public = P256Key::from_slice(public).ok_or_else(unusable)?;
        Ok(Self { pair, public, contact })
    }

    /// The value of `Authorization` for the push service at `origin`; `None` if signing fails.
    pub(crate) fn authorization(&self, origin: &str, now: SystemTime) -> Option<String> {
        let expires = now.duration_since(UNIX_EPOCH).ok()? + HOLDS;
        let token = self.token(origin, expires.as_secs())?;
        Some(format!("vapid t={token}, k={}", BASE64URL_NOPAD.encode(self.public.as_bytes())))
    }

    /// The statement. Neither an origin nor a contact holds what JSON would want escaped.
    fn token(&self, origin: &str, expires: u64) -> Option<String> {
        let contact =
            self.contact.as_ref().map(|contact| format!(",\"sub\":\"{contact}\"")).unwrap_or_default();
        let claims = format!("{{\"aud\":\"{origin}\",\"exp\":{expires}{contact}}}");
        let signed = format!("{HEAD}.{}", BASE64URL_NOPAD.encode(claims.as_bytes()));
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes()).ok()?;
        Some(format!("{signed}.{}", BASE64URL_NOPAD.encode(signature.as_ref())))
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    use super::*;

    /// RFC 8292, section 2.4.
    const PUBLISHED: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1\
                             MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9o\
                             jFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA";
    const PUBLISHED_KEY: &str =
        "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs";

    fn holds(token: &str, key: &[u8]) -> bool {
        let (signed, signature) = token.rsplit_once('.').expect("three parts");
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).expect("base64url");
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key).verify(signed.as_bytes(), &signature).is_ok()
    }

    #[test]
    fn a_statement_is_that_of_rfc_8292_and_its_signature_holds() {
        let key = BASE64URL_NOPAD.decode(PUBLISHED_KEY.as_bytes()).expect("base64url");
        assert!(holds(PUBLISHED, &key), "the check knows what is right");
        let vapid = Vapid::new(&fresh_secret(), Some("mailto:push@example.com".into())).expect("a key");
        let token = vapid.token("https://push.example.net", 1_453_523_768).expect("signed");
        assert_eq!(
            token.rsplit_once('.').map(|(signed, _)| signed),
            PUBLISHED.rsplit_once('.').map(|(s, _)| s)
        );
        assert!(holds(&token, vapid.public.as_bytes()));
        assert!(!holds(&token, &key));
    }

    #[test]
    fn a_statement_holds_for_half_a_day_and_names_who_made_it() {
        let vapid = Vapid::new(&fresh_secret(), None).expect("a key");
        let now = UNIX_EPOCH + Duration::from_secs(1_000_000);
        let value = vapid.authorization("https://push.example", now).expect("signed");
        let key = BASE64URL_NOPAD.encode(vapid.public.as_bytes());
        let token = value.strip_prefix("vapid t=").and_then(|v| v.strip_suffix(&format!(", k={key}")));
        let claims = token.and_then(|token| token.split('.').nth(1)).expect("claims");
        let claims = BASE64URL_NOPAD.decode(claims.as_bytes()).expect("base64url");
        let expires = 1_000_000 + 12 * 60 * 60;
        let expected = format!("{{\"aud\":\"https://push.example\",\"exp\":{expires}}}");
        assert_eq!(String::from_utf8(claims).expect("text"), expected);
    }
}
