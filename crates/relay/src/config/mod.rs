//! What an operator decides.
//!
//! The doc comments of [`Config`] and its groups are the documentation: the commented file that `kuvert relay config`
//! prints, the flags and their help, and the names of environment variables are made from them (see [`options`]).
//! A flag wins over the environment, the environment over the file, the file over the default.

mod load;
mod options;
mod values;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use confique::Layer;
use kuvert_wire::limits;

pub use load::{Given, Sources};
pub use options::{ConfigOption, OptionKind, options, template};
pub use values::{ByteLen, LogFormat, LogLevel, ProxyHeader, Registration, Subnet};

/// Settings of a relay.
#[derive(Debug, Clone, confique::Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct Config {
    /// Directory in which everything is kept; made if it does not exist. One relay per directory.
    pub data: PathBuf,
    /// Address to listen on. Port 0 takes a free one. Behind a proxy, listen on a loopback address.
    #[config(default = "127.0.0.1:8787")]
    pub listen: SocketAddr,
    /// Origins under which devices reach this relay, as in https://relay.example: proofs of ownership are bound to one
    /// of them. None means http(s)://localhost:PORT and http(s)://127.0.0.1:PORT, on a loopback address only.
    #[config(default = [])]
    pub origins: Vec<String>,
    /// Directory of the web app, in the place of the one that is part of this program.
    pub web: Option<PathBuf>,
    /// Serve no web app, although one is part of this program.
    #[config(default = false)]
    pub no_web: bool,
    /// Who may create an inbox: `open` (everybody), `invite` (who has a one-time code made by `kuvert relay invite`) or
    /// `closed` (nobody; those that exist go on).
    #[config(default = "open")]
    pub registration: Registration,
    /// Proxies, as addresses or networks, whose `proxy_header` is believed. The address in it
    /// counts towards the limits per network, and is neither logged nor stored.
    #[config(default = ["127.0.0.0/8", "::1/128"])]
    pub trusted_proxies: Vec<Subnet>,
    /// The header in which they name who they speak for: `X-Forwarded-For` or `Forwarded`. Only this one is believed:
    /// name the one that the proxy sets, since what it does not set comes from whoever asked.
    #[config(default = "X-Forwarded-For")]
    pub proxy_header: ProxyHeader,
    /// Origins of web apps, beside the relay's own, that may use sessions, cards and blobs; `*` stands for all. Nothing
    /// here is authorised by a cookie or by where a page comes from, only by keys and tokens that the page must hold
    /// itself, so that an open relay is open to all.
    #[config(default = ["*"])]
    pub allowed_origins: Vec<String>,
    /// TLS by the relay itself. Without it, it speaks plain HTTP: on loopback, or behind a proxy with TLS.
    #[config(nested)]
    pub tls: Tls,
    /// Figures for Prometheus. They name no inbox and no address.
    #[config(nested)]
    pub metrics: MetricsConfig,
    /// What one network, and all together, may ask of the relay. Loopback is never limited.
    #[config(nested)]
    pub limits: Limits,
    /// Attachments: encrypted files that devices leave for each other.
    #[config(nested)]
    pub blobs: Blobs,
    /// Delivery to inboxes on other relays.
    #[config(nested)]
    pub federation: Federation,
    /// Notifications for devices that are not connected, by their browsers' push services and without content. Each user
    /// decides; without a user who does, nothing goes out.
    #[config(nested)]
    pub push: Push,
    /// Log lines, on standard error. They never carry identifiers, addresses or content.
    #[config(nested)]
    pub log: Log,
}

/// TLS by the relay itself.
#[derive(Debug, Clone, confique::Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct Tls {
    /// File with the certificate and its chain, in PEM. It is read anew within a minute after it changed, or on SIGHUP;
    /// a pair that cannot be used leaves the former one in place.
    pub certificate: Option<PathBuf>,
    /// File with the certificate's private key, in PEM.
    pub key: Option<PathBuf>,
}

/// Figures for Prometheus.
#[derive(Debug, Clone, confique::Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct MetricsConfig {
    /// Address that answers /metrics, to everybody who reaches it. Without it, the relay's own address answers it to
    /// loopback connections that no proxy forwards.
    pub listen: Option<SocketAddr>,
}

/// What one network, and all together, may ask of the relay.
#[derive(Debug, Clone, confique::Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct Limits {
    /// Sessions open at the same time. A device has two.
    #[config(default = 50_000)]
    pub sessions: usize,
    /// Connections that one network may hold at the same time. A network is an IPv4 address or an IPv6 /56: a household,
    /// or a school behind one address.
    #[config(default = 1_000)]
    pub connections_per_network: u32,
    /// Requests, on sessions and by HTTP, that one network may make per second on average; ten seconds' worth at once.
    #[config(default = 500)]
    pub requests_per_network: u32,
    /// Inboxes that one network may create per day.
    #[config(default = 500)]
    pub inboxes_per_network: u32,
    /// Free space on the disk of the data directory below which the relay says that it is not ready and takes nothing more in:
    /// posts are refused as busy, while reading, acknowledging and deleting go on.
    #[config(default = "500 MiB")]
    pub free_disk: ByteLen,
}

/// Attachments.
#[derive(Debug, Clone, confique::Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct Blobs {
    /// Largest blob. 0 takes none.
    #[config(default = "100 MiB")]
    pub max_size: ByteLen,
    /// All blobs together.
    #[config(default = "10 GiB")]
    pub total: ByteLen,
    /// Days that a blob is kept.
    #[config(default = 30)]
    pub days: u32,
}

/// Delivery to inboxes on other relays.
#[derive(Debug, Clone, confique::Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct Federation {
    /// Whether posts are delivered to inboxes on other relays.
    #[config(default = true)]
    pub enabled: bool,
    /// Whether other relays may have private and loopback addresses, and speak plain HTTP. Who runs relays on one machine or
    /// inside of one network needs it, on each of them; elsewhere it would let anybody make this relay knock at doors that
    /// only it can reach.
    #[config(default = false)]
    pub private_addresses: bool,
}

/// Notifications by push services.
#[derive(Debug, Clone, confique::Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct Push {
    /// Whether devices may ask to be pushed to.
    #[config(default = true)]
    pub enabled: bool,
    /// Where push services reach who runs this relay, as mailto:admin@relay.example or an https address. Without it they
    /// are told the relay's origin.
    pub contact: Option<String>,
    /// Whether push services may have private and loopback addresses, and speak plain HTTP. For tests only: elsewhere it
    /// would let anybody make this relay knock at doors that only it can reach.
    #[config(default = false)]
    pub private_addresses: bool,
}

/// Log lines.
#[derive(Debug, Clone, confique::Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct Log {
    /// `text` or `json`.
    #[config(default = "text")]
    pub format: LogFormat,
    /// The least important lines that are written: `error`, `warn`, `info`, `debug` or `trace`.
    #[config(default = "info")]
    pub level: LogLevel,
}

/// A setting cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Others shall reach the relay, and nobody said under which name.
    #[error(
        "{listen} is not a loopback address: say by --origin, or `origins` in the file, under which origin devices \
         reach this relay, as in https://relay.example"
    )]
    NoOrigin {
        /// The address to listen on.
        listen: SocketAddr,
    },
    /// Not an origin.
    #[error(
        "{origin:?} is not an origin: use http or https, a host in lower case and at most a port, as in https://relay.example"
    )]
    BadOrigin {
        /// What was given.
        origin: String,
    },
    /// No web app where one was named.
    #[error(
        "{}: there is no web app here, since it has no index.html; give the directory that `cargo xtask wasm` made, or leave out web",
        directory.display()
    )]
    NoWebApp {
        /// What was given.
        directory: PathBuf,
    },
    /// A certificate without a key, or the other way round.
    #[error("tls.certificate and tls.key belong together: give both, or neither for plain HTTP")]
    HalfTls,
    /// More than memory could hold.
    #[error("limits.sessions is {given}; at most {most} are possible")]
    TooManySessions {
        /// What was given.
        given: usize,
        /// What is possible.
        most: usize,
    },
    /// Not a way to reach somebody.
    #[error(
        "push.contact is {contact:?}: give an address as in mailto:admin@relay.example or https://relay.example/contact, \
         without spaces and quotes"
    )]
    BadContact {
        /// What was given.
        contact: String,
    },
    /// Something that must be set is not.
    #[error("{key} is not set: give --{flag}, the variable {variable}, or `{key}` in the file ({hint})")]
    Missing {
        /// The option.
        key: String,
        /// Its flag.
        flag: String,
        /// Its environment variable.
        variable: String,
        /// What it is.
        hint: String,
    },
    /// The file cannot be read.
    #[error("{}: cannot be read: {source}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file holds something that is not an option, or a value that is not allowed.
    #[error("{}: {message}", file.display())]
    BadFile {
        /// The file.
        file: PathBuf,
        /// Where and what, with what is allowed.
        message: String,
    },
    /// A flag or variable holds a value that is not allowed.
    #[error("{source_name}: {message} ({hint})")]
    BadValue {
        /// The flag or variable.
        source_name: String,
        /// What is wrong.
        message: String,
        /// What the option is.
        hint: String,
    },
}

impl Config {
    /// All defaults, with `data` as the directory.
    ///
    /// # Errors
    /// None with the defaults as they are; the type stems from loading.
    pub fn new(data: impl Into<PathBuf>) -> Result<Self, ConfigError> {
        let mut layer = <Self as confique::Config>::Layer::default_values();
        layer.data = Some(data.into());
        load::complete(layer)
    }

    /// Whether its parts fit together, and to what a relay can do.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if self.tls.certificate.is_some() != self.tls.key.is_some() {
            return Err(ConfigError::HalfTls);
        }
        if let Some(contact) = self.push.contact.as_ref().filter(|contact| !is_contact(contact)) {
            return Err(ConfigError::BadContact { contact: contact.clone() });
        }
        let (given, most) = (self.limits.sessions, limits::MOST_SESSIONS);
        if given > most { Err(ConfigError::TooManySessions { given, most }) } else { Ok(()) }
    }

    /// Whether the web app is where it was said to be. Asked when a relay starts only: who backs one up need not have it.
    pub(crate) fn check_web(&self) -> Result<(), ConfigError> {
        match &self.web {
            Some(directory) if !directory.join(crate::http::START_PAGE).is_file() => {
                Err(ConfigError::NoWebApp { directory: directory.clone() })
            }
            _ => Ok(()),
        }
    }

    /// The origins that count once the relay listens on `bound`.
    pub(crate) fn origins_at(&self, bound: SocketAddr) -> Result<Vec<String>, ConfigError> {
        let listed = self.origins.iter().chain(self.allowed_origins.iter().filter(|origin| *origin != "*"));
        if let Some(origin) = listed.into_iter().find(|origin| !is_origin(origin)) {
            return Err(ConfigError::BadOrigin { origin: origin.clone() });
        }
        if !self.origins.is_empty() {
            return Ok(self.origins.clone());
        }
        if !bound.ip().is_loopback() {
            return Err(ConfigError::NoOrigin { listen: bound });
        }
        let port = bound.port();
        let scheme = if self.tls.certificate.is_some() { "https" } else { "http" };
        Ok(vec![format!("{scheme}://localhost:{port}"), format!("{scheme}://{}:{port}", Ipv4Addr::LOCALHOST)])
    }
}

/// Whether `text` is a URI that RFC 8292 allows as a contact, and can stand in JSON as it is.
fn is_contact(text: &str) -> bool {
    let rest = text.strip_prefix("mailto:").or_else(|| text.strip_prefix("https://"));
    text.len() <= limits::MAX_ORIGIN
        && rest.is_some_and(|rest| {
            !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
        })
}

/// Whether `text` is a scheme, a host and at most a port, as browsers write it (RFC 6454).
fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    text.len() <= limits::MAX_ORIGIN
        && host.is_some_and(|host| {
            !host.is_empty()
                && host.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.:[]".contains(&b))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(origins: &[&str]) -> Config {
        let origins = origins.iter().map(|&origin| origin.to_owned()).collect();
        Config { origins, ..Config::new("data").expect("defaults") }
    }

    #[test]
    fn only_a_loopback_relay_knows_its_origins_by_itself() {
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 8787));
        let public = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 8787));
        assert_eq!(
            config(&[]).origins_at(loopback).expect("origins"),
            ["http://localhost:8787", "http://127.0.0.1:8787"]
        );
        assert!(matches!(config(&[]).origins_at(public), Err(ConfigError::NoOrigin { .. })));
        assert!(config(&["https://relay.example"]).origins_at(public).is_ok());
    }

    #[test]
    fn more_sessions_than_are_possible_are_refused() {
        // RELAY-5: MOST_SESSIONS
        let mut config = config(&[]);
        config.limits.sessions = limits::MOST_SESSIONS;
        assert!(config.check().is_ok());
        config.limits.sessions = usize::MAX;
        assert!(matches!(config.check(), Err(ConfigError::TooManySessions { .. })));
    }

    #[test]
    fn a_contact_is_a_mail_or_web_address() {
        let checked = |contact: &str| {
            let mut config = config(&[]);
            config.push.contact = Some(contact.to_owned());
            config.check()
        };
        assert!(checked("mailto:admin@relay.example").is_ok());
        assert!(checked("https://relay.example/contact").is_ok());
        for bad in ["", "admin@relay.example", "mailto:", "mailto:a b", "mailto:\"", "http://relay.example"] {
            assert!(matches!(checked(bad), Err(ConfigError::BadContact { .. })), "{bad:?}");
        }
    }

    #[test]
    fn an_origin_has_no_path_and_no_other_scheme() {
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        let is_bad =
            |config: Config| matches!(config.origins_at(loopback), Err(ConfigError::BadOrigin { .. }));
        for bad in
            ["relay.example", "https://relay.example/", "ws://relay.example", "https://", "https://A.b"]
        {
            assert!(is_bad(config(&[bad])), "{bad}");
            assert!(is_bad(Config { allowed_origins: vec![bad.to_owned()], ..config(&[]) }), "{bad}");
        }
        let long = format!("https://{}", "a".repeat(limits::MAX_ORIGIN));
        assert!(config(&[&long]).origins_at(loopback).is_err());
        assert!(config(&["http://[::1]:8787"]).origins_at(loopback).is_ok());
    }
}
