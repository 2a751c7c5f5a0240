//! Commands of a relay's operator: inventory, backup, restore, invitations.

use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};

use kuvert_relay::admin::{self, Inventory};
use kuvert_relay::config::{ByteLen, Given, Registration, Sources};
use kuvert_relay::{BackupFile, Config};
use serde_json::json;

use super::Failure;
use super::flags::from_process;

/// Which relay is meant.
#[derive(Debug, clap::Args)]
pub(super) struct Which {
    /// File with the relay's settings [KUVERT_CONFIG]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The relay's data directory, if no file of settings names it
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Which {
    fn config(&self) -> Result<Config, Failure> {
        let given = |data: &Path| Given { key: "data".to_owned(), values: vec![data.display().to_string()] };
        let flags = self.data.as_deref().map(given).into_iter().collect();
        Ok(Config::load(&Sources { flags, ..from_process(self.config.as_deref()) })?)
    }
}

/// `kuvert relay inspect`.
#[derive(Debug, clap::Args)]
pub(super) struct Inspect {
    #[command(flatten)]
    which: Which,
    /// Print one JSON value on one line
    #[arg(long)]
    json: bool,
}

impl Inspect {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let inventory = admin::inspect(&self.which.config()?.data)?;
        print(&if self.json { as_json(&inventory) } else { as_table(&inventory) })
    }
}

fn as_json(inventory: &Inventory) -> String {
    let tables: serde_json::Map<_, _> = inventory
        .tables
        .iter()
        .map(|table| {
            let counts = json!({"rows": table.rows, "bytes": table.bytes, "largest": table.largest});
            (table.name.clone(), counts)
        })
        .collect();
    let (rows, bytes) = totals(inventory);
    let all = json!({
        "tables": tables,
        "rows": rows,
        "bytes": bytes,
        "blob_files": inventory.blob_files,
        "blob_bytes": inventory.blob_bytes,
        "disk_bytes": inventory.disk_bytes,
        "free_bytes": inventory.free_bytes,
    });
    format!("{all}\n")
}

fn as_table(inventory: &Inventory) -> String {
    let mut text = format!("{:<14} {:>12} {:>12} {:>12}\n", "table", "rows", "size", "largest");
    let mut line = |name: &str, rows: u64, bytes: u64, largest: Option<u64>| {
        let largest = largest.map(|bytes| ByteLen(bytes).to_string()).unwrap_or_default();
        let row = format!("{name:<14} {rows:>12} {:>12} {largest:>12}", ByteLen(bytes).to_string());
        let _ = writeln!(text, "{}", row.trim_end());
    };
    for table in &inventory.tables {
        line(&table.name, table.rows, table.bytes, Some(table.largest));
    }
    let (rows, bytes) = totals(inventory);
    line("all tables", rows, bytes, None);
    line("blob files", inventory.blob_files, inventory.blob_bytes, None);
    let (disk, free) = (ByteLen(inventory.disk_bytes), ByteLen(inventory.free_bytes));
    let _ = writeln!(
        text,
        "\n{disk} on disk, {free} free. There is no more to show: the relay knows nothing else."
    );
    text
}

fn totals(inventory: &Inventory) -> (u64, u64) {
    let tables = &inventory.tables;
    (tables.iter().map(|table| table.rows).sum(), tables.iter().map(|table| table.bytes).sum())
}

/// `kuvert relay backup`.
#[derive(Debug, clap::Args)]
pub(super) struct Backup {
    /// File to write, which must not exist; `-` is standard output
    file: PathBuf,
    #[command(flatten)]
    which: Which,
}

impl Backup {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let data = self.which.config()?.data;
        if self.file.as_os_str() == "-" {
            let mut out = std::io::stdout().lock();
            admin::backup(&data, &mut out)?;
            return out.flush().map_err(Failure::Output);
        }
        let file = &self.file;
        let failed = |source| Failure::File { file: file.clone(), source };
        let mut backup = BackupFile::create(file).map_err(failed)?;
        match admin::backup(&data, backup.writer()) {
            Ok(()) => Ok(backup.finish()?),
            Err(error) => {
                backup.discard();
                Err(error.into())
            }
        }
    }
}

/// `kuvert relay restore`.
#[derive(Debug, clap::Args)]
pub(super) struct Restore {
    /// A file that `kuvert relay backup` wrote
    file: PathBuf,
    #[command(flatten)]
    which: Which,
}

impl Restore {
    pub(super) fn run(&self) -> Result<(), Failure> {
        Ok(admin::restore(&self.file, &self.which.config()?.data)?)
    }
}

/// `kuvert relay invite`.
#[derive(Debug, clap::Args)]
pub(super) struct Invite {
    /// How many codes to make
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    count: u32,
    /// Print one JSON array on one line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    which: Which,
}

impl Invite {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let config = self.which.config()?;
        if config.registration != Registration::Invite {
            let note = "kuvert relay: note: the settings at hand do not say `registration = \"invite\"`; no other relay \
                        asks for codes";
            let _ = writeln!(std::io::stderr(), "{note}");
        }
        let codes = admin::invite(&config.data, self.count)?;
        print(&if self.json { format!("{}\n", json!(codes)) } else { codes.join("\n") + "\n" })
    }
}

fn print(text: &str) -> Result<(), Failure> {
    std::io::stdout().write_all(text.as_bytes()).map_err(Failure::Output)
}
