//! The control socket of a running relay, and what is asked there.

use std::path::Path;

use kuvert_relay::Relay;
use kuvert_relay::admin::{self, AdminError};
use kuvert_relay::config::Registration;
use kuvert_wire::{Challenge, ClientFrame, ErrorCode, Invite, RelayFrame, limits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use crate::support::{Connection, Device, origin};
use crate::{config_in, relay_in, temp};

async fn control(data: &Path) -> UnixStream {
    UnixStream::connect(data.join("control")).await.expect("connects")
}

/// Sends bytes and returns everything that is answered.
async fn say(data: &Path, bytes: &[u8]) -> Vec<u8> {
    let mut stream = control(data).await;
    stream.write_all(bytes).await.expect("written");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    answer
}

#[tokio::test]
async fn only_its_own_user_reaches_the_control_socket_and_what_is_no_question_gets_an_answer() {
    // RELAY-5: MAX_ADMIN_QUESTION
    use std::os::unix::fs::PermissionsExt;
    let dir = temp();
    let relay = relay_in(dir.path()).await;
    let about = std::fs::metadata(dir.path().join("control")).expect("a socket");
    assert_eq!(about.permissions().mode() & 0o777, 0o600);
    let long = u32::try_from(limits::MAX_ADMIN_QUESTION + 1).expect("fits").to_be_bytes();
    for nonsense in [&long[..], &[0, 0, 0, 2, 0xff, 0xff]] {
        let answer = String::from_utf8_lossy(&say(dir.path(), nonsense).await).into_owned();
        assert!(answer.contains("this question is not known"), "{answer}");
    }
    relay.stop().await;
    assert!(UnixStream::connect(dir.path().join("control")).await.is_err(), "nobody answers any more");
}

#[tokio::test]
async fn who_says_nothing_at_the_control_socket_keeps_nobody_waiting_for_long() {
    // RELAY-5: MAX_ADMIN_CONNECTIONS, ADMIN_WITHIN
    let dir = temp();
    let relay = relay_in(dir.path()).await;
    let mut silent = Vec::new();
    for _ in 0..limits::MAX_ADMIN_CONNECTIONS {
        silent.push(control(dir.path()).await);
    }
    tokio::time::pause();
    let began = tokio::time::Instant::now();
    let asked = say(dir.path(), &[0, 0, 0, 0]).await;
    assert!(!asked.is_empty(), "answered once the others were given up");
    assert!(began.elapsed() >= limits::ADMIN_WITHIN, "and not before: they take all places");
    drop(relay);
}

/// Tries to create an inbox with a code.
async fn register(relay: &Relay, device: &Device, code: Option<&str>) -> RelayFrame {
    let mut session = Connection::open(relay.local_addr()).await;
    let challenge: &Challenge = &session.challenge;
    let ClientFrame::Own(mut own) = device.proof(&origin(relay.local_addr()), challenge, 0, true) else {
        panic!("a proof")
    };
    if let Some(keys) = &mut own.create {
        keys.invite = code.and_then(Invite::from_text);
    }
    session.ask(&ClientFrame::Own(own)).await
}

#[tokio::test]
async fn a_code_makes_one_inbox_whether_or_not_the_relay_ran_when_it_was_made() {
    // RELAY-5: MAX_INVITES_AT_ONCE
    let dir = temp();
    let invite = async |count: usize| {
        let (data, count) = (dir.path().to_owned(), u32::try_from(count).expect("fits"));
        tokio::task::spawn_blocking(move || admin::invite(&data, count)).await.expect("ends")
    };
    let with_invites = || {
        let mut config = config_in(dir.path());
        config.registration = Registration::Invite;
        config
    };
    let relay = Relay::start(with_invites()).await.expect("starts");
    let code = invite(1).await.expect("a code").remove(0);
    let refused = RelayFrame::Error { code: ErrorCode::InviteNeeded };
    assert_eq!(register(&relay, &Device::new(1), None).await, refused);
    assert!(matches!(register(&relay, &Device::new(1), Some(&code)).await, RelayFrame::Owned(_)));
    assert_eq!(register(&relay, &Device::new(2), Some(&code)).await, refused, "once only");
    let too_many = invite(limits::MAX_INVITES_AT_ONCE + 1).await;
    assert!(matches!(too_many, Err(AdminError::Refused(_))), "{too_many:?}");
    relay.stop().await;

    let code = invite(1).await.expect("a code").remove(0);
    let relay = Relay::start(with_invites()).await.expect("starts");
    assert!(matches!(register(&relay, &Device::new(2), Some(&code)).await, RelayFrame::Owned(_)));
    relay.stop().await;
}
