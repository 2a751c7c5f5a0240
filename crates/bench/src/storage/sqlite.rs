//! SQLite: B-trees with a write-ahead log, synced at every commit.

use std::path::Path;

use anyhow::Result;
use rusqlite::Connection;

use super::{CACHE, Change, Engine, Table};

pub(super) struct Sqlite(Connection);

impl Engine for Sqlite {
    fn open(dir: &Path) -> Result<Self> {
        let db = Connection::open(dir.join("sqlite"))?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "synchronous", "FULL")?;
        // A negative number is KiB instead of pages.
        db.pragma_update(None, "cache_size", -((CACHE / 1024) as i64))?;
        for name in Table::NAMES {
            let table = format!("CREATE TABLE IF NOT EXISTS {name} (k BLOB PRIMARY KEY, v BLOB NOT NULL)");
            db.execute(&format!("{table} WITHOUT ROWID"), ())?;
        }
        Ok(Self(db))
    }

    fn commit(&mut self, changes: &[Change]) -> Result<()> {
        let tx = self.0.transaction()?;
        for Change { table, key, value } in changes {
            let name = Table::NAMES[*table as usize];
            match value {
                Some(value) => tx
                    .prepare_cached(&format!("INSERT OR REPLACE INTO {name} (k, v) VALUES (?1, ?2)"))?
                    .execute((key, value))?,
                None => tx.prepare_cached(&format!("DELETE FROM {name} WHERE k = ?1"))?.execute((key,))?,
            };
        }
        Ok(tx.commit()?)
    }

    fn queue(&self, inbox: &[u8; 16], each: &mut dyn FnMut(&[u8], &[u8])) -> Result<()> {
        let mut select =
            self.0.prepare_cached("SELECT k, v FROM queue WHERE k BETWEEN ?1 AND ?2 ORDER BY k")?;
        let end = [inbox.as_slice(), &[0xff; 8]].concat();
        let mut rows = select.query((inbox.as_slice(), end))?;
        while let Some(row) = rows.next()? {
            each(row.get_ref(0)?.as_blob()?, row.get_ref(1)?.as_blob()?);
        }
        Ok(())
    }
}
