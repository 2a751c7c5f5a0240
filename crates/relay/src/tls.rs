//! TLS of the relay itself: versions 1.3 and 1.2, hybrid post-quantum key exchange first, and a certificate that can be
//! renewed while connections go on.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use kuvert_wire::limits;
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::config;
use crate::metrics::Metrics;

/// Why a certificate and key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read as PEM.
    #[error("{}: {source}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// Why not.
        source: rustls::pki_types::pem::Error,
    },
    /// The certificate's file holds no certificate.
    #[error("{}: there is no certificate in it", file.display())]
    NoCertificate {
        /// The file.
        file: PathBuf,
    },
    /// The two do not belong together, or are of a kind that is not supported.
    #[error("the certificate and the key cannot be used together: {0}")]
    Pair(#[from] rustls::Error),
}

/// Takes TLS connections.
#[derive(Clone)]
pub(crate) struct Tls {
    acceptor: TlsAcceptor,
    certificate: Arc<Certificate>,
}

/// The certificate in use.
struct Certificate {
    files: Files,
    provider: Arc<CryptoProvider>,
    current: RwLock<Arc<CertifiedKey>>,
    /// When the files were last changed, as far as was looked at.
    seen: RwLock<Stamps>,
}

struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// When, and to which length, each file was last changed.
type Stamps = [Option<(SystemTime, u64)>; 2];

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificate")
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Files {
    fn stamps(&self) -> Stamps {
        [&self.certificate, &self.key].map(|file| {
            let about = std::fs::metadata(file).ok()?;
            Some((about.modified().ok()?, about.len()))
        })
    }

    fn read(&self, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
        let failed = |file: &Path| {
            let file = file.to_owned();
            move |source| TlsError::File { file, source }
        };
        let chain: Result<Vec<_>, _> =
            CertificateDer::pem_file_iter(&self.certificate).and_then(Iterator::collect);
        let chain = chain.map_err(failed(&self.certificate))?;
        if chain.is_empty() {
            return Err(TlsError::NoCertificate { file: self.certificate.clone() });
        }
        let key = PrivateKeyDer::from_pem_file(&self.key).map_err(failed(&self.key))?;
        // Fails, too, where the key is another certificate's.
        Ok(CertifiedKey::from_der(chain, key, provider)?)
    }
}

impl Tls {
    /// Reads the files of the configuration, if it names them.
    ///
    /// # Errors
    /// [`TlsError`] says which file is wrong, and how.
    pub(crate) fn open(config: &config::Tls) -> Result<Option<Self>, TlsError> {
        let (Some(certificate), Some(key)) = (&config.certificate, &config.key) else { return Ok(None) };
        let files = Files { certificate: certificate.clone(), key: key.clone() };
        // The first group is X25519MLKEM768: what is recorded today stays closed to tomorrow's quantum computers.
        let provider = Arc::new(aws_lc_rs::default_provider());
        let seen = RwLock::new(files.stamps());
        let current = RwLock::new(Arc::new(files.read(&provider)?));
        let certificate = Arc::new(Certificate { files, provider: Arc::clone(&provider), current, seen });
        let mut server = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&certificate) as Arc<dyn ResolvesServerCert>);
        server.alpn_protocols = vec![b"http/1.1".to_vec()];
        // Sessions are long: resumption would save little, and its state would recognise devices.
        server.session_storage = Arc::new(NoServerSessionStorage {});
        server.send_tls13_tickets = 0;
        Ok(Some(Self { acceptor: TlsAcceptor::from(Arc::new(server)), certificate }))
    }

    /// Does the handshake, within [`limits::TLS_WITHIN`].
    pub(crate) async fn accept(&self, stream: TcpStream) -> Option<TlsStream<TcpStream>> {
        tokio::time::timeout(limits::TLS_WITHIN, self.acceptor.accept(stream)).await.ok()?.ok()
    }

    /// Reads the files anew if they changed since last time, or in any case. Blocks for a moment.
    pub(crate) fn reload(&self, in_any_case: bool, metrics: &Metrics) {
        let certificate = &self.certificate;
        let now = certificate.files.stamps();
        {
            let mut seen = certificate.seen.write().unwrap_or_else(PoisonError::into_inner);
            if *seen == now && !in_any_case {
                return;
            }
            *seen = now;
        }
        match certificate.files.read(&certificate.provider) {
            Ok(pair) => {
                *certificate.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(pair);
                metrics.tls_reloads.inc();
                tracing::info!("the TLS certificate was read anew");
            }
            Err(error) => {
                metrics.tls_reload_failures.inc();
                tracing::warn!(%error, "the changed TLS certificate cannot be used; the former one stays");
            }
        }
    }
}
