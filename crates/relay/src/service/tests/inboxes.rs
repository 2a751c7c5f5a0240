//! What owners do with their inboxes: revoking, renewing, deleting, and letting them overflow.

use kuvert_wire::{
    ChannelId, DeleteInbox, Deposit, DepositKey, Entry, ErrorCode, PostId, RenewDepositKey, RevokeTokens,
    TokenNonce, limits,
};

use super::super::fixtures::{Bench, Conversation, Device, GENERATION, deposit, id, request};
use super::super::{Answer, Counted, Op, Request};
use super::{accepted, bodies, packages, refused};
use crate::store::{Table, Tx};

fn revoke(device: &Device, n: u8, nonces: Vec<TokenNonce>) -> Op {
    request(Request::RevokeTokens(device.inbox, RevokeTokens { id: id(n), nonces }))
}

fn enveloped(device: &Device, n: u8, nonce: u8) -> Op {
    let token = device.deposit_key.token([nonce; 16]);
    request(Request::Deposit(Deposit { id: id(n), inbox: device.inbox, token, body: vec![n] }))
}

#[test]
fn a_revoked_token_opens_nothing_and_others_still_do() {
    let (mut bench, alice) = (Bench::new(), Device::new(1));
    bench.apply(&alice.own(0));
    bench.frame(&packages(&alice, 1, &[b"one"], None));
    let conversation = Conversation(ChannelId::new([9; 16]));
    bench.frame(&conversation.create(2, &alice, conversation.state(0, &[&alice])));

    assert_eq!(bench.frame(&revoke(&alice, 3, vec![alice.token().nonce()])), accepted(3, 0));
    assert_eq!(bench.frame(&revoke(&alice, 4, vec![TokenNonce::new([3; 16])])), accepted(4, 0));
    assert_eq!(bench.frame(&deposit(alice.inbox, &alice.deposit_key, 5)), refused(5, ErrorCode::BadToken));
    assert_eq!(bench.frame(&alice.take_key_package(6)), refused(6, ErrorCode::BadToken));
    assert_eq!(bench.frame(&enveloped(&alice, 7, 3)), refused(7, ErrorCode::BadToken));
    assert_eq!(bench.frame(&request(Request::Post(conversation.post(8, 0)))), accepted(8, 1));
    assert_eq!(bench.waiting(&alice), [], "a revoked target gets no post");
    assert_eq!(bench.frame(&enveloped(&alice, 9, 4)), accepted(9, 0));
    let mut bench = bench.restart();
    assert_eq!(bench.frame(&deposit(alice.inbox, &alice.deposit_key, 10)), refused(10, ErrorCode::BadToken));
}

#[test]
fn an_inbox_keeps_no_more_revoked_tokens_than_named() {
    // RELAY-5: MAX_REVOKED
    let (mut bench, alice) = (Bench::new(), Device::new(1));
    bench.apply(&alice.own(0));
    let nonces = |range: std::ops::Range<usize>| {
        let nonce = |n: usize| TokenNonce::new((n as u128).to_be_bytes());
        range.map(nonce).collect::<Vec<_>>()
    };
    assert_eq!(bench.frame(&revoke(&alice, 1, nonces(0..limits::MAX_REVOKED))), accepted(1, 0));
    assert_eq!(bench.frame(&revoke(&alice, 2, nonces(5..10))), accepted(2, 0), "those are there already");
    let beyond = nonces(limits::MAX_REVOKED..limits::MAX_REVOKED + 1);
    assert_eq!(bench.frame(&revoke(&alice, 3, beyond.clone())), refused(3, ErrorCode::TooLarge));

    let deposit_key = DepositKey::new([99; 32]);
    let renew = RenewDepositKey { id: id(4), deposit_key: deposit_key.clone() };
    assert_eq!(bench.frame(&request(Request::RenewDepositKey(alice.inbox, renew))), accepted(4, 0));
    assert_eq!(bench.frame(&deposit(alice.inbox, &alice.deposit_key, 5)), refused(5, ErrorCode::BadToken));
    assert_eq!(bench.frame(&deposit(alice.inbox, &deposit_key, 6)), accepted(6, 0));
    assert_eq!(bench.store.keys(Table::Revoked, b"", 10).expect("reads").len(), 0);
    assert_eq!(bench.frame(&revoke(&alice, 7, beyond)), accepted(7, 0), "the list was cleared");
}

#[test]
fn a_deleted_inbox_leaves_nothing_and_a_new_one_begins_anew() {
    let (mut bench, alice, bob) = (Bench::new(), Device::new(1), Device::new(2));
    bench.apply(&alice.own(0));
    bench.apply(&bob.own(0));
    bench.frame(&deposit(alice.inbox, &alice.deposit_key, 1));
    bench.frame(&deposit(bob.inbox, &bob.deposit_key, 2));
    bench.frame(&packages(&alice, 3, &[b"one"], Some(b"last")));
    bench.frame(&revoke(&alice, 4, vec![TokenNonce::new([3; 16])]));
    let first = bench.store.entries(alice.inbox, 0, 1, 1000).expect("reads").expect("one").sealed[0].clone();

    let delete = |n| request(Request::DeleteInbox(alice.inbox, DeleteInbox { id: id(n) }));
    assert_eq!(bench.frame(&delete(5)), accepted(5, 0));
    let left = |bench: &Bench, table| bench.store.keys(table, b"", 10).expect("reads").len();
    assert_eq!((left(&bench, Table::Inboxes), left(&bench, Table::Queue)), (1, 1), "those of bob");
    assert_eq!((left(&bench, Table::Packages), left(&bench, Table::Revoked)), (0, 0));
    assert_eq!(bench.frame(&delete(6)), refused(6, ErrorCode::NoSuchInbox));
    assert_eq!(bench.frame(&deposit(alice.inbox, &alice.deposit_key, 7)), refused(7, ErrorCode::NoSuchInbox));

    let Answer::Owned { owned, last, .. } = bench.apply(&alice.own(1)) else { panic!("owned") };
    assert_eq!((owned.created, owned.acknowledged, last), (true, 0, 0));
    bench.frame(&deposit(alice.inbox, &alice.deposit_key, 8));
    assert_eq!(bodies(&bench, &alice), [(1, vec![8])]);
    let second = bench.store.entries(alice.inbox, 0, 1, 1000).expect("reads").expect("one").sealed[0].clone();
    assert_ne!(first[..32], second[..32], "seq 1 was used under the first key");
}

#[test]
fn an_inbox_beyond_its_bytes_replaces_as_many_as_needed_by_one_gap() {
    // RELAY-2, RELAY-5: MAX_INBOX_BYTES
    let (mut bench, alice) = (Bench::new(), Device::new(1));
    bench.apply(&alice.own(0));
    let envelope = |n: u64, size: usize| {
        let mut id = [0xee; 16];
        id[..8].copy_from_slice(&n.to_be_bytes());
        let (inbox, token) = (alice.inbox, alice.token());
        request(Request::Deposit(Deposit { id: PostId::new(id), inbox, token, body: vec![n as u8; size] }))
    };
    for n in 1..=20 {
        bench.frame(&envelope(n, 1000));
    }
    let row = |bench: &Bench| bench.store.inbox(alice.inbox).expect("reads").expect("an inbox");
    let waiting = row(&bench).bytes();
    assert!((20_000..22_000).contains(&waiting));
    // As if the last of them filled the inbox.
    let mut tx = Tx::new(&*bench.store);
    let mut full = row(&bench);
    full.next_bytes += limits::MAX_INBOX_BYTES - waiting;
    tx.put_inbox(alice.inbox, &full);
    tx.commit().expect("commits");

    bench.frame(&envelope(21, 2900));
    let after = bench.waiting(&alice);
    assert_eq!((after.len(), &after[0]), (19, &(3, Entry::Gap { lost: 3 })), "three of 1000 for one of 2900");
    let bytes = row(&bench).bytes();
    assert!((limits::MAX_INBOX_BYTES - 1100..=limits::MAX_INBOX_BYTES).contains(&bytes), "and not one more");
    bench.frame(&envelope(22, 10));
    assert_eq!(bench.waiting(&alice).len(), 20, "there is room for a small one");

    for n in 23..=28 {
        // A little more than what is free and one of 1000 together: the gap's own bytes decide.
        let free = (limits::MAX_INBOX_BYTES - row(&bench).bytes()) as usize;
        bench.frame(&envelope(n, free + 1000 + 5 * (n as usize - 22)));
        assert!(row(&bench).bytes() <= limits::MAX_INBOX_BYTES, "the gap counts, too");
    }

    bench.apply(&Op::Ack { inbox: alice.inbox, seq: 20 });
    assert!(row(&bench).bytes() < limits::MAX_INBOX_BYTES / 2, "an acknowledgement frees what it removes");
    bench.apply(&Op::Ack { inbox: alice.inbox, seq: 28 });
    assert_eq!(row(&bench).bytes(), 0);
}

#[test]
fn owning_says_what_counts_as_acknowledged() {
    let (mut bench, alice) = (Bench::new(), Device::new(1));
    bench.apply(&alice.own(0));
    for n in 1..=3 {
        bench.frame(&deposit(alice.inbox, &alice.deposit_key, n));
    }
    let mut acknowledged = |seq| match bench.apply(&alice.own(seq)) {
        Answer::Owned { owned, .. } => owned.acknowledged,
        other => panic!("not owned: {other:?}"),
    };
    assert_eq!(acknowledged(2), 2);
    assert_eq!(acknowledged(1), 2);
    assert_eq!(acknowledged(500), 2, "what was never given out was not acknowledged");
    assert_eq!(acknowledged(3), 3);
}

#[test]
fn what_was_counted_in_another_generation_acknowledges_nothing() {
    // RELAY-2: a restored relay gives out again the seqs that an owner knows, for other entries.
    let (mut bench, alice) = (Bench::new(), Device::new(1));
    bench.apply(&alice.own(0));
    for n in 1..=3 {
        bench.frame(&deposit(alice.inbox, &alice.deposit_key, n));
    }
    let owned = |bench: &mut Bench, generation| {
        let counted = Counted { acknowledged: 2, generation };
        match bench.apply(&Op::Own { inbox: alice.inbox, counted, create: None }) {
            Answer::Owned { owned, .. } => (owned.acknowledged, owned.generation),
            other => panic!("not owned: {other:?}"),
        }
    };
    assert_eq!(owned(&mut bench, None), (0, GENERATION));
    bench.store.begin_generation().expect("writes");
    let (acknowledged, restored) = owned(&mut bench, Some(GENERATION));
    assert_eq!(acknowledged, 0);
    assert_ne!(restored, GENERATION);
    assert_eq!(bench.waiting(&alice).len(), 3);
    assert_eq!(owned(&mut bench, Some(restored)), (2, restored));
    assert_eq!(bench.waiting(&alice).len(), 1);
    let mut bench = bench.restart();
    assert_eq!(owned(&mut bench, Some(restored)), (2, restored), "a restart begins no generation");
}

#[test]
fn a_generation_begins_with_the_first_inbox_and_stays() {
    let (mut bench, alice, bob) = (Bench::without_generation(), Device::new(1), Device::new(2));
    let mut generation = |device: &Device| match bench.apply(&device.own(0)) {
        Answer::Owned { owned, .. } => owned.generation,
        other => panic!("not owned: {other:?}"),
    };
    let first = generation(&alice);
    assert_eq!(generation(&bob), first);
    assert_eq!(bench.store.generation().expect("reads"), Some(first));
    assert_ne!(first, GENERATION);
}
