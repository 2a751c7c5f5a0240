//! Devices that speak the protocol over real sockets.

use std::net::SocketAddr;
use std::time::Duration;

use ed25519_dalek::SigningKey;
use futures_util::{SinkExt, StreamExt};
use kuvert_wire::{
    Ack, Challenge, ChannelId, ChannelState, ClientFrame, Commit, CreateChannel, Deposit, DepositKey, Entry,
    ErrorCode, Fanout, FanoutKey, FanoutTarget, FetchChannel, Generation, InboxId, InboxKeys, Own, Owned,
    OwnerKey, OwnerProof, Post, PostId, PostSecret, RelayFrame, SealKeyPair, Token, decode, encode, limits,
};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// Longer than anything here takes, so that a broken relay fails a test instead of stopping it.
const PATIENCE: Duration = Duration::from_secs(20);

/// A device: an inbox with its keys.
pub(crate) struct Device {
    pub(crate) owner: SigningKey,
    pub(crate) seal: SealKeyPair,
    pub(crate) deposit_key: DepositKey,
    pub(crate) inbox: InboxId,
}

impl Device {
    pub(crate) fn new(n: u8) -> Self {
        let owner = SigningKey::from_bytes(&[n; 32]);
        let inbox = InboxId::of(&OwnerKey::new(owner.verifying_key().to_bytes()));
        let deposit_key = DepositKey::new([n ^ 0xa5; 32]);
        Self { owner, seal: SealKeyPair::from_bytes([n ^ 0x5a; 32]), deposit_key, inbox }
    }

    pub(crate) fn token(&self) -> Token {
        self.deposit_key.token([3; 16])
    }

    pub(crate) fn proof(
        &self,
        origin: &str,
        challenge: &Challenge,
        acknowledged: u64,
        create: bool,
    ) -> ClientFrame {
        let (seal_key, deposit_key) = (self.seal.public(), self.deposit_key.clone());
        let keys = InboxKeys { seal_key, deposit_key, invite: None };
        ClientFrame::Own(Own {
            owner: OwnerKey::new(self.owner.verifying_key().to_bytes()),
            origin: origin.to_owned(),
            signature: OwnerProof { origin, challenge }.sign(&self.owner),
            acknowledged,
            create: create.then_some(keys),
            generation: None,
        })
    }

    /// Opens an owner session, creating the inbox where needed.
    pub(crate) async fn connect(&self, relay: SocketAddr, acknowledged: u64) -> (Connection, Owned) {
        self.connect_in(relay, acknowledged, None).await
    }

    /// Like [`Self::connect`], for a device that counted in this generation.
    pub(crate) async fn connect_in(
        &self,
        relay: SocketAddr,
        acknowledged: u64,
        generation: Option<Generation>,
    ) -> (Connection, Owned) {
        let mut connection = Connection::open(relay).await;
        let mut frame = self.proof(&origin(relay), &connection.challenge, acknowledged, true);
        if let ClientFrame::Own(own) = &mut frame {
            own.generation = generation;
        }
        connection.send(&frame).await;
        match connection.receive().await {
            RelayFrame::Owned(owned) => (connection, owned),
            other => panic!("not owned: {other:?}"),
        }
    }

    pub(crate) fn deposit(&self, id: PostId, body: &[u8]) -> ClientFrame {
        ClientFrame::Deposit(Deposit { id, inbox: self.inbox, token: self.token(), body: body.to_vec() })
    }

    /// Receives `count` entries in order, from seq `first`, and acknowledges each frame of them.
    pub(crate) async fn collect(&self, connection: &mut Connection, first: u64, count: usize) -> Vec<Entry> {
        let mut found = Vec::new();
        while found.len() < count {
            match connection.receive().await {
                RelayFrame::Entries(entries) => {
                    assert_eq!(entries.first, first + found.len() as u64, "no entry is missing or doubled");
                    for (seq, sealed) in (entries.first..).zip(&entries.sealed) {
                        found.push(self.seal.open(seq, sealed).expect("opens for its owner"));
                    }
                    connection.send(&ack(first + found.len() as u64 - 1)).await;
                }
                RelayFrame::Live => {}
                other => panic!("not entries: {other:?}"),
            }
        }
        found
    }

    /// Receives and acknowledges everything up to the `Live` mark.
    pub(crate) async fn drain(&self, connection: &mut Connection) -> Vec<(u64, Entry)> {
        let mut found = Vec::new();
        loop {
            match connection.receive().await {
                RelayFrame::Entries(entries) => {
                    for (seq, sealed) in (entries.first..).zip(&entries.sealed) {
                        found.push((seq, self.seal.open(seq, sealed).expect("opens for its owner")));
                    }
                    connection.send(&ack(entries.first + entries.sealed.len() as u64 - 1)).await;
                }
                RelayFrame::Live => return found,
                other => panic!("not entries: {other:?}"),
            }
        }
    }
}

/// A session.
pub(crate) struct Connection {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub(crate) challenge: Challenge,
}

impl Connection {
    pub(crate) async fn open(relay: SocketAddr) -> Self {
        Self::try_open(relay).await.expect("the relay answers")
    }

    pub(crate) async fn try_open(relay: SocketAddr) -> Option<Self> {
        let request = format!("ws://{relay}/v1/session").into_client_request().expect("a request");
        Self::request(request).await
    }

    /// Opens a session as a proxy does for a client with this address.
    pub(crate) async fn through_proxy(relay: SocketAddr, client: &str) -> Self {
        let mut request = format!("ws://{relay}/v1/session").into_client_request().expect("a request");
        request.headers_mut().insert("x-forwarded-for", client.parse().expect("a value"));
        Self::request(request).await.expect("the relay answers")
    }

    async fn request(request: Request) -> Option<Self> {
        let (socket, _) = tokio_tungstenite::connect_async(request).await.ok()?;
        let mut connection = Self { socket, challenge: Challenge::new([0; 32]) };
        match connection.try_receive().await? {
            RelayFrame::Hello(hello) => {
                assert_eq!(hello.version, limits::PROTOCOL_VERSION);
                connection.challenge = hello.challenge;
            }
            other => panic!("not a greeting: {other:?}"),
        }
        Some(connection)
    }

    pub(crate) async fn send(&mut self, frame: &ClientFrame) {
        self.try_send(frame).await.expect("the relay takes it");
    }

    pub(crate) async fn try_send(&mut self, frame: &ClientFrame) -> Result<(), Error> {
        self.raw(Message::Binary(encode(frame).into())).await
    }

    pub(crate) async fn raw(&mut self, message: Message) -> Result<(), Error> {
        tokio::time::timeout(PATIENCE, self.socket.send(message)).await.expect("the relay reads in time")
    }

    pub(crate) async fn receive(&mut self) -> RelayFrame {
        self.try_receive().await.expect("the session goes on")
    }

    /// The next frame, or `None` when the session is over.
    pub(crate) async fn try_receive(&mut self) -> Option<RelayFrame> {
        loop {
            let message =
                tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("an answer in time");
            match message?.ok()? {
                Message::Binary(bytes) => {
                    return Some(decode(&bytes, limits::MAX_FRAME).expect("a frame of the protocol"));
                }
                Message::Close(_) => return None,
                _ => {}
            }
        }
    }

    /// The next WebSocket message, whatever it is.
    pub(crate) async fn message(&mut self) -> Option<Message> {
        self.socket.next().await?.ok()
    }

    /// Whether nothing comes for a little while.
    pub(crate) async fn is_quiet(&mut self) -> bool {
        tokio::time::timeout(Duration::from_millis(100), self.socket.next()).await.is_err()
    }

    /// Sends a request and returns its answer.
    pub(crate) async fn ask(&mut self, frame: &ClientFrame) -> RelayFrame {
        self.send(frame).await;
        self.receive().await
    }

    pub(crate) async fn expect_error(&mut self, code: ErrorCode) {
        assert_eq!(self.receive().await, RelayFrame::Error { code });
    }

    pub(crate) async fn expect_end(&mut self) {
        assert_eq!(self.try_receive().await, None, "the session is over");
    }
}

/// A conversation whose secrets follow from its epochs.
pub(crate) struct Conversation(pub(crate) ChannelId);

impl Conversation {
    pub(crate) fn state(&self, epoch: u64, members: &[&Device]) -> ChannelState {
        let targets = members
            .iter()
            .map(|device| FanoutTarget { inbox: device.inbox, token: device.token(), relay: None })
            .collect();
        self.state_to(epoch, targets)
    }

    pub(crate) fn state_to(&self, epoch: u64, targets: Vec<FanoutTarget>) -> ChannelState {
        let key = FanoutKey::new([epoch as u8 ^ 0x33; 32]);
        ChannelState {
            epoch,
            post_secret: PostSecret::new([epoch as u8 ^ 0x77; 32]).hash(),
            fanout: key.secret_box().seal(
                &[epoch as u8; 24],
                FanoutKey::CONTEXT,
                &encode(&Fanout { targets }),
            ),
            group_info: Some(Vec::new().into()),
            access: Vec::new(),
        }
    }

    pub(crate) fn create(&self, id: PostId, members: &[&Device]) -> ClientFrame {
        let (state, creator) = (self.state(0, members), members[0]);
        let (inbox, token) = (creator.inbox, creator.token());
        ClientFrame::CreateChannel(CreateChannel { id, channel: self.0, state, inbox, token })
    }

    pub(crate) fn post(&self, id: PostId, epoch: u64, body: &[u8]) -> Post {
        Post {
            id,
            channel: self.0,
            epoch,
            secret: PostSecret::new([epoch as u8 ^ 0x77; 32]),
            fanout_key: FanoutKey::new([epoch as u8 ^ 0x33; 32]),
            body: body.to_vec(),
        }
    }

    /// Asks for what the channel keeps, with the post secret of `epoch`.
    pub(crate) fn fetch(&self, id: PostId, epoch: u64, after: u64) -> ClientFrame {
        let secret = self.post(id, epoch, b"").secret.clone();
        ClientFrame::FetchChannel(FetchChannel { id, channel: self.0, epoch, secret, after })
    }

    pub(crate) fn commit(&self, id: PostId, epoch: u64, members: &[&Device]) -> ClientFrame {
        let post = self.post(id, epoch, b"commit");
        ClientFrame::Commit(Commit { post, next: self.state(epoch + 1, members), welcomes: Vec::new() })
    }
}

/// The n-th request id.
pub(crate) fn id(n: u64) -> PostId {
    let mut bytes = [0x1d; 16];
    bytes[8..].copy_from_slice(&n.to_be_bytes());
    PostId::new(bytes)
}

pub(crate) fn ack(seq: u64) -> ClientFrame {
    ClientFrame::Ack(Ack { seq })
}

/// Origin under which a loopback relay is reached.
pub(crate) fn origin(relay: SocketAddr) -> String {
    format!("http://{relay}")
}
