//! A push service on this machine (RFC 8030), and browsers that subscribed there.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::{hmac, signature};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use data_encoding::BASE64URL_NOPAD;
use kuvert_wire::{P256Key, PushAuth, PushSubscription};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};

/// Says nothing at all.
const HANGS: u16 = 0;

/// What was pushed.
pub(crate) struct Pushed {
    pub(crate) path: String,
    headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

#[derive(Clone)]
struct Desk {
    pushed: mpsc::UnboundedSender<Pushed>,
    status: Arc<AtomicU16>,
}

pub(crate) struct PushService {
    address: SocketAddr,
    pushed: Mutex<mpsc::UnboundedReceiver<Pushed>>,
    status: Arc<AtomicU16>,
}

async fn take(State(desk): State<Desk>, request: Request) -> StatusCode {
    assert_eq!(request.method(), "POST");
    let headers = request.headers().iter();
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().expect("text").to_owned()));
    let (headers, path) = (headers.collect(), request.uri().path().to_owned());
    let body = axum::body::to_bytes(request.into_body(), 4096).await.expect("a small body").to_vec();
    let _ = desk.pushed.send(Pushed { path, headers, body });
    match desk.status.load(Ordering::Relaxed) {
        HANGS => std::future::pending().await,
        status => StatusCode::from_u16(status).expect("a status"),
    }
}

impl PushService {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("binds");
        let address = listener.local_addr().expect("bound");
        let (sender, pushed) = mpsc::unbounded_channel();
        let status = Arc::new(AtomicU16::new(201));
        let desk = Desk { pushed: sender, status: Arc::clone(&status) };
        let router = axum::Router::new().fallback(take).with_state(desk);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, pushed: Mutex::new(pushed), status }
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers with this status from now on.
    pub(crate) fn answer(&self, status: u16) {
        self.status.store(status, Ordering::Relaxed);
    }

    /// Does not answer from now on.
    pub(crate) fn hang(&self) {
        self.answer(HANGS);
    }

    /// A browser that subscribes here.
    pub(crate) fn browser(&self, name: &str) -> Browser {
        let key = PrivateKey::generate(&ECDH_P256).expect("a key");
        Browser { key, auth: [9; 16], endpoint: format!("{}/{name}", self.origin()) }
    }

    /// The next push.
    pub(crate) async fn next(&self) -> Pushed {
        let mut pushed = self.pushed.lock().await;
        tokio::time::timeout(Duration::from_secs(20), pushed.recv()).await.expect("in time").expect("a push")
    }

    /// Whether nothing is pushed for so long.
    pub(crate) async fn is_quiet(&self, time: Duration) -> bool {
        tokio::time::timeout(time, self.pushed.lock().await.recv()).await.is_err()
    }
}

impl Pushed {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// Checks who pushed, as a push service does (RFC 8292).
    pub(crate) fn comes_from(&self, key: &P256Key, here: &str, contact: Option<&str>) {
        let value = self.header("authorization").strip_prefix("vapid t=").expect("a statement");
        let (token, named) = value.split_once(", k=").expect("a key");
        assert_eq!(named, BASE64URL_NOPAD.encode(key.as_bytes()));
        let (signed, proof) = token.rsplit_once('.').expect("signed");
        let proof = BASE64URL_NOPAD.decode(proof.as_bytes()).expect("base64url");
        let key = signature::UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, key.as_bytes());
        assert!(key.verify(signed.as_bytes(), &proof).is_ok());
        let parts = signed.split('.').map(|part| BASE64URL_NOPAD.decode(part.as_bytes()).expect("base64url"));
        let parts: Vec<String> = parts.map(|part| String::from_utf8(part).expect("text")).collect();
        assert_eq!(parts[0], r#"{"typ":"JWT","alg":"ES256"}"#);
        let contact = contact.map(|contact| format!(r#","sub":"{contact}"}}"#)).unwrap_or("}".into());
        let claims = parts[1].strip_suffix(&contact).expect("the contact");
        let expires = claims.strip_prefix(&format!(r#"{{"aud":"{here}","exp":"#)).expect("the audience");
        let expires = Duration::from_secs(expires.parse().expect("a time"));
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        assert!(now < expires && expires < now + Duration::from_secs(24 * 60 * 60), "within a day");
    }
}

/// One that can open what is pushed to it.
pub(crate) struct Browser {
    key: PrivateKey,
    auth: [u8; 16],
    endpoint: String,
}

/// HKDF's two halves in one, for up to 32 bytes (RFC 5869).
fn derive(salt: &[u8], input: &[u8], info: &[u8], len: usize) -> Vec<u8> {
    let sign = |key: &[u8], text: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text);
    let prk = sign(salt, input);
    sign(prk.as_ref(), &[info, &[1]].concat()).as_ref()[..len].to_vec()
}

impl Browser {
    pub(crate) fn subscription(&self) -> PushSubscription {
        let key =
            P256Key::from_slice(self.key.compute_public_key().expect("a key").as_ref()).expect("65 bytes");
        PushSubscription { endpoint: self.endpoint.clone(), key, auth: PushAuth::new(self.auth) }
    }

    /// Opens a push as a browser does (RFC 8291, section 3), and returns its record.
    pub(crate) fn open(&self, body: &[u8]) -> Vec<u8> {
        let (salt, rest) = body.split_at(16);
        let (head, rest) = rest.split_at(5);
        assert_eq!(head, [0, 0, 16, 0, 65]);
        let (relay, record) = rest.split_at(65);
        let own = self.subscription().key;
        let info = [b"WebPush: info\0", own.as_bytes().as_slice(), relay].concat();
        let peer = UnparsedPublicKey::new(&ECDH_P256, relay);
        let input = agree(&self.key, peer, Unspecified, |shared| Ok(derive(&self.auth, shared, &info, 32)));
        let input = input.expect("agreed");
        let key = derive(salt, &input, b"Content-Encoding: aes128gcm\0", 16);
        let nonce = derive(salt, &input, b"Content-Encoding: nonce\0", 12);
        let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).expect("a key"));
        let mut record = record.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(&nonce).expect("12 bytes");
        key.open_in_place(nonce, Aad::empty(), &mut record).expect("opens for its browser").to_vec()
    }
}
