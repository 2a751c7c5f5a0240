//! fjall: a log-structured engine in Rust, set as the relay sets it.

use std::path::Path;

use anyhow::Result;
use fjall::config::CompressionPolicy;
use fjall::{CompressionType, Database, Keyspace, KeyspaceCreateOptions, PersistMode, Readable};

use super::{CACHE, Change, Engine, Table};

/// Journal size after which tables are flushed, in bytes.
const JOURNAL: u64 = 128 * 1024 * 1024;

pub(super) struct Fjall {
    db: Database,
    tables: Vec<Keyspace>,
}

impl Engine for Fjall {
    fn open(dir: &Path) -> Result<Self> {
        let db = Database::builder(dir)
            .cache_size(CACHE as u64)
            .max_journaling_size(JOURNAL)
            .journal_compression(CompressionType::None)
            .open()?;
        let options =
            || KeyspaceCreateOptions::default().data_block_compression_policy(CompressionPolicy::disabled());
        let tables = Table::NAMES.iter().map(|name| db.keyspace(name, options)).collect::<Result<_, _>>()?;
        Ok(Self { db, tables })
    }

    fn commit(&mut self, changes: &[Change]) -> Result<()> {
        let mut batch = self.db.batch().durability(Some(PersistMode::SyncAll));
        for Change { table, key, value } in changes {
            let table = &self.tables[*table as usize];
            match value {
                Some(value) => batch.insert(table, key.as_slice(), value.as_slice()),
                None => batch.remove(table, key.as_slice()),
            }
        }
        Ok(batch.commit()?)
    }

    fn queue(&self, inbox: &[u8; 16], each: &mut dyn FnMut(&[u8], &[u8])) -> Result<()> {
        for row in self.db.snapshot().prefix(&self.tables[Table::Queue as usize], inbox) {
            let (key, value) = row.into_inner()?;
            each(&key, &value);
        }
        Ok(())
    }
}
