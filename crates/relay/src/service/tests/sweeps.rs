//! What is too old goes, in parts, and what is used stays.

use super::*;

#[test]
fn what_nobody_used_goes_with_everything_in_it() {
    // RELAY-5: INBOX_DAYS, CHANNEL_DAYS
    let (mut bench, alice, bob) = (Bench::new(), Device::new(1), Device::new(2));
    let conversation = Conversation(ChannelId::new([9; 16]));
    bench.apply(&alice.own(0));
    bench.apply(&bob.own(0));
    bench.frame(&deposit(alice.inbox, &alice.deposit_key, 1));
    bench.frame(&packages(&alice, 2, &[b"one", b"two"], Some(b"last")));
    bench.frame(&conversation.create(3, &alice, conversation.state(0, &[&alice])));
    let mut commit = conversation.commit(4, 0, &[]);
    commit.next.group_info = None;
    assert_eq!(bench.frame(&request(Request::Commit(Box::new(commit)))), accepted(4, 1));
    let revoke = RevokeTokens { id: id(5), nonces: vec![TokenNonce::new([1; 16])] };
    bench.frame(&request(Request::RevokeTokens(alice.inbox, revoke)));
    let card = kuvert_wire::CardId::new([5; 16]);
    let (admission, record) = (admission(&alice), b"card".to_vec());
    bench.apply(&Op::PutCard { admission, card, version: 1, record });

    let begin = bench.today;
    bench.today = Day(begin.0 + limits::INBOX_DAYS);
    bench.apply(&bob.own(0));
    bench.today = Day(begin.0 + limits::INBOX_DAYS + 1);
    sweep(&mut bench);
    let left = |bench: &Bench, table| bench.store.keys(table, b"", 10).expect("reads").len();
    assert_eq!(left(&bench, Table::Inboxes), 1, "bob was here");
    for table in [
        Table::Queue,
        Table::Packages,
        Table::Channels,
        Table::Fanouts,
        Table::GroupInfos,
        Table::Healing,
        Table::Handshakes,
        Table::Revoked,
        Table::Repeats,
    ] {
        assert_eq!(left(&bench, table), 0, "{table:?}");
    }
    assert_eq!(left(&bench, Table::Cards), 1);
    bench.today = Day(begin.0 + limits::CARD_DAYS + 1);
    sweep(&mut bench);
    assert_eq!(left(&bench, Table::Cards), 0);
}

#[test]
fn an_inbox_whose_owner_stays_connected_and_reads_is_used() {
    let (mut bench, alice) = (Bench::new(), Device::new(1));
    bench.apply(&alice.own(0));
    bench.today.0 += limits::INBOX_DAYS;
    bench.frame(&deposit(alice.inbox, &alice.deposit_key, 1));
    bench.apply(&Op::Ack { inbox: alice.inbox, seq: 1 });
    bench.today.0 += 1;
    sweep(&mut bench);
    assert!(bench.store.inbox(alice.inbox).expect("reads").is_some());
}

#[test]
fn a_sweep_lets_requests_pass_in_between() {
    // RELAY-5: MAX_SWEEP
    let mut bench = Bench::new();
    let mut tx = Tx::new(&*bench.store);
    for n in 0..=limits::MAX_SWEEP as u64 {
        let old = [bench.today.minus(10).0.to_be_bytes().as_slice(), &n.to_be_bytes()].concat();
        tx.put(Table::Repeats, old, Vec::new());
    }
    tx.commit().expect("commits");
    let Answer::Swept(more) = bench.apply(&Op::Sweep(SweepFrom::default())) else { panic!("a sweep") };
    assert_eq!(bench.store.keys(Table::Repeats, b"", 10).expect("reads").len(), 1);
    bench.apply(&Op::Sweep(more.expect("there is more")));
    assert_eq!(bench.store.keys(Table::Repeats, b"", 10).expect("reads").len(), 0);
}

#[test]
fn a_sweep_that_removes_much_lets_requests_pass_in_between() {
    // RELAY-5: MAX_SWEEP_BYTES
    let mut bench = Bench::new();
    let mut tx = Tx::new(&*bench.store);
    let inbox = |n| InboxId::new([n; 16]);
    for n in 0..40 {
        let row = crate::store::InboxRow { next: 2_001, ..inbox_row() };
        tx.put_inbox(inbox(n), &row);
    }
    tx.commit().expect("commits");
    bench.today.0 += limits::INBOX_DAYS + 1;
    let left = |bench: &Bench| bench.store.keys(Table::Inboxes, b"", 100).expect("reads").len();
    let (mut parts, mut next) = (0, Some(SweepFrom::default()));
    while let Some(from) = next {
        let before = left(&bench);
        let Answer::Swept(more) = bench.apply(&Op::Sweep(from)) else { panic!("a sweep") };
        parts += usize::from(left(&bench) < before);
        next = more;
    }
    assert!(parts > 1, "in parts");
    assert_eq!(left(&bench), 0);
}

#[test]
fn an_inbox_whose_owner_stays_connected_and_gets_nothing_is_used() {
    let (mut bench, alice, bob) = (Bench::new(), Device::new(1), Device::new(2));
    bench.apply(&alice.own(0));
    bench.today.0 += limits::INBOX_DAYS;
    bench.apply(&Op::UseInbox(vec![alice.inbox, bob.inbox]));
    bench.today.0 += limits::INBOX_DAYS;
    sweep(&mut bench);
    assert!(bench.store.inbox(alice.inbox).expect("reads").is_some());
    assert!(bench.store.inbox(bob.inbox).expect("reads").is_none(), "none is made");
    bench.today.0 += 1;
    sweep(&mut bench);
    assert!(bench.store.inbox(alice.inbox).expect("reads").is_none());
}

#[test]
fn one_pass_expires_all_of_an_inbox_in_parts() {
    // RELAY-2, RELAY-5: MAX_SWEEP
    let (mut bench, alice) = (Bench::new(), Device::new(1));
    bench.apply(&alice.own(0));
    let total = limits::MAX_SWEEP as u64 * 2 + 5;
    let mut work = bench.service.begin(Tx::new(&*bench.store), bench.today);
    for n in 0..total {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&n.to_be_bytes());
        let (inbox, token, body) = (alice.inbox, alice.token(), vec![1]);
        let envelope = kuvert_wire::Deposit { id: kuvert_wire::PostId::new(id), inbox, token, body };
        work.apply(&request(Request::Deposit(envelope))).expect("the store works");
    }
    work.tx.commit().expect("commits");
    bench.today.0 += limits::ENTRY_DAYS + 1;
    bench.frame(&deposit(alice.inbox, &alice.deposit_key, 1));
    let (mut parts, mut next) = (0, Some(SweepFrom::default()));
    while let Some(from) = next {
        let waited = bench.waiting(&alice).len();
        let Answer::Swept(more) = bench.apply(&Op::Sweep(from)) else { panic!("a sweep") };
        parts += usize::from(bench.waiting(&alice).len() < waited);
        next = more;
    }
    assert_eq!(parts, 3, "requests pass in between");
    let fresh = (total + 1, Entry::Deposit { body: vec![1] });
    assert_eq!(bench.waiting(&alice), [(total, Entry::Gap { lost: total }), fresh]);
}

#[test]
fn expired_entries_become_one_gap_and_a_gap_waits_for_its_owner() {
    // RELAY-2; RELAY-5: ENTRY_DAYS
    let (mut bench, alice) = (Bench::new(), Device::new(1));
    bench.apply(&alice.own(0));
    for n in 1..=3 {
        bench.frame(&deposit(alice.inbox, &alice.deposit_key, n));
    }
    bench.today.0 += limits::ENTRY_DAYS;
    bench.frame(&deposit(alice.inbox, &alice.deposit_key, 4));
    sweep(&mut bench);
    assert_eq!(bench.waiting(&alice).len(), 4, "the last day counts");
    bench.today.0 += 1;
    sweep(&mut bench);
    let fourth = (4, Entry::Deposit { body: vec![4] });
    assert_eq!(bench.waiting(&alice), [(3, Entry::Gap { lost: 3 }), fourth]);
    bench.today.0 += limits::ENTRY_DAYS;
    sweep(&mut bench);
    assert_eq!(bench.waiting(&alice), [(4, Entry::Gap { lost: 4 })]);
    bench.apply(&Op::Ack { inbox: alice.inbox, seq: 4 });
    assert_eq!(bench.waiting(&alice), []);
    bench.frame(&deposit(alice.inbox, &alice.deposit_key, 5));
    assert_eq!(bodies(&bench, &alice), [(5, vec![5])]);
}
