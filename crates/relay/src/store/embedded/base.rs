//! The tables on disk, in fjall. They take whole layers, sorted, and so hold neither the order in which rows came nor,
//! within a layer, which came together.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use fjall::compaction::Leveled;
use fjall::config::{CompressionPolicy, PinningPolicy};
use fjall::{CompressionType, Database, Keyspace, KeyspaceCreateOptions, PersistMode, Readable};
use kuvert_wire::limits;

use super::filter::DayFilter;
use super::layers::Layer;
use crate::store::{Key, Snapshot, StoreError, Table, Value, Visit};

/// Memory for blocks read from disk, in bytes.
const CACHE: u64 = 32 * 1024 * 1024;
/// Most files of tables kept open.
const OPEN_FILES: usize = 256;

/// Runs of remembered requests that are merged at once.
const REPEAT_RUNS: u8 = 128;

/// See the [module](self).
pub(super) struct Base {
    path: PathBuf,
    engine: RwLock<State>,
}

enum State {
    Open(Engine),
    /// It could not be opened again, so far.
    Failed,
    Closed,
}

impl State {
    fn engine(&self) -> Result<&Engine, StoreError> {
        match self {
            Self::Open(engine) => Ok(engine),
            Self::Failed | Self::Closed => Err(StoreError::Closed),
        }
    }
}

#[derive(Clone)]
struct Engine {
    db: Database,
    tables: Vec<Keyspace>,
}

impl Engine {
    /// On a thread of low priority, which the engine's own threads take over.
    fn open_in_background(path: &Path) -> Result<Self, StoreError> {
        std::thread::scope(|scope| {
            let opening = scope.spawn(|| {
                in_background();
                Self::open(path)
            });
            opening.join().map_err(|_| StoreError::Closed)?
        })
    }

    fn open(path: &Path) -> Result<Self, StoreError> {
        // Almost everything stored is ciphertext, which does not compress.
        let db = Database::builder(path)
            .cache_size(CACHE)
            .max_cached_files(Some(OPEN_FILES))
            .worker_threads(1)
            .journal_compression(CompressionType::None)
            .open()?;
        // Filters say without reading that a row is not there, which is so for each new request.
        let options = || {
            KeyspaceCreateOptions::default()
                .data_block_compression_policy(CompressionPolicy::disabled())
                .filter_block_pinning_policy(PinningPolicy::new([true, true, true, false]))
        };
        let keyspace = |(table, name): &(Table, &str)| match table {
            Table::Repeats => db.keyspace(name, || {
                // They go again within two days, and hardly anybody reads them: merging their runs early is lost work.
                let seldom = Leveled::default().with_l0_threshold(REPEAT_RUNS);
                options().compaction_strategy(Arc::new(seldom))
            }),
            _ => db.keyspace(name, options),
        };
        let tables = Table::ALL.iter().map(keyspace).collect::<Result<_, _>>()?;
        Ok(Self { db, tables })
    }

    fn table(&self, table: Table) -> &Keyspace {
        &self.tables[table as usize]
    }
}

impl Base {
    pub(super) fn open(path: PathBuf) -> Result<Self, StoreError> {
        Ok(Self { engine: RwLock::new(State::Open(Engine::open_in_background(&path)?)), path })
    }

    /// Opens the tables anew: after a failure the engine takes no more.
    pub(super) fn reopen(&self) -> Result<(), StoreError> {
        let mut engine = self.engine.write().unwrap_or_else(PoisonError::into_inner);
        if !matches!(*engine, State::Closed) {
            // The engine lets go of its files first.
            *engine = State::Failed;
            *engine = State::Open(Engine::open_in_background(&self.path)?);
        }
        Ok(())
    }

    pub(super) fn close(&self) {
        *self.engine.write().unwrap_or_else(PoisonError::into_inner) = State::Closed;
    }

    /// The filter of the requests that are remembered here.
    pub(super) fn repeats(&self) -> Result<DayFilter, StoreError> {
        let engine = self.read();
        let rows = engine.engine()?.table(Table::Repeats);
        let mut filter = DayFilter::new(limits::MAX_FILTERED);
        for (count, row) in rows.iter().enumerate() {
            if count == limits::MAX_FILTERED_AT_START {
                let last = rows.iter().next_back().map(fjall::Guard::key).transpose()?;
                return Ok(DayFilter::after(last.as_deref().unwrap_or_default(), limits::MAX_FILTERED));
            }
            filter.add(&row.key()?);
        }
        Ok(filter)
    }

    /// Takes all rows of a layer in. They are durable afterwards; after an error some may be, and taking the same layer
    /// in again is right.
    pub(super) fn take_in(&self, layer: &Layer) -> Result<(), StoreError> {
        let engine = self.read();
        let engine = engine.engine()?;
        // An engine that failed in the background takes runs in, but tidies up no more: this says so.
        engine.db.persist(PersistMode::Buffer)?;
        for (table, _) in Table::ALL {
            let rows = layer.rows(*table);
            if rows.is_empty() {
                continue;
            }
            let mut ingestion = engine.table(*table).start_ingestion()?;
            for (key, value) in rows {
                match value {
                    Some(value) => ingestion.write(key.as_bytes(), &**value)?,
                    None => ingestion.write_tombstone(key.as_bytes())?,
                }
            }
            ingestion.finish()?;
        }
        Ok(())
    }

    pub(super) fn get(&self, table: Table, key: &[u8]) -> Result<Option<Value>, StoreError> {
        let engine = self.read();
        let rows = engine.engine()?.table(table);
        Ok(rows.get(key)?.map(|value| Value::copy_from_slice(&value)))
    }

    /// Reads rows of a table within `from..=until` in key order until `enough` of them were seen, `above` in front: what
    /// `above` says of a row counts.
    pub(super) fn merged(
        &self,
        table: Table,
        (from, until): (Key, Key),
        above: BTreeMap<Key, Option<Value>>,
        mut enough: impl FnMut(&Key, &Value) -> bool,
    ) -> Result<(), StoreError> {
        let engine = self.read();
        let rows = engine.engine()?.table(table);
        let mut above = above.into_iter().peekable();
        let bounds = (Bound::Included(from.as_bytes()), Bound::Included(until.as_bytes()));
        for row in rows.range::<&[u8], _>(bounds) {
            let (key, value) = row.into_inner()?;
            let key = Key::new(&key);
            let mut replaced = false;
            while let Some((over, value)) = above.next_if(|(over, _)| *over <= key) {
                replaced |= over == key;
                if value.is_some_and(|value| enough(&over, &value)) {
                    return Ok(());
                }
            }
            if !replaced && enough(&key, &Value::copy_from_slice(&value)) {
                return Ok(());
            }
        }
        for (key, value) in above {
            if value.is_some_and(|value| enough(&key, &value)) {
                return Ok(());
            }
        }
        Ok(())
    }

    pub(super) fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        let engine = self.read().engine()?.clone();
        Ok(Box::new(Moment { rows: engine.db.snapshot(), engine }))
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.engine.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets everything else go first that the machine has to do: this thread's work can wait, answers cannot.
pub(super) fn in_background() {
    // Where the system refuses, nothing but latency is lost.
    let _ = rustix::process::setpriority_process(None, 19);
}

struct Moment {
    rows: fjall::Snapshot,
    engine: Engine,
}

impl Snapshot for Moment {
    fn rows(&self, table: Table, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        for row in self.rows.iter(self.engine.table(table)) {
            let (key, value) = row.into_inner()?;
            visit(&key, &value)?;
        }
        Ok(())
    }
}
