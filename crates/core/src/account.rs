//! What this device is: identity, device key, inbox keys, relay.

use ed25519_dalek::SigningKey;
use kuvert_mls::{
    Delivery, Device, DeviceCertificate, DeviceRole, EngineRng, Identity, IdentityKey, KuvertId,
};
use kuvert_store::{MetaKey, Tx};
use kuvert_wire::{DepositKey, InboxId, IntroductionKey, OwnerKey, RelayKey, SealKeyPair, Token};
use zeroize::Zeroizing;

use crate::link::is_origin;
use crate::{ClientError, Refusal, Timestamp};

/// Life of an owner device's certificate in seconds: ten years.
const CERTIFICATE_LIFE: u64 = 3650 * 86_400;
/// Life of a key package in seconds: as long as an unused inbox.
const PACKAGE_LIFE: u64 = 90 * 86_400;
/// Clocks may differ by this many seconds.
const CLOCK_SKEW: u64 = 86_400;

/// The keys of this profile, held in memory while it is open. All of them wipe themselves when dropped.
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) relay: String,
    /// The private half, on devices that hold it: those of an agent of a business line do not.
    identity: Option<Identity>,
    /// It is a device of a business line.
    pub(crate) is_line: bool,
    pub(crate) device: Device,
    pub(crate) owner: SigningKey,
    pub(crate) seal: SealKeyPair,
    pub(crate) deposit: DepositKey,
    pub(crate) introduction: IntroductionKey,
    /// To which other relays seal what is for the own one, if it speaks with others.
    pub(crate) relay_key: Option<RelayKey>,
    /// Sessions with other relays are out of reach.
    pub(crate) own_relay_only: bool,
}

impl Account {
    /// Makes all keys and writes them down.
    pub(crate) fn create(
        tx: &Tx<'_>,
        rng: &EngineRng,
        now: Timestamp,
        name: &str,
        relay: &str,
    ) -> Result<Self, ClientError> {
        for key in [
            MetaKey::IdentityKey,
            MetaKey::DeviceKey,
            MetaKey::OwnerKey,
            MetaKey::SealKey,
            MetaKey::DepositKey,
            MetaKey::IntroductionKey,
        ] {
            tx.set_meta(key, Zeroizing::new(rng.bytes::<32>()).as_slice())?;
        }
        let identity = Identity::from_seed(&*seed(tx, MetaKey::IdentityKey)?);
        let device = Device::public_key(&*seed(tx, MetaKey::DeviceKey)?);
        let certificate = certify(&identity, device, DeviceRole::Owner, now);
        tx.set_meta(MetaKey::Certificate, &certificate.to_bytes())?;
        tx.set_meta(MetaKey::Relay, relay.as_bytes())?;
        tx.set_meta(MetaKey::Name, name.as_bytes())?;
        Self::load(tx)?.ok_or(ClientError::Damaged("the new identity cannot be read back"))
    }

    /// Reads the keys; `None` before an identity was made.
    pub(crate) fn load(tx: &Tx<'_>) -> Result<Option<Self>, ClientError> {
        let Some(name) = text(tx, MetaKey::Name)? else { return Ok(None) };
        let relay = text(tx, MetaKey::Relay)?.ok_or(ClientError::Damaged("no relay"))?;
        let certificate = tx.meta(MetaKey::Certificate)?.ok_or(ClientError::Damaged("no certificate"))?;
        let device = Device::new(&*seed(tx, MetaKey::DeviceKey)?, &certificate)
            .map_err(|_| ClientError::Damaged("the certificate is not this device's"))?;
        let identity = match device.certificate().role {
            DeviceRole::Owner => Some(Identity::from_seed(&*seed(tx, MetaKey::IdentityKey)?)),
            DeviceRole::Agent => None,
        };
        Ok(Some(Self {
            name,
            relay,
            identity,
            is_line: tx.meta(MetaKey::Line)?.is_some(),
            device,
            owner: SigningKey::from_bytes(&*seed(tx, MetaKey::OwnerKey)?),
            seal: SealKeyPair::from_bytes(*seed(tx, MetaKey::SealKey)?),
            deposit: DepositKey::new(*seed(tx, MetaKey::DepositKey)?),
            introduction: IntroductionKey::new(*seed(tx, MetaKey::IntroductionKey)?),
            relay_key: tx.meta(MetaKey::RelayKey)?.and_then(|key| RelayKey::from_slice(&key)),
            own_relay_only: tx.meta(MetaKey::OwnRelayOnly)?.is_some(),
        }))
    }

    /// The public half of the identity.
    pub(crate) fn key(&self) -> IdentityKey {
        self.device.certificate().identity
    }

    /// The public key of this device.
    pub(crate) fn device_key(&self) -> [u8; 32] {
        self.device.certificate().device
    }

    /// The private half of the identity.
    pub(crate) fn identity(&self) -> Result<&Identity, Refusal> {
        self.identity.as_ref().ok_or(Refusal::NotOwner)
    }

    pub(crate) fn owner_key(&self) -> OwnerKey {
        OwnerKey::new(self.owner.verifying_key().to_bytes())
    }

    pub(crate) fn inbox(&self) -> InboxId {
        InboxId::of(&self.owner_key())
    }

    pub(crate) fn kuvert_id(&self) -> KuvertId {
        KuvertId::of(&self.key())
    }

    /// Whether a relay that somebody else names may be connected to. Without TLS none but on this machine, which others
    /// have no business with, unless the own one is there, too.
    pub(crate) fn may_reach(&self, relay: &str) -> bool {
        is_origin(relay) && (relay.starts_with("https:") || self.relay.starts_with("http:"))
    }

    /// A fresh right to deposit into the own inbox.
    pub(crate) fn token(&self, rng: &EngineRng) -> Token {
        self.deposit.token(rng.bytes())
    }

    /// Where this device receives, with a token for one group.
    pub(crate) fn delivery(&self, rng: &EngineRng, now: Timestamp) -> Delivery {
        Delivery {
            relay: self.relay.clone(),
            inbox: self.inbox(),
            token: self.token(rng),
            not_after: now.seconds() + PACKAGE_LIFE,
            relay_key: self.relay_key,
            own_relay_only: self.own_relay_only.then_some(true),
            renewed: Some(now.seconds()),
            recovery: self.device.recovery_key(),
            name: self.name.clone(),
        }
    }
}

/// Certifies a device from now on. It bears no name: whoever talks with the identity would see it.
pub(crate) fn certify(
    identity: &Identity,
    device: [u8; 32],
    role: DeviceRole,
    now: Timestamp,
) -> DeviceCertificate {
    let validity = now.seconds().saturating_sub(CLOCK_SKEW)..now.seconds().saturating_add(CERTIFICATE_LIFE);
    DeviceCertificate::sign(identity, device, role, "", validity)
}

fn seed(tx: &Tx<'_>, key: MetaKey) -> Result<Zeroizing<[u8; 32]>, ClientError> {
    let bytes = tx.meta(key)?.ok_or(ClientError::Damaged("a key is missing"))?;
    let bytes = bytes.as_slice().try_into().map_err(|_| ClientError::Damaged("a key has a wrong length"))?;
    Ok(Zeroizing::new(bytes))
}

fn text(tx: &Tx<'_>, key: MetaKey) -> Result<Option<String>, ClientError> {
    let Some(bytes) = tx.meta(key)? else { return Ok(None) };
    String::from_utf8(bytes.to_vec()).map(Some).map_err(|_| ClientError::Damaged("a text is not UTF-8"))
}
