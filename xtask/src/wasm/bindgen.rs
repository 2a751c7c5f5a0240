//! wasm-bindgen: the JavaScript between a module and the browser.
//!
//! Used as a library, because installing the command of the same name would take minutes on every machine.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use super::Module;
use crate::files;

/// A module with its glue.
pub(super) struct Bound {
    /// What its files are called.
    pub(super) name: &'static str,
    /// The module.
    pub(super) wasm: Vec<u8>,
    /// The JavaScript module that loads it.
    pub(super) glue: String,
    /// Further JavaScript files, by the relative path under which the glue imports them (`./snippets/..`).
    pub(super) snippets: BTreeMap<String, String>,
}

impl Bound {
    /// Binds one module into `dir`. Its glue names no file to load: whoever starts it says where the module is.
    pub(super) fn emit(dir: &Path, module: &Module, bytes: &[u8]) -> Result<()> {
        Bindgen::new()
            .input_bytes(module.name, bytes.to_vec())
            .web(true)?
            .typescript(false)
            .omit_default_module_path(true)
            .remove_name_section(true)
            .remove_producers_section(true)
            .generate_output()
            .and_then(|mut output| output.emit(dir))
            .with_context(|| format!("wasm-bindgen cannot bind {}", module.package))
    }

    /// Reads back what lies in `dir`.
    pub(super) fn load(dir: &Path, module: &Module) -> Result<Self> {
        let mut snippets = BTreeMap::new();
        for path in files::all(&dir.join("snippets"))? {
            snippets.insert(format!("./{}", files::shown(dir, &path)), files::read(&path)?);
        }
        Ok(Self {
            name: module.name,
            wasm: files::read_bytes(&dir.join(format!("{}_bg.wasm", module.name)))?,
            glue: files::read(&dir.join(format!("{}.js", module.name)))?,
            snippets,
        })
    }
}
