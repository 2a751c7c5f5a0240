//! The answers of a batch, which wait until it is durable.

use std::sync::Arc;

use kuvert_wire::{ErrorCode, PostId, RelayFrame, limits};
use tokio::sync::oneshot;

use super::{Busy, busy};
use crate::metrics::Metrics;
use crate::service::{Answer, Op, Request, Work};
use crate::session::Line;
use crate::store::StoreError;

/// Answers to the requests of one session.
type LineAnswers = (Arc<Line>, Vec<(PostId, RelayFrame)>);
/// How one operation ended.
type Outcome = Result<Answer, Busy>;

/// Answers that wait until their batch is durable.
#[derive(Default)]
pub(super) struct Answers {
    lines: Vec<LineAnswers>,
    ones: Vec<(oneshot::Sender<Outcome>, Outcome)>,
    pub(super) count: usize,
    /// Bytes of answers that hold more than a few.
    bytes: usize,
    pub(super) accepted: Accepted,
}

/// Requests accepted in a batch, by kind.
#[derive(Default)]
pub(super) struct Accepted {
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

    pub(super) fn count(&self, metrics: &Metrics) {
        metrics.posts_accepted.add(self.posts);
        metrics.deposits_accepted.add(self.deposits);
        metrics.commits_accepted.add(self.commits);
        metrics.others_accepted.add(self.others);
    }
}

impl Answers {
    /// Whether the batch is to be stored before more is worked off.
    pub(super) fn fills_batch(&self, work: &Work<'_, '_>) -> bool {
        self.count >= limits::MAX_BATCH || work.tx.size() + self.bytes >= limits::MAX_BATCH_BYTES
    }

    /// Works off operations of a session, until the batch is full or all are done; returns how many. After an error all
    /// of them count as not done, and are answered.
    pub(super) fn session(
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
            if matches!(op, Op::Resume) {
                line.settle();
                refuses = false;
            }
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

    pub(super) fn one(
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
    pub(super) fn send(self) {
        for (line, answers) in self.lines {
            line.answer(answers.into_iter().map(|(_, frame)| frame));
        }
        for (waiting, answer) in self.ones {
            let _ = waiting.send(answer);
        }
    }

    /// From now on nothing that these sessions sent overtakes what will be refused.
    pub(super) fn hold_back(&self) {
        for (line, _) in &self.lines {
            line.refuse();
        }
    }

    /// Refuses everything.
    pub(super) fn refuse(self) {
        self.hold_back();
        for (line, answers) in self.lines {
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
