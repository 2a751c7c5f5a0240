//! Brings the profile to another device, or here; what is asked and answered is for `kuvert-core`.

use std::path::Path;
use std::time::Duration;

use kuvert_core::moving::{Arrival, Decision, MoveError, MoveLink, Verdict};
use kuvert_core::{Client, ClientError, Config, FetchOutcome, FetchRequest, Location, Refusal};
use tokio::time::{Instant, sleep};
use zeroize::Zeroizing;

use crate::session::now;
use crate::{Profile, ProfileError, Unlock, fetch};

/// Pause before a request that failed is made again.
const AGAIN: Duration = Duration::from_secs(1);

/// A move did not get on.
#[derive(Debug, thiserror::Error)]
pub enum MoveFailure {
    /// The profile folder.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The engine.
    #[error(transparent)]
    Engine(#[from] ClientError),
    /// It will not get there.
    #[error(transparent)]
    Move(#[from] MoveError),
    /// Time ran out.
    #[error("the relay cannot be reached")]
    Unreachable,
}

/// Leaves this device, and brings a sealed copy of the profile to its relay. Returns the link by which another device takes it.
///
/// # Errors
/// [`MoveFailure`]. From [`Client::leave`] on, the profile moves, whatever happens; this can be done again.
pub async fn leave(profile: &Profile, deadline: Instant) -> Result<MoveLink, MoveFailure> {
    let mut client = open(profile)?;
    client.leave(now())?;
    if !client.may_be_copied() {
        return Err(ClientError::Refused(Refusal::NotMoving).into());
    }
    drop(client);
    let database = profile.copy()?;
    let mut departure = open(profile)?.depart(profile.key_bytes(), database)?;
    while let Some(request) = departure.request() {
        let outcome = answer(request, deadline).await?;
        departure.answered(&outcome)?;
    }
    Ok(departure.link().clone())
}

/// Whether the profile moves.
///
/// # Errors
/// [`MoveFailure`] if it does not open.
pub fn is_moving(profile: &Profile) -> Result<bool, MoveFailure> {
    Ok(open(profile)?.is_moving())
}

/// Asks at which device the profile goes on.
///
/// # Errors
/// [`MoveFailure`] if it does not move, or the relay cannot be reached.
pub async fn watch(profile: &Profile, deadline: Instant) -> Result<Verdict, MoveFailure> {
    let decision = open(profile)?.watch_move()?;
    run(decision, deadline).await
}

/// Goes on at this device, unless another one does. `anyway`: also where the relay may have forgotten that.
///
/// # Errors
/// [`MoveFailure`] if it does not move, or the relay cannot be reached.
pub async fn stay(profile: &Profile, anyway: bool, deadline: Instant) -> Result<Verdict, MoveFailure> {
    let decision = open(profile)?.decide(now(), anyway)?;
    let verdict = run(decision, deadline).await?;
    if verdict == Verdict::Here {
        open(profile)?.decided()?;
    }
    Ok(verdict)
}

/// Takes the profile behind a link into a new folder, and goes on here unless another device does. The profile is there after
/// [`Verdict::Here`], and with [`Verdict::Open`], to be asked again.
///
/// # Errors
/// [`MoveFailure`].
pub async fn take(
    folder: &Path,
    holder: &str,
    link: &str,
    unlock: &Unlock,
    deadline: Instant,
) -> Result<(Profile, Verdict), MoveFailure> {
    let mut arrival = Arrival::new(link)?;
    while let Some(request) = arrival.request() {
        let outcome = answer(request, deadline).await?;
        arrival.answered(outcome)?;
    }
    let profile = Profile::adopt(folder, holder, &arrival.open()?, unlock)?;
    // What came may have been made by anybody: it has to be a profile that moves.
    if !is_moving(&profile).unwrap_or(false) {
        profile.delete()?;
        return Err(MoveError::Forged.into());
    }
    let verdict = stay(&profile, false, deadline).await?;
    if verdict == Verdict::Here {
        // The relay deletes it by itself, too.
        let _ = answer(arrival.deletion(), deadline).await;
    }
    Ok((profile, verdict))
}

fn open(profile: &Profile) -> Result<Client, MoveFailure> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut()).map_err(ProfileError::Random)?;
    let location = Location::File(profile.database());
    Ok(Client::open(&Config { location, key: profile.key(), seed: *seed })?)
}

async fn run(mut decision: Decision, deadline: Instant) -> Result<Verdict, MoveFailure> {
    while let Some(request) = decision.request() {
        let outcome = answer(request, deadline).await?;
        decision.answered(&outcome)?;
    }
    Ok(decision.verdict().unwrap_or(Verdict::Open))
}

/// One answer; after a request that failed, a pause.
async fn answer(request: FetchRequest, deadline: Instant) -> Result<FetchOutcome, MoveFailure> {
    let outcome = fetch::once(request).await;
    let has_failed = match outcome {
        FetchOutcome::Answered { status, .. } => status >= 500,
        FetchOutcome::Failed => true,
    };
    if has_failed {
        if Instant::now() >= deadline {
            return Err(MoveFailure::Unreachable);
        }
        sleep(AGAIN).await;
    }
    Ok(outcome)
}
