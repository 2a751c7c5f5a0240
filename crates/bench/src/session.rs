//! Opening sessions, many at a time, and being patient with a relay.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use kuvert_wire::{PostId, RelayFrame, decode, limits};

use crate::net::{Net, Peer};
use crate::relay::Relay;

/// Sessions that are being opened at the same time.
const OPENING: usize = 128;
/// A relay that says nothing for so long says nothing any more.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a turn waits for something to come.
pub(crate) const TURN: Duration = Duration::from_millis(10);

/// A peer whose sessions begin with a handshake.
pub(crate) trait Opening: Peer {
    /// How many sessions are open.
    fn opened(&self) -> usize;
}

/// Opens `count` sessions and waits until all are.
pub(crate) fn open<P: Opening>(net: &mut Net, relay: &Relay, count: usize, peer: &mut P) -> Result<()> {
    let before = peer.opened();
    let mut connected = 0;
    let mut patience = Patience::new();
    while peer.opened() - before < count {
        while connected < count && connected - (peer.opened() - before) < OPENING {
            net.connect(relay.address)?;
            connected += 1;
        }
        patience.judge(net.turn(TURN, peer)?)?;
    }
    Ok(())
}

/// Turns until `done`, as long as something comes.
pub(crate) fn until<P: Peer>(net: &mut Net, peer: &mut P, done: impl Fn(&P) -> bool) -> Result<()> {
    let mut patience = Patience::new();
    while !done(peer) {
        patience.judge(net.turn(TURN, peer)?)?;
    }
    Ok(())
}

/// Goes on for `time`, with nothing in particular to wait for.
pub(crate) fn rest(net: &mut Net, peer: &mut impl Peer, time: Duration) -> Result<()> {
    let end = Instant::now() + time;
    while Instant::now() < end {
        net.turn(TURN, peer)?;
    }
    Ok(())
}

/// Waits, but not for ever.
pub(crate) struct Patience(Instant);

impl Patience {
    pub(crate) fn new() -> Self {
        Self(Instant::now())
    }

    /// Notes whether something came.
    ///
    /// # Errors
    /// Nothing has come for too long.
    pub(crate) fn judge(&mut self, came: bool) -> Result<()> {
        if came {
            self.0 = Instant::now();
        } else if self.0.elapsed() > PATIENCE {
            bail!("the relay has said nothing for {} s, and something is still due", PATIENCE.as_secs());
        }
        Ok(())
    }
}

/// What an anonymous session is told.
pub(crate) enum Told {
    Hello,
    Accepted(PostId),
}

/// Reads a frame that an anonymous session got.
///
/// # Errors
/// A request was refused, or the relay said something that does not belong there.
pub(crate) fn told(payload: &[u8]) -> Result<Told> {
    match decode(payload, limits::MAX_FRAME)? {
        RelayFrame::Hello(_) => Ok(Told::Hello),
        RelayFrame::Accepted { id, .. } => Ok(Told::Accepted(id)),
        RelayFrame::Refused { code, .. } => bail!("the relay refuses a request: {code}"),
        other => bail!("the relay answers a sender with {other:?}"),
    }
}

/// Secret of a run, from which all keys and ids follow.
pub(crate) fn run_secret(seed: u64) -> [u8; 32] {
    *kuvert_wire::derive_key(&seed.to_be_bytes(), "kuvert bench run", &[])
}

/// A seed that no earlier run had.
pub(crate) fn random_seed() -> Result<u64> {
    match getrandom::u64() {
        Ok(seed) => Ok(seed),
        Err(error) => bail!("the operating system gives no randomness: {error}"),
    }
}
