//! The database key at rest in the browser: what `worker.js` keeps in IndexedDB, wrapped by a key of the browser's own that scripts
//! can use but not read.
//!
//! What is wrapped is the key itself, or a record of [`kuvert_core::sealed_key`] that a passphrase opens: then both are needed, the
//! browser's key and the passphrase.

use js_sys::{Array, Function, Promise, Reflect, Uint8Array};
use kuvert_core::sealed_key::{self, KeyBytes, KeyError, Protection, Unlock};
use kuvert_view::{LockOutcome, Passphrase};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use zeroize::Zeroizing;

/// Functions of `worker.js`: `read`, `write(bytes)`, `keep`, `clear`.
#[derive(Clone)]
pub(crate) struct Keeper(JsValue);

/// What was found.
pub(crate) struct Kept {
    /// The key, or the record that a passphrase opens.
    pub(crate) key: Zeroizing<Vec<u8>>,
    /// Whether an identity was made with it: then its database is missed when it is not there.
    pub(crate) is_used: bool,
}

impl Keeper {
    pub(crate) fn new(functions: JsValue) -> Self {
        Self(functions)
    }

    async fn call(&self, name: &str, arguments: &Array) -> Result<JsValue, JsValue> {
        let function: Function = Reflect::get(&self.0, &name.into())?.dyn_into()?;
        let promise = function.apply(&self.0, arguments)?;
        JsFuture::from(Promise::resolve(&promise)).await
    }

    /// What `worker.js` answers when it has read.
    pub(crate) fn kept(answer: &JsValue) -> Option<Kept> {
        let key = Reflect::get(answer, &"key".into()).ok()?.dyn_into::<Uint8Array>().ok()?;
        let bytes = Zeroizing::new(key.to_vec());
        // The copy that JavaScript has.
        key.fill(0, 0, key.length());
        let is_used = Reflect::get(answer, &"kept".into()).is_ok_and(|kept| kept.is_truthy());
        Some(Kept { key: bytes, is_used })
    }

    async fn read(&self) -> Option<Kept> {
        Self::kept(&self.call("read", &Array::new()).await.ok()?)
    }

    async fn write(&self, key: &[u8]) -> Result<(), JsValue> {
        let bytes = Uint8Array::from(key);
        let done = self.call("write", &Array::of1(&bytes)).await;
        bytes.fill(0, 0, bytes.length());
        done.map(drop)
    }

    /// Makes a key; `None` where the browser keeps none.
    pub(crate) async fn make(&self) -> Option<KeyBytes> {
        let mut key = KeyBytes::default();
        getrandom::fill(key.as_mut()).ok()?;
        self.write(key.as_slice()).await.ok()?;
        Some(key)
    }

    /// The key as it is; `None` where there is none, or where a passphrase is needed.
    pub(crate) async fn key(&self) -> Option<KeyBytes> {
        open(&self.read().await?.key, None).ok()
    }

    /// Keeps a key that came with its database. Whether that was done.
    pub(crate) async fn adopt(&self, key: &[u8; 32]) -> bool {
        self.write(key).await.is_ok()
    }

    /// From now on the database is missed when it is gone.
    pub(crate) async fn use_it(&self) {
        // Said again after the next start, if it could not be written now.
        let _ = self.call("keep", &Array::new()).await;
    }

    /// Throws the key away.
    pub(crate) async fn clear(&self) {
        let _ = self.call("clear", &Array::new()).await;
    }

    /// Whether a passphrase is needed; `None` if there is no key to be read.
    pub(crate) async fn is_locked(&self) -> Option<bool> {
        self.read().await.map(|kept| is_locked(&kept.key))
    }

    /// Sets, changes or removes the passphrase.
    pub(crate) async fn set(&self, current: Option<Passphrase>, new: Option<Passphrase>) -> LockOutcome {
        let Some(kept) = self.read().await else { return LockOutcome::NotWritten };
        let record = match again(&kept.key, current.as_ref(), new.as_ref()) {
            Ok(record) => record,
            Err(KeyError::PassphraseTooShort) => return LockOutcome::TooShort,
            Err(_) => return LockOutcome::WrongPassphrase,
        };
        match self.write(&record).await {
            Ok(()) => LockOutcome::Done,
            Err(_) => LockOutcome::NotWritten,
        }
    }
}

/// Whether a passphrase is needed to open what was kept.
pub(crate) fn is_locked(kept: &[u8]) -> bool {
    sealed_key::protection(kept).is_ok_and(|protection| protection != Protection::None)
}

/// The key of what was kept.
pub(crate) fn open(kept: &[u8], passphrase: Option<&Passphrase>) -> Result<KeyBytes, KeyError> {
    sealed_key::open(kept, &unlock(passphrase))
}

fn unlock(passphrase: Option<&Passphrase>) -> Unlock {
    passphrase
        .map_or(Unlock::Nothing, |passphrase| Unlock::Passphrase(Zeroizing::new(passphrase.text().into())))
}

/// What is to be kept from now on: opened with the passphrase of before, wrapped under the new one.
fn again(
    kept: &[u8],
    current: Option<&Passphrase>,
    new: Option<&Passphrase>,
) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let key = open(kept, current)?;
    let random = |bytes: &mut [u8]| getrandom::fill(bytes).map_err(|_| KeyError::Record);
    let record = sealed_key::close(&key, &unlock(new), random)?;
    // Proven to open before it takes the place of what does.
    if open(&record, new)? == key { Ok(record) } else { Err(KeyError::Record) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passphrase(text: &str) -> Passphrase {
        Passphrase::new(text.into())
    }

    #[test]
    fn a_passphrase_is_set_changed_and_removed_and_the_key_stays() {
        let key = [5; 32];
        let (first, second) = (passphrase("correct horse"), passphrase("battery staple"));
        assert!(!is_locked(&key));
        let locked = again(&key, None, Some(&first)).expect("set");
        assert!(is_locked(&locked));
        assert!(
            !locked.windows(32).any(|bytes| bytes == key),
            "what the browser keeps does not open the database"
        );
        assert_eq!(open(&locked, None), Err(KeyError::PassphraseNeeded));
        assert_eq!(open(&locked, Some(&second)), Err(KeyError::WrongPassphrase));
        assert_eq!(again(&locked, Some(&second), None), Err(KeyError::WrongPassphrase));
        assert_eq!(again(&locked, None, None), Err(KeyError::PassphraseNeeded));
        let changed = again(&locked, Some(&first), Some(&second)).expect("changed");
        assert_eq!(open(&changed, Some(&second)).expect("opens").as_slice(), key);
        assert_eq!(again(&changed, Some(&second), None).expect("removed").as_slice(), key);
        assert_eq!(again(&key, None, Some(&passphrase("short"))), Err(KeyError::PassphraseTooShort));
    }
}
