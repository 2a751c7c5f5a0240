//! Many who come and go at once.

use kuvert_wire::RelayFrame;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::raw::{Raw, UPGRADE};
use crate::support::{Connection, Device, id};
use crate::target::{IDLE, Target};

#[tokio::test]
async fn two_thousand_who_come_and_go_do_not_disturb_those_who_work() {
    const STORMERS: u64 = 8;
    const EACH: u64 = 250;
    let relay = Target::new();
    let address = relay.address;
    let alice = Device::new(1);
    let (mut session, _) = alice.connect(address, 0).await;
    let mut storm = JoinSet::new();
    for stormer in 0..STORMERS {
        storm.spawn(async move {
            for n in 0..EACH {
                match (n + stormer) % 5 {
                    0 => drop(TcpStream::connect(address).await.expect("connects")),
                    1 => {
                        let mut stream = TcpStream::connect(address).await.expect("connects");
                        stream.write_all(UPGRADE.as_bytes()).await.expect("written");
                    }
                    2 => {
                        let session = Raw::open(address).await;
                        session.stream.set_zero_linger().expect("set");
                    }
                    3 => drop(Raw::open(address).await),
                    _ => drop(Device::new(100 + stormer as u8).connect(address, 0).await),
                }
            }
        });
    }
    let mut sender = Connection::open(address).await;
    let mut done = 0;
    while done < 200 || storm.try_join_next().is_some() || !storm.is_empty() {
        done += 1;
        assert_eq!(
            sender.ask(&alice.deposit(id(done), &done.to_be_bytes())).await,
            RelayFrame::Accepted { id: id(done), seq: 0 }
        );
        assert_eq!(alice.collect(&mut session, done, 1).await.len(), 1);
    }
    relay.expect_calm(IDLE).await;
}

#[tokio::test]
async fn sessions_that_fight_for_one_inbox_lose_no_entry_between_them() {
    // RELAY-2
    const RIVALS: u64 = 10;
    const DEPOSITS: u64 = 300;
    let relay = Target::new();
    let address = relay.address;
    let alice = Device::new(1);
    drop(alice.connect(address, 0).await);
    let mut rivals = JoinSet::new();
    for _ in 0..RIVALS {
        rivals.spawn(async move {
            let alice = Device::new(1);
            for _ in 0..20 {
                // Takes over, holds nothing durably, and acknowledges nothing.
                let mut session = Connection::open(address).await;
                let proof = alice.proof(&crate::support::origin(address), &session.challenge, 0, false);
                let _ = session.try_send(&proof).await;
                let mut last = 0;
                while let Some(frame) = session.try_receive().await {
                    match frame {
                        RelayFrame::Entries(entries) => {
                            assert_eq!(entries.first, last + 1, "entries come in order, from the first on");
                            last += entries.sealed.len() as u64;
                        }
                        RelayFrame::Live => break,
                        _ => {}
                    }
                }
            }
        });
    }
    let mut sender = Connection::open(address).await;
    for n in 1..=DEPOSITS {
        let accepted = RelayFrame::Accepted { id: id(n), seq: 0 };
        assert_eq!(sender.ask(&alice.deposit(id(n), &n.to_be_bytes())).await, accepted);
    }
    rivals.join_all().await;
    let (mut session, _) = alice.connect(address, 0).await;
    assert_eq!(alice.collect(&mut session, 1, DEPOSITS as usize).await.len(), DEPOSITS as usize);
    relay.expect_calm(IDLE).await;
}
