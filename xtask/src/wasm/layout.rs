//! The directory that the relay serves: hashed names, an index page, compressed siblings.
//!
//! A file under `/assets/` has a part of its content's hash in its name and may be kept forever; all else keeps its
//! name and is asked for again. Templates name files by placeholders such as `{{style}}`, because only this module
//! knows their hashed names.

use std::{collections::BTreeMap, fs, io::Write as _, path::Path, path::PathBuf};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use super::{
    bindgen::Bound,
    hex,
    sizes::{Size, Sizes},
};
use crate::files;

const INDEX: &str = "crates/web/index.html";
const BOOT: &str = "crates/web/boot.js";
const SERVICE_WORKER: &str = "crates/web/sw.js";
/// Its name has no hash: browsers look for a new build under the name of the old one.
const SERVICE_WORKER_URL: &str = "/sw.js";
const STYLES: &str = "crates/web/style";
const STATIC: &str = "crates/web/static";
const WORKER: &str = "crates/worker/worker.js";
const LOCALES: &str = "crates/web/locales";

/// What brotli makes smaller; pictures and fonts are compressed already.
const COMPRESSED: [&str; 10] =
    ["css", "ftl", "html", "ico", "js", "json", "svg", "txt", "wasm", "webmanifest"];

/// One file of the web app.
struct File {
    /// The path below the web root, which is also its URL.
    path: String,
    /// Its name without the hash.
    name: String,
    bytes: Vec<u8>,
    /// The service worker keeps it.
    is_kept: bool,
}

/// A page with the engine behind it. Both pages are made from the same templates.
struct Program {
    /// The page.
    page: &'static str,
    /// The page's module, and the engine's.
    modules: [&'static str; 2],
    /// The script that starts the engine.
    worker: &'static str,
    /// Folders of its texts, below that of all texts.
    texts: &'static [&'static str],
    /// What the names begin with under which it keeps things in the browser.
    profile: &'static str,
    /// The service worker keeps it: it opens without a network.
    is_kept: bool,
}

/// The page for everybody, and that of a line's team.
const PROGRAMS: [Program; 2] = [
    Program {
        page: "index.html",
        modules: ["web", "worker"],
        worker: "worker.js",
        texts: &[""],
        profile: "kuvert",
        is_kept: true,
    },
    Program {
        page: "desk.html",
        modules: ["desk", "desk-worker"],
        worker: "desk-worker.js",
        texts: &["", "desk"],
        profile: "kuvert-desk",
        is_kept: false,
    },
];

/// All files of the web app and the URLs that templates may name.
#[derive(Default)]
pub(super) struct Site {
    files: Vec<File>,
    urls: BTreeMap<&'static str, String>,
}

impl Site {
    /// Adds a file under a name that changes with its content, and returns its URL.
    fn add_asset(&mut self, name: &str, bytes: Vec<u8>) -> String {
        self.add_asset_of(true, name, bytes)
    }

    fn add_asset_of(&mut self, is_kept: bool, name: &str, bytes: Vec<u8>) -> String {
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, "bin"));
        let path = format!("assets/{stem}-{}.{extension}", &hex(&Sha256::digest(&bytes))[..12]);
        let url = format!("/{path}");
        // What both programs have is kept if one of them is.
        match self.files.iter_mut().find(|file| file.path == path) {
            Some(file) => file.is_kept |= is_kept,
            None => self.files.push(File { path, name: name.to_owned(), bytes, is_kept }),
        }
        url
    }

    /// Fills the placeholders of a template. One that nothing is known for is an error, not an empty string.
    fn fill(&self, template: &str, shown: &str) -> Result<String> {
        let mut text = template.to_owned();
        for (name, url) in &self.urls {
            text = text.replace(&format!("{{{{{name}}}}}"), url);
        }
        if let Some((_, rest)) = text.split_once("{{")
            && let Some((name, _)) = rest.split_once("}}")
            && !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        {
            bail!("{shown} names {{{{{name}}}}}, which is not one of: {}", self.known());
        }
        Ok(text)
    }

    /// Paths and bytes of all files.
    pub(super) fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|file| (file.path.as_str(), file.bytes.as_slice()))
    }

    fn known(&self) -> String {
        self.urls.keys().copied().collect::<Vec<_>>().join(", ")
    }
}

/// The source files that a web app is made from, compiled modules excepted.
pub(super) fn inputs(root: &Path) -> Result<Vec<PathBuf>> {
    let templates = [INDEX, BOOT, SERVICE_WORKER, WORKER];
    let mut paths: Vec<PathBuf> = templates.iter().map(|path| root.join(path)).collect();
    paths.extend(files::with_extension(&root.join(STYLES), &["css"])?);
    paths.extend(files::all(&root.join(STATIC))?);
    paths.extend(files::all(&root.join(LOCALES))?);
    Ok(paths)
}

/// Puts the web app together in memory.
pub(super) fn site(root: &Path, modules: &[Bound]) -> Result<Site> {
    let mut site = Site::default();
    site.urls.insert("service_worker", SERVICE_WORKER_URL.to_owned());
    let style = site.add_asset("style.css", styles(root)?);
    site.urls.insert("style", style);
    let boot = site.add_asset("boot.js", files::read_bytes(&root.join(BOOT))?);
    site.urls.insert("boot", boot);
    for program in &PROGRAMS {
        add_program(&mut site, root, program, modules)?;
    }
    let statics = root.join(STATIC);
    for path in files::all(&statics)? {
        let name = files::shown(&statics, &path);
        site.files.push(File { path: name.clone(), name, bytes: files::read_bytes(&path)?, is_kept: true });
    }
    add_service_worker(&mut site, root)?;
    Ok(site)
}

/// Adds the service worker, which knows all other files. It comes last, and changes whenever one of them does; its build is
/// another one, and so is its cache, also when nothing but itself changed.
fn add_service_worker(site: &mut Site, root: &Path) -> Result<()> {
    let shown = |path: &str| if path == "index.html" { "/".to_owned() } else { format!("/{path}") };
    let kept = || site.files.iter().filter(|file| file.is_kept);
    let mut paths: Vec<String> = kept().map(|file| shown(&file.path)).collect();
    paths.sort();
    let template = files::read(&root.join(SERVICE_WORKER))?;
    let mut hash = Sha256::new();
    hash.update((template.len() as u64).to_be_bytes());
    hash.update(&template);
    for file in kept() {
        hash.update((file.path.len() as u64).to_be_bytes());
        hash.update(&file.path);
        hash.update((file.bytes.len() as u64).to_be_bytes());
        hash.update(&file.bytes);
    }
    site.urls.insert("files", serde_json::to_string(&paths)?);
    site.urls.insert("build", hex(&hash.finalize())[..12].to_owned());
    let code = site.fill(&template, SERVICE_WORKER)?;
    let path = SERVICE_WORKER_URL.trim_start_matches('/').to_owned();
    site.files.push(File { path: path.clone(), name: path, bytes: code.into_bytes(), is_kept: false });
    Ok(())
}

/// Adds a page and its engine. What templates name of a program is another for the next one.
fn add_program(site: &mut Site, root: &Path, program: &Program, modules: &[Bound]) -> Result<()> {
    let module = |name: &str| {
        let found = modules.iter().find(|module| module.name == name);
        found.with_context(|| format!("{} needs the module {name}", program.page))
    };
    site.urls.insert("profile", program.profile.to_owned());
    let [web, worker] = program.modules;
    let (wasm, glue) = add_module(site, module(web)?, program.is_kept);
    site.urls.insert("web_wasm", wasm);
    site.urls.insert("web_js", glue);
    let (wasm, glue) = add_module(site, module(worker)?, program.is_kept);
    site.urls.insert("worker_wasm", wasm);
    site.urls.insert("worker_glue", glue);
    for (language, key) in [("de", "texts_de"), ("en", "texts_en")] {
        let read =
            |folder: &&str| files::read(&root.join(LOCALES).join(folder).join(format!("{language}.ftl")));
        let texts = program.texts.iter().map(read).collect::<Result<Vec<_>>>()?.join("\n");
        let name = if program.is_kept { format!("{language}.ftl") } else { format!("desk-{language}.ftl") };
        let texts = site.add_asset_of(program.is_kept, &name, texts.into_bytes());
        site.urls.insert(key, texts);
    }
    let script = site.fill(&files::read(&root.join(WORKER))?, WORKER)?;
    let script = site.add_asset_of(program.is_kept, program.worker, script.into_bytes());
    site.urls.insert("worker_js", script);
    let (page, is_kept) = (program.page.to_owned(), program.is_kept);
    let bytes = site.fill(&files::read(&root.join(INDEX))?, INDEX)?.into_bytes();
    site.files.push(File { path: page.clone(), name: page, bytes, is_kept });
    Ok(())
}

/// Adds a module, its glue and what the glue imports; returns the URLs of the first two.
fn add_module(site: &mut Site, module: &Bound, is_kept: bool) -> (String, String) {
    let mut glue = module.glue.clone();
    for (import, code) in &module.snippets {
        let stem = import.trim_start_matches("./").trim_end_matches(".js").replace('/', "-");
        let url = site.add_asset_of(is_kept, &format!("{stem}.js"), code.clone().into_bytes());
        glue = glue.replace(import, &url);
    }
    let wasm = site.add_asset_of(is_kept, &format!("{}.wasm", module.name), module.wasm.clone());
    // An engine's script has the name of the engine.
    let name = if module.name.ends_with("worker") {
        format!("{}-glue.js", module.name)
    } else {
        format!("{}.js", module.name)
    };
    let glue = site.add_asset_of(is_kept, &name, glue.into_bytes());
    (wasm, glue)
}

/// All style sheets as one, in the order of their names.
fn styles(root: &Path) -> Result<Vec<u8>> {
    let mut all = String::new();
    for path in files::with_extension(&root.join(STYLES), &["css"])? {
        all.push_str(&files::read(&path)?);
        all.push('\n');
    }
    Ok(all.into_bytes())
}

/// Writes the web app to `target/web`, compressed unless it has to be `quick`. The old one stays until the new one is
/// complete.
pub(super) fn write(root: &Path, site: &Site, quick: bool) -> Result<Sizes> {
    let (web, next) = (root.join("target/web"), root.join("target/web.next"));
    if next.is_dir() {
        fs::remove_dir_all(&next)?;
    }
    let mut sizes = Sizes::default();
    for File { path, name, bytes, .. } in &site.files {
        let target = next.join(path);
        files::write(&target, bytes)?;
        let compressed = match compressed_before(&web, path, bytes) {
            Some(compressed) => Some(compressed),
            None if quick => None,
            None => compress(path, bytes)?,
        };
        let brotli = compressed.as_ref().map_or(bytes.len(), Vec::len) as u64;
        if let Some(compressed) = compressed {
            files::write(&next.join(format!("{path}.br")), &compressed)?;
        }
        sizes.0.push(Size { name: name.clone(), raw: bytes.len() as u64, brotli });
    }
    if web.is_dir() {
        fs::remove_dir_all(&web)?;
    }
    fs::rename(&next, &web).with_context(|| format!("{} cannot be replaced", web.display()))?;
    sizes.0.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(sizes)
}

/// The brotli form that the last build made of the same bytes: making it takes seconds for a large module.
fn compressed_before(web: &Path, path: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    let same = fs::read(web.join(path)).is_ok_and(|old| old == bytes);
    if same { fs::read(web.join(format!("{path}.br"))).ok() } else { None }
}

/// The brotli form of a file that gains by it.
fn compress(path: &str, bytes: &[u8]) -> Result<Option<Vec<u8>>> {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    if !COMPRESSED.contains(&extension) {
        return Ok(None);
    }
    let mut writer = brotli::CompressorWriter::new(Vec::new(), 1 << 16, 11, 24);
    writer.write_all(bytes)?;
    let compressed = writer.into_inner();
    Ok((compressed.len() < bytes.len()).then_some(compressed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(name: &'static str, snippets: &[(&str, &str)]) -> Bound {
        let snippets: BTreeMap<_, _> =
            snippets.iter().map(|(path, code)| ((*path).into(), (*code).into())).collect();
        let imports: String = snippets.keys().map(|path: &String| format!("import '{path}';")).collect();
        let glue = if imports.is_empty() { format!("// {name}") } else { imports };
        Bound { name, wasm: name.bytes().cycle().take(64).collect(), glue, snippets }
    }

    fn modules() -> [Bound; 4] {
        ["web", "worker", "desk", "desk-worker"].map(|name| bound(name, &[]))
    }

    fn repository(index: &str) -> tempfile::TempDir {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let put =
            |path: &str, text: &str| files::write(&dir.path().join(path), text.as_bytes()).expect("written");
        put(INDEX, index);
        put(BOOT, "start()");
        put(WORKER, "load('{{worker_glue}}', '{{worker_wasm}}', '{{profile}}')");
        put(SERVICE_WORKER, "keep('{{build}}', {{files}}, '{{boot}}')");
        put("crates/web/style/20-b.css", "b{}");
        put("crates/web/style/10-a.css", "a{}");
        put("crates/web/static/icon.svg", "<svg/>");
        for path in ["de.ftl", "en.ftl", "desk/de.ftl", "desk/en.ftl"] {
            put(&format!("{LOCALES}/{path}"), path);
        }
        dir
    }

    fn find<'a>(site: &'a Site, name: &str) -> &'a File {
        site.files.iter().find(|file| file.name == name).expect("laid out")
    }

    #[test]
    fn templates_name_files_by_their_hashed_names() {
        let dir = repository("<link href={{style}}><script src={{boot}}></script>");
        let site = site(dir.path(), &modules()).expect("laid out");
        let index = String::from_utf8(find(&site, "index.html").bytes.clone()).expect("text");
        assert_eq!(
            index,
            format!(
                "<link href=/{}><script src=/{}></script>",
                find(&site, "style.css").path,
                find(&site, "boot.js").path
            )
        );
        assert_eq!(find(&site, "style.css").bytes, b"a{}\nb{}\n");
        assert_eq!(find(&site, "icon.svg").path, "icon.svg");
        let (stem, hash) = find(&site, "worker.js").path.rsplit_once('-').expect("hashed");
        assert_eq!((stem, hash.len()), ("assets/worker", "0123456789ab.js".len()));
    }

    #[test]
    fn a_team_has_a_page_of_its_own_with_a_profile_of_its_own() {
        let dir = repository("{{web_wasm}} {{worker_js}} {{profile}}");
        let site = site(dir.path(), &modules()).expect("laid out");
        let text = |name: &str| String::from_utf8(find(&site, name).bytes.clone()).expect("text");
        assert!(text("desk.html").ends_with(" kuvert-desk") && text("index.html").ends_with(" kuvert"));
        assert!(text("desk.html").contains(&find(&site, "desk-worker.js").path));
        assert!(text("desk-worker.js").contains("'kuvert-desk'") && text("worker.js").contains("'kuvert'"));
    }

    #[test]
    fn the_service_worker_names_every_other_file_and_changes_with_each() {
        let dir = repository("{{style}}{{boot}}");
        let read = |site: &Site| String::from_utf8(find(site, "sw.js").bytes.clone()).expect("text");
        let first = site(dir.path(), &modules()).expect("laid out");
        let code = read(&first);
        for file in first.files.iter().filter(|file| file.name != "sw.js" && file.name != "index.html") {
            let is_of_team = file.name.starts_with("desk");
            assert_eq!(code.contains(&format!("\"/{}\"", file.path)), !is_of_team, "{} in {code}", file.path);
        }
        assert!(code.contains("\"/\"") && !code.contains("sw.js") && !code.contains("index.html"), "{code}");
        files::write(&dir.path().join("crates/web/static/icon.svg"), b"<svg></svg>").expect("written");
        let second = site(dir.path(), &modules()).expect("laid out");
        assert_ne!(read(&second), code);
    }

    #[test]
    fn another_service_worker_alone_is_another_build() {
        let dir = repository("{{style}}{{boot}}");
        let build = || {
            let site = site(dir.path(), &modules()).expect("laid out");
            site.urls["build"].clone()
        };
        let first = build();
        assert_eq!(build(), first);
        files::write(&dir.path().join(SERVICE_WORKER), b"keep('{{build}}', {{files}})").expect("written");
        assert_ne!(build(), first);
    }

    #[test]
    fn an_unknown_placeholder_is_an_error() {
        let dir = repository("<link href={{stile}}>");
        let error = site(dir.path(), &modules()).err().expect("misspelt");
        assert!(error.to_string().contains("{{stile}}"), "{error}");
    }

    #[test]
    fn glue_imports_its_snippets_by_their_hashed_names() {
        let mut site = Site::default();
        add_module(&mut site, &bound("web", &[("./snippets/x/inline0.js", "export {}")]), true);
        let glue = String::from_utf8(find(&site, "web.js").bytes.clone()).expect("text");
        assert_eq!(glue, format!("import '/{}';", find(&site, "snippets-x-inline0.js").path));
    }

    #[test]
    fn only_what_shrinks_is_compressed() {
        assert!(compress("a.wasm", &[0; 1000]).expect("compressed").is_some());
        assert!(compress("a.js", b"x").expect("compressed").is_none());
        assert!(compress("a.png", &[0; 1000]).expect("left alone").is_none());
    }

    #[test]
    fn files_of_the_last_build_do_not_stay() {
        let dir = repository("{{style}}");
        files::write(&dir.path().join("target/web/assets/old.js"), b"").expect("written");
        let site = site(dir.path(), &modules()).expect("laid out");
        let sizes = write(dir.path(), &site, false).expect("written");
        assert!(!dir.path().join("target/web/assets/old.js").exists());
        assert!(dir.path().join("target/web/index.html").is_file());
        assert!(sizes.0.iter().any(|size| size.name == "worker.wasm" && size.raw == 64 && size.brotli < 64));
        assert_eq!(write(dir.path(), &site, false).expect("written again"), sizes);
    }

    #[test]
    fn what_was_compressed_before_is_used_again_only_for_the_same_bytes() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        files::write(&dir.path().join("a.js"), b"old").expect("written");
        files::write(&dir.path().join("a.js.br"), b"br").expect("written");
        assert_eq!(compressed_before(dir.path(), "a.js", b"old"), Some(b"br".to_vec()));
        assert_eq!(compressed_before(dir.path(), "a.js", b"new"), None);
    }
}
