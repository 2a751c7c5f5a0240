//! Where a member's MLS state lives: in a database file that is opened for one step only, or in OpenMLS's own memory.

use kuvert_mls::{EngineRng, Provider};
use kuvert_store::{Database, DatabaseKey, Location, StoreError};
use openmls_memory_storage::MemoryStorage;
use openmls_rust_crypto::RustCrypto;
use openmls_traits::storage::{CURRENT_VERSION, StorageProvider};

/// One step with whatever storage there is.
pub(crate) trait Step {
    /// What it results in.
    type Outcome;

    /// Takes the step.
    fn take<S: StorageProvider<CURRENT_VERSION>>(self, provider: &Provider<'_, S>) -> Self::Outcome;
}

/// A member's storage.
pub(crate) enum Home {
    /// The client's database, in a file.
    Database(tempfile::TempDir),
    /// OpenMLS's own.
    Memory(Box<Provider<'static, MemoryStorage>>),
}

impl Home {
    pub(crate) fn database() -> Self {
        Self::Database(tempfile::tempdir().expect("temporary folder"))
    }

    pub(crate) fn memory() -> Self {
        Self::Memory(Box::new(Provider {
            crypto: Box::leak(Box::default()),
            rng: Box::leak(Box::new(EngineRng::new([1; 32]))),
            storage: MemoryStorage::default(),
        }))
    }

    /// Takes a step, in one transaction of a database that is opened for it and closed behind it.
    pub(crate) fn take<T: Step>(&self, step: T) -> T::Outcome {
        match self {
            Self::Memory(provider) => step.take(provider),
            Self::Database(dir) => {
                let path = dir.path().join("kuvert.db");
                let at = Location::File(path.to_str().expect("UTF-8"));
                let mut database = Database::open(at, &DatabaseKey::new([3; 32])).expect("opens");
                let (crypto, rng) = (RustCrypto::default(), EngineRng::new(seed()));
                let done = database.transaction(|tx| {
                    Ok::<_, StoreError>(step.take(&Provider {
                        crypto: &crypto,
                        rng: &rng,
                        storage: tx.mls(),
                    }))
                });
                done.expect("commits").0
            }
        }
    }
}

/// A seed that no step had before.
fn seed() -> [u8; 32] {
    static STEP: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(2);
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&STEP.fetch_add(1, std::sync::atomic::Ordering::Relaxed).to_be_bytes());
    seed
}
