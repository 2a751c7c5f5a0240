//! A device: a real engine over a real database file, and what a driver keeps beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use kuvert_core::{Client, ClientError, Config, DatabaseKey, Event, Line, Location};
use kuvert_wire::InboxId;

use crate::network::LinkId;
use crate::rng::Rng;
use crate::station::RelayId;

/// Names a device of a world.
pub(crate) type DeviceId = usize;

/// See the [module](self).
pub(crate) struct Device {
    /// Which.
    pub(crate) id: DeviceId,
    /// Its own relay.
    pub(crate) home: RelayId,
    /// The engine; `None` while its process is gone.
    pub(crate) client: Option<Client>,
    /// Its database.
    path: PathBuf,
    /// How often its process was started.
    pub(crate) starts: u32,
    /// Lines that the engine wants open.
    pub(crate) wanted: BTreeSet<Line>,
    /// The connections that it holds, by line.
    pub(crate) links: BTreeMap<Line, LinkId>,
    /// Times at which it wants to be woken.
    pub(crate) wakes: BTreeSet<i64>,
    /// It can reach the relay.
    pub(crate) online: bool,
    /// The inbox that it proved to own.
    pub(crate) inbox: Option<InboxId>,
    /// Its own readable name, as soon as it has one.
    pub(crate) name: String,
    /// Everything that its engine ever told the user.
    pub(crate) events: Vec<Event>,
    /// The last seq that its engine handled.
    pub(crate) handled: u64,
    /// Failed tries to connect in a row.
    pub(crate) tries: u32,
}

impl Device {
    /// A new one, with its database below `folder`.
    ///
    /// # Errors
    /// [`ClientError`] if its engine does not open.
    pub(crate) fn new(id: DeviceId, folder: &Path, rng: &mut Rng) -> Result<Self, ClientError> {
        let path = folder.join(format!("{id}-0.db"));
        let client = Some(open(&path, id, rng.seed())?);
        Ok(Self {
            id,
            home: 0,
            client,
            path,
            starts: 1,
            wanted: BTreeSet::new(),
            links: BTreeMap::new(),
            wakes: BTreeSet::new(),
            online: true,
            inbox: None,
            name: String::new(),
            events: Vec::new(),
            handled: 0,
            tries: 0,
        })
    }

    /// Ends the process. As by SIGKILL: what lies in the files at this moment is what the next start finds.
    ///
    /// # Errors
    /// Of the file system.
    pub(crate) fn kill(&mut self) -> std::io::Result<()> {
        let image = self.image()?;
        self.leave(image);
        Ok(())
    }

    /// A copy of the files as they are at this moment.
    ///
    /// # Errors
    /// Of the file system.
    pub(crate) fn image(&mut self) -> std::io::Result<PathBuf> {
        self.starts += 1;
        let image = self.path.with_file_name(format!("{}-{}.db", self.id, self.starts));
        std::fs::copy(&self.path, &image)?;
        let journal = journal_of(&self.path);
        if journal.exists() {
            std::fs::copy(journal, journal_of(&image))?;
        }
        Ok(image)
    }

    /// A copy of the files as they are at this moment, beside those of the device.
    ///
    /// # Errors
    /// Of the file system.
    pub(crate) fn copy(&self, name: &str) -> std::io::Result<PathBuf> {
        let copy = self.path.with_file_name(format!("{}-{name}.db", self.id));
        std::fs::copy(&self.path, &copy)?;
        let journal = journal_of(&self.path);
        if journal.exists() {
            std::fs::copy(journal, journal_of(&copy))?;
        }
        Ok(copy)
    }

    /// Ends the process and leaves the files of an earlier moment.
    pub(crate) fn leave(&mut self, image: PathBuf) {
        self.client = None;
        // The next start uses the copy: what the engine wrote on its way out never happened.
        let _ = std::fs::remove_file(journal_of(&self.path));
        let _ = std::fs::remove_file(&self.path);
        self.path = image;
        self.links.clear();
        self.wanted.clear();
        self.wakes.clear();
    }

    /// Starts the process again.
    ///
    /// # Errors
    /// [`ClientError`] if the engine does not open what it wrote.
    pub(crate) fn start(&mut self, rng: &mut Rng) -> Result<(), ClientError> {
        self.client = Some(open(&self.path, self.id, rng.seed())?);
        Ok(())
    }
}

fn journal_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

/// Opens the engine over the files of a device.
///
/// # Errors
/// [`ClientError`] if it does not open what lies there.
pub(crate) fn open(path: &Path, id: DeviceId, seed: [u8; 32]) -> Result<Client, ClientError> {
    let key = DatabaseKey::new([u8::try_from(id).unwrap_or(u8::MAX); 32]);
    Client::open(&Config { location: Location::File(&path.to_string_lossy()), key: &key, seed })
}
