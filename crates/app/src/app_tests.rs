use kuvert_core::{DatabaseKey, Location};

use super::*;

#[test]
fn a_wish_that_is_refused_is_told_by_its_number() {
    let key = DatabaseKey::new([1; 32]);
    let config = Config { location: Location::Memory, key: &key, seed: [2; 32] };
    let mut app = App::open(&config, "http://localhost:8787", Watch::Shown).expect("opens");
    let send = UiCommand::Send { conversation: ConversationId(1), text: "Hallo".into() };
    app.command_once(Timestamp(0), Ticket { asker: [3; 16], number: 7 }, send.clone());
    let Some(ViewUpdate::Refused { number: 7, failure }) = app.poll_update() else {
        panic!("its number is not told");
    };
    app.command(Timestamp(0), send);
    assert_eq!(app.poll_update(), Some(ViewUpdate::Failed(failure)));
    assert_eq!(app.poll_update(), None);
}

#[test]
fn a_session_with_a_frame_that_failed_is_opened_anew() {
    let key = DatabaseKey::new([1; 32]);
    let config = Config { location: Location::Memory, key: &key, seed: [2; 32] };
    let mut app = App::open(&config, "http://localhost:8787", Watch::Shown).expect("opens");
    let hello = kuvert_wire::Hello {
        version: kuvert_wire::limits::PROTOCOL_VERSION,
        challenge: kuvert_wire::Challenge::new([3; 32]),
    };
    let hello = kuvert_wire::encode(&kuvert_wire::RelayFrame::Hello(hello));
    // Without an identity nobody can own an inbox: a fault that is not the relay's.
    let result = app.input(Timestamp(0), Input::Frame(Line::Owner, hello));
    assert!(result.is_err());
    assert_eq!(app.poll_effect(), Some(Effect::Reconnect(Line::Owner)));
    let line = Line::Anonymous("http://localhost:8787".into());
    let result = app.input(Timestamp(0), Input::Frame(line.clone(), b"garbage".to_vec()));
    assert!(result.is_ok());
    assert_eq!(app.poll_effect(), Some(Effect::Reconnect(line)));
}
