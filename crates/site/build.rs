//! Takes the web app into the program: what `cargo xtask wasm` left in `target/web`, or nothing if it was not built.
//!
//! Building the web app needs a compiler for wasm, which building Kuvert must not: this only looks. `target/web.stamp`
//! changes whenever there is another web app.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let target = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../../target");
    let (web, stamp) = (target.join("web"), target.join("web.stamp"));
    if !stamp.exists() {
        // Something to watch, or every build would look again, and link everything anew.
        fs::create_dir_all(&target)?;
        fs::write(&stamp, b"")?;
    }
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", stamp.display());

    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let mut paths = Vec::new();
    if web.join("index.html").is_file() {
        collect(&web, &web, &mut paths)?;
    }
    paths.sort();
    let mut code = String::from("[\n");
    for (number, path) in paths.iter().filter(|path| !path.ends_with(".br")).enumerate() {
        let compressed = format!("{path}.br");
        let is_brotli = paths.contains(&compressed);
        let bytes = fs::read(web.join(if is_brotli { &compressed } else { path }))?;
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        // A copy, so that the next web app does not take this one's files away from under the compiler.
        fs::write(out.join(number.to_string()), &bytes)?;
        code.push_str(&format!(
            "File {{ path: {path:?}, bytes: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{number}\")), is_brotli: {is_brotli}, \
             tag: \"{:016x}\" }},\n",
            hasher.finish()
        ));
    }
    code.push(']');
    fs::write(out.join("files.rs"), code)
}

/// Paths below `root`, with forward slashes.
fn collect(root: &Path, dir: &Path, into: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, into)?;
        } else if let Some(shown) = path.strip_prefix(root).ok().and_then(Path::to_str) {
            into.push(shown.replace('\\', "/"));
        }
    }
    Ok(())
}
