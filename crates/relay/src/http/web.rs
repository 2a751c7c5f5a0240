//! The web app: plain files below one directory or inside this program, and its start page for every path of the app's own.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::UNIX_EPOCH;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use kuvert_wire::limits;
use sha2::{Digest, Sha256};
use tokio::fs::File;
use tokio::io::AsyncReadExt;

use super::Site;

/// The page that begins the web app.
pub(crate) const START_PAGE: &str = "index.html";
/// The page for a business line's team, under this path.
const DESK: (&str, &str) = ("desk", "desk.html");
/// Where files have a part of their hash in their names.
const ASSETS: &str = "assets/";
/// Longest file that is read as a whole before it is sent.
const WHOLE_MAX: u64 = 4 * 1024 * 1024;
/// Bytes read at a time.
const CHUNK: usize = 64 * 1024;

/// Answers everything that is not a path of the protocol.
pub(super) async fn serve(
    State(site): State<Site>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if uri.path().strip_prefix('/').is_some_and(is_protocol) {
        return unknown_version();
    }
    let Some(web) = &site.web else { return not_found() };
    if method != Method::GET && method != Method::HEAD {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let Some(name) = file_name(uri.path()) else { return not_found() };
    let immutable = name.starts_with(ASSETS);
    let Some(found) = web.find(&name, accepts_brotli(&headers)).await else { return not_found() };
    let cache = if immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
    let response = Response::builder()
        .header(header::CONTENT_TYPE, media_type(&name))
        .header(header::CACHE_CONTROL, cache)
        .header(header::VARY, "accept-encoding")
        .header(header::ETAG, &found.tag);
    let same =
        headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == found.tag.as_bytes());
    let response = if same {
        response.status(StatusCode::NOT_MODIFIED).body(Body::empty())
    } else {
        let response = response.header(header::CONTENT_LENGTH, found.length);
        let response =
            if found.compressed { response.header(header::CONTENT_ENCODING, "br") } else { response };
        response.body(if method == Method::HEAD { Body::empty() } else { found.body })
    };
    response.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// Where the files of the web app are.
#[derive(Clone)]
pub(crate) enum Web {
    /// Below a directory; a file with the suffix `.br` is the compressed form of another.
    Directory(Arc<Path>),
    /// In this program.
    Embedded(Arc<[Embedded]>),
}

/// A file of the web app that is a part of the program.
#[derive(Debug)]
pub struct WebFile {
    /// Its path below the root, without a slash before it.
    pub path: &'static str,
    /// Its bytes.
    pub bytes: &'static [u8],
    /// Whether they are compressed with brotli.
    pub is_brotli: bool,
    /// Changes with the bytes.
    pub tag: &'static str,
}

/// A file, and its bytes uncompressed once somebody wanted them so.
pub(crate) struct Embedded {
    file: WebFile,
    plain: OnceLock<Option<Bytes>>,
}

impl Web {
    pub(crate) fn directory(directory: &Path) -> Self {
        Self::Directory(directory.into())
    }

    pub(crate) fn embedded(files: Vec<WebFile>) -> Self {
        Self::Embedded(files.into_iter().map(|file| Embedded { file, plain: OnceLock::new() }).collect())
    }

    async fn find(&self, name: &str, takes_brotli: bool) -> Option<Found> {
        match self {
            Self::Directory(root) => {
                let path = root.join(name);
                // The name of all others stays when their bytes change.
                let is_hashed = name.starts_with(ASSETS);
                match open(&with_suffix(&path), takes_brotli, is_hashed).await {
                    Some(found) => Some(Found { compressed: true, ..found }),
                    None => open(&path, true, is_hashed).await,
                }
            }
            Self::Embedded(files) => {
                files.iter().find(|embedded| embedded.file.path == name)?.found(takes_brotli)
            }
        }
    }
}

impl Embedded {
    fn found(&self, takes_brotli: bool) -> Option<Found> {
        let compressed = self.file.is_brotli && takes_brotli;
        let bytes = if compressed || !self.file.is_brotli {
            Bytes::from_static(self.file.bytes)
        } else {
            self.plain.get_or_init(|| unpacked(self.file.bytes)).clone()?
        };
        let form = if compressed { "br" } else { "plain" };
        let tag = format!("\"{}-{form}\"", self.file.tag);
        Some(Found { length: bytes.len() as u64, body: Body::from(bytes), tag, compressed })
    }
}

/// Nobody but whoever built this program decides what is unpacked here.
fn unpacked(bytes: &[u8]) -> Option<Bytes> {
    let mut plain = Vec::new();
    brotli_decompressor::BrotliDecompress(&mut &*bytes, &mut plain).ok()?;
    Some(plain.into())
}

/// The file that a path names, relative to the root: only plain names, so that nothing outside can be meant.
fn file_name(path: &str) -> Option<String> {
    let path = path.strip_prefix('/')?;
    if is_protocol(path) {
        return None;
    }
    let is_plain = |segment: &str| {
        !segment.is_empty()
            && !segment.starts_with('.')
            && segment.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-~".contains(&b))
    };
    let trimmed = path.strip_suffix('/').unwrap_or(path);
    if !trimmed.is_empty() && !trimmed.split('/').all(is_plain) {
        return None;
    }
    let is_file = trimmed.rsplit('/').next().is_some_and(|last| last.contains('.'));
    let page = if trimmed == DESK.0 { DESK.1 } else { START_PAGE };
    Some(if is_file { trimmed.to_owned() } else { page.to_owned() })
}

/// Whether a path, without its first slash, is the protocol's: `v` and a number.
fn is_protocol(path: &str) -> bool {
    let number = path.split('/').next().and_then(|first| first.strip_prefix('v'));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

struct Found {
    body: Body,
    length: u64,
    tag: String,
    compressed: bool,
}

/// Opens a file. Length and time tell two forms of one apart where its name changes with its bytes; else, as builds are copied with
/// times of their own or none, its hash does.
async fn open(path: &Path, wanted: bool, is_hashed: bool) -> Option<Found> {
    if !wanted {
        return None;
    }
    let mut file = File::open(path).await.ok()?;
    let about = file.metadata().await.ok().filter(std::fs::Metadata::is_file)?;
    if !is_hashed && about.len() <= WHOLE_MAX {
        let mut bytes = Vec::new();
        (&mut file).take(WHOLE_MAX).read_to_end(&mut bytes).await.ok()?;
        let hash = u128::from_be_bytes(*Sha256::digest(&bytes).first_chunk()?);
        let (length, tag) = (bytes.len() as u64, format!("\"{hash:032x}\""));
        return Some(Found { body: Body::from(bytes), length, tag, compressed: false });
    }
    let changed = about.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    let tag = format!("W/\"{:x}-{:x}\"", about.len(), changed.as_nanos());
    Some(Found { body: stream(file), length: about.len(), tag, compressed: false })
}

fn with_suffix(path: &Path) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(".br");
    path.into()
}

fn stream(file: File) -> Body {
    Body::from_stream(futures_util::stream::try_unfold(file, |mut file| async move {
        let mut chunk = vec![0; CHUNK];
        let read = file.read(&mut chunk).await?;
        chunk.truncate(read);
        Ok::<_, io::Error>((read > 0).then(|| (Bytes::from(chunk), file)))
    }))
}

fn accepts_brotli(headers: &HeaderMap) -> bool {
    headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()).any(|value| {
        value.split(',').any(|coding| {
            let mut parts = coding.split(';').map(str::trim);
            parts.next() == Some("br") && !parts.any(|part| part == "q=0")
        })
    })
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("json" | "map") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("webp") => "image/webp",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("txt" | "ftl") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn unknown_version() -> Response {
    let text = format!("there is nothing here; this relay speaks /v{}\n", limits::PROTOCOL_VERSION);
    (StatusCode::NOT_FOUND, text).into_response()
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "there is nothing here\n").into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_a_file_below_the_root_or_the_start_page() {
        for (path, name) in [
            ("/", "index.html"),
            ("/c/AbC-_9", "index.html"),
            ("/settings/", "index.html"),
            ("/desk", "desk.html"),
            ("/desk/", "desk.html"),
            ("/c/desk", "index.html"),
            ("/assets/app-1a2b.wasm", "assets/app-1a2b.wasm"),
            ("/sw.js", "sw.js"),
        ] {
            assert_eq!(file_name(path).as_deref(), Some(name), "{path}");
        }
    }

    #[test]
    fn no_path_leads_out_of_the_root() {
        for path in [
            "/../secret.txt",
            "/a/../../b.txt",
            "/%2e%2e/b.txt",
            "//etc/passwd.x",
            "/.git/config.x",
            "/a\\..\\b.c",
            "/v1/unknown",
            "/v2/session",
            "/v1",
            "",
            "/a/./b.c",
            "/c:/b.txt",
        ] {
            assert_eq!(file_name(path), None, "{path}");
        }
    }

    #[tokio::test]
    async fn a_page_of_another_build_has_another_tag_also_with_the_same_length_and_time() {
        let root = tempfile::tempdir().expect("a directory");
        let path = root.path().join(START_PAGE);
        let web = Web::directory(root.path());
        let mut tags = Vec::new();
        for text in ["build 1", "build 2", "build 1"] {
            std::fs::write(&path, text).expect("written");
            let file = std::fs::File::options().write(true).open(&path).expect("opens");
            file.set_modified(UNIX_EPOCH).expect("set");
            tags.push(web.find(START_PAGE, true).await.expect("there").tag);
        }
        assert_ne!(tags[0], tags[1]);
        assert_eq!(tags[0], tags[2]);
    }

    #[tokio::test]
    async fn a_file_of_the_program_is_unpacked_for_who_takes_no_brotli() {
        // Fifteen bytes as they are, in the form of RFC 7932.
        const PACKED: &[u8] = b"\xe0\x00\x10hellohellohello\x03";
        let file = |path, bytes, is_brotli| WebFile { path, bytes, is_brotli, tag: "0123" };
        let web = Web::embedded(vec![file("a.js", PACKED, true), file("b.png", b"png", false)]);
        let packed = web.find("a.js", true).await.expect("there");
        assert!(packed.compressed && packed.length == PACKED.len() as u64);
        let plain = web.find("a.js", false).await.expect("there");
        assert!(!plain.compressed);
        let bytes = axum::body::to_bytes(plain.body, 100).await.expect("whole");
        assert_eq!(&bytes[..], b"hellohellohello");
        assert_ne!(plain.tag, packed.tag, "the two forms are told apart");
        assert!(!web.find("b.png", true).await.expect("there").compressed);
        assert!(web.find("c.js", true).await.is_none());
    }

    #[test]
    fn brotli_is_sent_only_to_who_takes_it() {
        let accepts = |value: &'static str| {
            accepts_brotli(
                &[(header::ACCEPT_ENCODING, value)]
                    .map(|(n, v)| (n, v.parse().expect("a value")))
                    .into_iter()
                    .collect(),
            )
        };
        assert!(accepts("gzip, deflate, br"));
        assert!(accepts("br;q=1.0"));
        assert!(!accepts("gzip, deflate"));
        assert!(!accepts("br; q=0"));
    }
}
