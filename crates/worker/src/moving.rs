//! The profile moves to another device, or from one to here. What is asked and answered is for `kuvert-core`; here are the requests, the
//! files and the key.

use std::cell::RefCell;

use kuvert_app::App;
use kuvert_core::moving::{Arrival, Decision, MoveError, Verdict};
use kuvert_core::sealed_key::KeyBytes;
use kuvert_core::{ClientError, DatabaseKey, FetchOutcome, FetchRequest, Location, Refusal};
use kuvert_view::{Failure, Gate, MoveFault, MoveView, Storage, UiCommand, ViewUpdate};
use wasm_bindgen_futures::spawn_local;

use crate::files::Vault;
use crate::keeper::Keeper;
use crate::storage::{self, DATABASE};
use crate::{driver, fetch, post, profile, time};

/// Pause before a request that failed is made again, and between two looks at who goes on: milliseconds.
const AGAIN: i64 = 1_000;
const LOOK: i64 = 3_000;

/// A profile that moves. Nothing but that is done with it.
struct Held {
    app: App,
    key: KeyBytes,
}

thread_local! {
    static HELD: RefCell<Option<Held>> = const { RefCell::new(None) };
}

fn say(view: MoveView) {
    post(&ViewUpdate::Move(view));
}

fn fault(fault: MoveFault) {
    say(MoveView::Failed(fault));
}

/// Takes a command that is about a move.
pub(crate) fn command(command: UiCommand, keeper: Option<Keeper>) {
    let Some(keeper) = keeper else { return fault(MoveFault::Passing) };
    match command {
        UiCommand::MoveOut => spawn_local(out(keeper)),
        UiCommand::MoveStay { anyway } => spawn_local(async move {
            if stay(&keeper, anyway).await {
                say(MoveView::Here);
            }
        }),
        UiCommand::MoveIn { link } => spawn_local(async move {
            if let Err(why) = take(&keeper, &link).await {
                fault(why);
            }
        }),
        _ => {}
    }
}

/// A profile was opened, and moves.
pub(crate) async fn hold(app: App, key: KeyBytes, keeper: Keeper) {
    let decision = app.watch_move();
    HELD.with_borrow_mut(|slot| *slot = Some(Held { app, key }));
    post(&ViewUpdate::Gate(Some(Gate::Moving)));
    if let Ok(decision) = decision
        && run(decision).await == Ok(Verdict::Elsewhere)
    {
        wipe(&keeper).await;
    }
}

/// Leaves this device, if that was not done, and brings a copy to the relay; then watches whether another device takes it.
async fn out(keeper: Keeper) {
    if HELD.with_borrow(Option::is_none) {
        let Some(key) = keeper.key().await else {
            let is_locked = keeper.is_locked().await == Some(true);
            return fault(if is_locked { MoveFault::Locked } else { MoveFault::Passing });
        };
        match driver::leave() {
            None => return,
            Some(Err(ClientError::Refused(Refusal::NoIdentity))) => {
                return post(&ViewUpdate::Failed(Failure::NoIdentity));
            }
            Some(Err(_)) => return fault(MoveFault::Database),
            Some(Ok(())) => {}
        }
        driver::close();
        let Ok(app) = driver::open(Location::File(DATABASE), &DatabaseKey::new(*key)) else {
            return fault(MoveFault::Database);
        };
        HELD.with_borrow_mut(|slot| *slot = Some(Held { app, key }));
        post(&ViewUpdate::Gate(Some(Gate::Moving)));
    }
    match pack().await {
        Ok(link) => say(MoveView::Link { link }),
        Err(why) => return fault(why),
    }
    while HELD.with_borrow(Option::is_some) {
        time::sleep(LOOK).await;
        let decision = HELD.with_borrow(|held| held.as_ref().map(|held| held.app.watch_move()));
        let Some(Ok(decision)) = decision else { return };
        if run(decision).await == Ok(Verdict::Elsewhere) {
            return wipe(&keeper).await;
        }
    }
}

/// Seals a copy, and brings it to the relay. Returns the link to it.
async fn pack() -> Result<String, MoveFault> {
    let Held { app, key } = HELD.with_borrow_mut(Option::take).ok_or(MoveFault::Database)?;
    // Closed as long as it is copied.
    drop(app);
    let database = storage::copy();
    let mut app =
        driver::open(Location::File(DATABASE), &DatabaseKey::new(*key)).map_err(|_| MoveFault::Database)?;
    let departure = database.map(|database| app.depart(&key, database));
    HELD.with_borrow_mut(|slot| *slot = Some(Held { app, key }));
    let mut departure = match departure {
        None => return Err(MoveFault::Database),
        Some(Err(ClientError::Refused(Refusal::DataInvalid))) => return Err(MoveFault::TooLarge),
        Some(Err(_)) => return Err(MoveFault::Refused),
        Some(Ok(departure)) => departure,
    };
    while let Some(request) = departure.request() {
        let outcome = answer(request).await;
        departure.answered(&outcome).map_err(shown)?;
        let (done, of) = departure.progress();
        say(MoveView::Leaving { done: done as u64, of: of as u64 });
    }
    Ok(departure.link().to_string())
}

/// Goes on here, unless another device does. Whether it does.
async fn stay(keeper: &Keeper, anyway: bool) -> bool {
    let decide = |held: &mut Held| held.app.decide(time::now(), anyway);
    let decision = HELD.with_borrow_mut(|held| held.as_mut().map(decide));
    let verdict = match decision {
        None => return false,
        Some(Err(ClientError::Refused(Refusal::TooLate))) => Err(MoveFault::LongAgo),
        Some(Err(_)) => Err(MoveFault::Database),
        Some(Ok(decision)) => run(decision).await,
    };
    match verdict {
        Ok(Verdict::Here) => return go_on().await,
        Ok(Verdict::Elsewhere) => wipe(keeper).await,
        Ok(Verdict::Open) => {
            post(&ViewUpdate::Gate(Some(Gate::Moving)));
            say(MoveView::Undecided);
        }
        Err(why) => fault(why),
    }
    false
}

/// Takes a profile from another device.
async fn take(keeper: &Keeper, link: &str) -> Result<(), MoveFault> {
    if driver::has_identity() || HELD.with_borrow(Option::is_some) {
        return Err(MoveFault::InUse);
    }
    let mut arrival = Arrival::new(link).map_err(shown)?;
    while let Some(request) = arrival.request() {
        let outcome = answer(request).await;
        arrival.answered(outcome).map_err(shown)?;
        let (done, of) = arrival.progress();
        say(MoveView::Coming { done: done as u64, of: of as u64 });
    }
    let parcel = arrival.open().map_err(shown)?;
    if driver::has_identity() {
        return Err(MoveFault::InUse);
    }
    driver::close();
    let is_kept = storage::adopt(&parcel.database) && keeper.adopt(&parcel.key).await;
    let app = driver::open(Location::File(DATABASE), &DatabaseKey::new(*parcel.key));
    // What came may have been made by anybody: it has to be a profile that moves.
    let app = app.ok().filter(|app| is_kept && app.is_moving());
    let Some(app) = app else {
        storage::clear();
        keeper.clear().await;
        return Err(MoveFault::Forged);
    };
    HELD.with_borrow_mut(|slot| *slot = Some(Held { app, key: parcel.key }));
    profile::is_used();
    if stay(keeper, false).await {
        // The relay deletes it by itself, too.
        let _ = fetch::run(&arrival.deletion()).await;
        say(MoveView::Here);
    }
    Ok(())
}

/// It was decided: the profile is here, and nowhere else. Whether it was opened.
async fn go_on() -> bool {
    let vault = Vault::open(Storage::Lasting).await;
    let Some(Held { mut app, .. }) = HELD.with_borrow_mut(Option::take) else { return false };
    if app.decided().is_err() {
        fault(MoveFault::Database);
        return false;
    }
    profile::run(app, vault);
    true
}

/// Another device has the profile: here it is deleted, its key first.
async fn wipe(keeper: &Keeper) {
    keeper.clear().await;
    HELD.with_borrow_mut(Option::take);
    storage::clear();
    let vault = Vault::open(Storage::Lasting).await;
    for name in vault.names().await {
        vault.remove(&name).await;
    }
    say(MoveView::Elsewhere);
}

async fn run(mut decision: Decision) -> Result<Verdict, MoveFault> {
    while let Some(request) = decision.request() {
        let outcome = answer(request).await;
        decision.answered(&outcome).map_err(shown)?;
    }
    Ok(decision.verdict().unwrap_or(Verdict::Open))
}

/// One answer; after a request that failed, a pause.
async fn answer(request: FetchRequest) -> FetchOutcome {
    let outcome = fetch::run(&request).await;
    let has_failed = match outcome {
        FetchOutcome::Answered { status, .. } => status >= 500,
        FetchOutcome::Failed => true,
    };
    if has_failed {
        time::sleep(AGAIN).await;
    }
    outcome
}

fn shown(error: MoveError) -> MoveFault {
    match error {
        MoveError::NoLink => MoveFault::NoLink,
        MoveError::Refused(_) => MoveFault::Refused,
        MoveError::Gone => MoveFault::Gone,
        MoveError::Forged => MoveFault::Forged,
        MoveError::TooLarge => MoveFault::TooLarge,
    }
}
