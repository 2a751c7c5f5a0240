//! The one thread that changes the store.
//!
//! It takes what waits, works it off in order in one transaction, makes that durable with one sync, and only then
//! answers and wakes the sessions whose inboxes got entries (RELAY-1). While it syncs, the next batch gathers. When a batch
//! cannot be stored, all of its requests are answered `Busy`, and so are those that the same sessions sent behind them, so
//! that none overtakes another; the sealing keys are renewed, because seqs of the lost batch will be used again.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use kuvert_wire::{ErrorCode, PostId, RelayFrame, limits};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::day::Day;
use crate::metrics::Metrics;
use crate::service::{Answer, Op, Request, Service, Work};
use crate::session::{Line, Sessions};
use crate::store::{RelayStore, StoreError, Tx};

/// The request was not stored and may be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Busy;

/// Bytes that one permit of the queue stands for.
const PERMIT: usize = 1024;

/// The answer to a request that was not stored.
pub(crate) fn busy(id: PostId) -> RelayFrame {
    RelayFrame::Refused { id, code: ErrorCode::Busy, epoch: None }
}

/// The way to the writer thread.
pub(crate) struct Writer {
    queue: Sender<Message>,
    /// Bounds what waits in `queue`.
    room: Arc<Semaphore>,
    thread: Mutex<Option<JoinHandle<()>>>,
    metrics: Arc<Metrics>,
}

enum Message {
    /// Operations of one session, in their order; its line gets the answers of requests.
    Session {
        line: Arc<Line>,
        ops: Vec<Op>,
        room: OwnedSemaphorePermit,
    },
    /// An operation that somebody waits for.
    One {
        op: Op,
        answer: oneshot::Sender<Result<Answer, Busy>>,
        room: OwnedSemaphorePermit,
    },
    Stop,
}

impl Writer {
    /// Starts the thread.
    pub(crate) fn start(
        store: Arc<dyn RelayStore>,
        service: Service,
        sessions: Arc<Sessions>,
        metrics: Arc<Metrics>,
    ) -> std::io::Result<Self> {
        let (writer, mut thread) = Self::new(store, service, sessions, metrics);
        let thread = std::thread::Builder::new().name("kuvert-writer".into()).spawn(move || thread.run())?;
        *writer.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
        Ok(writer)
    }

    /// The way to a thread that does not run yet, and what it will run.
    pub(crate) fn new(
        store: Arc<dyn RelayStore>,
        service: Service,
        sessions: Arc<Sessions>,
        metrics: Arc<Metrics>,
    ) -> (Self, Thread) {
        let (queue, waiting) = channel();
        let thread = Thread {
            waiting,
            store,
            service,
            sessions,
            metrics: Arc::clone(&metrics),
            rest: None,
            failing: false,
        };
        let room = Arc::new(Semaphore::new(limits::MAX_WRITER_QUEUE / PERMIT));
        (Self { queue, room, thread: Mutex::new(None), metrics }, thread)
    }

    /// Hands the operations of a session over, which came in `size` bytes; waits while too much is waiting already.
    /// Answers to requests go to the line.
    pub(crate) async fn submit(&self, line: &Arc<Line>, ops: Vec<Op>, size: usize) {
        match self.claim(size).await {
            // If nobody takes it the relay has stopped, and the connection ends as well.
            Ok(room) => {
                self.metrics.writer_queue.add(1);
                drop(self.queue.send(Message::Session { line: Arc::clone(line), ops, room }));
            }
            Err(Busy) => line.answer(ops.iter().filter_map(Op::id).map(busy)),
        }
    }

    /// Hands an operation over whose end nobody waits for.
    pub(crate) async fn note(&self, op: Op) {
        self.submit(&Arc::default(), vec![op], 0).await;
    }

    /// Hands an operation over that came in `size` bytes, and waits until it is durable.
    pub(crate) async fn perform(&self, op: Op, size: usize) -> Result<Answer, Busy> {
        let room = self.claim(size).await?;
        let (answer, pending) = oneshot::channel();
        self.metrics.writer_queue.add(1);
        self.queue.send(Message::One { op, answer, room }).map_err(|_| Busy)?;
        pending.await.unwrap_or(Err(Busy))
    }

    async fn claim(&self, size: usize) -> Result<OwnedSemaphorePermit, Busy> {
        let permits = u32::try_from(1 + size / PERMIT).unwrap_or(u32::MAX);
        Arc::clone(&self.room).acquire_many_owned(permits).await.map_err(|_| Busy)
    }

    /// Works off what was handed over so far, takes no more, and ends the thread. Blocks.
    pub(crate) fn stop(&self) {
        self.room.close();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let stopped = self.queue.send(Message::Stop).is_ok() && thread.join().is_ok();
            if !stopped {
                tracing::error!("the writer did not end as it should");
            }
        }
    }
}

/// What the writer thread runs.
pub(crate) struct Thread {
    waiting: Receiver<Message>,
    store: Arc<dyn RelayStore>,
    service: Service,
    sessions: Arc<Sessions>,
    metrics: Arc<Metrics>,
    /// What the last batch had no room for.
    rest: Option<Message>,
    /// The last batch could not be stored.
    failing: bool,
}

/// Answers to the requests of one session.
type LineAnswers = (Arc<Line>, Vec<(PostId, RelayFrame)>);
/// How one operation ended.
type Outcome = Result<Answer, Busy>;

/// Answers that wait until their batch is durable.
#[derive(Default)]
struct Answers {
    lines: Vec<LineAnswers>,
    ones: Vec<(oneshot::Sender<Outcome>, Outcome)>,
    count: usize,
    /// Bytes of answers that hold more than a few.
    bytes: usize,
    accepted: Accepted,
}

/// Requests accepted in a batch, by kind.
#[derive(Default)]
struct Accepted {
    posts: u64,
    deposits: u64,
    commits: u64,
    others: u64,
}

impl Accepted {
    fn note(&mut self, op: &Op, answer: &RelayFrame) {
        if matches!(answer, RelayFrame::Refused { .. }) {
            return;
        }
        let Op::Request(request, _) = op else { return };
        *match request {
            Request::Post(_) => &mut self.posts,
            Request::Deposit(_) => &mut self.deposits,
            Request::Commit(_) => &mut self.commits,
            _ => &mut self.others,
        } += 1;
    }

    fn count(&self, metrics: &Metrics) {
        metrics.posts_accepted.add(self.posts);
        metrics.deposits_accepted.add(self.deposits);
        metrics.commits_accepted.add(self.commits);
        metrics.others_accepted.add(self.others);
    }
}

impl Thread {
    fn run(&mut self) {
        loop {
            match self.next() {
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(first) => {
                    if !self.batch(first, Day::today()) {
                        return;
                    }
                }
                Err(RecvTimeoutError::Timeout) => self.service.sealing().expire(Instant::now()),
            }
        }
    }

    /// Waits for a message, or for the end of the sealing window: an idle relay forgets its keys in time, too.
    fn next(&mut self) -> Result<Message, RecvTimeoutError> {
        if let Some(rest) = self.rest.take() {
            return Ok(rest);
        }
        match self.service.sealing().until() {
            Some(until) => self.waiting.recv_timeout(until.saturating_duration_since(Instant::now())),
            None => self.waiting.recv().map_err(|_| RecvTimeoutError::Disconnected),
        }
    }

    /// Works off what waits, as on the day `today`, and returns how many batches that were. For who keeps the time
    /// instead of the thread.
    pub(crate) fn work_off(&mut self, today: Day) -> usize {
        let mut batches = 0;
        while let Some(first) = self.rest.take().or_else(|| self.waiting.try_recv().ok()) {
            self.batch(first, today);
            batches += 1;
        }
        batches
    }

    /// Works off `first` and what waits behind it. Returns whether to go on.
    fn batch(&mut self, first: Message, today: Day) -> bool {
        self.service.sealing().expire(Instant::now());
        let store = Arc::clone(&self.store);
        let mut work = self.service.begin(Tx::new(&*store), today);
        let mut answers = Answers::default();
        let mut failure = None;
        let mut next = Some(first);
        let mut goes_on = true;
        while let Some(message) = next.take() {
            let worked = match message {
                Message::Stop => {
                    goes_on = false;
                    break;
                }
                Message::Session { line, mut ops, room } => {
                    let (done, worked) = answers.session(&mut work, &line, &ops);
                    if done < ops.len() {
                        ops.drain(..done);
                        self.rest = Some(Message::Session { line, ops, room });
                    }
                    worked
                }
                Message::One { op, answer, room: _room } => answers.one(&mut work, &op, answer),
            };
            if self.rest.is_some() {
                failure = worked.err();
                break;
            }
            self.metrics.writer_queue.add(-1);
            if let Err(error) = worked {
                failure = Some(error);
                break;
            }
            if !answers.fills_batch(&work) {
                next = self.waiting.try_recv().ok();
            }
        }
        let (tx, stored, counts) = (work.tx, work.stored, work.counts);
        let began = Instant::now();
        match failure.map_or_else(|| tx.commit(), Err) {
            Ok(()) => {
                self.metrics.commit_time.observe_time(began.elapsed());
                self.metrics.batch_size.observe(answers.count as u64);
                counts.add_to(&self.metrics);
                answers.accepted.count(&self.metrics);
                self.metrics.store_failing.set(0);
                if std::mem::take(&mut self.failing) {
                    tracing::info!("batches can be stored again");
                }
                self.sessions.deliver(stored);
                answers.send();
            }
            Err(error) => {
                self.metrics.commit_failures.inc();
                self.metrics.store_failing.set(1);
                self.service.sealing().renew();
                // Requests that fail as well are not worth a line each.
                if !std::mem::replace(&mut self.failing, true) {
                    let class = error.class();
                    tracing::error!(class, "a batch could not be stored; requests are refused as busy");
                }
                answers.refuse();
            }
        }
        goes_on
    }
}

impl Answers {
    /// Whether the batch is to be stored before more is worked off.
    fn fills_batch(&self, work: &Work<'_, '_>) -> bool {
        self.count >= limits::MAX_BATCH || work.tx.size() + self.bytes >= limits::MAX_BATCH_BYTES
    }

    /// Works off operations of a session, until the batch is full or all are done; returns how many. After an error all
    /// of them count as not done, and are answered.
    fn session(
        &mut self,
        work: &mut Work<'_, '_>,
        line: &Arc<Line>,
        ops: &[Op],
    ) -> (usize, Result<(), StoreError>) {
        let mut done = Vec::with_capacity(ops.len());
        let mut refuses = line.refuses();
        let mut failure = Ok(());
        let mut count = 0;
        for op in ops {
            if count > 0 && failure.is_ok() && self.fills_batch(work) {
                break;
            }
            count += 1;
            self.count += 1;
            match (op.id(), &failure) {
                (Some(id), Err(_)) => done.push((id, busy(id))),
                (Some(id), Ok(())) if refuses => done.push((id, busy(id))),
                (None, Err(_)) => {}
                (id, Ok(())) => match (work.apply(op), id) {
                    (Ok(Answer::Frame(frame)), Some(id)) => {
                        self.accepted.note(op, &frame);
                        self.bytes += weight(&frame);
                        if is_busy(&frame) {
                            // Nothing that this session sent behind it may overtake it.
                            line.refuse();
                            refuses = true;
                        }
                        done.push((id, frame));
                    }
                    (Ok(_), _) => {}
                    (Err(error), id) => {
                        done.extend(id.map(|id| (id, busy(id))));
                        failure = Err(error);
                    }
                },
            }
        }
        if !done.is_empty() {
            self.lines.push((Arc::clone(line), done));
        }
        (count, failure)
    }

    fn one(
        &mut self,
        work: &mut Work<'_, '_>,
        op: &Op,
        answer: oneshot::Sender<Result<Answer, Busy>>,
    ) -> Result<(), StoreError> {
        self.count += 1;
        let (done, failure) = match work.apply(op) {
            Ok(done) => (Ok(done), Ok(())),
            Err(error) => (Err(Busy), Err(error)),
        };
        self.ones.push((answer, done));
        failure
    }

    /// Sends the answers. Who does not wait any more will repeat the request and get the same answer.
    fn send(self) {
        for (line, answers) in self.lines {
            line.answer(answers.into_iter().map(|(_, frame)| frame));
        }
        for (waiting, answer) in self.ones {
            let _ = waiting.send(answer);
        }
    }

    /// Refuses everything.
    fn refuse(self) {
        for (line, answers) in self.lines {
            line.refuse();
            line.answer(answers.into_iter().map(|(id, _)| busy(id)));
        }
        for (waiting, _) in self.ones {
            let _ = waiting.send(Err(Busy));
        }
    }
}

fn is_busy(frame: &RelayFrame) -> bool {
    matches!(frame, RelayFrame::Refused { code: ErrorCode::Busy, .. })
}

/// Bytes of an answer that holds more than a few.
fn weight(frame: &RelayFrame) -> usize {
    match frame {
        RelayFrame::KeyPackage(reply) => reply.package.len(),
        RelayFrame::ChannelInfo(info) => {
            let group_info = info.group_info.as_ref().map_or(0, |bytes| bytes.len());
            group_info + info.handshakes.iter().map(|bytes| bytes.len()).sum::<usize>()
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use kuvert_wire::{DepositKey, InboxId, InboxKeys, SealKeyPair};

    use super::*;
    use crate::service::Counted;
    use crate::store::Memory;
    use crate::store::faulty::Faulty;

    /// What the owner of a new inbox holds.
    const NOTHING: Counted = Counted { acknowledged: 0, generation: None };

    #[tokio::test]
    async fn a_failed_commit_answers_busy_and_renews_the_sealing_keys() {
        let store = Arc::new(Faulty::over(Arc::new(Memory::default())));
        let service = Service::new(Vec::new(), crate::service::Registration::Open);
        let writer =
            Writer::start(Arc::clone(&store) as _, service, Arc::default(), Arc::default()).expect("starts");
        let inbox = InboxId::new([1; 16]);
        let keys = InboxKeys {
            seal_key: SealKeyPair::from_bytes([1; 32]).public(),
            deposit_key: DepositKey::new([2; 32]),
            invite: None,
        };
        let own = || Op::Own { inbox, counted: NOTHING, create: Some(keys.clone()) };
        let deposit = |n: u8| crate::service::fixtures::deposit(inbox, &keys.deposit_key, n);

        assert!(writer.perform(own(), 0).await.is_ok());
        assert!(writer.perform(deposit(1), 0).await.is_ok());
        store.fails.store(true, Ordering::SeqCst);
        assert_eq!(writer.perform(deposit(2), 0).await, Err(Busy));
        let read = store.entries(inbox, 0, 10, 10_000).expect("reads go on").expect("entries");
        assert_eq!(read.sealed.len(), 1);

        store.fails.store(false, Ordering::SeqCst);
        assert!(writer.perform(deposit(3), 0).await.is_ok());
        let read = store.entries(inbox, 0, 10, 10_000).expect("reads").expect("entries");
        assert_eq!(read.sealed.len(), 2);
        assert_ne!(
            read.sealed[0][..32],
            read.sealed[1][..32],
            "the keys of the lost batch are not used again"
        );
        writer.stop();
    }

    #[test]
    fn a_batch_that_is_large_takes_no_more() {
        // RELAY-5: MAX_BATCH_BYTES
        let (queue, waiting) = channel();
        let mut thread = Thread {
            waiting,
            store: Arc::new(Memory::default()),
            service: Service::new(Vec::new(), crate::service::Registration::Open),
            sessions: Arc::default(),
            metrics: Arc::default(),
            rest: None,
            failing: false,
        };
        let room = Arc::new(Semaphore::new(limits::MAX_BATCH));
        let send = |op| {
            let (answer, pending) = oneshot::channel();
            let room = Arc::clone(&room).try_acquire_owned().expect("room");
            queue.send(Message::One { op, answer, room }).expect("taken");
            pending
        };
        let alice = crate::service::fixtures::Device::new(1);
        let mut pending = vec![send(alice.own(0))];
        let fit = limits::MAX_BATCH_BYTES.div_ceil(limits::MAX_BODY);
        for n in 0..fit + 10 {
            let mut id = [0; 16];
            id[..8].copy_from_slice(&(n as u64).to_be_bytes());
            let (inbox, token, body) = (alice.inbox, alice.token(), vec![0; limits::MAX_BODY]);
            let deposit = kuvert_wire::Deposit { id: PostId::new(id), inbox, token, body };
            pending.push(send(crate::service::fixtures::request(Request::Deposit(deposit))));
        }
        let mut batch = || {
            let first = thread.waiting.try_recv().expect("something waits");
            assert!(thread.batch(first, Day::today()), "goes on");
            pending.retain_mut(|pending| pending.try_recv().is_err());
            pending.len()
        };
        let left = batch();
        assert!((10..20).contains(&left), "{left} wait for the next batch");
        assert_eq!(batch(), 0);
    }

    #[tokio::test]
    async fn what_was_sent_behind_a_refused_request_does_not_overtake_it() {
        let store = Arc::new(Faulty::over(Arc::new(Memory::default())));
        let writer = Writer::start(
            Arc::clone(&store) as _,
            Service::new(Vec::new(), crate::service::Registration::Open),
            Arc::default(),
            Arc::default(),
        );
        let writer = writer.expect("starts");
        let inbox = InboxId::new([1; 16]);
        let keys = InboxKeys {
            seal_key: SealKeyPair::from_bytes([1; 32]).public(),
            deposit_key: DepositKey::new([2; 32]),
            invite: None,
        };
        let op = Op::Own { inbox, counted: NOTHING, create: Some(keys.clone()) };
        writer.perform(op, 0).await.expect("owned");
        let line = Arc::new(Line::default());
        let jobs = |n| vec![crate::service::fixtures::deposit(inbox, &keys.deposit_key, n)];
        let answers = async |n: usize| {
            let mut all = Vec::new();
            while all.len() < n {
                std::future::poll_fn(|cx| line.poll_woken(cx)).await;
                let mut some = Vec::new();
                line.take_answers(&mut some);
                all.extend(some);
            }
            all
        };
        let refused = |frame: &RelayFrame| matches!(frame, RelayFrame::Refused { .. });

        store.fails.store(true, Ordering::SeqCst);
        writer.submit(&line, jobs(1), 0).await;
        assert!(answers(1).await.iter().all(refused));
        store.fails.store(false, Ordering::SeqCst);
        writer.submit(&line, jobs(2), 0).await;
        assert!(answers(1).await.iter().all(refused), "it was under way behind the first");
        line.settle();
        writer.submit(&line, jobs(1), 0).await;
        assert!(!answers(1).await.iter().any(refused));
        writer.stop();
    }
}
