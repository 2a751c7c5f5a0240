//! What an operator decides.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use kuvert_wire::limits;

/// Settings of a relay.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where everything is kept; made if it does not exist. One relay per directory.
    pub data: PathBuf,
    /// Address to listen on. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Origins under which devices reach this relay, as in `https://relay.example`: proofs of ownership are bound to
    /// one of them. Empty means `http://localhost:PORT` and `http://127.0.0.1:PORT`, on a loopback address only.
    pub origins: Vec<String>,
    /// Directory of the web app, if this relay serves it.
    pub web: Option<PathBuf>,
}

/// A setting cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Others shall reach the relay, and nobody said under which name.
    #[error(
        "{listen} is not a loopback address: say under which origin devices reach this relay, as in https://relay.example"
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
}

impl Config {
    /// The origins that count once the relay listens on `bound`.
    pub(crate) fn origins_at(&self, bound: SocketAddr) -> Result<Vec<String>, ConfigError> {
        if let Some(origin) = self.origins.iter().find(|origin| !is_origin(origin)) {
            return Err(ConfigError::BadOrigin { origin: origin.clone() });
        }
        if !self.origins.is_empty() {
            return Ok(self.origins.clone());
        }
        if !bound.ip().is_loopback() {
            return Err(ConfigError::NoOrigin { listen: bound });
        }
        let port = bound.port();
        Ok(vec![format!("http://localhost:{port}"), format!("http://{}:{port}", Ipv4Addr::LOCALHOST)])
    }
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
        Config {
            data: PathBuf::new(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            origins: origins.iter().map(|&origin| origin.to_owned()).collect(),
            web: None,
        }
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
    fn an_origin_has_no_path_and_no_other_scheme() {
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        for bad in
            ["relay.example", "https://relay.example/", "ws://relay.example", "https://", "https://A.b"]
        {
            assert!(
                matches!(config(&[bad]).origins_at(loopback), Err(ConfigError::BadOrigin { .. })),
                "{bad}"
            );
        }
        let long = format!("https://{}", "a".repeat(limits::MAX_ORIGIN));
        assert!(config(&[&long]).origins_at(loopback).is_err());
        assert!(config(&["http://[::1]:8787"]).origins_at(loopback).is_ok());
    }
}
