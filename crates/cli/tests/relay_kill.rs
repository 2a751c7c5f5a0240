//! RELAY-1: accepted is durable. A relay process is killed again and again while a client posts and deposits.

#[allow(dead_code)] // shared with the relay's own tests, which use more of it
#[path = "../../relay/tests/protocol/support.rs"]
mod support;

mod relay_process;

use std::collections::HashSet;

use kuvert_wire::{ChannelId, ClientFrame, Entry, Generation, RelayFrame};
use relay_process::Relay;
use support::{Connection, Conversation, Device, id};

const ROUNDS: u64 = 20;
/// Requests that one round would make if it were left alone.
const REQUESTS: u64 = 400;

/// The request numbered `n`: by turns a deposit to alice and a post to alice and bob.
fn request(conversation: &Conversation, alice: &Device, n: u64) -> ClientFrame {
    if n.is_multiple_of(2) {
        alice.deposit(id(n), &n.to_be_bytes())
    } else {
        ClientFrame::Post(conversation.post(id(n), 0, &n.to_be_bytes()))
    }
}

fn number(entry: &Entry) -> u64 {
    match entry {
        Entry::Deposit { body } | Entry::Post { body, .. } => {
            u64::from_be_bytes(body.as_slice().try_into().expect("a number"))
        }
        other => panic!("never sent: {other:?}"),
    }
}

/// What a device knows of its inbox.
struct Held {
    /// The seq after the last one that it holds.
    next: u64,
    generation: Option<Generation>,
}

/// Owns an inbox of which the device holds everything up to where `held` says, takes and acknowledges what waits, and returns its
/// numbers with their seqs.
async fn drain(relay: &Relay, origin: &str, device: &Device, held: &mut Held) -> Vec<(u64, u64)> {
    let mut session = Connection::open(relay.address).await;
    let mut proof = device.proof(origin, &session.challenge, held.next - 1, true);
    if let ClientFrame::Own(own) = &mut proof {
        own.generation = held.generation;
    }
    let RelayFrame::Owned(owned) = session.ask(&proof).await else { panic!("not owned") };
    assert!(held.generation.is_none_or(|known| known == owned.generation), "a kill begins no generation");
    held.generation = Some(owned.generation);
    device.drain(&mut session).await.iter().map(|(seq, entry)| (*seq, number(entry))).collect()
}

/// Sends requests without waiting for answers until the relay is gone; returns the numbers that it accepted.
async fn send_until_killed(
    relay: Relay,
    conversation: &Conversation,
    alice: &Device,
    round: u64,
) -> Vec<u64> {
    let mut sender = Connection::open(relay.address).await;
    let begin = 1 + round * REQUESTS;
    // Early, late and in between; always with requests under way.
    let kill_after = 1 + (round * 37) % (REQUESTS / 2);
    let mut accepted = Vec::new();
    for n in begin..begin + REQUESTS / 2 {
        sender.send(&request(conversation, alice, n)).await;
    }
    let mut relay = Some(relay);
    while let Some(frame) = sender.try_receive().await {
        let RelayFrame::Accepted { id: answered, .. } = frame else { panic!("not accepted: {frame:?}") };
        let n = begin + accepted.len() as u64;
        assert_eq!(answered, id(n), "answers come in the order of the requests");
        accepted.push(n);
        if accepted.len() as u64 == kill_after {
            drop(relay.take());
        } else if relay.is_some() && accepted.len() as u64 <= REQUESTS / 2 {
            let next = begin + REQUESTS / 2 + accepted.len() as u64 - 1;
            let _ = sender.try_send(&request(conversation, alice, next)).await;
        }
    }
    assert!(accepted.len() as u64 >= kill_after);
    accepted
}

#[tokio::test]
async fn sigkill_at_any_moment_loses_no_accepted_envelope_and_doubles_none() {
    // RELAY-1
    let dir = tempfile::tempdir().expect("a directory");
    let origin = "http://relay.test";
    let (alice, bob) = (Device::new(1), Device::new(2));
    let conversation = Conversation(ChannelId::new([9; 16]));
    let mut held = [(); 2].map(|()| Held { next: 1, generation: None });
    {
        let relay = Relay::start(dir.path(), &[origin]);
        drain(&relay, origin, &alice, &mut held[0]).await;
        drain(&relay, origin, &bob, &mut held[1]).await;
        let mut creator = Connection::open(relay.address).await;
        creator.ask(&conversation.create(id(0), &[&alice, &bob])).await;
    }
    for round in 0..ROUNDS {
        let relay = Relay::start(dir.path(), &[origin]);
        let accepted = send_until_killed(relay, &conversation, &alice, round).await;

        let relay = Relay::start(dir.path(), &[origin]);
        // Repeats of what was accepted are answered alike and stored no second time.
        let mut sender = Connection::open(relay.address).await;
        let last = *accepted.last().expect("something was accepted");
        assert!(matches!(
            sender.ask(&request(&conversation, &alice, last)).await,
            RelayFrame::Accepted { .. }
        ));
        let posts = |numbers: &[u64]| numbers.iter().copied().filter(|n| n % 2 == 1).collect::<Vec<_>>();
        for (place, (device, due)) in
            [(&alice, accepted.clone()), (&bob, posts(&accepted))].into_iter().enumerate()
        {
            let waiting = drain(&relay, origin, device, &mut held[place]).await;
            let numbers: Vec<u64> = waiting.iter().map(|(_, n)| *n).collect();
            assert_eq!(numbers[..due.len()], due, "round {round}: everything accepted is there, in order");
            assert!(numbers.is_sorted(), "round {round}: in order");
            assert_eq!(numbers.iter().collect::<HashSet<_>>().len(), numbers.len(), "round {round}: once");
            for (seq, _) in &waiting {
                assert_eq!(*seq, held[place].next, "round {round}: seqs have no hole (RELAY-2)");
                held[place].next += 1;
            }
            // What lies beyond was stored, and its answer cut off: its sender repeats it under the same id.
        }
    }
}
