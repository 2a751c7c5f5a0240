//! redb: copy-on-write B-trees in Rust.

use std::path::Path;

use anyhow::Result;
use redb::{Database, Durability, ReadableDatabase, TableDefinition};

use super::{CACHE, Change, Engine, Table};

const TABLES: [TableDefinition<'static, &[u8], &[u8]>; 3] = [
    TableDefinition::new(Table::NAMES[0]),
    TableDefinition::new(Table::NAMES[1]),
    TableDefinition::new(Table::NAMES[2]),
];

pub(super) struct Redb(Database);

impl Engine for Redb {
    fn open(dir: &Path) -> Result<Self> {
        Ok(Self(Database::builder().set_cache_size(CACHE).create(dir.join("redb"))?))
    }

    fn commit(&mut self, changes: &[Change]) -> Result<()> {
        let mut tx = self.0.begin_write()?;
        tx.set_durability(Durability::Immediate)?;
        for table in [Table::Queue, Table::Inboxes, Table::Repeats] {
            let mut rows = tx.open_table(TABLES[table as usize])?;
            for Change { key, value, .. } in changes.iter().filter(|change| change.table == table) {
                match value {
                    Some(value) => rows.insert(key.as_slice(), value.as_slice())?,
                    None => rows.remove(key.as_slice())?,
                };
            }
        }
        Ok(tx.commit()?)
    }

    fn queue(&self, inbox: &[u8; 16], each: &mut dyn FnMut(&[u8], &[u8])) -> Result<()> {
        let rows = self.0.begin_read()?.open_table(TABLES[Table::Queue as usize])?;
        let end = [inbox.as_slice(), &[0xff; 8]].concat();
        for row in rows.range(inbox.as_slice()..=end.as_slice())? {
            let (key, value) = row?;
            each(key.value(), value.value());
        }
        Ok(())
    }
}
