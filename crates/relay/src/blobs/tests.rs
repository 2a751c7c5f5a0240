use std::sync::atomic::Ordering;

use axum::body::Body;
use futures_util::stream;
use kuvert_wire::{DepositKey, InboxKeys, SealKeyPair};
use tempfile::TempDir;

use super::*;
use crate::service::{Service, SweepFrom};
use crate::session::Sessions;

const ID: BlobId = BlobId::new([1; 16]);
const SECRET: BlobSecret = BlobSecret::new([2; 32]);

fn somebody() -> Arc<Network> {
    let config = Config::new("data").expect("defaults");
    crate::networks::Networks::new(&config, Arc::default()).of([192, 0, 2, 1].into())
}

struct Bench {
    dir: TempDir,
    store: Arc<dyn RelayStore>,
    writer: Arc<Writer>,
    blobs: Arc<Blobs>,
    phase: watch::Sender<Phase>,
}

impl Bench {
    async fn new() -> Self {
        Self::over(tempfile::tempdir().expect("a directory")).await
    }

    async fn over(dir: TempDir) -> Self {
        let store = Arc::new(crate::store::Embedded::open(dir.path()).expect("opens")) as Arc<dyn RelayStore>;
        let writer = Writer::start(
            Arc::clone(&store),
            Service::new(Vec::new(), crate::config::Registration::Open),
            Arc::new(Sessions::default()),
            Arc::default(),
        );
        let writer = Arc::new(writer.expect("starts"));
        let (phase, phases) = watch::channel(Phase::Open);
        let config = Config::new(dir.path()).expect("defaults");
        let blobs = Blobs::open(&config, &store, &writer, Arc::default(), phases).expect("opens");
        let bench = Self { dir, store, writer, blobs, phase };
        let deposit_key = DepositKey::new([3; 32]);
        let keys =
            InboxKeys { seal_key: SealKeyPair::from_bytes([3; 32]).public(), deposit_key, invite: None };
        let counted = crate::service::Counted { acknowledged: 0, generation: None };
        let own = Op::Own { inbox: InboxId::new([3; 16]), counted, create: Some(keys) };
        assert!(bench.writer.perform(own, 0).await.is_ok());
        bench
    }

    async fn announce(&self, size: u64) -> Result<Progress, BlobError> {
        let token = DepositKey::new([3; 32]).token([4; 16]);
        let announced = Announcement { inbox: InboxId::new([3; 16]), token, size, secret: SECRET.hash() };
        self.blobs.create(ID, announced).await
    }

    async fn append(&self, offset: u64, body: impl Into<Body>) -> Result<Progress, BlobError> {
        Arc::clone(&self.blobs).append(ID, SECRET, offset, body.into(), somebody()).await
    }

    fn file(&self) -> std::path::PathBuf {
        let directory = &self.blobs.files.directories().expect("lists")[0];
        std::fs::read_dir(directory).expect("lists").next().expect("a file").expect("a file").path()
    }

    fn has_row(&self) -> bool {
        let row = self.store.row::<BlobRow>(Table::Blobs, BlobName::of(ID).as_bytes());
        row.expect("reads").is_some()
    }

    fn stop(self) -> TempDir {
        self.writer.stop();
        self.store.close();
        self.dir
    }
}

/// A body that gives `bytes` and then nothing, without an end.
fn stalling(bytes: &'static [u8]) -> Body {
    let bytes = stream::once(async move { Ok::<_, io::Error>(axum::body::Bytes::from_static(bytes)) });
    Body::from_stream(futures_util::StreamExt::chain(bytes, stream::pending()))
}

#[tokio::test]
async fn a_full_disk_is_said_and_what_came_before_is_kept() {
    let bench = Bench::new().await;
    bench.announce(10).await.expect("announced");
    assert_eq!(bench.append(0, "0123").await, Ok(Progress { size: 10, stored: 4 }));
    bench.blobs.full.store(true, Ordering::SeqCst);
    assert_eq!(bench.append(4, "456789").await, Err(BlobError::DiskFull));
    assert_eq!(bench.blobs.progress(ID).await, Ok(Progress { size: 10, stored: 4 }));
    bench.blobs.full.store(false, Ordering::SeqCst);
    assert_eq!(bench.append(4, "456789").await, Ok(Progress { size: 10, stored: 10 }));
    assert_eq!(std::fs::read(bench.file()).expect("reads"), b"0123456789");
    bench.stop();
}

#[tokio::test]
async fn what_is_left_of_the_disk_is_for_envelopes() {
    let mut bench = Bench::new().await;
    bench.announce(10).await.expect("announced");
    Arc::get_mut(&mut bench.blobs).expect("not shared").reserve = u64::MAX;
    assert_eq!(bench.announce(10).await, Err(BlobError::DiskFull));
    assert_eq!(bench.append(0, "0123").await, Err(BlobError::DiskFull));
    bench.stop();
}

#[tokio::test(start_paused = true)]
async fn a_slow_upload_is_ended_and_keeps_what_came() {
    // RELAY-5: BLOB_PATIENCE
    let bench = Bench::new().await;
    bench.announce(10).await.expect("announced");
    assert_eq!(bench.append(0, stalling(b"0123")).await, Err(BlobError::TooSlow));
    assert_eq!(bench.blobs.progress(ID).await, Ok(Progress { size: 10, stored: 4 }));
    bench.stop();
}

#[tokio::test]
async fn a_relay_that_stops_ends_uploads_and_keeps_what_came() {
    let bench = Bench::new().await;
    bench.announce(10).await.expect("announced");
    bench.phase.send_replace(Phase::Draining);
    assert_eq!(bench.append(0, stalling(b"")).await, Err(BlobError::Busy));
    bench.stop();
}

#[tokio::test]
async fn bytes_that_a_kill_left_behind_what_counts_are_not_served_and_written_anew() {
    // RELAY-1: killed between writing and counting.
    let bench = Bench::new().await;
    bench.announce(10).await.expect("announced");
    bench.append(0, "0123").await.expect("taken");
    let path = bench.file();
    let bench = Bench::over(bench.stop()).await;
    std::fs::write(&path, b"0123xxxxxx").expect("written");
    bench.blobs.sweep().await.expect("swept");
    assert_eq!(bench.blobs.progress(ID).await, Ok(Progress { size: 10, stored: 4 }));
    assert!(bench.blobs.read(ID, 0, &somebody()).await.is_err(), "not complete");
    assert_eq!(bench.append(4, "456789").await, Ok(Progress { size: 10, stored: 10 }));
    assert_eq!(std::fs::read(&path).expect("reads"), b"0123456789");
    bench.stop();
}

#[tokio::test]
async fn a_sweep_removes_files_without_rows_and_rows_without_files() {
    let bench = Bench::new().await;
    bench.announce(10).await.expect("announced");
    bench.blobs.sweep().await.expect("swept");
    assert!(bench.has_row(), "an upload that has not begun has no file");
    bench.append(0, "0123").await.expect("taken");
    bench.blobs.sweep().await.expect("swept");
    assert!(bench.has_row());
    let path = bench.file();
    std::fs::write(&path, b"012").expect("written");
    bench.blobs.sweep().await.expect("swept");
    assert!(!bench.has_row(), "less than what counts");
    assert!(!path.exists());

    bench.announce(10).await.expect("announced");
    bench.append(0, "0123").await.expect("taken");
    let remove = Op::Blob(BlobOp::Remove(BlobName::of(ID)));
    bench.writer.perform(remove, 0).await.expect("removed");
    assert!(path.exists());
    bench.blobs.sweep().await.expect("swept");
    assert!(!path.exists());
    bench.stop();
}

#[tokio::test]
async fn a_blob_that_expired_is_not_served_even_before_it_is_swept() {
    let bench = Bench::new().await;
    bench.announce(4).await.expect("announced");
    bench.append(0, "0123").await.expect("taken");
    assert!(bench.blobs.read(ID, 0, &somebody()).await.is_ok());
    let mut row: BlobRow =
        bench.store.row(Table::Blobs, BlobName::of(ID).as_bytes()).expect("reads").expect("a row");
    row.until = Day::today().minus(1);
    let mut tx = crate::store::Tx::new(&*bench.store);
    tx.put_row(Table::Blobs, BlobName::of(ID).as_bytes(), &row);
    tx.commit().expect("commits");
    assert_eq!(bench.blobs.progress(ID).await, Err(BlobError::NoSuchBlob));
    assert!(bench.blobs.read(ID, 0, &somebody()).await.is_err());

    let path = bench.file();
    let swept = bench.writer.perform(Op::Sweep(SweepFrom::default()), 0).await;
    let mut next = swept;
    while let Ok(Answer::Swept(Some(from))) = next {
        next = bench.writer.perform(Op::Sweep(from), 0).await;
    }
    bench.blobs.sweep().await.expect("swept");
    assert!(!bench.has_row() && !path.exists());
    bench.stop();
}

#[tokio::test]
async fn who_knows_only_the_id_does_not_break_an_upload_off() {
    let bench = Bench::new().await;
    bench.announce(10).await.expect("announced");
    let turn = bench.blobs.turns.take(BlobName::of(ID)).await;
    let token = DepositKey::new([9; 32]).token([4; 16]);
    let secret = BlobSecret::new([9; 32]).hash();
    let stranger = Announcement { inbox: InboxId::new([3; 16]), token, size: 10, secret };
    assert_eq!(bench.blobs.create(ID, stranger).await, Err(BlobError::BadToken));
    assert!(turn.is_undisturbed());
}
