//! Identifiers and keys as types of their own, so that none is mistaken for another and none is logged by accident.

use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Declares a fixed-size identifier: a CBOR byte string whose `Debug` shows only its first byte.
macro_rules! identifier {
    ($(#[$meta:meta])* $name:ident, $len:literal) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $len]);

        impl $name {
            /// Length in bytes.
            pub const LEN: usize = $len;

            /// Wraps the bytes.
            pub const fn new(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }

            /// The bytes.
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }

            /// Reads from a slice of exactly [`Self::LEN`] bytes.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({:02x}..)"), self.0[0])
            }
        }

        cbor_bytes!($name, $len);
    };
}

/// Declares a fixed-size secret: zeroized on drop, never printed, compared in constant time.
macro_rules! secret {
    ($(#[$meta:meta])* $name:ident, $len:literal) => {
        $(#[$meta])*
        #[derive(Clone, Zeroize, ZeroizeOnDrop)]
        pub struct $name([u8; $len]);

        impl $name {
            /// Length in bytes.
            pub const LEN: usize = $len;

            /// Wraps the bytes.
            pub const fn new(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }

            /// The secret bytes; take care where they go.
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }

            /// Reads from a slice of exactly [`Self::LEN`] bytes.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                subtle::ConstantTimeEq::ct_eq(&self.0[..], &other.0[..]).into()
            }
        }

        impl Eq for $name {}

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }

        cbor_bytes!($name, $len);
    };
}

macro_rules! cbor_bytes {
    ($name:ident, $len:literal) => {
        impl<C> Encode<C> for $name {
            fn encode<W: encode::Write>(
                &self,
                e: &mut Encoder<W>,
                _: &mut C,
            ) -> Result<(), encode::Error<W::Error>> {
                e.bytes(&self.0)?.ok()
            }
        }

        impl<'b, C> Decode<'b, C> for $name {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
                Self::from_slice(d.bytes()?).ok_or_else(|| {
                    decode::Error::message(concat!(stringify!($name), " has the wrong length"))
                })
            }
        }
    };
}

pub(crate) use {cbor_bytes, identifier, secret};

identifier!(
    /// Names an inbox: the first 16 bytes of SHA-256 over its owner key, so that nobody can claim another's name.
    InboxId,
    16
);
identifier!(
    /// Names a channel: 16 random bytes chosen by the device that creates the conversation.
    ChannelId,
    16
);
identifier!(
    /// Names a card: the first 16 bytes of SHA-256 over the card's owner key.
    CardId,
    16
);
identifier!(
    /// Makes a request repeatable: 16 random bytes; a repeat within a day is answered like the first.
    PostId,
    16
);
identifier!(
    /// Ed25519 public key that owns an inbox or a card.
    OwnerKey,
    32
);
identifier!(
    /// X25519 public key to which a relay seals an inbox's queue entries.
    SealKey,
    32
);
identifier!(
    /// X25519 public key of a relay, to which another relay seals what it stores for it.
    RelayKey,
    32
);
identifier!(
    /// The first 16 bytes of a token, by which its owner revokes it.
    TokenNonce,
    16
);
identifier!(
    /// SHA-256 of an [`Invite`]; all that a relay keeps of it.
    InviteHash,
    32
);
identifier!(
    /// 32 random bytes that a relay makes for one connection, signed by who proves to own an inbox.
    Challenge,
    32
);
identifier!(
    /// SHA-256 of a [`PostSecret`]; all that a relay keeps of it.
    PostSecretHash,
    32
);
identifier!(
    /// 8 random bytes that a relay keeps for as long as seqs go on: a relay that was restored from a backup makes new ones.
    Generation,
    8
);
identifier!(
    /// Ed25519 signature (RFC 8032).
    Signature,
    64
);

secret!(
    /// The right to post to a channel in one epoch, exported from the MLS group of that epoch.
    PostSecret,
    32
);
secret!(
    /// Opens the channel's fan-out list of one epoch; shown to the relay with each post, kept by nobody there.
    FanoutKey,
    32
);

secret!(
    /// What everybody who holds a card shares with a device on it: opens its key packages, seals introductions to it.
    IntroductionKey,
    32
);

secret!(
    /// Makes one inbox at a relay that takes new ones by invitation only.
    Invite,
    16
);

impl Invite {
    /// What the relay stores to recognise this invitation.
    pub fn hash(&self) -> InviteHash {
        InviteHash::new(
            Sha256::new().chain_update(b"kuvert invite v1").chain_update(self.0).finalize().into(),
        )
    }

    /// The form in which it is handed on: 22 characters of unpadded base64url.
    pub fn to_text(&self) -> String {
        data_encoding::BASE64URL_NOPAD.encode(&self.0)
    }

    /// Reads the form in which it is handed on.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::from_slice(&data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).ok()?)
    }
}

impl PostSecret {
    /// What the relay stores to recognise this secret.
    pub fn hash(&self) -> PostSecretHash {
        PostSecretHash::new(Sha256::digest(self.0).into())
    }
}

impl InboxId {
    /// The name of the inbox that `owner` owns.
    pub fn of(owner: &OwnerKey) -> Self {
        Self(owner.name(b"kuvert inbox v1"))
    }
}

impl CardId {
    /// The name of the card that `owner` owns.
    pub fn of(owner: &OwnerKey) -> Self {
        Self(owner.name(b"kuvert card v1"))
    }

    /// The form in links: 22 characters of unpadded base64url.
    pub fn to_text(&self) -> String {
        data_encoding::BASE64URL_NOPAD.encode(&self.0)
    }

    /// Reads the form in links.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::from_slice(&data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).ok()?)
    }
}

impl OwnerKey {
    fn name(&self, label: &[u8]) -> [u8; 16] {
        let digest = Sha256::new().chain_update(label).chain_update(self.0).finalize();
        let mut name = [0; 16];
        name.copy_from_slice(&digest[..16]);
        name
    }
}

identifier!(
    /// A public key on the curve P-256: an uncompressed point. By one a browser is pushed to (RFC 8291), by another a relay
    /// says who it is (RFC 8292).
    P256Key,
    65
);
secret!(
    /// The authentication secret of a push subscription (RFC 8291).
    PushAuth,
    16
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_and_secrets_print_obscured() {
        // LOG-1: what is formatted into a log line by accident gives nothing away.
        assert_eq!(format!("{:?}", InboxId::new([0xab; 16])), "InboxId(ab..)");
        assert_eq!(format!("{:?}", PostSecret::new([7; 32])), "PostSecret(..)");
    }

    #[test]
    fn card_id_survives_its_text_form() {
        let id = CardId::of(&OwnerKey::new([3; 32]));
        assert_eq!(CardId::from_text(&id.to_text()), Some(id));
        assert_eq!(CardId::from_text("too-short"), None);
        assert_eq!(id.to_text().len(), 22);
    }

    #[test]
    fn an_invite_survives_its_text_form_and_prints_obscured() {
        let invite = Invite::new([0xfb; 16]);
        assert_eq!(Invite::from_text(&invite.to_text()), Some(invite.clone()));
        assert_eq!(Invite::from_text("c2hvcnQ"), None);
        assert_eq!(format!("{invite:?}"), "Invite(..)");
    }
}
