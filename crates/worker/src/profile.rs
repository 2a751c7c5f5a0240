//! How the profile is opened: what was found, and what follows from that.
//!
//! A profile is a database and its key. Browsers throw data away when space runs out, one without the other or both, and a new
//! identity in the place of a lost one is nothing that may happen by itself: where something is missing that was there, this says so
//! and waits.

use std::cell::RefCell;

use kuvert_app::App;
use kuvert_core::sealed_key::KeyBytes;
use kuvert_core::{ClientError, DatabaseKey, Location, StoreError};
use kuvert_view::{Gate, LockOutcome, LockView, Posted, Storage, UiCommand, ViewUpdate};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use zeroize::Zeroizing;

use crate::files::Vault;
use crate::keeper::{self, Keeper, Kept};
use crate::storage::{self, DATABASE, Place};
use crate::{driver, moving, post};

/// What follows from what was found.
#[derive(Debug, PartialEq, Eq)]
enum Way {
    /// There was nothing: begin.
    Begin,
    /// There is a key as it is.
    Open,
    /// There is a key that a passphrase opens.
    Ask,
    /// Nothing can be kept: a session in memory.
    Pass,
    /// Not open.
    Shut(Gate),
}

/// `was_used`: an identity was made here, as the key's record or the page remembers.
fn way(place: Place, key: Option<&[u8]>, was_used: bool) -> Way {
    match (place, key) {
        (Place::Busy, _) => Way::Shut(Gate::Stuck),
        (Place::Damaged, _) => Way::Shut(Gate::Unreadable),
        (Place::Missing, _) if was_used => Way::Shut(Gate::NoAccess),
        (Place::Missing, _) => Way::Pass,
        (Place::Ready { has_database: true }, None) => Way::Shut(Gate::KeyGone),
        (Place::Ready { has_database: false }, None) if was_used => Way::Shut(Gate::AllGone),
        (Place::Ready { has_database: false }, None) => Way::Begin,
        (Place::Ready { has_database: false }, Some(_)) if was_used => Way::Shut(Gate::DatabaseGone),
        (Place::Ready { .. }, Some(key)) if keeper::is_locked(key) => Way::Ask,
        (Place::Ready { .. }, Some(_)) => Way::Open,
    }
}

/// A profile that is not open yet, or not any more.
struct Closed {
    keeper: Option<Keeper>,
    key: Zeroizing<Vec<u8>>,
    is_used: bool,
    place: Place,
    /// It is being thrown away.
    ends: bool,
    /// What the page wanted meanwhile, in order. Nobody but the own page writes here.
    waiting: Vec<(Posted, Vec<JsValue>)>,
}

thread_local! {
    static CLOSED: RefCell<Option<Closed>> = const { RefCell::new(None) };
    static KEEPER: RefCell<Option<Keeper>> = const { RefCell::new(None) };
}

/// Opens the profile, or says why not. `found` is what `worker.js` read of the key; `keeper` is none where the browser keeps
/// nothing; `page_remembers` that an identity was made.
pub(crate) async fn begin(keeper: Option<JsValue>, found: &JsValue, page_remembers: bool) {
    let keeper = keeper.map(Keeper::new);
    let kept = Keeper::kept(found);
    let place = if keeper.is_some() { storage::prepare().await } else { Place::Missing };
    let is_used = kept.as_ref().is_some_and(|kept| kept.is_used);
    let way = way(place, kept.as_ref().map(|kept| kept.key.as_slice()), is_used || page_remembers);
    KEEPER.with_borrow_mut(|slot| slot.clone_from(&keeper));
    let key = kept.map(|Kept { key, .. }| key).unwrap_or_default();
    CLOSED.with_borrow_mut(|slot| {
        *slot = Some(Closed { keeper, key, is_used, place, ends: false, waiting: Vec::new() });
    });
    go(way).await;
}

async fn go(way: Way) {
    match way {
        Way::Shut(gate) => post(&ViewUpdate::Gate(Some(gate))),
        Way::Ask => post(&ViewUpdate::Gate(Some(Gate::Locked))),
        Way::Open => {
            let key = CLOSED.with_borrow(|slot| slot.as_ref().map(|closed| keeper::open(&closed.key, None)));
            match key {
                Some(Ok(key)) => open(Storage::Lasting, &key).await,
                _ => post(&ViewUpdate::Gate(Some(Gate::Unreadable))),
            }
        }
        Way::Begin => {
            let keeper = KEEPER.with_borrow(Clone::clone);
            let made = match keeper {
                Some(keeper) => keeper.make().await,
                None => None,
            };
            match made {
                Some(key) => open(Storage::Lasting, &key).await,
                None => pass().await,
            }
        }
        Way::Pass => pass().await,
    }
}

/// A session in memory, under a key that nobody keeps.
async fn pass() {
    let mut key = KeyBytes::default();
    match getrandom::fill(key.as_mut()) {
        Ok(()) => open(Storage::Passing, &key).await,
        Err(_) => post(&ViewUpdate::Gate(Some(Gate::Stuck))),
    }
}

/// Opens the database, and does what the page has wanted since.
async fn open(storage: Storage, key: &KeyBytes) {
    let vault = Vault::open(storage).await;
    if CLOSED.with_borrow(Option::is_none) {
        // Opened meanwhile, by a passphrase that was entered twice.
        return;
    }
    let location = if storage == Storage::Lasting { Location::File(DATABASE) } else { Location::Memory };
    match driver::open(location, &DatabaseKey::new(**key)) {
        Ok(app) if app.is_moving() => {
            if let Some(keeper) = KEEPER.with_borrow(Clone::clone) {
                moving::hold(app, key.clone(), keeper).await;
            }
        }
        Ok(app) => run_as(app, vault, storage),
        Err(error) => post(&ViewUpdate::Gate(Some(gate(&error)))),
    }
}

/// Goes on with a profile that moved here, or stayed.
pub(crate) fn run(app: App, vault: Vault) {
    run_as(app, vault, Storage::Lasting);
}

fn run_as(app: App, vault: Vault, storage: Storage) {
    post(&ViewUpdate::Storage(storage));
    post(&ViewUpdate::Gate(None));
    let closed = CLOSED.with_borrow_mut(Option::take);
    let (waiting, is_used) = closed.map(|closed| (closed.waiting, closed.is_used)).unwrap_or_default();
    driver::run(app, vault, storage == Storage::Lasting && !is_used);
    for (posted, beside) in waiting {
        driver::command(posted, beside);
    }
}

fn gate(error: &ClientError) -> Gate {
    match error {
        ClientError::Store(StoreError::WrongKey | StoreError::Damaged | StoreError::Malformed(_))
        | ClientError::Damaged(_) => Gate::Unreadable,
        _ => Gate::Stuck,
    }
}

/// An identity was made: from now on this profile is missed when it is gone.
pub(crate) fn is_used() {
    if let Some(keeper) = KEEPER.with_borrow(Clone::clone) {
        spawn_local(async move { keeper.use_it().await });
    }
}

/// Takes a command of the page: what is about the profile itself is done here, also while it is not open; all else is for the
/// engine, and waits for it.
pub(crate) fn command(posted: Posted, beside: Vec<JsValue>) {
    match posted.command {
        UiCommand::Unlock { passphrase } => {
            let opened = CLOSED
                .with_borrow(|slot| slot.as_ref().map(|closed| keeper::open(&closed.key, Some(&passphrase))));
            match opened {
                Some(Ok(key)) => spawn_local(async move { open(Storage::Lasting, &key).await }),
                Some(Err(_)) => post(&ViewUpdate::Gate(Some(Gate::WrongPassphrase))),
                // It is open.
                None => {}
            }
        }
        UiCommand::SetPassphrase { current, new } => lock_task(async move |keeper| {
            let outcome = keeper.set(current, new).await;
            say_lock(&keeper, Some(outcome)).await;
        }),
        UiCommand::ShowLock => lock_task(async |keeper| say_lock(&keeper, None).await),
        UiCommand::Lock => lock_task(async |keeper| {
            if keeper.is_locked().await == Some(true) {
                driver::close();
                post(&ViewUpdate::Gate(Some(Gate::Locked)));
            }
        }),
        UiCommand::BeginAnew => begin_anew(),
        command @ (UiCommand::MoveOut | UiCommand::MoveStay { .. } | UiCommand::MoveIn { .. }) => {
            moving::command(command, KEEPER.with_borrow(Clone::clone));
        }
        _ => {
            let posted = CLOSED.with_borrow_mut(|slot| match slot {
                Some(closed) => {
                    closed.waiting.push((posted, beside));
                    None
                }
                None => Some((posted, beside)),
            });
            if let Some((posted, beside)) = posted {
                driver::command(posted, beside);
            }
        }
    }
}

fn lock_task(task: impl AsyncFnOnce(Keeper) + 'static) {
    match KEEPER.with_borrow(Clone::clone) {
        Some(keeper) => spawn_local(async move { task(keeper).await }),
        None => {
            post(&ViewUpdate::Lock(LockView { passphrase: false, outcome: Some(LockOutcome::NotWritten) }))
        }
    }
}

async fn say_lock(keeper: &Keeper, outcome: Option<LockOutcome>) {
    let passphrase = keeper.is_locked().await.unwrap_or(false);
    post(&ViewUpdate::Lock(LockView { passphrase, outcome }));
}

/// The user has seen that this profile cannot be opened, and begins another one.
fn begin_anew() {
    let closed = CLOSED.with_borrow_mut(|slot| {
        let closed = slot.as_mut().filter(|closed| !closed.ends)?;
        closed.ends = true;
        Some((closed.keeper.clone(), closed.place))
    });
    // An open profile is never thrown away.
    let Some((keeper, place)) = closed else { return };
    spawn_local(async move {
        let place = emptied(place).await;
        let is_empty = place == Place::Ready { has_database: false };
        // As long as something is left, its key is.
        if let Some(keeper) = keeper.filter(|_| is_empty) {
            keeper.clear().await;
        }
        let way = CLOSED.with_borrow_mut(|slot| {
            let closed = slot.as_mut()?;
            closed.ends = false;
            closed.place = place;
            if !is_empty {
                return Some(way(place, Some(&closed.key), closed.is_used));
            }
            closed.key = Zeroizing::default();
            closed.is_used = false;
            Some(Way::Begin)
        });
        if let Some(way) = way {
            go(way).await;
        }
    });
}

/// Throws the database away, and says what there is then.
async fn emptied(place: Place) -> Place {
    match place {
        Place::Ready { .. } => {
            storage::clear();
            Place::Ready { has_database: false }
        }
        Place::Damaged if storage::remove().await => storage::prepare().await,
        // Nothing that could be thrown away.
        Place::Damaged | Place::Missing | Place::Busy => place,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = &[7; 32];

    fn ready(has_database: bool) -> Place {
        Place::Ready { has_database }
    }

    #[test]
    fn a_new_identity_never_takes_the_place_of_one_that_was_there() {
        assert_eq!(way(ready(false), None, true), Way::Shut(Gate::AllGone));
        assert_eq!(way(ready(false), Some(KEY), true), Way::Shut(Gate::DatabaseGone));
        assert_eq!(way(Place::Missing, None, true), Way::Shut(Gate::NoAccess));
        assert_eq!(way(Place::Missing, Some(KEY), true), Way::Shut(Gate::NoAccess));
        for was_used in [false, true] {
            // A database without its key was somebody's.
            assert_eq!(way(ready(true), None, was_used), Way::Shut(Gate::KeyGone));
            assert_eq!(way(Place::Busy, Some(KEY), was_used), Way::Shut(Gate::Stuck));
            assert_eq!(way(Place::Damaged, Some(KEY), was_used), Way::Shut(Gate::Unreadable));
        }
    }

    #[test]
    fn who_comes_for_the_first_time_begins_at_once() {
        assert_eq!(way(ready(false), None, false), Way::Begin);
        assert_eq!(way(Place::Missing, None, false), Way::Pass);
        // The page was closed after the key was made, before there was an identity.
        assert_eq!(way(ready(false), Some(KEY), false), Way::Open);
        assert_eq!(way(ready(true), Some(KEY), true), Way::Open);
    }

    #[test]
    fn a_locked_profile_asks_for_its_passphrase() {
        let unlock = kuvert_core::sealed_key::Unlock::Passphrase(Zeroizing::new("correct horse".into()));
        let random = |bytes: &mut [u8]| {
            bytes.fill(7);
            Ok::<_, kuvert_core::sealed_key::KeyError>(())
        };
        let locked = kuvert_core::sealed_key::close(&KeyBytes::default(), &unlock, random).expect("locks");
        assert_eq!(way(ready(true), Some(&locked), true), Way::Ask);
        assert_eq!(way(ready(false), Some(&locked), true), Way::Shut(Gate::DatabaseGone));
    }
}
