//! The forwarder: hands the rows of the outbox over, relay by relay and in order.
//!
//! It works for a bounded number of relays at a time, for each with one request under way. A relay that fails is left
//! alone for a time that doubles. Those that failed or were slow share a quarter of the places, so that they keep nobody
//! waiting but each other. All that is durable is the outbox: after a restart every relay is tried at once.

use std::collections::{HashMap, HashSet, VecDeque};
use std::future::pending;
use std::sync::Arc;

use axum::body::Bytes;
use kuvert_wire::{ErrorCode, SealedDeposit, SealedDeposits, encode, limits};
use tokio::task::{Id, JoinError, JoinSet, spawn_blocking};
use tokio::time::{Duration, Instant, sleep_until};

use super::client::{Client, Link};
use super::{News, RelayName, Wakes};
use crate::metrics::Metrics;
use crate::seal::random;
use crate::service::{Op, OutboxOp};
use crate::store::{OutboxRow, RelayRow, RelayStore, StoreError, Table, outbox_key};
use crate::writer::Writer;

/// What a worker needs.
#[derive(Clone)]
struct Tools {
    client: Arc<Client>,
    store: Arc<dyn RelayStore>,
    writer: Arc<Writer>,
    metrics: Arc<Metrics>,
}

/// Where a relay stands for which something waits.
enum Stage {
    /// In the line of those to work for.
    Ready,
    /// In work. `again` if something came meanwhile.
    InWork { again: bool },
    /// Left alone after a failure.
    Resting { until: Instant },
}

struct Known {
    stage: Stage,
    /// In a row.
    failures: u32,
}

/// How a turn of work ended.
enum Ended {
    /// Nothing is left.
    Empty,
    /// There is more, and others have their turn.
    More,
    /// The relay, or this one's store, did not do it.
    Failed,
}

/// A turn of work, done.
struct Turn {
    link: Option<Link>,
    ended: Ended,
    /// It took longer than others should wait for.
    is_slow: bool,
    /// The relay took something, now or before.
    answered: bool,
}

/// Delivers to other relays for as long as it runs.
pub(crate) struct Forwarder {
    tools: Tools,
    wakes: Arc<Wakes>,
    known: HashMap<RelayName, Known>,
    ready: VecDeque<RelayName>,
    /// Those of the line that failed or were slow when they were last tried.
    ready_slow: VecDeque<RelayName>,
    /// Who was slow or failed, bounded like the relays for which something may wait.
    slow: HashSet<RelayName>,
    work: JoinSet<Turn>,
    workers: HashMap<Id, RelayName>,
    slow_workers: HashSet<Id>,
    /// Connections that are kept for a while.
    idle: HashMap<RelayName, (Link, Instant)>,
}

impl Forwarder {
    /// Over an outbox; `wakes` says when rows are added.
    pub(crate) fn new(
        client: Arc<Client>,
        store: Arc<dyn RelayStore>,
        writer: Arc<Writer>,
        wakes: Arc<Wakes>,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            tools: Tools { client, store, writer, metrics },
            wakes,
            known: HashMap::new(),
            ready: VecDeque::new(),
            ready_slow: VecDeque::new(),
            slow: HashSet::new(),
            work: JoinSet::new(),
            workers: HashMap::new(),
            slow_workers: HashSet::new(),
            idle: HashMap::new(),
        }
    }

    /// Delivers what waits, and what comes. Ends only by being dropped.
    pub(crate) async fn run(mut self) {
        self.load().await;
        let wakes = Arc::clone(&self.wakes);
        loop {
            self.start();
            let due = self.due();
            let due = async move {
                match due {
                    Some(due) => sleep_until(due).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                names = wakes.next() => names.into_iter().for_each(|(name, news)| self.hear(name, news)),
                Some(done) = self.work.join_next_with_id() => self.finish(done),
                () = due => self.pass(Instant::now()),
            }
        }
    }

    /// Finds the relays for which something waited when this one was started.
    async fn load(&mut self) {
        let mut after = Vec::new();
        loop {
            let (store, from) = (Arc::clone(&self.tools.store), after.clone());
            let keys = spawn_blocking(move || store.keys(Table::Relays, &from, limits::MAX_SWEEP)).await;
            let Ok(Ok(keys)) = keys else {
                tracing::error!("the outbox cannot be read; it waits for the next start or new rows");
                return;
            };
            keys.iter().filter_map(|key| RelayName::from_slice(key)).for_each(|name| self.wake(name));
            match keys.into_iter().nth(limits::MAX_SWEEP - 1) {
                Some(last) => after = last,
                None => return,
            }
        }
    }

    fn hear(&mut self, name: RelayName, news: News) {
        match (news, self.known.get_mut(&name)) {
            (News::Came, _) => self.wake(name),
            // A look at the outbox, and this relay is forgotten here as well.
            (News::Gone, Some(Known { stage: Stage::Resting { until }, .. })) => *until = Instant::now(),
            (News::Gone, Some(_)) => self.wake(name),
            (News::Gone, None) => {}
        }
    }

    fn wake(&mut self, name: RelayName) {
        match self.known.get_mut(&name) {
            Some(Known { stage: Stage::InWork { again }, .. }) => *again = true,
            Some(_) => {}
            None => {
                self.known.insert(name, Known { stage: Stage::Ready, failures: 0 });
                self.line_up(name);
            }
        }
    }

    fn line_up(&mut self, name: RelayName) {
        let line = if self.slow.contains(&name) { &mut self.ready_slow } else { &mut self.ready };
        line.push_back(name);
    }

    /// Who is next, if there is a place.
    fn next(&mut self) -> Option<(RelayName, bool)> {
        if self.work.len() >= limits::MAX_FOREIGN_RELAYS {
            return None;
        }
        if let Some(name) = self.ready.pop_front() {
            return Some((name, false));
        }
        if self.slow_workers.len() >= limits::MAX_SLOW_RELAYS {
            return None;
        }
        self.ready_slow.pop_front().map(|name| (name, true))
    }

    fn note_speed(&mut self, name: RelayName, is_slow: bool) {
        if !is_slow {
            self.slow.remove(&name);
            return;
        }
        if self.slow.len() as u64 >= limits::MAX_OUTBOX_RELAYS {
            self.slow.clear();
        }
        self.slow.insert(name);
    }

    /// Gives work to as many as may work.
    fn start(&mut self) {
        while let Some((name, is_slow)) = self.next() {
            let Some(known) = self.known.get_mut(&name) else { continue };
            known.stage = Stage::InWork { again: false };
            let link = self.idle.remove(&name).map(|(link, _)| link);
            let worker = Worker { tools: self.tools.clone(), name, link, answered: false };
            let started = self.work.spawn(worker.turn());
            if is_slow {
                self.slow_workers.insert(started.id());
            }
            self.workers.insert(started.id(), name);
        }
    }

    fn finish(&mut self, done: Result<(Id, Turn), JoinError>) {
        let (id, turn) = match done {
            Ok(done) => done,
            Err(error) => {
                (error.id(), Turn { link: None, ended: Ended::Failed, is_slow: true, answered: true })
            }
        };
        let Turn { link, ended, is_slow, answered } = turn;
        self.slow_workers.remove(&id);
        let Some(name) = self.workers.remove(&id) else { return };
        self.note_speed(name, is_slow || matches!(ended, Ended::Failed));
        let Some(known) = self.known.get_mut(&name) else { return };
        let again = matches!(known.stage, Stage::InWork { again: true });
        match ended {
            Ended::Failed => {
                self.tools.metrics.outbox_retried.inc();
                known.failures = known.failures.saturating_add(1);
                let rest = rest(known.failures, answered, random()[0]);
                known.stage = Stage::Resting { until: Instant::now() + rest };
                return;
            }
            Ended::Empty if !again => {
                self.known.remove(&name);
            }
            Ended::Empty | Ended::More => {
                known.failures = 0;
                known.stage = Stage::Ready;
                self.line_up(name);
            }
        }
        if let Some(link) = link.filter(|_| self.idle.len() < limits::MAX_FOREIGN_RELAYS) {
            self.idle.insert(name, (link, Instant::now() + limits::FOREIGN_IDLE));
        }
    }

    /// When the next rest or idle connection ends.
    fn due(&self) -> Option<Instant> {
        let rests = self.known.values().filter_map(|known| match known.stage {
            Stage::Resting { until } => Some(until),
            _ => None,
        });
        rests.chain(self.idle.values().map(|(_, until)| *until)).min()
    }

    /// Ends the rests and idle connections whose time is over.
    fn pass(&mut self, now: Instant) {
        self.idle.retain(|_, (link, until)| *until > now && link.is_open());
        let mut rested = Vec::new();
        for (name, known) in &mut self.known {
            if matches!(known.stage, Stage::Resting { until } if until <= now) {
                known.stage = Stage::Ready;
                rested.push(*name);
            }
        }
        rested.into_iter().for_each(|name| self.line_up(name));
    }
}

/// How long a relay is left alone after so many failures: between half and all of a time that doubles, so that relays
/// which failed together do not come back together.
fn rest(failures: u32, answered: bool, chance: u8) -> Duration {
    let bound = if answered { limits::FOREIGN_REST_MAX } else { limits::FOREIGN_REST_STRANGER };
    let doubled =
        limits::FOREIGN_REST_MIN.saturating_mul(1_u32.checked_shl(failures - 1).unwrap_or(u32::MAX));
    let longest = doubled.min(bound);
    longest / 2 + longest * u32::from(chance) / 512
}

/// The rows at the head of a relay's outbox, as one request.
pub(crate) struct Batch {
    pub(crate) origin: String,
    pub(crate) head: u64,
    pub(crate) count: usize,
    pub(crate) body: Bytes,
    answered: bool,
}

/// Works for one relay.
struct Worker {
    tools: Tools,
    name: RelayName,
    link: Option<Link>,
    answered: bool,
}

impl Worker {
    async fn turn(mut self) -> Turn {
        let mut took = Duration::ZERO;
        let ended = self.work(&mut took).await;
        let is_slow = took >= limits::FOREIGN_TURN_TIME;
        Turn { link: self.link, ended, is_slow, answered: self.answered }
    }

    /// Adds to `took` how long the other relay let this one wait.
    async fn work(&mut self, took: &mut Duration) -> Ended {
        // What woke the forwarder may still be on its way to the disk; after this it is there.
        if self.tools.writer.perform(Op::Outbox(OutboxOp::Settle), 0).await.is_err() {
            return Ended::Failed;
        }
        for _ in 0..limits::MAX_FOREIGN_TURN {
            let (store, name) = (Arc::clone(&self.tools.store), self.name);
            let batch = match spawn_blocking(move || read(&*store, name)).await {
                Ok(Ok(Some(batch))) => batch,
                Ok(Ok(None)) => return Ended::Empty,
                Ok(Err(_)) | Err(_) => return Ended::Failed,
            };
            self.answered |= batch.answered;
            let began = Instant::now();
            let results = self.deliver(&batch).await;
            *took += began.elapsed();
            let Some(results) = results else {
                self.link = None;
                return Ended::Failed;
            };
            let settled = settled(&results);
            self.answered |= settled > 0;
            let delivered = OutboxOp::Delivered { relay: self.name, until: batch.head + settled as u64 };
            let stored = self.tools.writer.perform(Op::Outbox(delivered), 0).await;
            if stored.is_err() {
                return Ended::Failed;
            }
            let taken = results[..settled].iter().filter(|result| result.is_none()).count();
            self.tools.metrics.outbox_delivered.add(taken as u64);
            self.tools.metrics.outbox_refused.add((settled - taken) as u64);
            if settled < batch.count {
                return Ended::Failed;
            }
            if *took >= limits::FOREIGN_TURN_TIME {
                break;
            }
        }
        Ended::More
    }

    /// Hands a batch over and returns what the other relay says of each row.
    async fn deliver(&mut self, batch: &Batch) -> Option<Vec<Option<ErrorCode>>> {
        // A connection that was kept may have been closed by the other side in this very moment: one more try.
        if let Some(link) = self.link.as_mut().filter(|link| link.is_open())
            && let Ok(answer) = link.deliver(batch.body.clone(), batch.count).await
        {
            return Some(answer.results);
        }
        let link = self.link.insert(self.tools.client.connect(&batch.origin).await.ok()?);
        let answer = link.deliver(batch.body.clone(), batch.count).await.ok()?;
        Some(answer.results)
    }
}

/// Up to the first that shall be tried again: what was accepted, and what never will be.
pub(crate) fn settled(results: &[Option<ErrorCode>]) -> usize {
    results.iter().take_while(|result| **result != Some(ErrorCode::Busy)).count()
}

/// Reads as many rows as one request may carry.
pub(crate) fn read(store: &dyn RelayStore, name: RelayName) -> Result<Option<Batch>, StoreError> {
    let Some(relay) = store.row::<RelayRow>(Table::Relays, name.as_bytes())? else { return Ok(None) };
    let mut deposits = Vec::new();
    // The array's and each deposit's head.
    let mut size = 8;
    for place in relay.head..relay.next {
        let row = store.row::<OutboxRow>(Table::Outbox, &outbox_key(name, place))?;
        // The sweep may have dropped it since; the next look finds the new head.
        let Some(row) = row else { break };
        size += row.sealed.len() + 8;
        if deposits.len() == limits::MAX_FOREIGN_DEPOSITS || size > limits::MAX_FOREIGN_BYTES {
            break;
        }
        deposits.push(SealedDeposit { bytes: row.sealed });
    }
    let count = deposits.len();
    if count == 0 {
        return Ok(None);
    }
    let body = Bytes::from(encode(&SealedDeposits { deposits }));
    Ok(Some(Batch { origin: relay.origin, head: relay.head, count, body, answered: relay.answered }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_double_up_to_a_bound_and_never_fall_together() {
        // RELAY-5: FOREIGN_REST_MIN, FOREIGN_REST_MAX, FOREIGN_REST_STRANGER
        for answered in [true, false] {
            let rest = |failures, chance| rest(failures, answered, chance);
            assert_eq!(rest(1, 0), limits::FOREIGN_REST_MIN / 2);
            assert_eq!(rest(2, 0), limits::FOREIGN_REST_MIN);
            assert!(rest(1, 255) > rest(1, 0) && rest(1, 255) <= limits::FOREIGN_REST_MIN);
            let longest = if answered { limits::FOREIGN_REST_MAX } else { limits::FOREIGN_REST_STRANGER };
            for failures in [20, 40, u32::MAX] {
                assert_eq!(rest(failures, 0), longest / 2);
                assert!(rest(failures, 255) <= longest);
            }
        }
    }

    fn forwarder() -> Forwarder {
        let store = Arc::new(crate::store::Memory::default()) as Arc<dyn RelayStore>;
        let service = crate::service::Service::new(Vec::new(), crate::service::Registration::Open);
        let writer = Writer::start(Arc::clone(&store), service, Arc::default(), Arc::default());
        let client = Arc::new(Client::new(true).expect("a client"));
        Forwarder::new(client, store, Arc::new(writer.expect("starts")), Arc::default(), Arc::default())
    }

    fn name(n: usize) -> RelayName {
        RelayName::of(&format!("https://relay{n}.example"))
    }

    #[tokio::test]
    async fn so_many_relays_are_worked_for_at_once_and_the_others_wait_their_turn() {
        // RELAY-5: MAX_FOREIGN_RELAYS
        let mut forwarder = forwarder();
        for n in 0..=limits::MAX_FOREIGN_RELAYS {
            forwarder.wake(name(n));
        }
        forwarder.start();
        let in_work = |forwarder: &Forwarder| (forwarder.work.len(), forwarder.ready.len());
        assert_eq!(in_work(&forwarder), (limits::MAX_FOREIGN_RELAYS, 1));
        let done = forwarder.work.join_next_with_id().await.expect("one ends");
        forwarder.finish(done);
        forwarder.start();
        assert_eq!(in_work(&forwarder), (limits::MAX_FOREIGN_RELAYS, 0));
    }

    #[tokio::test]
    async fn connections_are_kept_for_a_while_and_not_too_many() {
        // RELAY-5: FOREIGN_IDLE, MAX_FOREIGN_RELAYS
        let listener =
            tokio::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await.expect("binds");
        let origin = format!("http://{}", listener.local_addr().expect("bound"));
        let mut forwarder = forwarder();
        let mut accepted = Vec::new();
        for n in 0..=limits::MAX_FOREIGN_RELAYS {
            let link = forwarder.tools.client.connect(&origin).await.ok();
            accepted.push(listener.accept().await.expect("connected"));
            let turn = |link| Turn { link, ended: Ended::Empty, is_slow: false, answered: true };
            let id = forwarder.work.spawn(async move { turn(None) }).id();
            forwarder.workers.insert(id, name(n));
            forwarder.known.insert(name(n), Known { stage: Stage::InWork { again: false }, failures: 0 });
            forwarder.finish(Ok((id, turn(link))));
        }
        assert_eq!(forwarder.idle.len(), limits::MAX_FOREIGN_RELAYS);
        let due = forwarder.due().expect("one ends first");
        assert!(due <= Instant::now() + limits::FOREIGN_IDLE);
        forwarder.pass(due - limits::FOREIGN_IDLE / 2);
        assert_eq!(forwarder.idle.len(), limits::MAX_FOREIGN_RELAYS);
        forwarder.pass(Instant::now() + limits::FOREIGN_IDLE);
        assert_eq!(forwarder.idle.len(), 0);
    }

    #[test]
    fn nothing_behind_what_shall_be_tried_again_is_done_with() {
        let (busy, refused) = (Some(ErrorCode::Busy), Some(ErrorCode::BadToken));
        assert_eq!(settled(&[None, refused, None]), 3);
        assert_eq!(settled(&[None, refused, busy, None]), 2);
        assert_eq!(settled(&[busy]), 0);
    }

    #[tokio::test]
    async fn relays_that_were_slow_take_no_more_than_their_places() {
        // RELAY-5: MAX_SLOW_RELAYS, MAX_FOREIGN_RELAYS
        let store: Arc<dyn RelayStore> = Arc::new(crate::store::Memory::default());
        let service = crate::service::Service::new(Vec::new(), crate::service::Registration::Open);
        let writer = Writer::start(Arc::clone(&store), service, Arc::default(), Arc::default());
        let writer = Arc::new(writer.expect("starts"));
        let client = Arc::new(Client::new(false).expect("a client"));
        let mut forwarder =
            Forwarder::new(client, store, Arc::clone(&writer), Arc::default(), Arc::default());
        let name = |n: usize| RelayName::of(&format!("https://relay{n}.example"));
        for n in 0..=limits::MAX_SLOW_RELAYS {
            forwarder.note_speed(name(n), true);
            forwarder.wake(name(n));
        }
        forwarder.start();
        assert_eq!((forwarder.work.len(), forwarder.ready_slow.len()), (limits::MAX_SLOW_RELAYS, 1));
        for n in 100..100 + limits::MAX_FOREIGN_RELAYS {
            forwarder.wake(name(n));
        }
        forwarder.start();
        assert_eq!(forwarder.work.len(), limits::MAX_FOREIGN_RELAYS);
        assert_eq!(forwarder.ready.len(), limits::MAX_SLOW_RELAYS);
        writer.stop();
    }
}
