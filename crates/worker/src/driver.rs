//! The driver: carries commands, frames, fetches and time to the engine, and does what it says.

use std::cell::RefCell;
use std::collections::BTreeMap;

use kuvert_app::{App, Effect, FilesWish, Watch};
use kuvert_core::{
    BlobOutcome, ClientError, Config, DatabaseKey, Input, Line, Location, Origin, Ticket, Timestamp,
};
use kuvert_view::{Failure, Posted, ViewUpdate};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use crate::files::{Files, NotSealed, Vault};
use crate::socket::{Socket, SocketEvent};
use crate::{fetch, post, profile, scope, time};

/// First and longest pause before a lost session is opened again, in milliseconds.
const RECONNECT_FIRST: i64 = 250;
const RECONNECT_LAST: i64 = 30_000;
/// A session that was open for so many milliseconds makes the next pause the first one again: a greeting alone does not,
/// or a session that fails right after it would be opened without rest.
const STEADY: i64 = 10_000;

mod moving;

thread_local! {
    static DRIVER: RefCell<Option<Driver>> = const { RefCell::new(None) };
}

/// One of the sessions, over all its sockets.
struct Session {
    origin: Origin,
    socket: Option<Socket>,
    number: u64,
    pause: i64,
    opened: Option<Timestamp>,
}

struct Driver {
    app: App,
    files: Files,
    sessions: BTreeMap<Line, Session>,
    /// Number of the last socket.
    sockets: u64,
    wake_at: Option<Timestamp>,
    at_rest: bool,
    /// It is to be said when there is an identity.
    watch_identity: bool,
}

/// Opens the database of a profile.
///
/// # Errors
/// [`ClientError`] if it does not open.
pub(crate) fn open(location: Location<'_>, key: &DatabaseKey) -> Result<App, ClientError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|_| ClientError::Damaged("no random bytes"))?;
    let origin = scope().location().origin();
    let app = App::open(&Config { location, key, seed }, &origin, Watch::Shown)?;
    let mut app = (crate::place().prepare)(app);
    // WEB-1: the page talks to its own relay only.
    app.stay_at_own_relay()?;
    app.look(time::now());
    Ok(app)
}

/// Runs an application with its files. With `watch_identity`, it is said ([`profile::is_used`]) as soon as there is one.
pub(crate) fn run(app: App, vault: Vault, watch_identity: bool) {
    let (files, sessions) = (Files::new(vault), BTreeMap::new());
    let driver = Driver { app, files, sessions, sockets: 0, wake_at: None, at_rest: false, watch_identity };
    DRIVER.with_borrow_mut(|slot| *slot = Some(driver));
    with(|_| {});
}

/// Ends the application: sessions and database are closed.
pub(crate) fn close() {
    DRIVER.with_borrow_mut(|slot| {
        if let Some(driver) = slot.as_mut() {
            driver.files.rest();
        }
        *slot = None;
    });
}

/// Whether there is an identity in the open profile.
pub(crate) fn has_identity() -> bool {
    DRIVER.with_borrow(|slot| slot.as_ref().is_some_and(|driver| driver.app.profile().is_some()))
}

/// Leaves this device: the profile moves. `None` if no profile is open.
pub(crate) fn leave() -> Option<Result<(), ClientError>> {
    DRIVER.with_borrow_mut(|slot| slot.as_mut().map(|driver| driver.app.leave(time::now())))
}

/// Carries out a command of the page, with what travels beside it.
pub(crate) fn command(posted: Posted, beside: Vec<JsValue>) {
    let Posted { page, number, command } = posted;
    with(|driver| driver.command(Ticket { asker: page, number }, command, beside));
    if number == 0 {
        return;
    }
    // After everything that the command led to.
    post(&ViewUpdate::Done { number });
}

/// Takes what became of a file on its way.
pub(crate) fn blob(outcome: BlobOutcome) {
    with(|driver| {
        driver.files.ended(&outcome);
        driver.input(Input::Blob(outcome));
    });
}

/// Takes a wish whose files are sealed, or are not.
pub(crate) fn sealed(number: u64, once: Ticket, wish: Result<FilesWish, NotSealed>) {
    with(|driver| driver.sealed(number, once, wish));
}

/// Takes what happened at a socket, unless a newer one has taken its place.
pub(crate) fn socket(line: &Line, number: u64, event: SocketEvent) {
    with(|driver| {
        let Some(session) = driver.sessions.get_mut(line).filter(|session| session.number == number) else {
            return;
        };
        let input = match event {
            SocketEvent::Opened => {
                session.opened = Some(time::now());
                driver.files.hurry();
                Input::Connected(line.clone())
            }
            SocketEvent::Frame(frame) => Input::Frame(line.clone(), frame),
            SocketEvent::Closed => {
                driver.reconnect_later(line);
                Input::Disconnected(line.clone())
            }
        };
        driver.input(input);
    });
}

/// Runs `work` on the driver, then shows and does what follows from it.
fn with(work: impl FnOnce(&mut Driver)) {
    DRIVER.with_borrow_mut(|slot| {
        if let Some(driver) = slot {
            work(driver);
            driver.pump();
        }
    });
}

impl Driver {
    fn input(&mut self, input: Input) {
        if self.app.input(time::now(), input).is_err() {
            post(&ViewUpdate::Failed(Failure::Database));
        }
    }

    fn pump(&mut self) {
        loop {
            while let Some(update) = self.app.poll_update() {
                self.heed(&update);
                post(&update);
            }
            if self.watch_identity && self.app.profile().is_some() {
                self.watch_identity = false;
                profile::is_used();
            }
            if let Some(effect) = self.app.poll_effect() {
                self.effect(effect);
            } else if let Some(picture) = self.files.pictures.next() {
                self.fetch_unasked(picture);
            } else {
                break;
            }
        }
        self.tidy();
    }

    fn effect(&mut self, effect: Effect) {
        match effect {
            Effect::Connect(line, origin) => {
                let session = Session { origin, socket: None, number: 0, pause: 0, opened: None };
                self.sessions.insert(line.clone(), session);
                self.connect(&line);
            }
            Effect::Disconnect(line) => {
                self.sessions.remove(&line);
            }
            Effect::Transmit(line, frame) => {
                if let Some(socket) = self.sessions.get(&line).and_then(|session| session.socket.as_ref()) {
                    socket.send(&frame);
                }
            }
            Effect::Reconnect(line) => {
                self.reconnect_later(&line);
                self.input(Input::Disconnected(line));
            }
            Effect::Rest => {
                self.at_rest = true;
                self.files.rest();
                self.sessions.values_mut().for_each(|session| session.socket = None);
            }
            Effect::Fetch(request) => spawn_local(async move {
                let outcome = fetch::run(&request).await;
                with(|driver| driver.input(Input::Fetched(request.id, outcome)));
            }),
            Effect::Blob(task) => self.blob_task(task),
            Effect::WakeAt(at) => self.wake_at(at),
        }
    }

    fn connect(&mut self, line: &Line) {
        if self.at_rest {
            return;
        }
        let Some(session) = self.sessions.get_mut(line) else { return };
        self.sockets += 1;
        session.number = self.sockets;
        session.socket = Socket::connect(line, session.origin.as_str(), session.number);
        if session.socket.is_none() {
            self.reconnect_later(line);
        }
    }

    /// Opens a lost session again after a pause that doubles each time, with jitter so that a relay's clients do not
    /// come back all at once.
    fn reconnect_later(&mut self, line: &Line) {
        let Some(session) = self.sessions.get_mut(line) else { return };
        session.socket = None;
        if session.opened.take().is_some_and(|opened| time::now() >= opened.plus_millis(STEADY)) {
            session.pause = 0;
        }
        session.pause = (session.pause * 2).clamp(RECONNECT_FIRST, RECONNECT_LAST);
        self.sockets += 1;
        session.number = self.sockets;
        let (pause, number, line) = (session.pause, session.number, line.clone());
        let mut jitter = [0];
        let _ = getrandom::fill(&mut jitter);
        let pause = pause / 2 + pause * i64::from(jitter[0]) / 255;
        spawn_local(async move {
            time::sleep(pause).await;
            with(|driver| {
                if driver.sessions.get(&line).is_some_and(|session| session.number == number) {
                    driver.connect(&line);
                }
            });
        });
    }

    fn wake_at(&mut self, at: Timestamp) {
        if self.wake_at.is_some_and(|earlier| earlier <= at) {
            return;
        }
        self.wake_at = Some(at);
        spawn_local(async move {
            time::sleep(at.0 - time::now().0).await;
            with(|driver| {
                if driver.wake_at == Some(at) {
                    driver.wake_at = None;
                    driver.input(Input::Wake);
                }
            });
        });
    }
}
