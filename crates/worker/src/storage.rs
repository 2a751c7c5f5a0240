//! Where the database lives: an encrypted file in the browser's private file system, or memory.

/// The database's name in the pool of files.
pub(crate) const DATABASE: &str = "kuvert.db";

/// What the browser has for files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "natively nothing is found"))]
pub(crate) enum Place {
    /// No files: the session lives in memory.
    Missing,
    /// Files, and the database may be among them.
    Ready {
        /// Whether it is.
        has_database: bool,
    },
    /// Something that is ending holds them, for too long.
    Busy,
    /// They are there and cannot be read.
    Damaged,
}

#[cfg(target_arch = "wasm32")]
pub(crate) use browser::{adopt, clear, copy, prepare, remove};

#[cfg(target_arch = "wasm32")]
mod browser {
    use std::cell::RefCell;

    use sqlite_wasm_rs::WasmOsCallback;
    use sqlite_wasm_rs::vfs::VfsFilesManager as _;
    use sqlite_wasm_rs::vfs::transfer::DbTransfer as _;
    use sqlite_wasm_vfs::sahpool::{OpfsSAHError, OpfsSAHPoolCfgBuilder, OpfsSAHPoolUtil, install};

    use wasm_bindgen::{JsCast as _, JsValue};
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{FileSystemDirectoryHandle, FileSystemRemoveOptions};

    use super::{DATABASE, Place};
    use crate::scope;

    /// A worker that ended gives its files back within moments; on a machine under load, within seconds.
    const TRIES: u32 = 150;
    const PAUSE: i64 = 100;
    /// What a pool does when its files are held.
    const HOLDING: &str = "acquire sync access handle";

    thread_local! {
        static POOL: RefCell<Option<OpfsSAHPoolUtil>> = const { RefCell::new(None) };
    }

    /// Makes the pool of files ready.
    pub(crate) async fn prepare() -> Place {
        let config = OpfsSAHPoolCfgBuilder::new().directory(crate::place().pool).initial_capacity(4).build();
        for _ in 0..TRIES {
            match install::<WasmOsCallback>(&config, true).await {
                Ok(pool) => {
                    let names = pool.names().unwrap_or_default();
                    let has_database = names.iter().any(|name| name.trim_start_matches('/') == DATABASE);
                    POOL.with_borrow_mut(|slot| *slot = Some(pool));
                    return Place::Ready { has_database };
                }
                Err(OpfsSAHError::Opfs { operation: HOLDING, value, .. }) if is_held(&value) => {}
                // A browser that has the functions and refuses them, as in some private windows.
                Err(OpfsSAHError::NotSupported | OpfsSAHError::Opfs { .. }) => return Place::Missing,
                Err(_) => return Place::Damaged,
            }
            crate::time::sleep(PAUSE).await;
        }
        Place::Busy
    }

    fn is_held(error: &JsValue) -> bool {
        let name = js_sys::Reflect::get(error, &"name".into()).ok().and_then(|name| name.as_string());
        matches!(name.as_deref(), Some("NoModificationAllowedError" | "InvalidStateError"))
    }

    /// Throws all files away.
    pub(crate) fn clear() {
        POOL.with_borrow(|pool| {
            if let Some(pool) = pool {
                // What cannot be deleted cannot be opened either: a new key does not open it.
                let _ = pool.clear();
            }
        });
    }

    /// The database as a file, while it is not open; `None` if it cannot be read.
    pub(crate) fn copy() -> Option<Vec<u8>> {
        POOL.with_borrow(|pool| pool.as_ref()?.export_db(DATABASE).ok())
    }

    /// Puts a database from elsewhere in the place of what is there. Whether that was done.
    pub(crate) fn adopt(database: &[u8]) -> bool {
        POOL.with_borrow(|pool| {
            let Some(pool) = pool else { return false };
            pool.clear().is_ok() && pool.import_db_unchecked(DATABASE, database).is_ok()
        })
    }

    /// Throws the directory away of which no pool could be made. Whether it is gone.
    pub(crate) async fn remove() -> bool {
        let is_gone = async {
            let root = JsFuture::from(scope().navigator().storage().get_directory()).await?;
            let options = FileSystemRemoveOptions::new();
            options.set_recursive(true);
            let root: FileSystemDirectoryHandle = root.unchecked_into();
            JsFuture::from(root.remove_entry_with_options(crate::place().pool, &options)).await
        };
        is_gone.await.is_ok()
    }
}

/// Natively there is no pool; this only lets the crate be checked with the rest of the workspace.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) async fn prepare() -> Place {
    Place::Missing
}

/// See [`prepare`].
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn clear() {}

/// See [`prepare`].
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn copy() -> Option<Vec<u8>> {
    None
}

/// See [`prepare`].
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn adopt(_: &[u8]) -> bool {
    false
}

/// See [`prepare`].
#[cfg(not(target_arch = "wasm32"))]
pub(crate) async fn remove() -> bool {
    false
}
