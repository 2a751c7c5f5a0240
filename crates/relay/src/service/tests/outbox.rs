//! What waits for other relays, and what comes from them.

use std::collections::HashSet;
use std::sync::Arc;

use kuvert_wire::{
    ChannelId, Entry, ErrorCode, Fanout, FanoutTarget, ForeignDeposit, RelayAddress, RelayKeyPair,
    SealedDeposit, WelcomeDeposit, limits,
};

use super::super::fixtures::{Bench, Conversation, Device, id, request};
use super::super::{Answer, Op, Outbox, OutboxAnswer, OutboxOp, Registration, Request, Service};
use super::{accepted, refused, sweep};
use crate::federation::{RelayName, Wakes};
use crate::store::{OutboxRow, RelayRow, Table, outbox_key};

const CHANNEL: Conversation = Conversation(ChannelId::new([9; 16]));

fn relay(n: u8) -> (RelayKeyPair, RelayAddress) {
    let pair = RelayKeyPair::from_bytes([n; 32]);
    let address = RelayAddress { origin: format!("https://relay{n}.example"), key: pair.public() };
    (pair, address)
}

fn there(device: &Device, relay: &RelayAddress) -> FanoutTarget {
    FanoutTarget { inbox: device.inbox, token: device.token(), relay: Some(relay.clone()) }
}

/// A relay with a channel for these targets.
fn bench(targets: Vec<FanoutTarget>) -> Bench {
    let mut bench = Bench::new();
    let service = Service::new(vec!["http://here".into()], Registration::Open);
    bench.service = service.with_outbox(Some(Outbox::new(Arc::new(Wakes::default()), false)));
    let alice = Device::new(1);
    bench.apply(&alice.own(0));
    let state = CHANNEL.state_to(0, &Fanout { targets });
    assert_eq!(bench.frame(&CHANNEL.create(0, &alice, state)), accepted(0, 0));
    bench
}

fn post(bench: &mut Bench, n: u8, seq: u64) {
    assert_eq!(bench.frame(&request(Request::Post(CHANNEL.post(n, 0)))), accepted(n, seq));
}

fn relay_row(bench: &Bench, address: &RelayAddress) -> Option<RelayRow> {
    bench.store.row(Table::Relays, RelayName::of(&address.origin).as_bytes()).expect("reads")
}

fn rows(bench: &Bench, address: &RelayAddress) -> Vec<OutboxRow> {
    let Some(row) = relay_row(bench, address) else { return Vec::new() };
    let name = RelayName::of(&address.origin);
    let read = |place| bench.store.row(Table::Outbox, &outbox_key(name, place)).expect("reads");
    (row.head..row.next).map(|place| read(place).expect("no hole")).collect()
}

fn opened(pair: &RelayKeyPair, rows: &[OutboxRow]) -> Vec<ForeignDeposit> {
    rows.iter().map(|row| pair.open(&SealedDeposit { bytes: row.sealed.clone() }).expect("opens")).collect()
}

fn delivered(bench: &mut Bench, address: &RelayAddress, until: u64) {
    let relay = RelayName::of(&address.origin);
    let answer = bench.apply(&Op::Outbox(OutboxOp::Delivered { relay, until }));
    assert_eq!(answer, Answer::Outbox(OutboxAnswer::Done));
}

fn seqs(deposits: &[ForeignDeposit]) -> Vec<u64> {
    let seq = |deposit: &ForeignDeposit| match deposit.entry {
        Entry::Post { seq, .. } => seq,
        Entry::Missed { lost: 1, channel } if channel == CHANNEL.0 => 0,
        _ => panic!("neither a post nor a notice"),
    };
    deposits.iter().map(seq).collect()
}

#[test]
fn a_post_waits_for_each_relay_once_with_all_of_its_targets() {
    let ((first, here), (second, there_too)) = (relay(1), relay(2));
    let (bob, carol) = (Device::new(2), Device::new(3));
    let mut targets =
        vec![there(&bob, &here), there(&carol, &here), there(&bob, &here), there(&bob, &there_too)];
    for bad in ["http://relay.example", "https://relay.example/path", "http://here", "nonsense"] {
        targets.push(there(&bob, &RelayAddress { origin: bad.into(), ..here.clone() }));
    }
    let mut bench = bench(targets);
    post(&mut bench, 1, 1);
    let (one, two) = (opened(&first, &rows(&bench, &here)), opened(&second, &rows(&bench, &there_too)));
    let inboxes = |deposit: &ForeignDeposit| deposit.targets.iter().map(|t| t.inbox).collect::<Vec<_>>();
    assert_eq!((one.len(), inboxes(&one[0])), (1, vec![bob.inbox, carol.inbox]));
    assert_eq!((two.len(), inboxes(&two[0])), (1, vec![bob.inbox]));
    assert_eq!(one[0].entry, two[0].entry);
    assert_ne!(one[0].id, two[0].id);
    let listed = bench.store.keys(Table::Relays, &[], 10).expect("reads");
    assert_eq!(listed.len(), 2, "nothing waits for what is no relay's origin");
}

#[test]
fn a_welcome_for_another_relay_waits_there_together_with_its_commit_or_there_is_no_commit() {
    // RELAY-3
    let (pair, address) = relay(1);
    let (alice, bob, carol) = (Device::new(1), Device::new(2), Device::new(3));
    let mut bench = bench(vec![there(&carol, &address)]);
    let welcome = |device: &Device, relay| WelcomeDeposit {
        inbox: device.inbox,
        token: device.token(),
        body: b"welcome".to_vec(),
        relay,
    };
    let mut commit = CHANNEL.commit(1, 0, &[&alice]);
    let nowhere = RelayAddress { origin: "http://relay.example".into(), ..address.clone() };
    for (bad, code) in [(Some(nowhere), ErrorCode::NoSuchRelay), (None, ErrorCode::BadToken)] {
        commit.welcomes = vec![welcome(&bob, Some(address.clone())), welcome(&bob, bad)];
        let asked = request(Request::Commit(Box::new(commit.clone())));
        assert_eq!(bench.frame(&asked), refused(1, code));
        assert!(rows(&bench, &address).is_empty());
    }
    // One who is here after all is welcomed here.
    let here = RelayAddress { origin: "http://here".into(), ..address.clone() };
    commit.welcomes = vec![welcome(&bob, Some(address.clone())), welcome(&alice, Some(here))];
    assert_eq!(bench.frame(&request(Request::Commit(Box::new(commit)))), accepted(1, 1));
    let waiting = opened(&pair, &rows(&bench, &address));
    let to = |deposit: &ForeignDeposit| deposit.targets.iter().map(|t| t.inbox).collect::<Vec<_>>();
    assert_eq!(waiting.iter().map(to).collect::<Vec<_>>(), [[carol.inbox], [bob.inbox]]);
    assert!(matches!(waiting[0].entry, Entry::Commit { seq: 1, .. }));
    let body = b"welcome".to_vec();
    assert_eq!(waiting[1].entry, Entry::Deposit { body: body.clone() });
    assert_eq!(bench.waiting(&alice), [(1, Entry::Deposit { body })]);
}

#[test]
fn many_targets_at_one_relay_are_several_deposits() {
    // RELAY-5: MAX_FOREIGN_TARGETS
    let (pair, address) = relay(1);
    let devices: Vec<Device> =
        (0..=limits::MAX_FOREIGN_TARGETS).map(|n| Device::new(u8::try_from(n).expect("few"))).collect();
    let mut bench = bench(devices.iter().map(|device| there(device, &address)).collect());
    post(&mut bench, 1, 1);
    let counts: Vec<_> = opened(&pair, &rows(&bench, &address)).iter().map(|d| d.targets.len()).collect();
    assert_eq!(counts, [limits::MAX_FOREIGN_TARGETS, 1]);
}

#[test]
fn rows_hold_no_inbox_token_or_body_and_nothing_that_links_two_relays() {
    // RELAY-4
    let ((_, first), (_, second)) = (relay(1), relay(2));
    let bob = Device::new(2);
    let mut bench = bench(vec![there(&bob, &first), there(&bob, &second)]);
    let mut long = CHANNEL.post(1, 0);
    long.body = (0..=255).collect();
    bench.frame(&request(Request::Post(long)));
    let bytes = |address| -> Vec<u8> {
        let row = &rows(&bench, address)[0];
        [row.sealed.as_slice(), row.missed.as_ref().expect("a notice")].concat()
    };
    let (one, two) = (bytes(&first), bytes(&second));
    for needle in [
        bob.inbox.as_bytes().as_slice(),
        &bob.token().as_bytes()[..16],
        &bob.token().as_bytes()[16..],
        CHANNEL.0.as_bytes(),
        &(0..16).collect::<Vec<u8>>(),
    ] {
        assert!(!one.windows(needle.len()).any(|window| window == needle));
    }
    // But for the counter of deposits, which is mostly zeros.
    let stretches = |bytes: &[u8]| -> HashSet<Vec<u8>> {
        bytes.windows(8).filter(|w| w.iter().filter(|b| **b == 0).count() < 3).map(<[u8]>::to_vec).collect()
    };
    assert!(stretches(&one).is_disjoint(&stretches(&two)));
}

#[test]
fn what_was_delivered_is_gone_and_a_relay_for_which_nothing_waits_is_forgotten() {
    let (pair, address) = relay(1);
    let mut bench = bench(vec![there(&Device::new(2), &address)]);
    for n in 1..=3 {
        post(&mut bench, n, n.into());
    }
    let first = relay_row(&bench, &address).expect("a row");
    delivered(&mut bench, &address, first.head + 2);
    assert_eq!(seqs(&opened(&pair, &rows(&bench, &address))), [3]);
    delivered(&mut bench, &address, first.head + 1);
    assert_eq!(rows(&bench, &address).len(), 1, "late news changes nothing");
    delivered(&mut bench, &address, first.next);
    assert_eq!(relay_row(&bench, &address), None);
    assert_eq!(bench.store.keys(Table::Outbox, &[], 10).expect("reads").len(), 0);

    post(&mut bench, 4, 4);
    delivered(&mut bench, &address, first.next);
    assert_eq!(seqs(&opened(&pair, &rows(&bench, &address))), [4], "news of former rows means none of these");
}

#[test]
fn what_is_too_old_becomes_a_notice_and_then_goes() {
    // RELAY-5: OUTBOX_DAYS, OUTBOX_NOTICE_DAYS
    let (pair, address) = relay(1);
    let mut bench = bench(vec![there(&Device::new(2), &address)]);
    let began = bench.today;
    post(&mut bench, 1, 1);
    post(&mut bench, 2, 2);
    bench.today = began.plus(1);
    post(&mut bench, 3, 3);
    let mut left = |days| {
        bench.today = began.plus(days);
        sweep(&mut bench);
        seqs(&opened(&pair, &rows(&bench, &address)))
    };
    assert_eq!(left(limits::OUTBOX_DAYS), [1, 2, 3]);
    assert_eq!(left(limits::OUTBOX_DAYS + 1), [0, 0, 3]);
    assert_eq!(left(limits::OUTBOX_NOTICE_DAYS), [0, 0, 0]);
    assert_eq!(left(limits::OUTBOX_NOTICE_DAYS + 1), [0]);
    assert_eq!(left(limits::OUTBOX_NOTICE_DAYS + 2), [0; 0]);
    assert_eq!(relay_row(&bench, &address), None);
}

#[test]
fn an_outbox_that_is_full_keeps_the_newest_and_notices_of_those_before() {
    // RELAY-5: MAX_OUTBOX_ROWS
    let (pair, address) = relay(1);
    let mut bench = bench(vec![there(&Device::new(2), &address)]);
    post(&mut bench, 1, 1);
    // As if it lay in the midst of as many as there may be: notices before it, whole ones behind it.
    let mut row = relay_row(&bench, &address).expect("a row");
    let place = row.head;
    row.head -= limits::MAX_OUTBOX_ROWS;
    row.next += limits::MAX_OUTBOX_ROWS - 1;
    let name = RelayName::of(&address.origin);
    let mut tx = crate::store::Tx::new(&*bench.store);
    tx.put_row(Table::Relays, name.as_bytes(), &row);
    let notice = OutboxRow { day: bench.today, sealed: vec![0], missed: None };
    tx.put_row(Table::Outbox, &outbox_key(name, row.head), &notice);
    tx.commit().expect("commits");

    post(&mut bench, 2, 2);
    let after = relay_row(&bench, &address).expect("a row");
    assert_eq!((after.head, after.whole, after.next), (row.head + 1, row.whole + 1, row.next + 1));
    let read = |place| bench.store.row(Table::Outbox, &outbox_key(name, place)).expect("reads");
    let rows = [read(place).expect("a notice"), read(row.next).expect("a post")];
    assert_eq!(seqs(&opened(&pair, &rows)), [0, 2]);
}

#[test]
fn an_outbox_with_too_many_bytes_keeps_the_newest_and_notices_of_those_before() {
    // RELAY-5: MAX_OUTBOX_BYTES
    let (pair, address) = relay(1);
    let mut bench = bench(vec![there(&Device::new(2), &address)]);
    for n in 1..=3 {
        post(&mut bench, n, n.into());
    }
    let mut row = relay_row(&bench, &address).expect("a row");
    // As if they were longer than they are: two and a half of them are all that fits beside the new one.
    let one = row.bytes / 3;
    row.bytes = limits::MAX_OUTBOX_BYTES + one / 2;
    let mut tx = crate::store::Tx::new(&*bench.store);
    tx.put_row(Table::Relays, RelayName::of(&address.origin).as_bytes(), &row);
    tx.commit().expect("commits");
    post(&mut bench, 4, 4);
    assert_eq!(seqs(&opened(&pair, &rows(&bench, &address))), [0, 0, 3, 4]);
}

#[test]
fn nothing_waits_at_a_relay_that_keeps_to_itself() {
    let (_, address) = relay(1);
    let mut bench = bench(vec![there(&Device::new(2), &address)]);
    bench.service = Service::new(vec!["http://here".into()], Registration::Open);
    post(&mut bench, 1, 1);
    assert_eq!(relay_row(&bench, &address), None);
}

fn totals(bench: &Bench) -> (u64, u64) {
    let total = |key: &[u8]| bench.store.row::<u64>(Table::Totals, key).expect("reads").unwrap_or(0);
    (total(b"relays"), total(b"outbox"))
}

fn set_total(bench: &Bench, key: &[u8], value: u64) {
    let mut tx = crate::store::Tx::new(&*bench.store);
    tx.put_row(Table::Totals, key, &value);
    tx.commit().expect("commits");
}

#[test]
fn so_many_other_relays_and_no_more_wait() {
    // RELAY-5: MAX_OUTBOX_RELAYS
    let ((_, first), (_, second)) = (relay(1), relay(2));
    let bob = Device::new(2);
    let mut bench = bench(vec![there(&bob, &first), there(&bob, &second)]);
    set_total(&bench, b"relays", limits::MAX_OUTBOX_RELAYS - 1);
    let both = request(Request::Post(CHANNEL.post(1, 0)));
    assert_eq!(bench.frame(&both), refused(1, ErrorCode::Busy), "never dropped in silence");
    assert!(relay_row(&bench, &first).is_none() && totals(&bench).1 == 0);
    set_total(&bench, b"relays", limits::MAX_OUTBOX_RELAYS - 2);
    assert_eq!(bench.frame(&both), accepted(1, 1));
    assert_eq!(totals(&bench).0, limits::MAX_OUTBOX_RELAYS);
    post(&mut bench, 2, 2);
    assert_eq!(rows(&bench, &second).len(), 2, "those that wait already need no room");
}

#[test]
fn relays_that_never_took_anything_give_way_first() {
    let ((_, first), (_, second), (_, third)) = (relay(1), relay(2), relay(3));
    let bob = Device::new(2);
    let mut bench = bench(vec![there(&bob, &first), there(&bob, &second)]);
    post(&mut bench, 1, 1);
    post(&mut bench, 2, 2);
    let head = relay_row(&bench, &first).expect("a row").head;
    delivered(&mut bench, &first, head + 1);
    let other = Conversation(ChannelId::new([8; 16]));
    let state = other.state_to(0, &Fanout { targets: vec![there(&bob, &third)] });
    bench.frame(&other.create(3, &Device::new(1), state));
    set_total(&bench, b"relays", limits::MAX_OUTBOX_RELAYS);
    assert_eq!(bench.frame(&request(Request::Post(other.post(4, 0)))), accepted(4, 1));
    assert!(relay_row(&bench, &second).is_none() && rows(&bench, &third).len() == 1);
    assert_eq!(rows(&bench, &first).len(), 1, "it answered");
    assert_eq!(bench.store.keys(Table::Outbox, &[], 10).expect("reads").len(), 2);
    assert_eq!(totals(&bench).0, limits::MAX_OUTBOX_RELAYS);
}

#[test]
fn all_that_waits_for_other_relays_is_bounded_and_counted() {
    // RELAY-5: MAX_OUTBOX_TOTAL
    let (_, address) = relay(1);
    let mut bench = bench(vec![there(&Device::new(2), &address)]);
    let began = bench.today;
    for n in 1..=3 {
        post(&mut bench, n, n.into());
    }
    let held = |bench: &Bench| rows(bench, &address).iter().map(OutboxRow::size).sum::<u64>();
    assert_eq!(totals(&bench), (1, held(&bench)));
    bench.today = began.plus(limits::OUTBOX_DAYS + 1);
    sweep(&mut bench);
    assert_eq!(totals(&bench), (1, held(&bench)), "notices count");
    let total = totals(&bench).1;
    set_total(&bench, b"outbox", limits::MAX_OUTBOX_TOTAL);
    assert_eq!(bench.frame(&request(Request::Post(CHANNEL.post(4, 0)))), refused(4, ErrorCode::Busy));
    set_total(&bench, b"outbox", total);
    post(&mut bench, 4, 4);
    let until = relay_row(&bench, &address).expect("a row").next;
    delivered(&mut bench, &address, until);
    assert_eq!(totals(&bench), (0, 0));
}

#[test]
fn a_list_that_names_too_many_relays_is_refused() {
    // RELAY-5: MAX_FANOUT_RELAYS
    let bob = Device::new(2);
    for (count, fits) in [(limits::MAX_FANOUT_RELAYS, true), (limits::MAX_FANOUT_RELAYS + 1, false)] {
        let key = relay(1).1.key;
        let address = |n| RelayAddress { origin: format!("https://relay{n}.example"), key };
        let mut bench = bench((0..count).map(|n| there(&bob, &address(n))).collect());
        let expected = if fits { accepted(1, 1) } else { refused(1, ErrorCode::TooLarge) };
        assert_eq!(bench.frame(&request(Request::Post(CHANNEL.post(1, 0)))), expected);
    }
}

#[test]
fn a_repeat_is_recognised_for_as_long_as_it_is_repeated() {
    let (mut bench, alice) = (bench(Vec::new()), Device::new(1));
    let target = kuvert_wire::ForeignTarget { inbox: alice.inbox, token: alice.token() };
    let entry = Entry::Deposit { body: vec![7] };
    let deposit = ForeignDeposit { id: id(5), targets: vec![target], entry };
    for _ in 0..2 * limits::REPEAT_DAYS + 1 {
        let received = bench.apply(&Op::Outbox(OutboxOp::Receive(vec![deposit.clone()])));
        assert_eq!(received, Answer::Outbox(OutboxAnswer::Received(vec![None])));
        bench.today = bench.today.plus(1);
        sweep(&mut bench);
    }
    assert_eq!(bench.waiting(&alice).len(), 1);
}

#[test]
fn the_ids_of_relays_and_of_devices_do_not_meet() {
    let (mut bench, alice) = (bench(Vec::new()), Device::new(1));
    let target = kuvert_wire::ForeignTarget { inbox: alice.inbox, token: alice.token() };
    let body = vec![7];
    let deposit = ForeignDeposit { id: id(5), targets: vec![target], entry: Entry::Deposit { body } };
    let received = bench.apply(&Op::Outbox(OutboxOp::Receive(vec![deposit])));
    assert_eq!(received, Answer::Outbox(OutboxAnswer::Received(vec![None])));
    let own = super::deposit(alice.inbox, &alice.deposit_key, 5);
    assert_eq!(bench.frame(&own), accepted(5, 0));
    assert_eq!(bench.waiting(&alice).len(), 2);
}
