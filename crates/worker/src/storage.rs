//! Where the database lives: an encrypted file in the browser's private file system, or memory.

use kuvert_view::Storage;

/// The database's name in the pool of files.
pub(crate) const DATABASE: &str = "kuvert.db";

/// Makes the pool of files ready. `Passing` where the browser has none.
#[cfg(target_arch = "wasm32")]
pub(crate) async fn prepare() -> Storage {
    use sqlite_wasm_rs::WasmOsCallback;
    use sqlite_wasm_vfs::sahpool::{OpfsSAHPoolCfgBuilder, install};

    /// A worker that was just closed gives its files back within moments.
    const TRIES: u32 = 30;
    const PAUSE: i64 = 100;

    let config = OpfsSAHPoolCfgBuilder::new().directory("kuvert").initial_capacity(4).build();
    for _ in 0..TRIES {
        if install::<WasmOsCallback>(&config, true).await.is_ok() {
            return Storage::Lasting;
        }
        let storage = js_sys::Reflect::get(&crate::scope().navigator(), &"storage".into());
        let has_files = storage
            .is_ok_and(|storage| js_sys::Reflect::has(&storage, &"getDirectory".into()).unwrap_or(false));
        if !has_files {
            break;
        }
        crate::time::sleep(PAUSE).await;
    }
    Storage::Passing
}

/// Natively there is no pool; this only lets the crate be checked with the rest of the workspace.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) async fn prepare() -> Storage {
    Storage::Passing
}
