//! What lies in the tray, as plain data that changes by pure functions.

use std::collections::BTreeMap;

use kuvert_view::{ConversationId, FileId, FilledForm, NotTaken};

use crate::compose::Quoted;
use crate::i18n::Lang;

/// Most files of one message.
pub(crate) const FILES_MAX: usize = 16;
/// Largest file.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;

/// Where picked files lie until they are sent: beside the composer of a conversation, or in a field of a form for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// Where they will go.
    pub(crate) conversation: ConversationId,
    /// Which field of a form, from 1; 0 is the composer.
    pub(crate) field: u8,
}

impl From<ConversationId> for Place {
    fn from(conversation: ConversationId) -> Self {
        Self { conversation, field: 0 }
    }
}

/// A file that was picked and not sent yet. The file itself is the browser's, under the same number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    /// Its number.
    pub(crate) id: u64,
    /// What it is called.
    pub(crate) name: String,
    /// Bytes.
    pub(crate) size: u64,
    /// What shows it, if it is a picture.
    pub(crate) picture: Option<String>,
    /// Where it lies.
    pub(crate) field: u8,
}

/// Why something is not in the tray, or came back to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// One message takes no more.
    TooMany,
    /// Files could not be sent; the name of the one whose fault it is.
    NotTaken(NotTaken, Option<String>),
}

/// What was picked, by where it lies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Trays(BTreeMap<Place, Vec<Item>>);

impl Trays {
    /// What lies in a place.
    pub(crate) fn of(&self, place: impl Into<Place>) -> &[Item] {
        self.0.get(&place.into()).map_or(&[], Vec::as_slice)
    }

    /// Puts a file in, unless that breaks a limit.
    pub(crate) fn put(&mut self, place: impl Into<Place>, item: Item) -> Result<(), Trouble> {
        if item.size > FILE_BYTES_MAX {
            return Err(Trouble::NotTaken(NotTaken::TooLarge, Some(item.name)));
        }
        let tray = self.0.entry(place.into()).or_default();
        if tray.len() >= FILES_MAX {
            return Err(Trouble::TooMany);
        }
        tray.push(item);
        Ok(())
    }

    /// Takes a file out.
    pub(crate) fn remove(&mut self, place: impl Into<Place>, id: u64) -> Option<Item> {
        let tray = self.0.get_mut(&place.into())?;
        let at = tray.iter().position(|item| item.id == id)?;
        Some(tray.remove(at))
    }

    /// Takes all of it out.
    pub(crate) fn take(&mut self, place: impl Into<Place>) -> Vec<Item> {
        self.0.remove(&place.into()).unwrap_or_default()
    }

    /// Takes out all that lies in fields of a form, in their order.
    pub(crate) fn take_fields(&mut self, conversation: ConversationId) -> Vec<Item> {
        let fields = Place { conversation, field: 1 }..=Place { conversation, field: u8::MAX };
        let places: Vec<Place> = self.0.range(fields).map(|(place, _)| *place).collect();
        places.into_iter().flat_map(|place| self.take(place)).collect()
    }

    /// Puts back what could not be sent, before what was picked since. What does not fit any more is given back.
    pub(crate) fn bring_back(&mut self, conversation: ConversationId, items: Vec<Item>) -> Vec<Item> {
        for item in items.into_iter().rev() {
            self.0.entry(Place { conversation, field: item.field }).or_default().insert(0, item);
        }
        self.0.values_mut().flat_map(|tray| tray.split_off(tray.len().min(FILES_MAX))).collect()
    }
}

/// Files that were handed over and are being sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parcel {
    /// Number of the wish.
    pub(crate) ticket: u64,
    /// Where to.
    pub(crate) conversation: ConversationId,
    /// The text that goes with them.
    pub(crate) text: String,
    /// The message that they answer.
    pub(crate) reply: Option<Quoted>,
    /// It is deleted everywhere so many seconds after it was read.
    pub(crate) expires_after: Option<u32>,
    /// The form to whose answers they belong.
    pub(crate) form: Option<FilledForm>,
    /// The user was asked about the text, and wants it sent.
    pub(crate) anyway: bool,
    /// What goes.
    pub(crate) items: Vec<Item>,
    /// So many bytes are sealed, of so many.
    pub(crate) done: (u64, u64),
}

/// A file that was opened, and what shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Opened {
    /// Which file.
    pub(crate) file: FileId,
    /// Its address within this page.
    pub(crate) url: String,
    /// Under which name it is saved.
    pub(crate) name: String,
    /// Bytes.
    pub(crate) size: u64,
    /// Whether it is a picture that can be shown.
    pub(crate) is_picture: bool,
}

/// Most bytes of opened files that are held for the page.
pub(crate) const HELD_BYTES_MAX: u64 = 96 * 1024 * 1024;

/// Opened files, the newest last; of more than [`HELD_BYTES_MAX`], the oldest go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Held(Vec<Opened>);

impl Held {
    /// The opened file.
    pub(crate) fn find(&self, file: FileId) -> Option<&Opened> {
        self.0.iter().find(|opened| opened.file == file)
    }

    /// Takes one in, and gives the addresses that are not needed any more.
    pub(crate) fn put(&mut self, opened: Opened) -> Vec<String> {
        let mut gone: Vec<String> = self.drop_file(opened.file).into_iter().collect();
        self.0.push(opened);
        let mut bytes: u64 = self.0.iter().map(|opened| opened.size).sum();
        while bytes > HELD_BYTES_MAX && self.0.len() > 1 {
            let oldest = self.0.remove(0);
            bytes -= oldest.size;
            gone.push(oldest.url);
        }
        gone
    }

    /// Forgets a file, and gives its address.
    pub(crate) fn drop_file(&mut self, file: FileId) -> Option<String> {
        let at = self.0.iter().position(|opened| opened.file == file)?;
        Some(self.0.remove(at).url)
    }

    /// Forgets all, and gives their addresses.
    pub(crate) fn clear(&mut self) -> Vec<String> {
        std::mem::take(&mut self.0).into_iter().map(|opened| opened.url).collect()
    }
}

/// How much of something is done, from 0 to 100.
pub(crate) fn percent((done, of): (u64, u64)) -> u32 {
    u32::try_from(done.min(of).saturating_mul(100) / of.max(1)).unwrap_or(100)
}

/// A size for the eyes: three digits at most, in steps of a thousand.
pub(crate) fn size_words(lang: Lang, bytes: u64) -> String {
    const STEPS: [(u64, &str); 3] = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    let Some((step, unit)) = STEPS.into_iter().find(|(step, _)| bytes >= *step) else {
        return format!("{bytes}\u{a0}B");
    };
    let tenths = (bytes / (step / 10)).max(10);
    if tenths >= 100 || tenths.is_multiple_of(10) {
        return format!("{}\u{a0}{unit}", tenths / 10);
    }
    let point = if lang == Lang::De { ',' } else { '.' };
    format!("{}{point}{}\u{a0}{unit}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: ConversationId = ConversationId(1);

    fn item(id: u64) -> Item {
        Item { id, name: format!("{id}.txt"), size: 1, picture: None, field: 0 }
    }

    fn ids(trays: &Trays) -> Vec<u64> {
        trays.of(ONE).iter().map(|item| item.id).collect()
    }

    #[test]
    fn a_tray_takes_what_one_message_takes() {
        let mut trays = Trays::default();
        for id in 0..FILES_MAX as u64 {
            trays.put(ONE, item(id)).expect("room");
        }
        assert_eq!(trays.put(ONE, item(99)), Err(Trouble::TooMany));
        trays.put(ConversationId(2), item(99)).expect("another tray");
        let huge = Item { size: FILE_BYTES_MAX + 1, ..item(100) };
        let refused = Trouble::NotTaken(NotTaken::TooLarge, Some("100.txt".into()));
        assert_eq!(trays.put(ConversationId(2), huge), Err(refused));
        assert_eq!(trays.remove(ONE, 3).map(|item| item.id), Some(3));
        assert_eq!(trays.remove(ONE, 3), None);
        trays.put(ONE, item(99)).expect("room again");
    }

    #[test]
    fn what_could_not_be_sent_comes_back_before_what_was_picked_since() {
        let mut trays = Trays::default();
        trays.put(ONE, item(1)).expect("room");
        let sent = trays.take(ONE);
        assert!(trays.of(ONE).is_empty());
        trays.put(ONE, item(2)).expect("room");
        assert!(trays.bring_back(ONE, sent).is_empty());
        assert_eq!(ids(&trays), [1, 2]);
        let many = (10..10 + FILES_MAX as u64).map(item).collect();
        let left: Vec<_> = trays.bring_back(ONE, many).iter().map(|item| item.id).collect();
        assert_eq!((ids(&trays).len(), left), (FILES_MAX, vec![1, 2]));
    }

    #[test]
    fn opened_files_take_no_more_than_their_share_of_memory() {
        let opened = |file, size| Opened {
            file: FileId(file),
            url: format!("blob:{file}"),
            name: String::new(),
            size,
            is_picture: true,
        };
        let mut held = Held::default();
        assert!(held.put(opened(1, 10)).is_empty());
        assert!(held.put(opened(2, HELD_BYTES_MAX - 10)).is_empty());
        assert_eq!(held.put(opened(3, 1)), ["blob:1"]);
        assert_eq!(held.put(opened(3, 2)), ["blob:3"], "the same again");
        assert_eq!(held.put(opened(4, 2 * HELD_BYTES_MAX)), ["blob:2", "blob:3"]);
        assert!(held.find(FileId(4)).is_some(), "the newest stays, whatever its size");
        assert_eq!(held.clear(), ["blob:4"]);
    }

    #[test]
    fn sizes_are_said_in_the_language_and_never_in_four_digits() {
        for (bytes, german) in [
            (0, "0\u{a0}B"),
            (999, "999\u{a0}B"),
            (1_000, "1\u{a0}kB"),
            (1_250, "1,2\u{a0}kB"),
            (10_400_000, "10\u{a0}MB"),
            (999_999, "999\u{a0}kB"),
            (4_294_967_296, "4,2\u{a0}GB"),
        ] {
            assert_eq!(size_words(Lang::De, bytes), german);
        }
        assert_eq!(size_words(Lang::En, 1_250), "1.2\u{a0}kB");
    }

    #[test]
    fn progress_is_never_beyond_its_end() {
        assert_eq!([(0, 0), (1, 3), (3, 3), (9, 3)].map(percent), [0, 33, 100, 100]);
        assert_eq!(percent((u64::MAX, u64::MAX)), 1, "wrong only beyond any file");
    }
}
