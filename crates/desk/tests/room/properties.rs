//! What holds whatever devices say, and in whatever order.

use std::collections::BTreeMap;

use kuvert_desk::room::{
    Canned, CannedId, CapacityId, CaseEvent, Cases, DeviceKey, Event, EventId, Hash, Meta, NewCapacity,
    Outcome, Reason, Role, Snapshot, Status, Team, due, load,
};
use proptest::prelude::*;

use crate::bytes;
use crate::support::*;

/// Somebody says something, some time after what was said before, by a clock that may be wrong.
#[derive(Debug, Clone)]
struct Said {
    by: DeviceKey,
    after: i64,
    event: Event,
}

fn devices() -> impl Strategy<Value = DeviceKey> {
    prop::sample::select(vec![ANNA, BEN, CAROL, DAVE, ERIN, STRANGER])
}

fn small() -> impl Strategy<Value = u8> {
    0..3u8
}

fn times() -> impl Strategy<Value = i64> {
    (0..100i64).prop_map(|seconds| START + seconds * SECOND)
}

fn note_ids() -> impl Strategy<Value = EventId> {
    (0..60u64).prop_map(event_id)
}

fn statuses() -> impl Strategy<Value = Status> {
    prop_oneof![
        Just(Status::New),
        Just(Status::Open),
        Just(Status::Done),
        prop::option::of(times()).prop_map(|until| Status::Waiting { until }),
    ]
}

fn roles() -> impl Strategy<Value = Role> {
    prop::sample::select(vec![Role::ReadOnly, Role::Agent, Role::Supervisor, Role::Owner])
}

fn capacity(number: u8) -> CapacityId {
    CapacityId::new([number; 16])
}

const LOTS: [&str; 2] = ["Loge", "Parkett"];

fn seats() -> impl Strategy<Value = CaseEvent> {
    let reserve = (small(), 0..2usize, 1..4u32, small(), times()).prop_map(
        |(id, lot, quantity, request, hold_until)| {
            let (capacity, lot, request) = (capacity(id), LOTS[lot].into(), message(request));
            CaseEvent::Reserve { capacity, lot, quantity, request, hold_until }
        },
    );
    prop_oneof![
        4 => reserve,
        2 => (small(), small()).prop_map(|(id, request)| {
            CaseEvent::Confirm { capacity: capacity(id), request: message(request) }
        }),
        1 => (small(), small()).prop_map(|(id, request)| {
            CaseEvent::Cancel { capacity: capacity(id), request: message(request) }
        }),
    ]
}

fn requests() -> impl Strategy<Value = CaseEvent> {
    let to = prop::collection::vec(devices(), 0..3);
    prop_oneof![
        (small(), small())
            .prop_map(|(request, state)| { CaseEvent::SetRequest { request: message(request), state } }),
        (small(), to, 1000..20_000u32)
            .prop_map(|(request, to, ttl)| { CaseEvent::Offer { request: message(request), to, ttl } }),
        small().prop_map(|request| CaseEvent::Take { request: message(request) }),
        small().prop_map(|request| CaseEvent::Decline { request: message(request) }),
        small().prop_map(|request| CaseEvent::Escalated { request: message(request) }),
    ]
}

fn records() -> impl Strategy<Value = CaseEvent> {
    let purpose = || prop::sample::select(vec!["Newsletter".to_owned(), "Umfrage".to_owned()]);
    prop_oneof![
        (small(), 0..7u8).prop_map(|(id, score)| CaseEvent::Score { message: message(id), score }),
        Just(CaseEvent::Erase),
        (small(), 6..11u8).prop_map(|(id, years)| {
            CaseEvent::Tag { message: message(id), years, reason: "Brief".into() }
        }),
        small().prop_map(|id| CaseEvent::Untag { message: message(id) }),
        (small(), purpose(), times()).prop_map(|(id, purpose, at)| {
            CaseEvent::Consent { message: message(id), purpose, text: Hash::new([1; 32]), version: 1, at }
        }),
        (small(), purpose(), times()).prop_map(|(id, purpose, at)| {
            CaseEvent::WithdrawConsent { message: message(id), purpose, at }
        }),
    ]
}

fn claims() -> impl Strategy<Value = CaseEvent> {
    prop_oneof![
        4 => Just(CaseEvent::Claim),
        2 => Just(CaseEvent::Release),
        1 => devices().prop_map(|to| CaseEvent::HandOver { to, note: String::new() }),
        1 => Just(CaseEvent::TakeOver),
        2 => statuses().prop_map(|status| CaseEvent::SetStatus { status }),
        1 => prop::option::of(times()).prop_map(|since| CaseEvent::Waits { since }),
    ]
}

fn notes() -> impl Strategy<Value = CaseEvent> {
    prop_oneof![
        prop::collection::vec(devices(), 0..3)
            .prop_map(|mentions| { CaseEvent::AddNote { text: "a note".into(), mentions } }),
        note_ids().prop_map(|note| CaseEvent::EditNote { note, text: "another".into(), mentions: vec![] }),
        note_ids().prop_map(|note| CaseEvent::DeleteNote { note }),
        small().prop_map(|id| CaseEvent::AddLabel { label: label(id) }),
        small().prop_map(|id| CaseEvent::RemoveLabel { label: label(id) }),
        (times(), devices())
            .prop_map(|(at, member)| { CaseEvent::SetReminder { at, member, text: String::new() } }),
        note_ids().prop_map(|reminder| CaseEvent::ClearReminder { reminder }),
    ]
}

fn shared() -> impl Strategy<Value = Event> {
    let name = || prop::sample::select(vec!["Frank".to_owned(), "Gül".to_owned(), " ".to_owned()]);
    let capacities = (small(), 0..6u32, times()).prop_map(|(id, seats, closes_at)| {
        let lots = BTreeMap::from(LOTS.map(|lot| (lot.to_owned(), seats)));
        let new = NewCapacity {
            id: capacity(id),
            title: "Film".into(),
            lots,
            closes_at,
            from: closes_at,
            until: closes_at,
        };
        Event::SetCapacities { capacities: vec![new] }
    });
    prop_oneof![
        (devices(), name(), roles()).prop_map(|(device, name, role)| Event::Join { device, name, role }),
        (devices(), name()).prop_map(|(device, name)| Event::Rename { device, name }),
        (devices(), roles()).prop_map(|(device, role)| Event::SetRole { device, role }),
        devices().prop_map(|device| Event::Dismiss { device }),
        (devices(), any::<bool>()).prop_map(|(device, on)| Event::Duty { device, on }),
        (0..4u32).prop_map(|version| Event::SetSettings { version, bytes: vec![1] }),
        small().prop_map(|id| Event::SetLabel { label: label(id), name: "x".into(), colour: 1 }),
        small().prop_map(|id| Event::DropLabel { label: label(id) }),
        small().prop_map(|id| {
            let canned = Canned { title: "x".into(), language: "de".into(), text: "y".into() };
            Event::SetCanned { id: CannedId::new([id; 16]), canned }
        }),
        small().prop_map(|id| Event::DropCanned { id: CannedId::new([id; 16]) }),
        capacities,
        small().prop_map(|id| Event::DropCapacity { id: capacity(id) }),
        name().prop_map(|name| Event::Founded { name }),
        Just(Event::Present),
        Just(Event::Unknown),
    ]
}

fn any_event() -> impl Strategy<Value = Event> {
    let about_a_case = prop_oneof![claims(), notes(), requests(), seats(), records()];
    prop_oneof![
        3 => (1..4u8, about_a_case).prop_map(|(number, event)| Event::case(conversation(number), event)),
        1 => shared(),
    ]
}

fn seat_event() -> impl Strategy<Value = Event> {
    let set = (small(), 0..6u32).prop_map(|(id, seats)| {
        let lots = BTreeMap::from(LOTS.map(|lot| (lot.to_owned(), seats)));
        let closes_at = START + DAY;
        let new = NewCapacity {
            id: capacity(id),
            title: "Film".into(),
            lots,
            closes_at,
            from: closes_at,
            until: closes_at,
        };
        Event::SetCapacities { capacities: vec![new] }
    });
    prop_oneof![
        6 => (1..4u8, seats()).prop_map(|(number, event)| Event::case(conversation(number), event)),
        2 => set,
        1 => (1..4u8).prop_map(|number| Event::case(conversation(number), CaseEvent::Erase)),
    ]
}

fn talk(event: impl Strategy<Value = Event>, most: usize) -> impl Strategy<Value = Vec<Said>> {
    let by = prop_oneof![2 => Just(BEN), 3 => devices()];
    let said =
        (by, -6..10i64, event).prop_map(|(by, after, event)| Said { by, after: after * SECOND, event });
    prop::collection::vec(said, 0..most)
}

fn hear(desk: &mut Desk, said: &Said) -> Outcome {
    desk.now += said.after;
    desk.says(said.by, said.event.clone())
}

fn all(said: &[Said]) -> Desk {
    let mut desk = Desk::staffed();
    for said in said {
        hear(&mut desk, said);
    }
    desk
}

/// The state of a device that writes down what changed after each event, and starts again from that after one and at the end.
fn written_down(said: &[Said], at: usize) -> Vec<u8> {
    let mut table: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
    let mut desk = Desk::staffed();
    for (number, said) in said.iter().enumerate() {
        hear(&mut desk, said);
        write_down(&mut desk, &mut table);
        if number == at {
            start_again(&mut desk, &table);
        }
    }
    write_down(&mut desk, &mut table);
    start_again(&mut desk, &table);
    desk.state()
}

fn write_down(desk: &mut Desk, table: &mut BTreeMap<Vec<u8>, Vec<u8>>) {
    for part in desk.cases.take_touched() {
        match part.encode(&desk.team, &desk.cases) {
            Some(bytes) => drop(table.insert(part.key(), bytes)),
            None => drop(table.remove(&part.key())),
        }
    }
}

fn start_again(desk: &mut Desk, table: &BTreeMap<Vec<u8>, Vec<u8>>) {
    let rows = table.iter().map(|(key, bytes)| (&key[..], &bytes[..]));
    (desk.team, desk.cases) = load(rows).expect("what was written down is read");
}

fn vectors() -> Vec<Vec<u8>> {
    bytes::events().iter().map(Event::encode).collect()
}

/// Bytes of events with some of them changed: gets deeper than chance would.
fn near_misses() -> impl Strategy<Value = Vec<u8>> {
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4);
    (prop::sample::select(vectors()), changes).prop_map(|(mut bytes, changes)| {
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    // Each event is also encoded and decoded on its way, and `Desk::says` checks that an ignored one changes nothing.
    #[test]
    fn all_devices_that_fold_the_same_events_have_the_same_state(said in talk(any_event(), 60)) {
        prop_assert!(all(&said).state() == all(&said).state());
    }

    #[test]
    fn who_starts_from_a_snapshot_ends_where_all_others_are(said in talk(any_event(), 60), at in 0..60usize) {
        let (early, late) = said.split_at(at.min(said.len()));
        let mut desk = all(early);
        let snapshot = Snapshot {
            after: event_id(desk.count),
            team: std::mem::take(&mut desk.team),
            cases: std::mem::take(&mut desk.cases),
        };
        let Snapshot { team, cases, .. } = Snapshot::decode(&snapshot.encode()).expect("a snapshot");
        let mut joined = Desk { team, cases, ..desk };
        for said in late {
            hear(&mut joined, said);
        }
        prop_assert!(joined.state() == all(&said).state());
    }

    #[test]
    fn who_writes_down_what_changed_and_starts_again_misses_nothing(
        said in talk(any_event(), 60),
        at in 0..60usize,
    ) {
        prop_assert!(written_down(&said, at) == all(&said).state());
    }

    #[test]
    fn of_all_who_claim_at_once_exactly_one_wins(
        order in Just(vec![ANNA, BEN, CAROL, DAVE]).prop_shuffle(),
        before in talk(claims().prop_map(|event| Event::case(conversation(1), event)), 20),
    ) {
        let mut desk = all(&before);
        let already = desk.cases.get(conversation(1)).and_then(|case| case.claimed_by());
        let claim = Event::case(conversation(1), CaseEvent::Claim);
        let outcomes = order.iter().map(|by| desk.says(*by, claim.clone())).collect::<Vec<_>>();
        let won = outcomes.iter().filter(|outcome| **outcome == Outcome::Applied).count();
        prop_assert_eq!(won, usize::from(already.is_none()));
        prop_assert_eq!(desk.case().claimed_by(), Some(already.unwrap_or(order[0])));
    }

    #[test]
    fn of_all_who_take_a_request_exactly_one_wins(order in Just(vec![ANNA, BEN, CAROL, DAVE]).prop_shuffle()) {
        let mut desk = Desk::staffed();
        let request = message(1);
        desk.case_does(BEN, CaseEvent::Offer { request, to: order.clone(), ttl: 1000 });
        for (place, by) in order.iter().enumerate() {
            let expected = if place == 0 { Outcome::Applied } else { Outcome::Ignored(Reason::Taken) };
            prop_assert_eq!(desk.says(*by, Event::case(conversation(1), CaseEvent::Take { request })), expected);
        }
    }

    #[test]
    fn no_seat_is_given_away_twice(said in talk(seat_event(), 80)) {
        let mut desk = Desk::staffed();
        // What was confirmed stays, whatever becomes of the rest.
        let mut confirmed: BTreeMap<(CapacityId, kuvert_wire::ChannelId, u8), u32> = BTreeMap::new();
        for said in &said {
            hear(&mut desk, said);
            for (id, shown) in desk.team.capacities() {
                for (name, lot) in &shown.lots {
                    prop_assert!(shown.used(name, desk.team.last_at()) <= lot.seats, "{id:?}");
                }
            }
            for ((id, conversation, request), before) in &confirmed {
                let ends = matches!(&said.event, Event::Case { conversation: of, event } if of == conversation
                    && matches!(event, CaseEvent::Cancel { .. } | CaseEvent::Erase));
                prop_assert!(ends || seats_of(&desk, *id, *conversation, *request) >= *before);
            }
            confirmed.clear();
            for (id, shown) in desk.team.capacities() {
                for one in shown.reservations.iter().filter(|one| one.hold_until.is_none()) {
                    let request = one.request.as_bytes()[0];
                    let seats = seats_of(&desk, id, one.conversation, request);
                    confirmed.insert((id, one.conversation, request), seats);
                }
            }
        }
    }

    #[test]
    fn there_is_always_an_owner_and_a_log_that_holds(said in talk(any_event(), 60)) {
        let desk = all(&said);
        let owners = desk.team.members().filter(|(_, member)| member.is_active() && member.role == Role::Owner);
        prop_assert!(owners.count() >= 1);
        prop_assert_eq!(desk.team.audit().verify(), Ok(desk.team.audit().head()));
        due(&desk.cases, desk.now);
    }

    #[test]
    fn garbage_is_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Event::decode(&bytes);
        let _ = Snapshot::decode(&bytes);
        let _ = load([(&bytes[..bytes.len() / 2], &bytes[bytes.len() / 2..])]);
    }

    #[test]
    fn what_almost_is_an_event_is_folded_or_refused_without_a_panic(
        near in prop::collection::vec((near_misses(), devices(), any::<i64>()), 1..20),
    ) {
        let mut desk = Desk::staffed();
        for (bytes, by, at) in near {
            let Ok(event) = Event::decode(&bytes) else { continue };
            prop_assert!(Event::decode(&event.encode()) == Ok(event.clone()));
            desk.now = at;
            desk.says(by, event);
        }
        prop_assert!(Snapshot::decode(&desk.state()).is_ok());
    }

    #[test]
    fn what_almost_is_a_snapshot_is_read_or_refused_and_goes_on_without_a_panic(
        said in talk(any_event(), 40),
        after in talk(any_event(), 10),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
    ) {
        let mut bytes = all(&said).state();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Ok(Snapshot { team, cases, .. }) = Snapshot::decode(&bytes) {
            goes_on(team, cases, &after);
        }
    }
}

fn seats_of(desk: &Desk, id: CapacityId, conversation: kuvert_wire::ChannelId, request: u8) -> u32 {
    let reservations = desk.team.capacity(id).map_or(&[][..], |shown| &shown.reservations);
    let theirs = reservations.iter().filter(|one| {
        one.conversation == conversation && one.request == message(request) && one.hold_until.is_none()
    });
    theirs.map(|one| one.quantity).sum()
}

fn goes_on(mut team: Team, mut cases: Cases, said: &[Said]) {
    for said in said {
        let meta = Meta { id: event_id(0), by: said.by, at: START };
        team.apply(&mut cases, meta, &said.event);
    }
    for part in cases.take_touched() {
        part.encode(&team, &cases);
    }
    due(&cases, START);
}
