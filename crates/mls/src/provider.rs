//! What OpenMLS needs from outside: cryptography, randomness, storage.

use std::cell::RefCell;
use std::convert::Infallible;

use openmls_rust_crypto::RustCrypto;
use openmls_traits::OpenMlsProvider;
use openmls_traits::random::OpenMlsRand;
use openmls_traits::storage::{CURRENT_VERSION, StorageProvider};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

/// The engine's only source of randomness: ChaCha20, seeded by whoever starts the engine (CORE-2).
///
/// One exception stands in `docs/adr/0003-randomness-and-time.md`: the KEM's encapsulation draws its own randomness
/// from the operating system, inside the library.
pub struct EngineRng(RefCell<ChaCha20Rng>);

impl EngineRng {
    /// Takes a fresh seed; never use one twice outside of tests.
    pub fn new(seed: [u8; 32]) -> Self {
        Self(RefCell::new(ChaCha20Rng::from_seed(seed)))
    }

    /// Draws random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.borrow_mut().fill_bytes(&mut bytes);
        bytes
    }
}

impl std::fmt::Debug for EngineRng {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EngineRng(..)")
    }
}

impl OpenMlsRand for EngineRng {
    type Error = Infallible;

    fn random_array<const N: usize>(&self) -> Result<[u8; N], Self::Error> {
        Ok(self.bytes())
    }

    fn random_vec(&self, len: usize) -> Result<Vec<u8>, Self::Error> {
        let mut bytes = vec![0; len];
        self.0.borrow_mut().fill_bytes(&mut bytes);
        Ok(bytes)
    }
}

/// Cryptography, randomness and one transaction's storage, put together for OpenMLS.
pub struct Provider<'a, S> {
    /// The algorithms.
    pub crypto: &'a RustCrypto,
    /// The randomness.
    pub rng: &'a EngineRng,
    /// MLS state within the running transaction.
    pub storage: S,
}

impl<S: StorageProvider<CURRENT_VERSION>> OpenMlsProvider for Provider<'_, S> {
    type CryptoProvider = RustCrypto;
    type RandProvider = EngineRng;
    type StorageProvider = S;

    fn storage(&self) -> &S {
        &self.storage
    }

    fn crypto(&self) -> &RustCrypto {
        self.crypto
    }

    fn rand(&self) -> &EngineRng {
        self.rng
    }
}
