//! The one thread that changes the store.
//!
//! It collects requests for up to [`limits::BATCH_WAIT`], works them off in order in one transaction, makes that durable
//! with one sync, and only then answers them and wakes the sessions whose inboxes got entries (RELAY-1). When a
//! batch cannot be stored, all of its requests are answered `Busy`, the sealing keys are renewed, because seqs of the
//! lost batch will be used again, and the store is opened anew after a rest.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use kuvert_wire::limits;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::day::Day;
use crate::service::{Answer, Op, Service};
use crate::session::Sessions;
use crate::store::{Store, StoreError, Tx};

/// The request was not stored and may be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Busy;

/// Will hold the answer to a request.
pub(crate) type Pending = oneshot::Receiver<Result<Answer, Busy>>;

/// Bytes that one permit of the queue stands for.
const PERMIT: usize = 1024;

/// The way to the writer thread.
pub(crate) struct Writer {
    jobs: Sender<Message>,
    /// Bounds what waits in `jobs`.
    room: Arc<Semaphore>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

enum Message {
    Job(Job),
    Stop,
}

struct Job {
    op: Op,
    answer: oneshot::Sender<Result<Answer, Busy>>,
    /// Given back when the operation was worked off.
    room: OwnedSemaphorePermit,
}

impl Writer {
    /// Starts the thread.
    pub(crate) fn start(
        store: Arc<Store>,
        service: Service,
        sessions: Arc<Sessions>,
    ) -> std::io::Result<Self> {
        let (jobs, waiting) = channel();
        let mut thread = Thread { waiting, store, service, sessions, failed: None };
        let thread = std::thread::Builder::new().name("kuvert-writer".into()).spawn(move || thread.run())?;
        Ok(Self {
            jobs,
            room: Arc::new(Semaphore::new(limits::MAX_WRITER_QUEUE / PERMIT)),
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Hands an operation over that came in `size` bytes; waits while too much is waiting already.
    pub(crate) async fn submit(&self, op: Op, size: usize) -> Result<Pending, Busy> {
        let permits = u32::try_from(1 + size / PERMIT).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room).acquire_many_owned(permits).await.map_err(|_| Busy)?;
        let (answer, pending) = oneshot::channel();
        self.jobs.send(Message::Job(Job { op, answer, room })).map_err(|_| Busy)?;
        Ok(pending)
    }

    /// Hands an operation over and waits until it is durable.
    pub(crate) async fn perform(&self, op: Op, size: usize) -> Result<Answer, Busy> {
        self.submit(op, size).await?.await.unwrap_or(Err(Busy))
    }

    /// Works off what was handed over so far, takes no more, and ends the thread. Blocks.
    pub(crate) fn stop(&self) {
        self.room.close();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let stopped = self.jobs.send(Message::Stop).is_ok() && thread.join().is_ok();
            if !stopped {
                tracing::error!("the writer did not end as it should");
            }
        }
    }
}

struct Thread {
    waiting: Receiver<Message>,
    store: Arc<Store>,
    service: Service,
    sessions: Arc<Sessions>,
    /// When the store failed, until it was opened again.
    failed: Option<Instant>,
}

impl Thread {
    fn run(&mut self) {
        loop {
            match self.next() {
                Ok(Message::Job(job)) => {
                    if !self.batch(job) {
                        return;
                    }
                }
                Err(RecvTimeoutError::Timeout) => self.service.sealing().expire(Instant::now()),
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Waits for a message, or for the end of the sealing window: an idle relay forgets its keys in time, too.
    fn next(&mut self) -> Result<Message, RecvTimeoutError> {
        match self.service.sealing().until() {
            Some(until) => self.waiting.recv_timeout(until.saturating_duration_since(Instant::now())),
            None => self.waiting.recv().map_err(|_| RecvTimeoutError::Disconnected),
        }
    }

    /// Works off `first` and what comes soon after it. Returns whether to go on.
    fn batch(&mut self, first: Job) -> bool {
        let until = Instant::now() + limits::BATCH_WAIT;
        self.service.sealing().expire(Instant::now());
        self.reopen();
        let store = Arc::clone(&self.store);
        let mut work = self.service.begin(Tx::new(&store), Day::today());
        let mut answers = Vec::new();
        let mut failure = None;
        let mut next = Some(Message::Job(first));
        let mut goes_on = true;
        while let Some(message) = next.take() {
            let Message::Job(Job { op, answer, room }) = message else {
                goes_on = false;
                break;
            };
            match work.apply(&op) {
                Ok(done) => answers.push((answer, done)),
                Err(error) => {
                    failure = Some(error);
                    refuse(answer);
                    break;
                }
            }
            drop(room);
            if answers.len() < limits::MAX_BATCH && work.tx.size() < limits::MAX_BATCH_BYTES {
                next = self.waiting.recv_timeout(until.saturating_duration_since(Instant::now())).ok();
            }
        }
        let (tx, woken) = (work.tx, work.woken);
        let stored = match failure {
            None => tx.commit(),
            Some(error) => Err(error),
        };
        match stored {
            Ok(()) => {
                for (answer, done) in answers {
                    // Who does not wait any more will repeat the request and get the same answer.
                    let _ = answer.send(Ok(done));
                }
                woken.into_iter().for_each(|inbox| self.sessions.wake(inbox));
            }
            Err(error) => {
                self.fail(&error);
                answers.into_iter().for_each(|(answer, _)| refuse(answer));
            }
        }
        goes_on
    }

    fn fail(&mut self, error: &StoreError) {
        self.service.sealing().renew();
        // Requests that fail while the store rests do not make the rest longer, and are not worth a line each.
        if self.failed.is_none() {
            tracing::error!(
                class = error.class(),
                "a batch could not be stored; requests are refused as busy"
            );
            self.failed = Some(Instant::now());
        }
    }

    /// After a failed write the engine takes no more writes until it is opened again.
    fn reopen(&mut self) {
        if self.failed.is_some_and(|failed| failed.elapsed() >= limits::REOPEN_AFTER) {
            match self.store.reopen() {
                Ok(()) => self.failed = None,
                Err(error) => {
                    tracing::error!(class = error.class(), "the store could not be opened again");
                    self.failed = Some(Instant::now());
                }
            }
        }
    }
}

fn refuse(answer: oneshot::Sender<Result<Answer, Busy>>) {
    let _ = answer.send(Err(Busy));
}

#[cfg(test)]
mod tests {
    use kuvert_wire::{DepositKey, InboxId, InboxKeys, SealKeyPair};

    use super::*;

    #[tokio::test]
    async fn a_failed_commit_answers_busy_and_renews_the_sealing_keys() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Arc::new(Store::open(dir.path()).expect("opens"));
        let service = Service::new(Vec::new());
        let writer =
            Writer::start(Arc::clone(&store), service, Arc::new(Sessions::default())).expect("starts");
        let inbox = InboxId::new([1; 16]);
        let keys = InboxKeys {
            seal_key: SealKeyPair::from_bytes([1; 32]).public(),
            deposit_key: DepositKey::new([2; 32]),
        };
        let own = || Op::Own { inbox, acknowledged: 0, create: Some(keys.clone()) };
        let deposit = |n: u8| crate::service::fixtures::deposit(inbox, &keys.deposit_key, n);

        assert!(writer.perform(own(), 0).await.is_ok());
        assert!(writer.perform(deposit(1), 0).await.is_ok());
        store.fails.store(true, std::sync::atomic::Ordering::SeqCst);
        assert_eq!(writer.perform(deposit(2), 0).await, Err(Busy));
        let read = store.entries(inbox, 0, 10, 10_000).expect("reads go on").expect("entries");
        assert_eq!(read.sealed.len(), 1);

        // Being asked all the time does not keep the store from being opened again.
        let began = Instant::now();
        while writer.perform(deposit(3), 0).await.is_err() {
            assert!(began.elapsed() < limits::REOPEN_AFTER * 10, "the store is opened again");
            tokio::time::sleep(limits::REOPEN_AFTER / 100).await;
        }
        let read = store.entries(inbox, 0, 10, 10_000).expect("reads").expect("entries");
        assert_eq!(read.sealed.len(), 2, "the seq of what was refused is used by the next");
        assert_ne!(read.sealed[0].bytes[..32], read.sealed[1].bytes[..32], "another window, another key");
        writer.stop();
        assert_eq!(writer.perform(deposit(4), 0).await, Err(Busy));
    }
}
