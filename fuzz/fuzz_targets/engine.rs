//! Frames from a relay that does as it likes, into an engine that has an identity.

#![no_main]

use std::cell::RefCell;

use kuvert_core::{Client, Command, Config, DatabaseKey, Input, Line, Location, Timestamp};
use libfuzzer_sys::fuzz_target;

const NOW: Timestamp = Timestamp(1_800_000_000_000);

thread_local! {
    static CLIENT: RefCell<Client> = RefCell::new(client());
}

fn client() -> Client {
    let config =
        Config { location: Location::Memory, key: &DatabaseKey::new([1; 32]), seed: [2; 32] };
    let mut client = Client::open(&config).expect("an empty profile opens");
    let command = Command::CreateIdentity {
        name: "Alice".into(),
        relay: "http://localhost:1".into(),
        invite: None,
    };
    client.handle(NOW, Input::Command(command)).expect("an identity is made");
    while client.poll_output().is_some() {}
    client
}

fuzz_target!(|bytes: &[u8]| {
    CLIENT.with_borrow_mut(|client| {
        for line in [Line::Owner, Line::Anonymous] {
            let _ = client.handle(NOW, Input::Frame(line, bytes.to_vec()));
            while client.poll_output().is_some() {}
        }
    });
});
