//! The web app as a part of the program: the files of `target/web` as they were when this was built.
//!
//! [`FILES`] is empty if `cargo xtask wasm` had not been run by then. Nothing else depends on the web app being there.

/// A file of the web app.
#[derive(Debug, Clone, Copy)]
pub struct File {
    /// Its path below the root, as in `assets/web-0123456789ab.js`.
    pub path: &'static str,
    /// Its bytes.
    pub bytes: &'static [u8],
    /// Whether they are compressed.
    pub is_brotli: bool,
    /// Changes with them.
    pub tag: &'static str,
}

/// All files; none if there was no web app when this was built.
pub static FILES: &[File] = &include!(concat!(env!("OUT_DIR"), "/files.rs"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_whole_web_app_or_none() {
        let has = |name: &str| FILES.iter().any(|file| file.path == name && !file.bytes.is_empty());
        assert_eq!(FILES.is_empty(), !has("index.html"));
        assert!(FILES.is_empty() || has("sw.js"));
        assert!(FILES.iter().all(|file| !file.path.ends_with(".br") && !file.path.starts_with('/')));
    }
}
