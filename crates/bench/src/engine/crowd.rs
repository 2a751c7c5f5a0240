//! A group of many leaves, made quickly: one commit adds all of them, and only two of them are ever heard of again.

use anyhow::{Context, Result, anyhow, bail};
use kuvert_mls::{
    Delivery, Device, DeviceCertificate, DeviceRole, EngineRng, Group, GroupData, Identity, Provider,
};
use kuvert_wire::{ChannelId, DepositKey, InboxId};
use openmls::prelude::tls_codec::{Deserialize as _, Serialize as _};
use openmls::prelude::{
    GroupId, KeyPackage, KeyPackageIn, MlsGroup, MlsGroupJoinConfig, MlsMessageBodyIn, MlsMessageIn,
    PURE_PLAINTEXT_WIRE_FORMAT_POLICY, ProtocolVersion, SenderRatchetConfiguration, StagedWelcome,
};
use openmls_memory_storage::MemoryStorage;
use openmls_rust_crypto::RustCrypto;
use openmls_traits::storage::{CURRENT_VERSION, StorageProvider};

/// The channel of every group here.
pub(super) const CHANNEL: ChannelId = ChannelId::new([5; 16]);

const RELAY: &str = "https://relay.example";

/// Everybody who is to be in a group.
pub(super) struct Crowd {
    /// Those who only have a leaf.
    silent: Vec<KeyPackage>,
}

/// One device with its keys.
pub(super) struct Party {
    pub(super) device: Device,
    number: u32,
}

impl Party {
    /// The first leaf: who founds the group, and writes.
    pub(super) fn sender() -> Result<Self> {
        Self::new(0)
    }

    /// The second leaf: who reads.
    pub(super) fn receiver() -> Result<Self> {
        Self::new(1)
    }

    fn new(number: u32) -> Result<Self> {
        let (identity, key) = (Identity::from_seed(&seed(b'i', number)), seed(b'd', number));
        let public = Device::public_key(&key);
        let certificate = DeviceCertificate::sign(&identity, public, DeviceRole::Owner, "", 0..u64::MAX);
        Ok(Self { device: Device::new(&key, &certificate.to_bytes())?, number })
    }

    fn delivery(&self) -> Delivery {
        Delivery {
            relay: RELAY.to_owned(),
            inbox: InboxId::new(u128::from(self.number).to_be_bytes()),
            token: DepositKey::new([1; 32]).token([1; 16]),
            not_after: u64::MAX,
            relay_key: None,
            own_relay_only: None,
            renewed: None,
            recovery: self.device.recovery_key(),
            name: format!("device {}", self.number),
        }
    }

    /// Makes a key package whose private half is in the provider's storage.
    pub(super) fn package<S: StorageProvider<CURRENT_VERSION>>(
        &self,
        provider: &Provider<'_, S>,
    ) -> Result<KeyPackage> {
        let package = Group::make_package(provider, &self.device, &self.delivery(), false)?;
        let MlsMessageBodyIn::KeyPackage(package) =
            MlsMessageIn::tls_deserialize_exact(&package.bytes)?.extract()
        else {
            bail!("no key package");
        };
        Ok(KeyPackageIn::validate(package, provider.crypto, ProtocolVersion::Mls10)?)
    }
}

fn seed(kind: u8, number: u32) -> [u8; 32] {
    let mut seed = [kind; 32];
    seed[..4].copy_from_slice(&number.to_be_bytes());
    seed
}

impl Crowd {
    /// Everybody of a group of so many leaves; sender and receiver are the first two.
    pub(super) fn of(leaves: u32) -> Result<Self> {
        let (crypto, rng) = (RustCrypto::default(), EngineRng::new(seed(b'c', leaves)));
        let provider = Provider { crypto: &crypto, rng: &rng, storage: MemoryStorage::default() };
        let silent =
            (2..leaves).map(|number| Party::new(number)?.package(&provider)).collect::<Result<_>>()?;
        Ok(Self { silent })
    }

    /// Founds the group in the provider's storage and adds everybody; returns what the receiver joins by.
    pub(super) fn found<S: StorageProvider<CURRENT_VERSION>>(
        &self,
        provider: &Provider<'_, S>,
        receiver: KeyPackage,
    ) -> Result<Invitation> {
        let sender = Party::sender()?;
        let founder = sender.device.certificate().identity;
        let data = GroupData::group(RELAY.to_owned(), [7; 32], "Crowd".to_owned(), founder);
        Group::create(provider, &sender.device, CHANNEL, data, &sender.delivery())?;
        let mut group = load(&provider.storage)?;
        let mut packages = vec![receiver];
        packages.extend(self.silent.iter().cloned());
        let (_, welcome, _) = group.add_members(provider, &sender.device, &packages).map_err(told)?;
        group.merge_pending_commit(provider).map_err(told)?;
        let tree = group.export_ratchet_tree().tls_serialize_detached()?;
        Ok(Invitation { welcome: welcome.tls_serialize_detached()?, tree })
    }
}

/// What a device joins a group by.
pub(super) struct Invitation {
    welcome: Vec<u8>,
    tree: Vec<u8>,
}

impl Invitation {
    /// Joins; the group is in the provider's storage then.
    pub(super) fn join<S: StorageProvider<CURRENT_VERSION>>(&self, provider: &Provider<'_, S>) -> Result<()> {
        let MlsMessageBodyIn::Welcome(welcome) =
            MlsMessageIn::tls_deserialize_exact(&self.welcome)?.extract()
        else {
            bail!("no welcome");
        };
        // As Kuvert configures its groups.
        let config = MlsGroupJoinConfig::builder()
            .wire_format_policy(PURE_PLAINTEXT_WIRE_FORMAT_POLICY)
            .max_past_epochs(0)
            .sender_ratchet_configuration(SenderRatchetConfiguration::new(32, 2_000))
            .build();
        let tree = openmls::prelude::RatchetTreeIn::tls_deserialize_exact(&self.tree)?;
        let staged = StagedWelcome::build_from_welcome(provider, &config, welcome)
            .map_err(told)?
            .with_ratchet_tree(tree)
            .skip_lifetime_validation()
            .build()
            .map_err(told)?;
        staged.into_group(provider).map_err(told)?;
        Ok(())
    }
}

/// OpenMLS's errors carry those of a storage that is not known here.
fn told(error: impl std::fmt::Debug) -> anyhow::Error {
    anyhow!("OpenMLS: {error:?}")
}

/// The group as OpenMLS knows it.
pub(super) fn load<S: StorageProvider<CURRENT_VERSION>>(storage: &S) -> Result<MlsGroup> {
    let group = MlsGroup::load(storage, &GroupId::from_slice(CHANNEL.as_bytes()));
    group.ok().flatten().context("the group cannot be loaded")
}
