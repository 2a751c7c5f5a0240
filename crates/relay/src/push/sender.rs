//! Who pushes: waits some moments for owners to acknowledge, looks who did not, and hands pushes over, a bounded number at a
//! time. A push service that fails is left alone for a time that doubles, or for as long as it says. All of this lives in
//! memory: what is lost with it is pushed with the next entry, because only a push that was taken is noted in the store.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::future::pending;
use std::sync::{Arc, Once};

use axum::body::Bytes;
use axum::http::{HeaderMap, Request, StatusCode, header};
use kuvert_wire::{InboxId, PushSubscription, limits};
use tokio::task::{Id, JoinError, JoinSet, spawn_blocking};
use tokio::time::{Duration, Instant, sleep_until};

use super::endpoint::Endpoint;
use super::{Push, message};
use crate::federation::client::Link;
use crate::metrics::Metrics;
use crate::seal::random;
use crate::service::{Op, PushOp};
use crate::session::Sessions;
use crate::store::{Pushing, RelayStore, StoreError, Table, Value};
use crate::writer::Writer;

/// Rest before an owner is looked at again whose session is open.
const LOOK_AGAIN: Duration = Duration::from_secs(10);
/// By which push services replace a push that was not delivered by a later one.
const TOPIC: &str = "kuvert";

/// What a worker needs.
#[derive(Clone)]
struct Tools {
    push: Arc<Push>,
    store: Arc<dyn RelayStore>,
    writer: Arc<Writer>,
    sessions: Arc<Sessions>,
    metrics: Arc<Metrics>,
}

/// An owner who may have to be pushed to.
struct Known {
    /// The first entry to tell of.
    seq: u64,
    /// One that came after it.
    later: Option<u64>,
    since: Instant,
    tries: u32,
    /// A push was handed over or refused: for a while there is none.
    rests: bool,
}

/// What is known of a push service.
struct Service {
    /// In a row.
    failures: u32,
    /// It is left alone until then.
    until: Instant,
    /// It took or refused something.
    answered: bool,
    /// When it was last heard of, or not.
    noted: Instant,
}

impl Service {
    /// Whether it answers, as far as is known.
    fn is_proven(&self) -> bool {
        self.answered && self.failures == 0
    }
}

/// A push that is to be handed over.
struct Job {
    inbox: InboxId,
    seq: u64,
    sealed: Value,
    subscription: PushSubscription,
    endpoint: Endpoint,
}

/// What a push service said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// It has it.
    Taken,
    /// It does not know the subscription any more.
    Gone,
    /// It will not take it.
    Refused,
    /// Not now, and perhaps when.
    Later(Option<Duration>),
}

/// A worker is done.
struct Done {
    inbox: InboxId,
    origin: String,
    link: Option<Link>,
    verdict: Verdict,
    began: Instant,
}

/// What the store says of an owner who is to be pushed to.
struct Found {
    acknowledged: u64,
    next: u64,
    sealed: Value,
    subscription: PushSubscription,
}

/// Pushes for as long as it runs.
pub(crate) struct Sender {
    tools: Tools,
    known: HashMap<InboxId, Known>,
    /// Who is to be looked at, and when; the number keeps those of one moment apart.
    due: BTreeMap<(Instant, u64), InboxId>,
    number: u64,
    /// By origin.
    services: HashMap<String, Service>,
    ready: VecDeque<Job>,
    /// Those for push services that failed, or never answered: they share some places, and keep nobody else waiting.
    ready_strange: VecDeque<Job>,
    work: JoinSet<Done>,
    workers: HashMap<Id, InboxId>,
    /// Those at push services that failed, or never answered: with the host.
    strange_workers: HashMap<Id, String>,
    /// Connections that are kept for a while.
    idle: VecDeque<(String, Link, Instant)>,
}

impl Sender {
    pub(super) fn new(
        push: Arc<Push>,
        store: Arc<dyn RelayStore>,
        writer: Arc<Writer>,
        sessions: Arc<Sessions>,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            tools: Tools { push, store, writer, sessions, metrics },
            known: HashMap::new(),
            due: BTreeMap::new(),
            number: 0,
            services: HashMap::new(),
            ready: VecDeque::new(),
            ready_strange: VecDeque::new(),
            work: JoinSet::new(),
            workers: HashMap::new(),
            strange_workers: HashMap::new(),
            idle: VecDeque::new(),
        }
    }

    /// Pushes. Ends only by being dropped.
    pub(crate) async fn run(mut self) {
        let push = Arc::clone(&self.tools.push);
        loop {
            self.start();
            self.tools.metrics.push_waiting.set(i64::try_from(self.known.len()).unwrap_or(i64::MAX));
            let due = self.next_due();
            let due = async move {
                match due {
                    Some(due) => sleep_until(due).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                named = push.nominations.next() => {
                    named.into_iter().for_each(|(inbox, seq)| self.hear(inbox, seq));
                }
                Some(done) = self.work.join_next_with_id() => self.finish(done),
                () = due => self.pass(Instant::now()).await,
            }
        }
    }

    fn hear(&mut self, inbox: InboxId, seq: u64) {
        let is_full = self.known.len() >= limits::MAX_PUSHES_WAITING;
        match self.known.get_mut(&inbox) {
            Some(known) => known.later = known.later.max(Some(seq)),
            None if is_full => self.tools.metrics.push_dropped.inc(),
            None => {
                let since = Instant::now();
                self.known.insert(inbox, Known { seq, later: None, since, tries: 0, rests: false });
                self.schedule(inbox, since + limits::PUSH_AFTER);
            }
        }
    }

    fn schedule(&mut self, inbox: InboxId, at: Instant) {
        self.number += 1;
        self.due.insert((at, self.number), inbox);
    }

    /// When the next look is due, if there is room for what it finds, or an idle connection ends.
    fn next_due(&self) -> Option<Instant> {
        let look = self.due.keys().next().filter(|_| self.has_room()).map(|(at, _)| *at);
        let idle = self.idle.front().map(|(_, _, until)| *until);
        [look, idle].into_iter().flatten().min()
    }

    fn has_room(&self) -> bool {
        self.ready.len() < limits::MAX_SWEEP
    }

    /// Looks at those whose time has come.
    async fn pass(&mut self, now: Instant) {
        self.idle.retain(|(_, link, until)| *until > now && link.is_open());
        let mut inboxes = Vec::new();
        while self.has_room() && inboxes.len() < limits::MAX_SWEEP {
            let Some(first) = self.due.first_entry().filter(|first| first.key().0 <= now) else { break };
            let inbox = first.remove();
            if self.wakes(inbox, now) {
                inboxes.push(inbox);
            }
        }
        if inboxes.is_empty() {
            return;
        }
        let tools = self.tools.clone();
        let looked = spawn_blocking(move || {
            let look = |inbox| (inbox, look(&*tools.store, &tools.push, inbox));
            inboxes.into_iter().map(look).collect::<Vec<_>>()
        });
        for (inbox, found) in looked.await.unwrap_or_default() {
            match found {
                Ok(Some(found)) => self.decide(inbox, found, now),
                Ok(None) => drop(self.known.remove(&inbox)),
                Err(_) => self.schedule(inbox, now + limits::PUSH_EVERY),
            }
        }
    }

    /// Whether somebody whose time has come is to be looked at.
    fn wakes(&mut self, inbox: InboxId, now: Instant) -> bool {
        let Some(known) = self.known.get_mut(&inbox) else { return false };
        if known.rests {
            let Some(seq) = known.later.take() else {
                self.known.remove(&inbox);
                return false;
            };
            *known = Known { seq, later: None, since: now, tries: 0, rests: false };
        }
        true
    }

    fn decide(&mut self, inbox: InboxId, found: Found, now: Instant) {
        let Some(known) = self.known.get_mut(&inbox) else { return };
        let waits = |seq: u64| found.acknowledged < seq && seq < found.next;
        if !waits(known.seq) {
            match known.later.take().filter(|seq| waits(*seq)) {
                Some(seq) => {
                    known.seq = seq;
                    known.since = now;
                    self.schedule(inbox, now + limits::PUSH_AFTER);
                }
                None => drop(self.known.remove(&inbox)),
            }
            return;
        }
        if self.tools.sessions.is_owned(inbox) && now < known.since + limits::PUSH_AFTER_SILENCE {
            self.schedule(inbox, now + LOOK_AGAIN);
            return;
        }
        let private_addresses = self.tools.push.private_addresses;
        let Some(endpoint) = Endpoint::parse(&found.subscription.endpoint, private_addresses) else {
            // It could be used when it was registered: the setting was changed.
            self.known.remove(&inbox);
            return;
        };
        let seq = known.seq;
        let (sealed, subscription) = (found.sealed, found.subscription);
        self.line_up(Job { inbox, seq, sealed, subscription, endpoint }, now);
    }

    fn line_up(&mut self, job: Job, now: Instant) {
        let service = self.services.get(&job.endpoint.origin);
        if let Some(until) = service.map(|service| service.until).filter(|until| *until > now) {
            return self.schedule(job.inbox, until + jitter());
        }
        if service.is_some_and(Service::is_proven) {
            self.ready.push_back(job);
        } else if self.ready_strange.len() < limits::MAX_SWEEP {
            self.ready_strange.push_back(job);
        } else {
            self.schedule(job.inbox, now + limits::PUSH_REST_MIN);
        }
    }

    /// What is next, if there is a place.
    fn next(&mut self) -> Option<(Job, bool)> {
        if self.work.len() >= limits::MAX_PUSHES_AT_ONCE {
            return None;
        }
        if let Some(job) = self.ready.pop_front() {
            return Some((job, false));
        }
        if self.strange_workers.len() >= limits::MAX_PUSHES_TO_STRANGERS {
            return None;
        }
        // Nor does one host keep the others waiting.
        let working = |host: &str| self.strange_workers.values().filter(|busy| *busy == host).count();
        let has_place = |job: &Job| working(&job.endpoint.host) < limits::MAX_PUSHES_TO_STRANGER;
        let first = self.ready_strange.iter().position(has_place)?;
        self.ready_strange.remove(first).map(|job| (job, true))
    }

    /// Gives work to as many as may work.
    fn start(&mut self) {
        while let Some((job, is_strange)) = self.next() {
            let until = self.services.get(&job.endpoint.origin).map(|service| service.until);
            if let Some(until) = until.filter(|until| *until > Instant::now()) {
                // It failed while this one waited.
                self.schedule(job.inbox, until + jitter());
                continue;
            }
            let place = self.idle.iter().position(|(origin, _, _)| *origin == job.endpoint.origin);
            let link = place.and_then(|place| self.idle.remove(place)).map(|(_, link, _)| link);
            let (inbox, host) = (job.inbox, job.endpoint.host.clone());
            let started = self.work.spawn(work(self.tools.clone(), job, link));
            if is_strange {
                self.strange_workers.insert(started.id(), host);
            }
            self.workers.insert(started.id(), inbox);
        }
    }

    fn finish(&mut self, done: Result<(Id, Done), JoinError>) {
        let id = done.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        self.strange_workers.remove(&id);
        let inbox = self.workers.remove(&id);
        match done {
            Ok((_, done)) => self.settle(done),
            Err(_) => drop(inbox.and_then(|inbox| self.known.remove(&inbox))),
        }
    }

    fn settle(&mut self, done: Done) {
        let Done { inbox, origin, link, verdict, began } = done;
        let now = Instant::now();
        let until = self.note(&origin, verdict, began, now);
        if let Some(link) = link {
            if self.idle.len() >= limits::MAX_PUSHES_AT_ONCE {
                self.idle.pop_front();
            }
            self.idle.push_back((origin, link, now + limits::FOREIGN_IDLE));
        }
        let Some(known) = self.known.get_mut(&inbox) else { return };
        let metrics = &self.tools.metrics;
        match verdict {
            Verdict::Taken => {
                metrics.push_sent.inc();
                // Told of that, too.
                known.later = None;
                known.rests = true;
                self.schedule(inbox, now + limits::PUSH_EVERY);
            }
            Verdict::Gone => {
                metrics.push_gone.inc();
                self.known.remove(&inbox);
            }
            Verdict::Refused => {
                metrics.push_refused.inc();
                say_refused();
                known.rests = true;
                self.schedule(inbox, now + limits::PUSH_REST_MAX);
            }
            Verdict::Later(_) => {
                metrics.push_retried.inc();
                known.tries += 1;
                if known.tries >= limits::MAX_PUSH_TRIES {
                    metrics.push_dropped.inc();
                    known.rests = true;
                }
                self.schedule(inbox, until + jitter());
            }
        }
    }

    /// Notes how a push service answered what was begun at `began`, and returns until when it is left alone.
    fn note(&mut self, origin: &str, verdict: Verdict, began: Instant, now: Instant) -> Instant {
        if self.services.len() >= limits::MAX_PUSH_SERVICES && !self.services.contains_key(origin) {
            let least = self.services.iter().min_by_key(|(_, one)| (one.is_proven(), one.noted));
            let least = least.map(|(origin, one)| (origin.clone(), one.is_proven()));
            match (least, verdict) {
                // One that does not answer takes no place from one that does.
                (Some((_, true)), Verdict::Later(after)) => return now + rest(1, after),
                (Some((origin, _)), _) => drop(self.services.remove(&origin)),
                (None, _) => {}
            }
        }
        let fresh = Service { failures: 0, until: began, answered: false, noted: now };
        let service = self.services.entry(origin.to_owned()).or_insert(fresh);
        service.noted = now;
        match verdict {
            Verdict::Taken | Verdict::Gone | Verdict::Refused => {
                service.answered = true;
                service.failures = 0;
            }
            // Several that failed together count as one.
            Verdict::Later(_) if service.until > began => {}
            Verdict::Later(after) => {
                service.failures = service.failures.saturating_add(1);
                service.until = now + rest(service.failures, after);
            }
        }
        service.until
    }
}

/// How long a push service is left alone after so many failures, or after it said how long.
fn rest(failures: u32, said: Option<Duration>) -> Duration {
    let doubled = 1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX);
    let rest = limits::PUSH_REST_MIN.saturating_mul(doubled);
    rest.max(said.unwrap_or_default()).min(limits::PUSH_REST_MAX)
}

/// Up to a second, so that not all that waited for one push service come at once.
fn jitter() -> Duration {
    Duration::from_millis(u64::from(random()[0]) * 4)
}

fn look(store: &dyn RelayStore, push: &Push, inbox: InboxId) -> Result<Option<Found>, StoreError> {
    let Some(row) = store.inbox(inbox)?.filter(|row| row.push == Pushing::Armed) else { return Ok(None) };
    let Some(sealed) = store.get(Table::Push, inbox.as_bytes())? else { return Ok(None) };
    // Sealed under a key that was lost: its owner learns of the new one, and subscribes anew.
    let Ok(subscription) = push.unseal(inbox, &sealed) else { return Ok(None) };
    Ok(Some(Found { acknowledged: row.acknowledged, next: row.next, sealed, subscription }))
}

/// Hands one push over, and notes what became of it.
async fn work(tools: Tools, job: Job, link: Option<Link>) -> Done {
    let began = Instant::now();
    let Job { inbox, seq, sealed, subscription, endpoint } = job;
    let (link, verdict) = deliver(&tools.push, &subscription, &endpoint, link).await;
    let op = match verdict {
        Verdict::Taken => Some(PushOp::Told { inbox, seq }),
        Verdict::Gone => Some(PushOp::Gone { inbox, sealed }),
        Verdict::Refused | Verdict::Later(_) => None,
    };
    if let Some(op) = op {
        // If it is not stored, the next entry brings another push.
        let _ = tools.writer.perform(Op::Push(op), 0).await;
    }
    Done { inbox, origin: endpoint.origin, link, verdict, began }
}

async fn deliver(
    push: &Push,
    subscription: &PushSubscription,
    endpoint: &Endpoint,
    kept: Option<Link>,
) -> (Option<Link>, Verdict) {
    let Ok(body) = message::empty(subscription) else { return (None, Verdict::Refused) };
    let now = std::time::SystemTime::now();
    let Some(authorization) = push.vapid.authorization(&endpoint.origin, now) else {
        return (None, Verdict::Later(None));
    };
    let body = Bytes::from(body);
    let request = || {
        Request::post(&endpoint.path)
            .header(header::AUTHORIZATION, &authorization)
            .header(header::CONTENT_ENCODING, "aes128gcm")
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .header("ttl", limits::PUSH_TTL.as_secs())
            .header("urgency", "normal")
            .header("topic", TOPIC)
    };
    // A connection that was kept may have been closed by the other side in this very moment: one more try.
    if let Some(mut link) = kept.filter(Link::is_open)
        && let Ok(head) = link.send(request(), body.clone()).await
    {
        return (Some(link), verdict(head.status, &head.headers));
    }
    let Ok(mut link) = push.client.connect(&endpoint.origin).await else {
        return (None, Verdict::Later(None));
    };
    match link.send(request(), body).await {
        Ok(head) => (Some(link), verdict(head.status, &head.headers)),
        Err(_) => (None, Verdict::Later(None)),
    }
}

/// What an answer means (RFC 8030, sections 5 and 7.3).
fn verdict(status: StatusCode, headers: &HeaderMap) -> Verdict {
    match status {
        status if status.is_success() => Verdict::Taken,
        StatusCode::NOT_FOUND | StatusCode::GONE => Verdict::Gone,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => Verdict::Later(retry_after(headers)),
        status if status.is_server_error() => Verdict::Later(retry_after(headers)),
        _ => Verdict::Refused,
    }
}

/// In seconds; a date is not looked at, the rests that double do as well.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Said once until the relay is started anew: push services refuse who does not say a contact that they like.
fn say_refused() {
    static SAID: Once = Once::new();
    SAID.call_once(|| tracing::warn!("a push service refused a push: see push.contact"));
}

#[cfg(test)]
#[path = "sender_tests.rs"]
mod tests;
