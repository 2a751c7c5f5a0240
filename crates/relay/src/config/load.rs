//! Putting the configuration together from flags, environment, file and defaults.

use std::path::{Path, PathBuf};

use confique::{Config as _, Layer as _};

use super::options::{ConfigOption, OptionKind, options, quoted};
use super::{Config, ConfigError};

pub(super) type Layer = <Config as confique::Config>::Layer;

/// A value that was given outside of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The option's key, as in `tls.certificate`.
    pub key: String,
    /// One value, or several for a list.
    pub values: Vec<String>,
}

/// Where settings come from.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// Given by flags.
    pub flags: Vec<Given>,
    /// Environment variables by name; those of no option are left alone.
    pub environment: Vec<(String, String)>,
    /// The file, if there is one.
    pub file: Option<PathBuf>,
}

impl Config {
    /// Puts the configuration together.
    ///
    /// # Errors
    /// [`ConfigError`] names the flag, variable or file with what is wrong, and says what is allowed.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let options = options();
        let mut layer = Layer::empty();
        for option in &options {
            if let Some(given) = sources.flags.iter().find(|given| given.key == option.key) {
                let name = format!("--{}", option.flag());
                layer = layer.with_fallback(one(option, &given.values, name)?);
            }
        }
        for option in &options {
            let variable = option.variable();
            let value = sources.environment.iter().find(|(name, _)| *name == variable);
            if let Some((_, value)) = value.filter(|(_, value)| !value.is_empty()) {
                layer = layer.with_fallback(one(option, std::slice::from_ref(value), variable)?);
            }
        }
        if let Some(file) = &sources.file {
            let text = std::fs::read_to_string(file)
                .map_err(|source| ConfigError::Unreadable { file: file.clone(), source })?;
            layer = layer.with_fallback(parse(file, &text)?);
        }
        complete(layer.with_fallback(Layer::default_values()))
    }
}

/// Reads a file's text.
pub(super) fn parse(file: &Path, text: &str) -> Result<Layer, ConfigError> {
    toml::from_str(text).map_err(|error| ConfigError::BadFile {
        file: file.to_owned(),
        message: error.to_string().trim_end().to_owned(),
    })
}

/// The configuration of a layer, if nothing is missing in it and its parts fit together.
pub(super) fn complete(layer: Layer) -> Result<Config, ConfigError> {
    // Everything else has a default.
    if layer.data.is_none() {
        return Err(missing("data"));
    }
    let config = Config::from_layer(layer).map_err(|_| missing("data"))?;
    config.check()?;
    Ok(config)
}

fn missing(key: &str) -> ConfigError {
    let option = options().into_iter().find(|option| option.key == key);
    ConfigError::Missing {
        key: key.to_owned(),
        flag: option.as_ref().map(ConfigOption::flag).unwrap_or_default(),
        variable: option.as_ref().map(ConfigOption::variable).unwrap_or_default(),
        hint: option.as_ref().map(ConfigOption::summary).unwrap_or_default(),
    }
}

/// A layer of one option: its value is written as TOML, so that each type is read in one way only.
fn one(option: &ConfigOption, values: &[String], source_name: String) -> Result<Layer, ConfigError> {
    let last = values.last().map_or("", String::as_str);
    let value = match option.kind {
        OptionKind::Text => quoted(last),
        OptionKind::Number if last.bytes().all(|b| b.is_ascii_digit()) && !last.is_empty() => last.to_owned(),
        OptionKind::Bool if matches!(last, "true" | "false") => last.to_owned(),
        OptionKind::Number | OptionKind::Bool => {
            let allowed = if option.kind == OptionKind::Bool { "true or false" } else { "a whole number" };
            let message = format!("{last:?} is not {allowed}");
            return Err(ConfigError::BadValue { source_name, message, hint: option.summary() });
        }
        OptionKind::List => {
            let items = values.iter().flat_map(|value| value.split(','));
            let items: Vec<String> =
                items.map(str::trim).filter(|item| !item.is_empty()).map(quoted).collect();
            format!("[{}]", items.join(", "))
        }
    };
    toml::from_str(&format!("{} = {value}", option.key)).map_err(|error| ConfigError::BadValue {
        source_name,
        message: format!("{last:?}: {}", error.message()),
        hint: option.summary(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{ByteLen, Registration};
    use super::*;

    fn flag(key: &str, values: &[&str]) -> Given {
        Given { key: key.to_owned(), values: values.iter().map(|&value| value.to_owned()).collect() }
    }

    fn variable(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    fn file(dir: &tempfile::TempDir, text: &str) -> Option<PathBuf> {
        let path = dir.path().join("kuvert.toml");
        std::fs::write(&path, text).expect("written");
        Some(path)
    }

    #[test]
    fn a_flag_wins_over_the_environment_and_that_over_the_file_and_that_over_the_default() {
        let dir = tempfile::tempdir().expect("a directory");
        let text = "data = \"from-file\"\nlisten = \"127.0.0.1:3\"\nregistration = \"closed\"\n\
                    origins = [\"https://file.example\"]\n[blobs]\ntotal = \"3 GiB\"\ndays = 3\n";
        let sources = Sources {
            flags: vec![
                flag("listen", &["127.0.0.1:1"]),
                flag("origins", &["https://a.example", "https://b.example"]),
            ],
            environment: vec![
                variable("KUVERT_LISTEN", "127.0.0.1:2"),
                variable("KUVERT_BLOBS_TOTAL", "2 GiB"),
                variable("KUVERT_ALLOWED_ORIGINS", "https://c.example, https://d.example"),
                variable("KUVERT_FEDERATION_ENABLED", "false"),
                variable("KUVERT_REGISTRATION", ""),
                variable("KUVERT_SOMETHING_ELSE", "?"),
            ],
            file: file(&dir, text),
        };
        let config = Config::load(&sources).expect("loads");
        assert_eq!(config.listen.port(), 1);
        assert_eq!(config.origins, ["https://a.example", "https://b.example"]);
        assert_eq!(config.allowed_origins, ["https://c.example", "https://d.example"]);
        assert_eq!((config.blobs.total, config.blobs.days), (ByteLen(2 << 30), 3));
        assert_eq!((config.registration, config.federation.enabled), (Registration::Closed, false));
        assert_eq!((config.data.to_str(), config.blobs.max_size), (Some("from-file"), ByteLen(100 << 20)));
    }

    #[test]
    fn an_error_names_where_it_is_and_what_is_allowed() {
        let dir = tempfile::tempdir().expect("a directory");
        let said = |flags: Vec<Given>, environment: Vec<(String, String)>, text: &str| {
            let sources = Sources { flags, environment, file: file(&dir, text) };
            Config::load(&sources).expect_err("refused").to_string()
        };
        let none = || (Vec::new(), Vec::new());
        for (text, words) in [
            ("dat = \"x\"", ["kuvert.toml", "`dat`", "`data`"]),
            ("data = \"x\"\n[limits]\nsession = 1", ["kuvert.toml", "`session`", "`sessions`"]),
            ("data = \"x\"\nregistration = \"opne\"", ["line 2", "opne", "`invite`"]),
            ("data = \"x\"\n[blobs]\ntotal = \"lots\"", ["line 3", "total", "MiB"]),
            ("data = \"x\"\ntrusted_proxies = [\"proxy\"]", ["kuvert.toml", "trusted_proxies", "10.0.0.0/8"]),
            ("[blobs]\ndays = 1", ["data is not set", "--data", "KUVERT_DATA"]),
            ("data = \"x\"\n[tls]\nkey = \"k\"", ["tls.certificate", "tls.key", "both"]),
        ] {
            let (flags, environment) = none();
            let said = said(flags, environment, text);
            assert!(words.iter().all(|word| said.contains(word)), "{said}");
        }
        let by_flag = said(vec![flag("listen", &["8787"])], Vec::new(), "data = \"x\"");
        assert!(by_flag.contains("--listen") && by_flag.contains("\"8787\""), "{by_flag}");
        let by_flag = said(vec![flag("limits.sessions", &["many"])], Vec::new(), "data = \"x\"");
        assert!(by_flag.contains("--limits-sessions") && by_flag.contains("a whole number"), "{by_flag}");
        let bool = vec![variable("KUVERT_FEDERATION_ENABLED", "perhaps")];
        let by_variable = said(Vec::new(), bool, "data = \"x\"");
        assert!(by_variable.contains("KUVERT_FEDERATION_ENABLED") && by_variable.contains("true or false"));
        let absent = Sources { file: Some(dir.path().join("absent.toml")), ..Sources::default() };
        assert!(Config::load(&absent).expect_err("refused").to_string().contains("absent.toml"));
    }
}
