//! One push as it is sent: encrypted to a browser (RFC 8291, RFC 8188).

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use kuvert_wire::PushSubscription;
use zeroize::Zeroizing;

use crate::seal::random;

/// Bytes of the one record of a push, before it is encrypted: all of them padding.
const PLAIN: usize = 64;
/// Largest record, as the header says it; the same as in everybody's pushes.
const RECORD: u32 = 4096;
const SALT: usize = 16;
/// Ends the text of a last record (RFC 8188, section 2); padding follows.
const LAST: u8 = 2;

/// A push that says nothing.
///
/// # Errors
/// If the subscription's key is no point of the curve.
pub(crate) fn empty(subscription: &PushSubscription) -> Result<Vec<u8>, Unspecified> {
    let mut salt = [0; SALT];
    salt.copy_from_slice(&random()[..SALT]);
    let mut plain = vec![0; PLAIN];
    plain[0] = LAST;
    seal(subscription, &PrivateKey::generate(&ECDH_P256)?, salt, plain)
}

/// A length of key material.
struct Len(usize);

impl KeyType for Len {
    fn len(&self) -> usize {
        self.0
    }
}

fn expand<const N: usize>(prk: &Prk, info: &[&[u8]]) -> Result<Zeroizing<[u8; N]>, Unspecified> {
    let mut bytes = Zeroizing::new([0; N]);
    prk.expand(info, Len(N))?.fill(bytes.as_mut_slice())?;
    Ok(bytes)
}

/// Encrypts `record` with this key and salt; neither may be used again.
fn seal(
    subscription: &PushSubscription,
    own: &PrivateKey,
    salt: [u8; SALT],
    mut record: Vec<u8>,
) -> Result<Vec<u8>, Unspecified> {
    let public = own.compute_public_key()?;
    let (theirs, auth) = (subscription.key.as_bytes().as_slice(), subscription.auth.as_bytes());
    let input = agree(own, UnparsedPublicKey::new(&ECDH_P256, theirs), Unspecified, |shared| {
        let prk = Salt::new(HKDF_SHA256, auth).extract(shared);
        expand::<32>(&prk, &[b"WebPush: info\0", theirs, public.as_ref()])
    })?;
    let prk = Salt::new(HKDF_SHA256, &salt).extract(input.as_slice());
    let key = expand::<16>(&prk, &[b"Content-Encoding: aes128gcm\0"])?;
    let nonce = expand::<NONCE_LEN>(&prk, &[b"Content-Encoding: nonce\0"])?;
    let cipher = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, key.as_slice())?);
    cipher.seal_in_place_append_tag(Nonce::assume_unique_for_key(*nonce), Aad::empty(), &mut record)?;
    let id_len = u8::try_from(public.as_ref().len()).map_err(|_| Unspecified)?;
    Ok([&salt, RECORD.to_be_bytes().as_slice(), &[id_len], public.as_ref(), &record].concat())
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64URL_NOPAD;
    use kuvert_wire::{P256Key, PushAuth};

    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        BASE64URL_NOPAD.decode(text.as_bytes()).expect("base64url")
    }

    #[test]
    fn the_example_of_rfc_8291_is_made_byte_for_byte() {
        // Section 5 and appendix A.
        let subscription = PushSubscription {
            endpoint: String::new(),
            key: P256Key::from_slice(&bytes(
                "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            ))
            .expect("a key"),
            auth: PushAuth::from_slice(&bytes("BTBZMqHH6r4Tts7J_aSIgg")).expect("a secret"),
        };
        let own = bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw");
        let own = PrivateKey::from_private_key(&ECDH_P256, &own).expect("a key");
        let salt = bytes("DGv6ra1nlYgDCS1FRnbzlw").try_into().expect("16 bytes");
        let record = [b"When I grow up, I want to be a watermelon".as_slice(), &[LAST]].concat();
        let sealed = seal(&subscription, &own, salt, record).expect("sealed");
        assert_eq!(
            BASE64URL_NOPAD.encode(&sealed),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_y\
             l95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        );
        let empty = empty(&subscription).expect("sealed");
        assert_eq!(empty.len(), SALT + 4 + 1 + 65 + PLAIN + 16);
        assert_ne!(empty[..SALT], super::empty(&subscription).expect("sealed")[..SALT]);
    }

    #[test]
    fn who_gives_no_point_of_the_curve_gets_no_push() {
        let subscription = PushSubscription {
            endpoint: String::new(),
            key: P256Key::new([4; 65]),
            auth: PushAuth::new([0; 16]),
        };
        assert!(empty(&subscription).is_err());
    }
}
