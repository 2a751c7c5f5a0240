//! RELAY-1 beside the queues: a relay process is killed while it takes a blob, and while it hands over to another relay.

#[allow(dead_code)] // shared with the relay's own tests, which use more of it
#[path = "../../relay/tests/blobs/http.rs"]
mod http;
mod relay_process;
#[allow(dead_code)] // shared with the relay's own tests, which use more of it
#[path = "../../relay/tests/protocol/support.rs"]
mod support;

use std::net::SocketAddr;

use http::{Blob, content, request};
use kuvert_wire::{
    ChannelId, ClientFrame, Entry, FanoutTarget, RelayAddress, RelayFrame, RelayInfo, decode, limits,
};
use relay_process::Relay;
use support::{Connection, Conversation, Device, id};
use tokio::io::AsyncWriteExt;

const ORIGIN: &str = "http://relay.test";

async fn own(relay: SocketAddr, device: &Device, held: u64) -> Connection {
    let mut session = Connection::open(relay).await;
    let proof = device.proof(ORIGIN, &session.challenge, held, true);
    assert!(matches!(session.ask(&proof).await, RelayFrame::Owned(_)));
    session
}

#[tokio::test]
async fn sigkill_at_any_moment_of_an_upload_loses_nothing_that_counted() {
    // RELAY-1
    let dir = tempfile::tempdir().expect("a directory");
    let (alice, blob) = (Device::new(1), Blob::new(1));
    let step = usize::try_from(limits::BLOB_SYNC_EVERY).expect("fits");
    let bytes = content(6 * step);
    let mut counted = 0;
    for round in 0.. {
        let relay = Relay::start(dir.path(), &[ORIGIN]);
        let at = relay.address;
        drop(own(at, &alice, 0).await);
        let announced = blob.announce(at, &alice, bytes.len() as u64).await;
        let (stored, complete) = announced.progress();
        assert!(stored >= counted, "round {round}: what counted is there");
        if complete {
            break;
        }
        assert_eq!(blob.get(at).await.status, 404, "round {round}: half a blob is not served");
        let from = usize::try_from(stored).expect("fits");
        let mut stream = blob.begin_append(at, stored, (bytes.len() - from) as u64).await;
        // A little more in each round, so that each is killed elsewhere between two syncs.
        let until = bytes.len().min(from + step + round * 300_000);
        stream.write_all(&bytes[from..until]).await.expect("taken");
        // Until something of it counts: at the next sync, or at the end.
        while blob.head(at).await.progress().0 == stored {
            tokio::task::yield_now().await;
        }
        counted = blob.head(at).await.progress().0;
        drop(relay);
    }
    let relay = Relay::start(dir.path(), &[ORIGIN]);
    assert!(blob.get(relay.address).await.body == bytes);
}

#[tokio::test]
async fn sigkill_at_any_moment_of_handing_over_loses_and_doubles_nothing() {
    // RELAY-1
    const POSTS: u64 = 300;
    let (dir, other) = (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
    let (alice, bob) = (Device::new(1), Device::new(2));
    let conversation = Conversation(ChannelId::new([9; 16]));
    let receiving = Relay::start_with(other.path(), &[ORIGIN], &["--federation-private-addresses", "true"]);
    drop(own(receiving.address, &bob, 0).await);
    let about = request(receiving.address, "GET", "/v1/relay", &[], b"").await;
    let info: RelayInfo = decode(&about.body, 4096).expect("reads");
    let elsewhere = RelayAddress { origin: format!("http://{}", receiving.address), key: info.key };

    let mut posted = 0;
    let mut round = 0;
    while posted < POSTS {
        let relay =
            Relay::start_with(dir.path(), &["http://here.test"], &["--federation-private-addresses", "true"]);
        let mut sender = Connection::open(relay.address).await;
        if round == 0 {
            let mut session = Connection::open(relay.address).await;
            session.send(&alice.proof("http://here.test", &session.challenge.clone(), 0, true)).await;
            assert!(matches!(session.receive().await, RelayFrame::Owned(_)));
            let ClientFrame::CreateChannel(mut create) = conversation.create(id(0), &[&alice]) else {
                panic!("a creation")
            };
            let target =
                FanoutTarget { inbox: bob.inbox, token: bob.token(), relay: Some(elsewhere.clone()) };
            create.state = conversation.state_to(0, vec![target]);
            sender.ask(&ClientFrame::CreateChannel(create)).await;
        }
        // What was not answered is said again under the same id.
        let until = POSTS.min(posted + 7 + round * 11);
        for n in posted + 1..=until {
            sender.send(&ClientFrame::Post(conversation.post(id(n), 0, &n.to_be_bytes()))).await;
        }
        for n in posted + 1..=until {
            assert_eq!(sender.receive().await, RelayFrame::Accepted { id: id(n), seq: n });
        }
        posted = until;
        round += 1;
        // Killed while some of it is on its way.
        drop(relay);
    }
    let _relay =
        Relay::start_with(dir.path(), &["http://here.test"], &["--federation-private-addresses", "true"]);
    let mut session = own(receiving.address, &bob, 0).await;
    let entries = bob.collect(&mut session, 1, usize::try_from(POSTS).expect("fits")).await;
    for (n, entry) in (1..).zip(entries) {
        assert!(matches!(entry, Entry::Post { seq, .. } if seq == n), "in order, each once: {n}");
    }
}
