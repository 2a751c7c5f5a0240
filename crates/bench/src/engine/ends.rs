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
    /// Makes this many messages ready to be sent.
    fn encrypt(&mut self, text: &[u8], messages: u32) -> Result<Vec<Vec<u8>>>;
    /// Opens messages of the other end.
    fn decrypt(&mut self, sealed: &[Vec<u8>]) -> Result<Vec<Vec<u8>>>;
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
    fn encrypt(&mut self, text: &[u8], messages: u32) -> Result<Vec<Vec<u8>>> {
        let mut encrypt = || {
            let message = self.group.create_message(&self.provider, &self.party.device, text)?;
            Ok(message.tls_serialize_detached()?)
        };
        (0..messages).map(|_| encrypt()).collect()
    }

    fn decrypt(&mut self, sealed: &[Vec<u8>]) -> Result<Vec<Vec<u8>>> {
        let decrypt = |sealed: &Vec<u8>| {
            let message = MlsMessageIn::tls_deserialize_exact(sealed)?.try_into_protocol_message()?;
            match self.group.process_message(&self.provider, message)?.into_content() {
                ProcessedMessageContent::ApplicationMessage(text) => Ok(text.into_bytes()),
                _ => bail!("no message of an application"),
            }
        };
        sealed.iter().map(decrypt).collect()
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

/// How many messages share a transaction.
#[derive(Clone, Copy)]
pub(super) enum Batch {
    /// Each has its own.
    One,
    /// All that wait, as after a time without a network.
    Waiting,
}

/// Kuvert's group on Kuvert's database.
pub(super) struct Kuvert {
    database: Database,
    crypto: RustCrypto,
    rng: EngineRng,
    party: Party,
    batch: Batch,
    /// Kept from transaction to transaction, as the engine does.
    loaded: Option<Group>,
}

impl Kuvert {
    /// Two ends of one group.
    pub(super) fn pair(crowd: &Crowd, place: Place<'_>, batch: Batch) -> Result<(Self, Self)> {
        let mut anna = Self::new(Party::sender()?, place, "sender", 3, batch)?;
        let mut ben = Self::new(Party::receiver()?, place, "receiver", 4, batch)?;
        let package = ben.within(|party, provider| party.package(provider))?;
        let invitation = anna.within(|_, provider| crowd.found(provider, package))?;
        ben.within(|_, provider| invitation.join(provider))?;
        Ok((anna, ben))
    }

    fn new(party: Party, place: Place<'_>, name: &str, seed: u8, batch: Batch) -> Result<Self> {
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
        let (crypto, rng) = (RustCrypto::default(), EngineRng::new([seed; 32]));
        Ok(Self { database, crypto, rng, party, batch, loaded: None })
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

    /// Works off `all` with the group, in as few transactions as the batch allows.
    fn with_group<I, T>(
        &mut self,
        all: &[I],
        work: impl Fn(&mut Group, &Party, &Provider<'_, kuvert_store::MlsStorage<'_>>, &I) -> Result<T>,
    ) -> Result<Vec<T>> {
        let size = match self.batch {
            Batch::One => 1,
            Batch::Waiting => all.len().max(1),
        };
        let mut done = Vec::with_capacity(all.len());
        for batch in all.chunks(size) {
            let mut loaded = self.loaded.take();
            let (values, group) = self.within(|party, provider| {
                let mut group = match loaded.take() {
                    Some(group) => group,
                    None => Group::load(&provider.storage, CHANNEL, key())?,
                };
                let values = batch.iter().map(|item| work(&mut group, party, provider, item));
                Ok((values.collect::<Result<Vec<T>>>()?, group))
            })?;
            done.extend(values);
            self.loaded = Some(group);
        }
        Ok(done)
    }
}

impl End for Kuvert {
    fn encrypt(&mut self, text: &[u8], messages: u32) -> Result<Vec<Vec<u8>>> {
        let texts = vec![text; messages as usize];
        self.with_group(&texts, |group, party, provider, text| {
            Ok(group.seal(provider, &party.device, text)?.body)
        })
    }

    fn decrypt(&mut self, sealed: &[Vec<u8>]) -> Result<Vec<Vec<u8>>> {
        self.with_group(sealed, |group, _, provider, sealed| match group.open(provider, sealed)? {
            IncomingMessage::Message { plain, .. } => Ok(plain.to_vec()),
            IncomingMessage::Own => bail!("an own message came back"),
        })
    }
}
