mod healing;
mod inboxes;
mod outbox;
mod push;
mod registration;
mod sweeps;

use kuvert_wire::{
    ChannelId, Entry, ErrorCode, Fanout, FanoutTarget, InboxId, PutKeyPackages, RelayAddress, RelayFrame,
    RelayKey, RevokeTokens, Token, TokenNonce, WelcomeDeposit, limits,
};

use super::fixtures::{Bench, Conversation, Device, deposit, id, inbox_row, request};
use super::{Admission, Answer, CardAnswer, Op, Request, SweepFrom};
use crate::day::Day;
use crate::store::{Table, Tx};

fn accepted(n: u8, seq: u64) -> RelayFrame {
    RelayFrame::Accepted { id: id(n), seq }
}

fn refused(n: u8, code: ErrorCode) -> RelayFrame {
    RelayFrame::Refused { id: id(n), code, epoch: None }
}

fn packages(device: &Device, n: u8, one_time: &[&[u8]], last_resort: Option<&[u8]>) -> Op {
    let one_time = one_time.iter().map(|package| package.to_vec().into()).collect();
    let last_resort = last_resort.map(|package| package.to_vec().into());
    let put = PutKeyPackages { id: id(n), one_time, last_resort, replaces: None };
    request(Request::PutKeyPackages(device.inbox, put))
}

fn sweep(bench: &mut Bench) {
    let mut next = Some(SweepFrom::default());
    while let Some(from) = next {
        next = match bench.apply(&Op::Sweep(from)) {
            Answer::Swept(more) => more,
            other => panic!("not a sweep: {other:?}"),
        };
    }
}

fn bodies(bench: &Bench, device: &Device) -> Vec<(u64, Vec<u8>)> {
    let body = |entry| match entry {
        Entry::Deposit { body } | Entry::Post { body, .. } | Entry::Commit { body, .. } => body,
        Entry::Gap { lost } | Entry::Missed { lost, .. } => panic!("a gap of {lost}"),
    };
    bench.waiting(device).into_iter().map(|(seq, entry)| (seq, body(entry))).collect()
}

#[test]
fn seqs_are_gapless_and_never_used_twice_even_after_everything_was_acknowledged() {
    // RELAY-2
    let (mut bench, alice) = (Bench::new(), Device::new(1));
    bench.apply(&alice.own(0));
    for n in 1..=3 {
        assert_eq!(bench.frame(&deposit(alice.inbox, &alice.deposit_key, n)), accepted(n, 0));
    }
    assert_eq!(bodies(&bench, &alice), [(1, vec![1]), (2, vec![2]), (3, vec![3])]);
    bench.apply(&Op::Ack { inbox: alice.inbox, seq: 3 });
    bench.apply(&Op::Ack { inbox: alice.inbox, seq: 2 });
    assert_eq!(bodies(&bench, &alice), []);

    let mut bench = bench.restart();
    bench.frame(&deposit(alice.inbox, &alice.deposit_key, 4));
    assert_eq!(bodies(&bench, &alice), [(4, vec![4])]);
}

#[test]
fn an_acknowledgement_beyond_what_was_given_out_deletes_nothing() {
    // RELAY-2
    let (mut bench, alice) = (Bench::new(), Device::new(1));
    bench.apply(&alice.own(0));
    bench.frame(&deposit(alice.inbox, &alice.deposit_key, 1));
    bench.apply(&Op::Ack { inbox: alice.inbox, seq: 2 });
    assert!(matches!(bench.apply(&alice.own(500)), Answer::Owned { acknowledged: 0, last: 1, .. }));
    assert_eq!(bodies(&bench, &alice), [(1, vec![1])]);
    assert!(matches!(bench.apply(&alice.own(1)), Answer::Owned { acknowledged: 1, last: 1, .. }));
    assert_eq!(bodies(&bench, &alice), []);
}

#[test]
fn a_repeat_is_answered_alike_and_stored_once_until_it_is_forgotten() {
    // RELAY-5: REPEAT_DAYS
    let (mut bench, alice) = (Bench::new(), Device::new(1));
    bench.apply(&alice.own(0));
    let envelope = deposit(alice.inbox, &alice.deposit_key, 1);
    assert_eq!(bench.frame(&envelope), accepted(1, 0));
    bench.today.0 += limits::REPEAT_DAYS - 1;
    assert_eq!(bench.frame(&envelope), accepted(1, 0));
    assert_eq!(bench.waiting(&alice).len(), 1);
    bench.today.0 += limits::REPEAT_DAYS;
    sweep(&mut bench);
    assert_eq!(bench.store.keys(Table::Repeats, b"", 10).expect("reads").len(), 0);
    bench.frame(&envelope);
    assert_eq!(bench.waiting(&alice).len(), 2);
}

#[test]
fn an_id_is_not_taken_for_another_request() {
    let (mut bench, alice) = (Bench::new(), Device::new(1));
    bench.apply(&alice.own(0));
    bench.frame(&deposit(alice.inbox, &alice.deposit_key, 1));
    let Op::Request(Request::Deposit(mut other), _) = deposit(alice.inbox, &alice.deposit_key, 1) else {
        panic!("a deposit");
    };
    other.body = b"something else".to_vec();
    assert_eq!(bench.frame(&request(Request::Deposit(other))), refused(1, ErrorCode::BadFrame));
    assert_eq!(bench.waiting(&alice).len(), 1);
}

#[test]
fn what_is_refused_is_not_remembered() {
    let (mut bench, alice) = (Bench::new(), Device::new(1));
    let envelope = deposit(alice.inbox, &alice.deposit_key, 1);
    assert_eq!(bench.frame(&envelope), refused(1, ErrorCode::NoSuchInbox));
    bench.apply(&alice.own(0));
    assert_eq!(bench.frame(&envelope), accepted(1, 0));
}

#[test]
fn a_full_inbox_replaces_its_oldest_by_one_gap() {
    // RELAY-2, RELAY-5: MAX_INBOX_ENTRIES
    let (mut bench, alice) = (Bench::new(), Device::new(1));
    bench.apply(&alice.own(0));
    for n in 0..4 {
        bench.frame(&deposit(alice.inbox, &alice.deposit_key, 200 + n));
    }
    // As if it had been filled: the rows of the entries in between play no part.
    let mut tx = Tx::new(&*bench.store);
    let mut row = tx.inbox(alice.inbox).expect("reads").expect("an inbox");
    row.next = limits::MAX_INBOX_ENTRIES + 1;
    tx.put_inbox(alice.inbox, &row);
    tx.commit().expect("commits");

    bench.frame(&deposit(alice.inbox, &alice.deposit_key, 2));
    bench.frame(&deposit(alice.inbox, &alice.deposit_key, 3));
    let last = limits::MAX_INBOX_ENTRIES + 2;
    let waiting = bench.waiting(&alice);
    assert_eq!(
        waiting,
        [
            (3, Entry::Gap { lost: 3 }),
            (4, Entry::Deposit { body: vec![203] }),
            (last - 1, Entry::Deposit { body: vec![2] }),
            (last, Entry::Deposit { body: vec![3] })
        ]
    );
    let row = Tx::new(&*bench.store).inbox(alice.inbox).expect("reads").expect("an inbox");
    assert_eq!(row.next - row.head, limits::MAX_INBOX_ENTRIES);
    // The gap's seq was used in this window before: it must not be sealed under the window's key.
    let key = |after| {
        bench.store.entries(alice.inbox, after, 1, 1000).expect("reads").expect("one").sealed[0][..32]
            .to_vec()
    };
    assert_ne!(key(0), key(3));
    assert_eq!(key(3), key(last - 1));
}

#[test]
fn key_packages_go_out_once_each_in_order_and_the_last_resort_stays() {
    let (mut bench, alice) = (Bench::new(), Device::new(1));
    bench.apply(&alice.own(0));
    assert_eq!(bench.frame(&alice.take_key_package(1)), refused(1, ErrorCode::NoKeyPackage));
    assert_eq!(bench.frame(&packages(&alice, 2, &[b"one", b"two"], Some(b"last"))), accepted(2, 0));
    let mut take = |n| match bench.frame(&alice.take_key_package(n)) {
        RelayFrame::KeyPackage(reply) => reply.package,
        other => panic!("not a key package: {other:?}"),
    };
    assert_eq!(take(3), b"one");
    assert_eq!(take(3), b"one", "a repeat gets the same");
    assert_eq!(take(4), b"two");
    assert_eq!(take(5), b"last");
    assert_eq!(take(6), b"last");
    assert_eq!(take(3), b"one");
    let repeats = bench.store.keys(crate::store::Table::Repeats, &[], 100).expect("reads");
    assert_eq!(repeats.len(), 3, "asking for the last resort again and again fills no disk");
    let Answer::Owned { owned, .. } = bench.apply(&alice.own(0)) else { panic!("owned") };
    assert_eq!((owned.created, owned.key_packages, owned.last_resort), (false, 0, true));
}

#[test]
fn key_packages_that_do_not_hold_any_more_are_replaced_at_once() {
    let (mut bench, alice) = (Bench::new(), Device::new(1));
    bench.apply(&alice.own(0));
    let one_time = vec![b"old".as_slice(); limits::MAX_KEY_PACKAGES];
    bench.frame(&packages(&alice, 1, &one_time, Some(b"last")));
    let (one_time, replaces) = (vec![b"new".to_vec().into()], Some(true));
    let anew = PutKeyPackages { id: id(2), one_time, last_resort: None, replaces };
    let anew = request(Request::PutKeyPackages(alice.inbox, anew));
    assert_eq!(bench.frame(&anew), accepted(2, 0));
    for (n, expected) in [(3, b"new".as_slice()), (4, b"last")] {
        let reply = bench.frame(&alice.take_key_package(n));
        assert!(matches!(reply, RelayFrame::KeyPackage(reply) if reply.package == expected));
    }
}

#[test]
fn an_inbox_keeps_no_more_and_no_larger_key_packages_than_named() {
    // RELAY-5: MAX_KEY_PACKAGES, MAX_KEY_PACKAGE
    let (mut bench, alice) = (Bench::new(), Device::new(1));
    bench.apply(&alice.own(0));
    let many: Vec<&[u8]> = vec![b"p"; limits::MAX_KEY_PACKAGES];
    assert_eq!(bench.frame(&packages(&alice, 1, &many, None)), accepted(1, 0));
    assert_eq!(bench.frame(&packages(&alice, 2, &[b"p"], None)), refused(2, ErrorCode::TooLarge));
    let large = vec![0; limits::MAX_KEY_PACKAGE + 1];
    assert_eq!(bench.frame(&packages(&alice, 3, &[], Some(&large))), refused(3, ErrorCode::TooLarge));
}

#[test]
fn a_post_reaches_every_member_once_and_skips_who_gave_no_token() {
    let (mut bench, alice, bob, carol) = (Bench::new(), Device::new(1), Device::new(2), Device::new(3));
    let conversation = Conversation(ChannelId::new([9; 16]));
    for device in [&alice, &bob, &carol] {
        bench.apply(&device.own(0));
    }
    let target = |device: &Device, token: Token, relay: Option<&str>| {
        let key = RelayKey::new([1; 32]);
        let relay = relay.map(|origin| RelayAddress { origin: origin.to_owned(), key });
        FanoutTarget { inbox: device.inbox, token, relay }
    };
    let fanout = Fanout {
        targets: vec![
            target(&alice, alice.token(), Some("http://here")),
            target(&alice, alice.token(), None),
            target(&bob, bob.token(), Some("http://elsewhere")),
            target(&carol, bob.token(), None),
            target(&Device::new(4), Device::new(4).token(), None),
        ],
    };
    bench.frame(&conversation.create(1, &alice, conversation.state_to(0, &fanout)));
    assert_eq!(bench.frame(&request(Request::Post(conversation.post(2, 0)))), accepted(2, 1));
    let posted = Entry::Post { channel: conversation.0, seq: 1, epoch: 0, id: id(2), body: vec![2; 4] };
    assert_eq!(bench.waiting(&alice), [(1, posted)]);
    assert_eq!(bench.waiting(&bob), []);
    assert_eq!(bench.waiting(&carol), []);
}

#[test]
fn a_channel_is_created_once() {
    let (mut bench, alice) = (Bench::new(), Device::new(1));
    let conversation = Conversation(ChannelId::new([9; 16]));
    bench.apply(&alice.own(0));
    assert_eq!(
        bench.frame(&conversation.create(1, &alice, conversation.state(0, &[&alice]))),
        accepted(1, 0)
    );
    assert_eq!(
        bench.frame(&conversation.create(2, &alice, conversation.state(0, &[&alice]))),
        accepted(2, 0)
    );
    assert_eq!(
        bench.frame(&conversation.create(3, &alice, conversation.state(1, &[]))),
        refused(3, ErrorCode::Taken)
    );
}

#[test]
fn a_channel_is_made_for_who_may_deposit_here_and_nobody_else() {
    let (mut bench, alice, stranger) = (Bench::new(), Device::new(1), Device::new(2));
    let conversation = Conversation(ChannelId::new([9; 16]));
    let state = || conversation.state(0, &[&alice]);
    assert_eq!(bench.frame(&conversation.create(1, &stranger, state())), refused(1, ErrorCode::NoSuchInbox));
    bench.apply(&alice.own(0));
    let forged = Device { inbox: alice.inbox, ..stranger };
    assert_eq!(bench.frame(&conversation.create(2, &forged, state())), refused(2, ErrorCode::BadToken));
    let mut blind = state();
    blind.group_info = None;
    assert_eq!(bench.frame(&conversation.create(3, &alice, blind)), refused(3, ErrorCode::BadFrame));
    for table in [Table::Channels, Table::Fanouts, Table::GroupInfos, Table::Healing] {
        assert_eq!(bench.store.keys(table, b"", 10).expect("reads").len(), 0, "{table:?}");
    }
    assert_eq!(bench.frame(&conversation.create(4, &alice, state())), accepted(4, 0));
}

#[test]
fn only_the_secrets_of_the_current_epoch_post() {
    // MLS-3: a removed device's secrets end with the commit that removed it.
    let (mut bench, alice) = (Bench::new(), Device::new(1));
    let conversation = Conversation(ChannelId::new([9; 16]));
    bench.apply(&alice.own(0));
    bench.frame(&conversation.create(1, &alice, conversation.state(0, &[&alice])));
    let commit = Request::Commit(Box::new(conversation.commit(2, 0, &[&alice])));
    assert_eq!(bench.frame(&request(commit)), accepted(2, 1));

    let late = bench.frame(&request(Request::Post(conversation.post(3, 0))));
    assert_eq!(late, RelayFrame::Refused { id: id(3), code: ErrorCode::Conflict, epoch: Some(1) });
    let mut forged = conversation.post(4, 0);
    forged.epoch = 1;
    assert_eq!(bench.frame(&request(Request::Post(forged))), refused(4, ErrorCode::BadSecret));
    let mut blind = conversation.post(5, 1);
    blind.fanout_key = conversation.post(5, 0).fanout_key;
    assert_eq!(bench.frame(&request(Request::Post(blind))), refused(5, ErrorCode::BadSecret));
    assert_eq!(bench.frame(&request(Request::Post(conversation.post(6, 1)))), accepted(6, 2));
    assert_eq!(bench.waiting(&alice).len(), 2);
}

#[test]
fn a_commit_whose_welcome_cannot_be_delivered_changes_nothing() {
    // RELAY-3
    let (mut bench, alice, bob) = (Bench::new(), Device::new(1), Device::new(2));
    let conversation = Conversation(ChannelId::new([9; 16]));
    bench.apply(&alice.own(0));
    bench.apply(&bob.own(0));
    bench.frame(&conversation.create(1, &alice, conversation.state(0, &[&alice])));
    let mut commit = conversation.commit(2, 0, &[&alice, &bob]);
    commit.welcomes = vec![
        WelcomeDeposit { inbox: alice.inbox, token: alice.token(), body: b"welcome".to_vec(), relay: None },
        WelcomeDeposit { inbox: bob.inbox, token: alice.token(), body: b"welcome".to_vec(), relay: None },
    ];
    let refusal = bench.frame(&request(Request::Commit(Box::new(commit.clone()))));
    assert_eq!(refusal, refused(2, ErrorCode::BadToken));
    assert_eq!(bench.waiting(&alice), []);

    commit.welcomes[1].token = bob.token();
    assert_eq!(bench.frame(&request(Request::Commit(Box::new(commit)))), accepted(2, 1));
    let committed = Entry::Commit { channel: conversation.0, seq: 1, epoch: 0, id: id(2), body: vec![2; 4] };
    let welcome = Entry::Deposit { body: b"welcome".to_vec() };
    assert_eq!(bench.waiting(&alice), [(1, committed), (2, welcome.clone())]);
    assert_eq!(bench.waiting(&bob), [(1, welcome)], "who is added does not get the commit");
}

#[test]
fn what_passes_a_bound_is_refused() {
    // RELAY-5: MAX_BODY, MAX_FANOUT, MAX_GROUP_INFO, MAX_ACCESS, MAX_FANOUT_TARGETS, MAX_WELCOMES
    let (mut bench, alice) = (Bench::new(), Device::new(1));
    let conversation = Conversation(ChannelId::new([9; 16]));
    bench.apply(&alice.own(0));
    let good = conversation.state(0, &[&alice]);
    let mut state = good.clone();
    state.fanout = vec![0; limits::MAX_FANOUT + 1];
    assert_eq!(bench.frame(&conversation.create(1, &alice, state)), refused(1, ErrorCode::TooLarge));
    let mut state = good.clone();
    state.group_info = Some(vec![0; limits::MAX_GROUP_INFO + 1].into());
    assert_eq!(bench.frame(&conversation.create(2, &alice, state)), refused(2, ErrorCode::TooLarge));

    let mut state = good.clone();
    state.access = vec![0; limits::MAX_ACCESS + 1];
    assert_eq!(bench.frame(&conversation.create(2, &alice, state)), refused(2, ErrorCode::TooLarge));

    let target = FanoutTarget { inbox: alice.inbox, token: alice.token(), relay: None };
    let crowd = Fanout { targets: vec![target; limits::MAX_FANOUT_TARGETS + 1] };
    let crowded = Conversation(ChannelId::new([8; 16]));
    bench.frame(&crowded.create(3, &alice, crowded.state_to(0, &crowd)));
    assert_eq!(bench.frame(&request(Request::Post(crowded.post(4, 0)))), refused(4, ErrorCode::TooLarge));

    bench.frame(&conversation.create(5, &alice, good));
    let mut post = conversation.post(6, 0);
    post.body = vec![0; limits::MAX_BODY + 1];
    assert_eq!(bench.frame(&request(Request::Post(post))), refused(6, ErrorCode::TooLarge));
    let mut commit = conversation.commit(7, 0, &[&alice]);
    let welcome = WelcomeDeposit { inbox: alice.inbox, token: alice.token(), body: Vec::new(), relay: None };
    commit.welcomes = vec![welcome; limits::MAX_WELCOMES + 1];
    assert_eq!(bench.frame(&request(Request::Commit(Box::new(commit)))), refused(7, ErrorCode::TooLarge));
    let mut skipping = conversation.commit(8, 0, &[&alice]);
    skipping.next.epoch = 2;
    assert_eq!(bench.frame(&request(Request::Commit(Box::new(skipping)))), refused(8, ErrorCode::BadFrame));
}

fn admission(device: &Device) -> Admission {
    Admission { inbox: device.inbox, token: device.token() }
}

#[test]
fn a_card_is_not_kept_for_who_has_no_inbox_or_no_token_that_holds() {
    let (mut bench, alice, stranger) = (Bench::new(), Device::new(1), Device::new(2));
    bench.apply(&alice.own(0));
    let card = kuvert_wire::CardId::new([5; 16]);
    let refused = Answer::Card(CardAnswer::NotAdmitted);
    let forged = Admission { inbox: alice.inbox, token: stranger.token() };
    for admission in [admission(&stranger), forged] {
        let put = Op::PutCard { admission, card, version: 1, record: b"card".to_vec() };
        assert_eq!(bench.apply(&put), refused);
    }
    assert!(bench.store.card(card).expect("reads").is_none());
}

#[test]
fn a_card_only_grows_newer() {
    let (mut bench, alice) = (Bench::new(), Device::new(1));
    bench.apply(&alice.own(0));
    let card = kuvert_wire::CardId::new([5; 16]);
    let mut put = |version, record: &[u8]| {
        let (admission, record) = (admission(&alice), record.to_vec());
        bench.apply(&Op::PutCard { admission, card, version, record })
    };
    assert_eq!(put(2, b"two"), Answer::Card(CardAnswer::Created));
    assert_eq!(put(2, b"two"), Answer::Card(CardAnswer::Replaced));
    assert_eq!(put(2, b"other"), Answer::Card(CardAnswer::Outdated));
    assert_eq!(put(1, b"one"), Answer::Card(CardAnswer::Outdated));
    assert_eq!(put(3, b"three"), Answer::Card(CardAnswer::Replaced));
    assert_eq!(bench.store.card(card).expect("reads").expect("a card").record, b"three");
}

#[test]
fn a_deleted_card_leaves_a_tombstone_that_goes_in_time() {
    // RELAY-5: CARD_DAYS
    let (mut bench, alice) = (Bench::new(), Device::new(1));
    bench.apply(&alice.own(0));
    let card = kuvert_wire::CardId::new([5; 16]);
    let put = |version, record: &[u8]| {
        let (admission, record) = (admission(&alice), record.to_vec());
        Op::PutCard { admission, card, version, record }
    };
    let delete = |version| Op::DeleteCard { card, version };
    assert_eq!(bench.apply(&delete(2)), Answer::Card(CardAnswer::Absent));
    bench.apply(&put(2, b"two"));
    assert_eq!(bench.apply(&delete(1)), Answer::Card(CardAnswer::Outdated));
    assert_eq!(bench.apply(&delete(2)), Answer::Card(CardAnswer::Deleted));
    assert_eq!(bench.apply(&delete(2)), Answer::Card(CardAnswer::Deleted), "a repeat");
    assert_eq!(bench.apply(&delete(1)), Answer::Card(CardAnswer::Deleted));
    let record = |bench: &Bench| bench.store.card(card).expect("reads").expect("a row").record;
    assert_eq!(record(&bench), b"");
    assert_eq!(bench.apply(&put(2, b"two")), Answer::Card(CardAnswer::Outdated));
    assert_eq!(bench.apply(&put(3, b"three")), Answer::Card(CardAnswer::Created), "its key makes a new one");
    bench.apply(&delete(3));
    bench.today.0 += limits::CARD_DAYS;
    bench.apply(&Op::UseCard(card));
    sweep(&mut bench);
    assert_eq!(record(&bench), b"");
    bench.today.0 += 1;
    sweep(&mut bench);
    assert!(bench.store.card(card).expect("reads").is_none());
}

#[test]
fn one_batch_lets_one_of_two_commits_win() {
    // RELAY-3: both are worked off in one transaction.
    let (mut bench, alice) = (Bench::new(), Device::new(1));
    let conversation = Conversation(ChannelId::new([9; 16]));
    bench.apply(&alice.own(0));
    bench.frame(&conversation.create(1, &alice, conversation.state(0, &[&alice])));
    let mut work = bench.service.begin(Tx::new(&*bench.store), bench.today);
    let mut commit = |n| {
        let commit = Request::Commit(Box::new(conversation.commit(n, 0, &[&alice])));
        work.apply(&request(commit)).expect("the store works")
    };
    let (first, second) = (commit(2), commit(3));
    work.tx.commit().expect("commits");
    assert_eq!(first, Answer::Frame(accepted(2, 1)));
    let conflict = RelayFrame::Refused { id: id(3), code: ErrorCode::Conflict, epoch: Some(1) };
    assert_eq!(second, Answer::Frame(conflict));
    assert_eq!(bench.waiting(&alice).len(), 1);
}
