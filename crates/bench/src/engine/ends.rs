//! Members that seal and open: bare OpenMLS, and Kuvert on its database.

use std::path::Path;

use anyhow::{Context, Result, bail};
use kuvert_mls::{EngineRng, Group, GroupKey, IncomingMessage, Provider};
use kuvert_store::{Database, DatabaseKey, Location};
use openmls::prelude::tls_codec::{Deserialize as _, Serialize as _};
use openmls::prelude::{MlsGroup, MlsMessageIn, ProcessedMessageContent};
use openmls_memory_storage::MemoryStorage;
use openmls_rust_crypto::RustCrypto;

use super::crowd::{CHANNEL, Crowd, Party, load};

/// A member of a group.
pub(super) trait End {
    /// Makes a message ready to be sent.
    fn encrypt(&mut self, text: &[u8]) -> Result<Vec<u8>>;
    /// Opens a message of the other end.
    fn decrypt(&mut self, sealed: &[u8]) -> Result<Vec<u8>>;
}

/// OpenMLS with its group loaded and its storage in memory.
pub(super) struct Bare {
    provider: Provider<'static, MemoryStorage>,
    party: Party,
    group: MlsGroup,
}

impl Bare {
    /// Two ends of one group.
    pub(super) fn pair(crowd: &Crowd) -> Result<(Self, Self)> {
        let (sender, receiver) = (memory(1), memory(2));
        let (anna, ben) = (Party::sender()?, Party::receiver()?);
        let invitation = crowd.found(&sender, ben.package(&receiver)?)?;
        invitation.join(&receiver)?;
        let anna = Self { group: load(&sender.storage)?, provider: sender, party: anna };
        let ben = Self { group: load(&receiver.storage)?, provider: receiver, party: ben };
        Ok((anna, ben))
    }
}

fn memory(seed: u8) -> Provider<'static, MemoryStorage> {
    // Two per size of group, for the length of a measurement.
    let (crypto, rng) = (Box::leak(Box::default()), Box::leak(Box::new(EngineRng::new([seed; 32]))));
    Provider { crypto, rng, storage: MemoryStorage::default() }
}

impl End for Bare {
    fn encrypt(&mut self, text: &[u8]) -> Result<Vec<u8>> {
        let message = self.group.create_message(&self.provider, &self.party.device, text)?;
        Ok(message.tls_serialize_detached()?)
    }

    fn decrypt(&mut self, sealed: &[u8]) -> Result<Vec<u8>> {
        let message = MlsMessageIn::tls_deserialize_exact(sealed)?.try_into_protocol_message()?;
        match self.group.process_message(&self.provider, message)?.into_content() {
            ProcessedMessageContent::ApplicationMessage(text) => Ok(text.into_bytes()),
            _ => bail!("no message of an application"),
        }
    }
}

/// Where Kuvert's database is.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    Folder(&'a Path),
    Memory,
}

/// What seals handshakes and nothing else; no handshake is sealed here.
fn key() -> GroupKey {
    GroupKey::new([8; 32])
}

/// Kuvert's group on Kuvert's database, with a transaction per message.
pub(super) struct Kuvert {
    database: Database,
    crypto: RustCrypto,
    rng: EngineRng,
    party: Party,
    /// Kept from message to message; without it, the group is loaded within each transaction.
    held: Option<Group>,
}

impl Kuvert {
    /// Two ends of one group.
    pub(super) fn pair(crowd: &Crowd, place: Place<'_>, is_loaded_each_time: bool) -> Result<(Self, Self)> {
        let mut anna = Self::new(Party::sender()?, place, "sender", 3)?;
        let mut ben = Self::new(Party::receiver()?, place, "receiver", 4)?;
        let package = ben.within(|party, provider| party.package(provider))?;
        let invitation = anna.within(|_, provider| crowd.found(provider, package))?;
        ben.within(|_, provider| invitation.join(provider))?;
        if !is_loaded_each_time {
            for end in [&mut anna, &mut ben] {
                end.held =
                    Some(end.within(|_, provider| Ok(Group::load(&provider.storage, CHANNEL, key())?))?);
            }
        }
        Ok((anna, ben))
    }

    fn new(party: Party, place: Place<'_>, name: &str, seed: u8) -> Result<Self> {
        let key = DatabaseKey::new([seed; 32]);
        let database = match place {
            Place::Memory => Database::open(Location::Memory, &key)?,
            Place::Folder(folder) => {
                std::fs::create_dir_all(folder)?;
                let path = folder.join(name);
                let path = path.to_str().context("the folder for temporary files is not UTF-8")?;
                Database::open(Location::File(path), &key)?
            }
        };
        Ok(Self {
            database,
            crypto: RustCrypto::default(),
            rng: EngineRng::new([seed; 32]),
            party,
            held: None,
        })
    }

    /// One transaction.
    fn within<T>(
        &mut self,
        work: impl FnOnce(&Party, &Provider<'_, kuvert_store::MlsStorage<'_>>) -> Result<T>,
    ) -> Result<T> {
        let Self { database, crypto, rng, party, .. } = self;
        let done = database.transaction(|tx| work(party, &Provider { crypto, rng, storage: tx.mls() }))?;
        Ok(done.0)
    }

    /// One transaction with the group.
    fn with_group<T>(
        &mut self,
        work: impl FnOnce(&mut Group, &Party, &Provider<'_, kuvert_store::MlsStorage<'_>>) -> Result<T>,
    ) -> Result<T> {
        let mut held = self.held.take();
        let keeps = held.is_some();
        let (value, group) = self.within(|party, provider| {
            let mut group = match held.take() {
                Some(group) => group,
                None => Group::load(&provider.storage, CHANNEL, key())?,
            };
            Ok((work(&mut group, party, provider)?, group))
        })?;
        self.held = keeps.then_some(group);
        Ok(value)
    }
}

impl End for Kuvert {
    fn encrypt(&mut self, text: &[u8]) -> Result<Vec<u8>> {
        self.with_group(|group, party, provider| Ok(group.seal(provider, &party.device, text)?.body))
    }

    fn decrypt(&mut self, sealed: &[u8]) -> Result<Vec<u8>> {
        self.with_group(|group, _, provider| match group.open(provider, sealed)? {
            IncomingMessage::Message { plain, .. } => Ok(plain.to_vec()),
            IncomingMessage::Own => bail!("an own message came back"),
        })
    }
}
