//! A profile moves: of two devices that have it, one goes on, whatever the network loses.

use std::collections::BTreeMap;

use kuvert_core::moving::{Arrival, Decision, MoveError, Verdict};
use kuvert_core::{
    Client, ClientError, Command, Config, DatabaseKey, FetchMethod, FetchOutcome, FetchRequest, Input,
    LineCommand, Location, Refusal, Timestamp,
};
use kuvert_wire::headers;

use crate::relay::ORIGIN;
use crate::world::{ALICE, World, on_disk};

const KEY: [u8; 32] = [1; 32];

/// Blobs as a relay keeps them.
#[derive(Default)]
struct Blobs(BTreeMap<String, Blob>);

struct Blob {
    right: String,
    size: usize,
    bytes: Vec<u8>,
}

impl Blobs {
    fn answer(&mut self, request: &FetchRequest) -> FetchOutcome {
        let header = |name: &str| {
            let found = request.headers.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let (status, body) = match &request.method {
            FetchMethod::Put(_) => {
                let right = header(headers::SECRET_HASH);
                let size = header(headers::UPLOAD_LENGTH).parse().expect("a length");
                let blob = Blob { right: right.clone(), size, bytes: Vec::new() };
                let held = self.0.entry(request.url.clone()).or_insert(blob);
                (if held.right == right { 201 } else { 409 }, Vec::new())
            }
            FetchMethod::Patch(slice) => {
                let secret = data_encoding::BASE64URL_NOPAD.decode(header(headers::SECRET).as_bytes());
                let secret =
                    kuvert_wire::BlobSecret::from_slice(&secret.expect("base64url")).expect("a secret");
                let right = data_encoding::BASE64URL_NOPAD.encode(secret.hash().as_bytes());
                let offset: usize = header(headers::UPLOAD_OFFSET).parse().expect("an offset");
                match self.0.get_mut(&request.url) {
                    Some(held) if held.right != right => (403, Vec::new()),
                    Some(held) if held.bytes.len() == offset => {
                        held.bytes.extend_from_slice(slice);
                        (204, Vec::new())
                    }
                    Some(_) => (409, Vec::new()),
                    None => (404, Vec::new()),
                }
            }
            FetchMethod::Get => match self.0.get(&request.url).filter(|held| held.bytes.len() == held.size) {
                None => (404, Vec::new()),
                Some(held) => {
                    match header("range").strip_prefix("bytes=").and_then(|range| range.split_once('-')) {
                        None => (200, held.bytes.clone()),
                        Some((from, last)) => {
                            let (from, last): (usize, usize) =
                                (from.parse().expect("a number"), last.parse().expect("a number"));
                            (206, held.bytes[from..=last].to_vec())
                        }
                    }
                }
            },
            FetchMethod::Delete(_) => {
                (if self.0.remove(&request.url).is_some() { 204 } else { 404 }, Vec::new())
            }
        };
        FetchOutcome::Answered { status, body }
    }

    fn decide(&mut self, decision: &mut Decision) -> Verdict {
        while let Some(request) = decision.request() {
            let outcome = self.answer(&request);
            decision.answered(&outcome).expect("is taken");
        }
        decision.verdict().expect("is known")
    }
}

/// Alice, who leaves; what her database is called, and the time.
fn leaving() -> (World, tempfile::TempDir, Timestamp) {
    let (mut world, dir) = on_disk();
    world.meet();
    world.go_offline(ALICE);
    let now = world.now;
    world.devices[ALICE].client.leave(now).expect("leaves");
    (world, dir, now)
}

fn open(path: &std::path::Path) -> Client {
    let path = path.to_str().expect("UTF-8");
    // No two devices draw the same.
    let mut seed = [0; 32];
    seed.iter_mut().zip(path.bytes().rev()).for_each(|(byte, from)| *byte = from);
    let location = Location::File(path);
    Client::open(&Config { location, key: &DatabaseKey::new(KEY), seed }).expect("opens")
}

/// The database of Alice, closed, and a copy of it.
fn copies(world: &mut World, dir: &tempfile::TempDir) -> [std::path::PathBuf; 2] {
    let here = dir.path().join("alice.db");
    world.devices.truncate(ALICE);
    drop(open(&here));
    let there = dir.path().join("there.db");
    std::fs::copy(&here, &there).expect("copies");
    [here, there]
}

#[test]
fn who_moves_does_nothing_else() {
    let (mut world, _dir, now) = leaving();
    let client = &mut world.devices[ALICE].client;
    assert!(client.is_moving() && client.may_be_copied());
    while client.poll_output().is_some() {}
    let refused = client.handle(now, Input::Command(Command::ShowLink));
    assert!(matches!(refused, Err(ClientError::Refused(Refusal::Moving))));
    client.handle(now, Input::Wake).expect("is passed over");
    assert!(client.poll_output().is_none());
}

#[test]
fn of_two_devices_the_first_word_counts_and_each_can_read_whose_it_was() {
    let (mut world, dir, now) = leaving();
    let [here, there] = copies(&mut world, &dir);
    let (mut here, mut there, mut blobs) = (open(&here), open(&there), Blobs::default());
    assert_eq!(blobs.decide(&mut here.watch_move().expect("watches")), Verdict::Open);
    // There it is announced, and the answer gets lost; here one was a moment later.
    let announced = there.decide(now, false).expect("wants it");
    blobs.answer(&announced.request().expect("announces"));
    assert_eq!(blobs.decide(&mut here.decide(now, false).expect("wants it")), Verdict::Open);
    // Whoever was interrupted asks again, as the same one.
    let written = there.decide(now, false).expect("still wants it");
    assert_eq!(blobs.decide(&mut { written }), Verdict::Here);
    assert_eq!(blobs.decide(&mut there.decide(now, false).expect("asks again")), Verdict::Here);
    assert_eq!(blobs.decide(&mut here.decide(now, false).expect("asks again")), Verdict::Elsewhere);
    assert_eq!(blobs.decide(&mut here.watch_move().expect("watches")), Verdict::Elsewhere);
    // Who said that it goes on hands out no copy any more: that would speak with one voice.
    assert!(!here.may_be_copied() && !there.may_be_copied());
    there.decided().expect("goes on");
    assert!(!there.is_moving() && there.poll_output().is_some(), "it opens its sessions");
}

#[test]
fn after_a_long_time_it_is_asked_whether_another_device_has_it() {
    let (mut world, dir, now) = leaving();
    let [here, _] = copies(&mut world, &dir);
    let mut here = open(&here);
    let later = now.plus_millis(26 * 86_400_000);
    assert!(matches!(here.decide(later, false), Err(ClientError::Refused(Refusal::TooLate))));
    assert!(here.may_be_copied(), "nothing was said");
    here.decide(later, true).expect("wants it");
}

#[test]
fn a_profile_arrives_as_it_departed_also_through_a_bad_network() {
    let (mut world, dir, _) = leaving();
    let [here, _] = copies(&mut world, &dir);
    let database = std::fs::read(&here).expect("reads");
    let mut departure = open(&here).depart(&KEY, database.clone()).expect("departs");
    let mut blobs = Blobs::default();
    for number in 0.. {
        let Some(request) = departure.request() else { break };
        let answer = blobs.answer(&request);
        // What came is not known to who gets no answer.
        let outcome = if number % 3 == 2 && number < 12 { FetchOutcome::Failed } else { answer };
        departure.answered(&outcome).expect("goes on");
    }
    let link = departure.link().to_string();
    let mut arrival = Arrival::new(&link).expect("a link");
    for number in 0.. {
        let Some(request) = arrival.request() else { break };
        let answer = blobs.answer(&request);
        arrival.answered(if number % 2 == 0 { FetchOutcome::Failed } else { answer }).expect("goes on");
    }
    let parcel = arrival.open().expect("opens");
    assert_eq!((*parcel.key, parcel.database), (KEY, database));
    // What was changed on its way is not taken.
    for blob in blobs.0.values_mut() {
        let middle = blob.bytes.len() / 2;
        if let Some(byte) = blob.bytes.get_mut(middle) {
            *byte ^= 1;
        }
    }
    let mut arrival = Arrival::new(&link).expect("a link");
    while let Some(request) = arrival.request() {
        arrival.answered(blobs.answer(&request)).expect("goes on");
    }
    assert!(matches!(arrival.open(), Err(MoveError::Forged)));
    blobs.answer(&arrival.deletion());
    let gone = Arrival::new(&link).expect("a link");
    let outcome = blobs.answer(&gone.request().expect("asks"));
    assert!(matches!({ gone }.answered(outcome), Err(MoveError::Gone)));
}

#[test]
fn a_device_of_a_line_does_not_move() {
    let mut world = World::new(&[]);
    let create = LineCommand::Create { name: "Pharmacy".into(), relay: ORIGIN.to_owned(), invite: None };
    world.add_with(1, Command::Line(create));
    let now = world.now;
    let refused = world.devices[ALICE].client.leave(now);
    assert!(matches!(refused, Err(ClientError::Refused(Refusal::IsLine))));
}
