//! The second thread: it makes batches durable, and lets everybody know.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Instant;

use foldhash::fast::RandomState;
use kuvert_wire::InboxId;

use super::answers::Answers;
use super::{Lost, Message};
use crate::metrics::Metrics;
use crate::service::Counts;
use crate::session::Sessions;
use crate::store::{Changes, RelayStore, StoreError};

/// A batch that was worked off.
pub(super) struct Done {
    pub(super) changes: Arc<Changes>,
    pub(super) answers: Answers,
    /// Inboxes that got entries, and the last seq of each.
    pub(super) stored: HashMap<InboxId, u64, RandomState>,
    pub(super) counts: Counts,
}

/// The way to the thread.
pub(super) struct Committer {
    batches: Option<Sender<Done>>,
    thread: Option<JoinHandle<()>>,
    shared: Arc<Shared>,
}

struct Shared {
    store: Arc<dyn RelayStore>,
    sessions: Arc<Sessions>,
    metrics: Arc<Metrics>,
    /// The last batch could not be stored.
    failing: AtomicBool,
}

/// What became of a batch that was handed over.
pub(super) enum Progress {
    /// It is being written.
    UnderWay,
    /// It was written, or could not be.
    Over(Result<(), Lost>),
}

impl Committer {
    /// Without a thread.
    pub(super) fn new(store: Arc<dyn RelayStore>, sessions: Arc<Sessions>, metrics: Arc<Metrics>) -> Self {
        let shared = Arc::new(Shared { store, sessions, metrics, failing: AtomicBool::new(false) });
        Self { batches: None, thread: None, shared }
    }

    /// Starts the thread, which says by `queue` how each batch ended.
    pub(super) fn start(&mut self, queue: Sender<Message>) -> std::io::Result<()> {
        let (batches, done) = channel();
        let shared = Arc::clone(&self.shared);
        let thread = std::thread::Builder::new().name("kuvert-commits".into());
        self.thread = Some(thread.spawn(move || shared.run(&done, &queue))?);
        self.batches = Some(batches);
        Ok(())
    }

    /// Writes a batch, where there is a thread for that by it; nothing else must be under way.
    pub(super) fn write(&self, done: Done) -> Progress {
        match &self.batches {
            Some(batches) => match batches.send(done) {
                Ok(()) => Progress::UnderWay,
                Err(returned) => {
                    returned.0.answers.refuse();
                    Progress::Over(Err(Lost))
                }
            },
            None => {
                let mut progress = Progress::Over(Err(Lost));
                self.shared.write(done, |written| progress = Progress::Over(written));
                progress
            }
        }
    }

    /// Notes that a batch failed before it came here.
    pub(super) fn failed(&self, error: &StoreError) {
        self.shared.failed(error);
    }

    /// Ends the thread.
    pub(super) fn stop(&mut self) {
        self.batches = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the committer did not end as it should");
        }
    }
}

impl Shared {
    fn run(&self, batches: &Receiver<Done>, queue: &Sender<Message>) {
        while let Ok(done) = batches.recv() {
            // Where nobody hears it any more, the relay has stopped.
            self.write(done, |written| drop(queue.send(Message::Written(written))));
        }
    }

    /// Writes a batch, says by `tell` how that ended, and answers. Who is answered that it failed, and asks again, is
    /// not to meet what was built on it: so that is told first.
    fn write(&self, done: Done, tell: impl FnOnce(Result<(), Lost>)) {
        let Done { changes, answers, stored, counts } = done;
        let began = Instant::now();
        let batch = changes.batch();
        drop(changes);
        let written = if batch.is_empty() { Ok(()) } else { self.store.write(batch) };
        match written {
            Ok(()) => {
                tell(Ok(()));
                self.metrics.commit_time.observe_time(began.elapsed());
                self.metrics.batch_size.observe(answers.count as u64);
                counts.add_to(&self.metrics);
                answers.accepted.count(&self.metrics);
                self.metrics.store_failing.set(0);
                if self.failing.swap(false, Ordering::Relaxed) {
                    tracing::info!("batches can be stored again");
                }
                self.sessions.deliver(stored);
                answers.send();
            }
            Err(error) => {
                self.failed(&error);
                answers.hold_back();
                tell(Err(Lost));
                answers.refuse();
            }
        }
    }

    fn failed(&self, error: &StoreError) {
        self.metrics.commit_failures.inc();
        self.metrics.store_failing.set(1);
        // Requests that fail as well are not worth a line each.
        if !self.failing.swap(true, Ordering::Relaxed) {
            let class = error.class();
            tracing::error!(class, "a batch could not be stored; requests are refused as busy");
        }
    }
}
