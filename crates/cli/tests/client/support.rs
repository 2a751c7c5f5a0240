//! Relays and people in processes of their own, and a proxy between them that loses frames on command.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use kuvert_wire::{ClientFrame, RelayFrame, decode, limits};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;

pub(crate) use crate::relay_process::{KUVERT, Relay};

/// Nothing here takes so long, unless something is broken.
const PATIENCE: Duration = Duration::from_secs(30);

impl Relay {
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// Somebody with a profile.
pub(crate) struct Person {
    pub(crate) profile: PathBuf,
    pub(crate) id: String,
}

/// How a command ended.
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// The only result.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{}", self.stderr);
        serde_json::from_str(&self.stdout).expect("JSON")
    }

    /// All results, one per line.
    pub(crate) fn lines(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    /// Code and words of the failure.
    pub(crate) fn failure(&self) -> (String, String) {
        let error: Value = serde_json::from_str(&self.stderr).expect("JSON");
        let of = |key: &str| error["error"][key].as_str().expect("a text").to_owned();
        (of("code"), of("message"))
    }
}

impl Person {
    /// Makes an identity at the relay with this origin.
    pub(crate) fn new(dir: &TempDir, folder: &str, name: &str, origin: &str) -> Self {
        let mut person = Self { profile: dir.path().join(folder), id: String::new() };
        let made = person.run(&["id", "create", "--name", name, "--relay", origin]).json();
        person.id = made["id"].as_str().expect("an ID").to_owned();
        person
    }

    /// Runs a command to its end, with JSON.
    pub(crate) fn run(&self, args: &[&str]) -> Ended {
        ended(self.command(args).arg("--json"))
    }

    /// Runs a command to its end, as people do.
    pub(crate) fn text(&self, args: &[&str]) -> Ended {
        ended(&mut self.command(args))
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(KUVERT);
        command.args(args).arg("--profile").arg(&self.profile).stdin(Stdio::null());
        command
    }

    pub(crate) fn link(&self) -> String {
        self.run(&["link"]).json()["link"].as_str().expect("a link").to_owned()
    }

    /// Asks and is accepted.
    pub(crate) fn befriend(&self, other: &Self) {
        self.run(&["contact", "add", &other.link()]).json();
        assert_eq!(other.run(&["contact", "accept", &self.id]).json()["delivery"], "sent");
        // Fetches the acceptance.
        assert_eq!(self.run(&["contact", "list"]).json()[0]["state"], "accepted");
    }

    pub(crate) fn send(&self, to: &Self, text: &str) {
        assert_eq!(self.run(&["send", &to.id, text]).json()["state"], "sent");
    }

    /// Texts of the next `count` messages that are reported.
    pub(crate) fn hear(&self, count: usize) -> Vec<String> {
        let heard = self.run(&["listen", "--timeout", "20", "--count", &count.to_string()]);
        assert_eq!(heard.code, 0, "{} {}", heard.stdout, heard.stderr);
        texts(&heard.lines())
    }

    /// Texts of the whole conversation.
    pub(crate) fn texts_with(&self, other: &Self) -> Vec<String> {
        let all = self.run(&["history", &other.id, "--limit", "1000"]).json();
        all.as_array().expect("an array").iter().filter_map(text_of).collect()
    }
}

/// Texts of messages and requests among events.
pub(crate) fn texts(events: &[Value]) -> Vec<String> {
    events.iter().filter(|e| e["event"] == "message" || e["event"] == "request").filter_map(text_of).collect()
}

fn text_of(value: &Value) -> Option<String> {
    value["text"].as_str().map(str::to_owned)
}

pub(crate) fn ended(command: &mut Command) -> Ended {
    let output = command.output().expect("the binary runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Ended {
        code: output.status.code().expect("not killed"),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// What a proxy does to frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Passes all of them on.
    Pass,
    /// Loses posts, and all that follows them.
    LosePosts,
    /// Passes posts on; from the first one, nothing comes back.
    LoseAnswers,
}

/// Stands before a relay under an address of its own, which stays when the relay is started again.
pub(crate) struct Proxy {
    pub(crate) origin: String,
    shared: Arc<Shared>,
    lost: mpsc::Receiver<()>,
    _runtime: tokio::runtime::Runtime,
}

struct Shared {
    upstream: Mutex<Option<SocketAddr>>,
    mode: Mutex<Mode>,
    is_mute: Mutex<bool>,
    /// Bytes that requests and answers over HTTP may still have; at 0 they stand still.
    files: Mutex<Option<u64>>,
    /// Bytes that they have had.
    carried: AtomicU64,
    /// Says that a post, or the answer to one, was lost.
    lost: mpsc::Sender<()>,
}

impl Proxy {
    pub(crate) fn start() -> Self {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let origin = format!("http://{}", listener.local_addr().expect("bound"));
        let (sender, lost) = mpsc::channel();
        let shared = Arc::new(Shared {
            upstream: Mutex::new(None),
            mode: Mutex::new(Mode::Pass),
            is_mute: Mutex::new(false),
            files: Mutex::new(None),
            carried: AtomicU64::new(0),
            lost: sender,
        });
        let state = Arc::clone(&shared);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(forward(stream, Arc::clone(&state)));
            }
        });
        Self { origin, shared, lost, _runtime: runtime }
    }

    /// Where to pass on to; `None` refuses everybody.
    pub(crate) fn lead_to(&self, relay: Option<&Relay>) {
        *self.shared.upstream.lock().expect("sound") = relay.map(|relay| relay.address);
    }

    pub(crate) fn set(&self, mode: Mode) {
        *self.shared.mode.lock().expect("sound") = mode;
        *self.shared.is_mute.lock().expect("sound") = false;
        while self.lost.try_recv().is_ok() {}
    }

    /// Lets so many bytes of requests over HTTP and their answers through, then nothing more; `None` for all. Says how
    /// many there were since the last time.
    pub(crate) fn hold_files(&self, after: Option<u64>) -> u64 {
        *self.shared.files.lock().expect("sound") = after;
        while self.lost.try_recv().is_ok() {}
        self.shared.carried.swap(0, Ordering::Relaxed)
    }

    /// Waits until a post, or the answer to one, was lost; or until files stand still.
    pub(crate) fn wait_until_lost(&self) {
        self.lost.recv_timeout(PATIENCE).expect("a post");
    }
}

async fn forward(client: TcpStream, shared: Arc<Shared>) {
    let Some(address) = *shared.upstream.lock().expect("sound") else { return };
    let mut head = [0; 15];
    while client.peek(&mut head).await.is_ok_and(|read| read > 0 && read < head.len()) {
        tokio::task::yield_now().await;
    }
    if &head == b"GET /v1/session" {
        let _ = pass_frames(client, address, &shared).await;
    } else if let Ok(relay) = TcpStream::connect(address).await {
        let (from_client, to_client) = client.into_split();
        let (from_relay, to_relay) = relay.into_split();
        tokio::select! {
            () = carry(from_client, to_relay, &shared) => {}
            () = carry(from_relay, to_client, &shared) => {}
        }
    }
}

/// Passes bytes on one way, as many as may pass.
async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, shared: &Shared) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        let is_held = {
            let mut files = shared.files.lock().expect("sound");
            *files = files.map(|left| left.saturating_sub(read as u64));
            *files == Some(0)
        };
        if is_held {
            let _ = shared.lost.send(());
            std::future::pending::<()>().await;
        }
        shared.carried.fetch_add(read as u64, Ordering::Relaxed);
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

/// Passes frames both ways until one side is gone.
async fn pass_frames(client: TcpStream, address: SocketAddr, shared: &Shared) -> Option<()> {
    let url = format!("ws://{address}/v1/session");
    let (relay, _) = tokio_tungstenite::connect_async(url).await.ok()?;
    let client = tokio_tungstenite::accept_async(client).await.ok()?;
    let (mut to_client, mut from_client) = client.split();
    let (mut to_relay, mut from_relay) = relay.split();
    let upwards = async {
        let mut is_cut = false;
        while let Some(Ok(message)) = from_client.next().await {
            let is_post = matches!(&message, Message::Binary(bytes)
                if matches!(decode(bytes, limits::MAX_FRAME), Ok(ClientFrame::Post(_))));
            let mode = *shared.mode.lock().expect("sound");
            if is_post && mode == Mode::LosePosts {
                is_cut = true;
                let _ = shared.lost.send(());
            } else if is_post && mode == Mode::LoseAnswers {
                *shared.is_mute.lock().expect("sound") = true;
            }
            if !is_cut {
                to_relay.send(message).await.ok()?;
            }
        }
        Some(())
    };
    let downwards = async {
        while let Some(Ok(message)) = from_relay.next().await {
            if !*shared.is_mute.lock().expect("sound") {
                to_client.send(message).await.ok()?;
            } else if let Message::Binary(bytes) = &message
                && let Ok(RelayFrame::Accepted { .. }) = decode(bytes, limits::MAX_FRAME)
            {
                let _ = shared.lost.send(());
            }
        }
        Some(())
    };
    tokio::select! {
        end = upwards => end,
        end = downwards => end,
    }
}
