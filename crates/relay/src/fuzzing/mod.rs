//! Sessions that are fed arbitrary bytes, for the fuzz target `session` and for the test that replays its corpus.
//!
//! The bytes are a script (see [`script`]): bytes, WebSocket frames and requests of a few devices, on up to
//! [`MAX_CLIENTS`] connections, over a store in memory whose disk fails on command. Everything but the sockets is what
//! runs in a relay: framing, sessions, service, writer. Whatever the script says, nothing panics, what the relay sends
//! can be read, every entry opens for its owner, and entries come in order and once.

mod client;
mod people;
mod script;

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::{JoinSet, yield_now};

use crate::Config;
use crate::metrics::Metrics;
use crate::networks::Networks;
use crate::service::{Op, Registration, Service};
use crate::session::{Context, Phase, Sessions, Transport, serve};
use crate::store::Memory;
use crate::store::faulty::Faulty;
use crate::writer::Writer;
use client::Client;
use people::ORIGIN;
use script::{Script, Step};

/// Connections that one script may hold at one time.
const MAX_CLIENTS: usize = 4;
/// Steps of one script.
const MAX_STEPS: usize = 200;
/// Bytes that a pipe between client and session takes.
const PIPE: usize = 64 * 1024;

thread_local! {
    static RUNTIME: RefCell<Runtime> = RefCell::new(
        tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime"),
    );
}

/// Runs the script that `bytes` are.
///
/// # Panics
/// If the relay breaks one of its promises.
pub fn session(bytes: &[u8]) {
    RUNTIME.with_borrow(|runtime| runtime.block_on(run(Script::new(bytes))));
}

/// A relay without sockets.
struct Stage {
    store: Arc<Faulty>,
    context: Context,
    /// Keeps the sessions from ending.
    _phase: watch::Sender<Phase>,
    sessions: JoinSet<()>,
}

impl Stage {
    fn new() -> Self {
        let store = Arc::new(Faulty::over(Arc::new(Memory::default())));
        let service = Service::new(vec![ORIGIN.into()], Registration::Open);
        let (sessions, metrics) = (Arc::new(Sessions::default()), Arc::new(Metrics::default()));
        let writer =
            Writer::start(Arc::clone(&store) as _, service, Arc::clone(&sessions), Arc::clone(&metrics));
        let config = Config::new("data").expect("defaults");
        let networks = Networks::new(&config, Arc::clone(&metrics));
        let (phase, phases) = watch::channel(Phase::Open);
        let context = Context {
            relay_key: None,
            push_key: None,
            store: Arc::clone(&store) as _,
            writer: Arc::new(writer.expect("a thread")),
            sessions,
            origins: [ORIGIN.to_owned()].into(),
            phase: phases,
            room: Arc::default(),
            metrics,
            network: networks.of(std::net::Ipv4Addr::LOCALHOST.into()),
        };
        Self { store, context, _phase: phase, sessions: JoinSet::new() }
    }

    fn connect(&mut self, read_ahead: Vec<u8>) -> Client {
        let (near, far) = tokio::io::duplex(PIPE);
        self.sessions.spawn(serve(Transport::Pipe(far), read_ahead, self.context.clone()));
        Client::new(near)
    }

    /// Lets the sessions read what was sent, and the writer do what they ask for.
    async fn settle(&self) {
        yield_now().await;
        yield_now().await;
        let _ = self.context.writer.perform(Op::UseInbox(Vec::new()), 0).await;
        yield_now().await;
        yield_now().await;
    }
}

async fn run(mut script: Script<'_>) {
    let mut stage = Stage::new();
    let mut clients = vec![stage.connect(Vec::new())];
    let mut current = 0;
    for _ in 0..MAX_STEPS {
        let Some(step) = script.step() else { break };
        match step {
            Step::Connect(read_ahead) if clients.len() < MAX_CLIENTS => {
                clients.push(stage.connect(read_ahead));
                current = clients.len() - 1;
            }
            Step::Connect(_) => current = (current + 1) % clients.len(),
            Step::Turn(n) => current = n % clients.len(),
            Step::Vanish => clients[current] = stage.connect(Vec::new()),
            Step::Settle => stage.settle().await,
            Step::Disk(fails) => stage.store.fails.store(fails, Ordering::SeqCst),
            Step::Read => clients[current].read(),
            Step::Send(bytes) => send(&stage, &mut clients[current], &bytes).await,
            Step::Own(own) => {
                stage.settle().await;
                clients[current].read();
                let bytes = clients[current].proof(&own);
                send(&stage, &mut clients[current], &bytes).await;
                stage.settle().await;
            }
        }
    }
    stage.store.fails.store(false, Ordering::SeqCst);
    for client in clients {
        client.leave().await;
    }
    while let Some(ended) = stage.sessions.join_next().await {
        ended.expect("no session panics");
    }
    let writer = Arc::clone(&stage.context.writer);
    // What still waits may be built on a batch that the disk refused.
    let _ = writer.perform(Op::UseInbox(Vec::new()), 0).await;
    assert!(writer.perform(Op::UseInbox(Vec::new()), 0).await.is_ok(), "the writer is still there");
    writer.stop();
    people::check(&*stage.context.store);
}

/// Sends what the session takes; a session that takes nothing loses its client.
async fn send(stage: &Stage, client: &mut Client, mut bytes: &[u8]) {
    for _ in 0..32 {
        let sent = client.send(bytes);
        bytes = &bytes[sent..];
        if bytes.is_empty() {
            return;
        }
        stage.settle().await;
        client.read();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    #[test]
    fn what_the_fuzzer_found_worth_keeping_breaks_nothing() {
        let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/session");
        let mut replayed = 0;
        for file in std::fs::read_dir(corpus).expect("the corpus is kept") {
            super::session(&std::fs::read(file.expect("an entry").path()).expect("a file"));
            replayed += 1;
        }
        assert!(replayed > 0);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn no_script_breaks_a_session(bytes: Vec<u8>) {
            super::session(&bytes);
        }
    }
}
