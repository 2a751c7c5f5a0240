//! The two threads that change the store, one behind the other.
//!
//! The first takes what waits and works it off, in order, in one transaction. The [second](committer) makes that durable
//! with one sync, and only then answers and wakes the sessions whose inboxes got entries (RELAY-1). Meanwhile the first
//! works on the next batch, over the changes of the one that is being written. When a batch cannot be stored, all of its
//! requests are answered `Busy`, those of the batch that was built on it too, and so are those that the same sessions sent
//! behind them, so that none overtakes another; the sealing keys are renewed, because seqs of the lost batch will be used
//! again.

mod answers;
mod committer;

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use kuvert_wire::{ErrorCode, PostId, RelayFrame, limits};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::day::Day;
use crate::metrics::Metrics;
use crate::service::{Answer, Op, Service};
use crate::session::{Line, Sessions};
use crate::store::{Changes, RelayStore, StoreError, Tx};
use answers::Answers;
use committer::{Committer, Done, Progress};

/// The request was not stored and may be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Busy;

/// A batch could not be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Lost;

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
    /// The batch that was being written is written, or lost.
    Written(Result<(), Lost>),
    Stop,
}

impl Writer {
    /// Starts the threads.
    pub(crate) fn start(
        store: Arc<dyn RelayStore>,
        service: Service,
        sessions: Arc<Sessions>,
        metrics: Arc<Metrics>,
    ) -> std::io::Result<Self> {
        let (writer, mut thread) = Self::new(store, service, sessions, metrics);
        thread.committer.start(writer.queue.clone())?;
        let thread = std::thread::Builder::new().name("kuvert-writer".into()).spawn(move || thread.run())?;
        *writer.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
        Ok(writer)
    }

    /// The way to a thread that does not run yet, and what it will run. Without a committer's thread it commits by itself.
    pub(crate) fn new(
        store: Arc<dyn RelayStore>,
        service: Service,
        sessions: Arc<Sessions>,
        metrics: Arc<Metrics>,
    ) -> (Self, Thread) {
        let (queue, waiting) = channel();
        let committer = Committer::new(Arc::clone(&store), sessions, Arc::clone(&metrics));
        let thread = Thread {
            waiting,
            stash: VecDeque::new(),
            store,
            service,
            committer,
            below: None,
            metrics: Arc::clone(&metrics),
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

impl Drop for Writer {
    fn drop(&mut self) {
        // Nobody is there to be answered any more.
        let _ = self.queue.send(Message::Stop);
    }
}

/// What the first thread runs.
pub(crate) struct Thread {
    waiting: Receiver<Message>,
    /// What came and has to wait, in its order.
    stash: VecDeque<Message>,
    store: Arc<dyn RelayStore>,
    service: Service,
    committer: Committer,
    /// The changes that are being written.
    below: Option<Arc<Changes>>,
    metrics: Arc<Metrics>,
}

/// Why no more is taken into a batch.
enum End {
    /// It shall be written.
    Write,
    /// Nothing of it counts: what it was built on is lost, or the store cannot be read.
    Fail(Option<StoreError>),
    /// It shall be written, and nothing comes after it.
    Stop,
}

impl Thread {
    fn run(&mut self) {
        loop {
            match self.next() {
                Ok(Message::Written(written)) => self.written(written),
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(first) => {
                    if !self.batch(first, Day::today()) {
                        break;
                    }
                }
                Err(RecvTimeoutError::Timeout) => self.service.sealing().expire(Instant::now()),
            }
        }
        self.wait_until_written();
        self.committer.stop();
    }

    /// Waits for a message, or for the end of the sealing window: an idle relay forgets its keys in time, too.
    fn next(&mut self) -> Result<Message, RecvTimeoutError> {
        if let Some(message) = self.stash.pop_front() {
            return Ok(message);
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
        while let Some(first) = self.stash.pop_front().or_else(|| self.waiting.try_recv().ok()) {
            self.batch(first, today);
            batches += 1;
        }
        batches
    }

    /// Works off `first` and what waits behind it, and hands it over to be written. Returns whether to go on.
    fn batch(&mut self, first: Message, today: Day) -> bool {
        self.service.sealing().expire(Instant::now());
        let store = Arc::clone(&self.store);
        let mut work = self.service.begin(Tx::above(&*store, self.below.clone()), today);
        let mut answers = Answers::default();
        let mut source = Source { waiting: &self.waiting, stash: &mut self.stash, below: &mut self.below };
        let mut next = Some(first);
        let end = loop {
            let message = match next.take() {
                Some(message) => message,
                None if answers.fills_batch(&work) => break End::Write,
                None => match source.next() {
                    Some(message) => message,
                    None => break End::Write,
                },
            };
            match message {
                Message::Stop => break End::Stop,
                Message::Written(Ok(())) => *source.below = None,
                Message::Written(Err(Lost)) => {
                    *source.below = None;
                    break End::Fail(None);
                }
                Message::Session { line, mut ops, room } => {
                    let (done, worked) = answers.session(&mut work, &line, &ops);
                    if done < ops.len() {
                        ops.drain(..done);
                        source.stash.push_front(Message::Session { line, ops, room });
                    } else {
                        self.metrics.writer_queue.add(-1);
                    }
                    if let Err(error) = worked {
                        break End::Fail(Some(error));
                    }
                }
                Message::One { op, answer, room: _room } => {
                    self.metrics.writer_queue.add(-1);
                    if let Err(error) = answers.one(&mut work, &op, answer) {
                        break End::Fail(Some(error));
                    }
                }
            }
        };
        let (tx, stored, counts) = (work.tx, work.stored, work.counts);
        if let End::Fail(error) = end {
            self.service.sealing().renew();
            if let Some(error) = error {
                self.committer.failed(&error);
            }
            answers.refuse();
            return true;
        }
        let changes = Arc::new(tx.finish());
        if !self.wait_until_written() {
            answers.refuse();
        } else {
            match self.committer.write(Done { changes: Arc::clone(&changes), answers, stored, counts }) {
                Progress::UnderWay => self.below = Some(changes),
                Progress::Over(written) => self.written(written),
            }
        }
        !matches!(end, End::Stop)
    }

    /// Waits until nothing is being written. Returns whether everything so far was.
    fn wait_until_written(&mut self) -> bool {
        while self.below.is_some() {
            match self.waiting.recv() {
                Ok(Message::Written(written)) => {
                    self.written(written);
                    return written.is_ok();
                }
                Ok(message) => self.stash.push_back(message),
                // The committer is gone, and the relay with it.
                Err(_) => return false,
            }
        }
        true
    }

    fn written(&mut self, written: Result<(), Lost>) {
        self.below = None;
        if written.is_err() {
            self.service.sealing().renew();
        }
    }
}

/// Where a batch gets more from.
struct Source<'t> {
    waiting: &'t Receiver<Message>,
    stash: &'t mut VecDeque<Message>,
    below: &'t mut Option<Arc<Changes>>,
}

impl Source<'_> {
    /// What waits. Where nothing does, and a batch is being written, this one would have to wait for that anyway, and may
    /// as well grow meanwhile.
    fn next(&mut self) -> Option<Message> {
        let waits = self.stash.pop_front().or_else(|| self.waiting.try_recv().ok());
        match waits {
            None if self.below.is_some() => self.waiting.recv().ok(),
            waits => waits,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use kuvert_wire::{DepositKey, InboxId, InboxKeys, SealKeyPair};

    use super::*;
    use crate::service::{Counted, Request};
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
        let service = Service::new(Vec::new(), crate::service::Registration::Open);
        let store = Arc::new(Memory::default());
        let (writer, mut thread) = Writer::new(store, service, Arc::default(), Arc::default());
        let queue = writer.queue.clone();
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
