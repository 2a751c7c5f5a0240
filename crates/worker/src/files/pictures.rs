//! Which small pictures are fetched without being asked for, and which of those that were sent stay.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use kuvert_core::{AttachmentId, NewFile};
use kuvert_view::{FileId, FileState, FileView, MAX_UNASKED, MessageView};

/// Most bytes that are fetched unasked for each page of a conversation that is shown.
const MAX_AT_ONCE: u64 = 64 * 1024 * 1024;
/// The same where they are kept in memory.
const MAX_AT_ONCE_PASSING: u64 = 8 * 1024 * 1024;
/// Media types of pictures that are shown.
const SHOWN: [&str; 4] = ["image/jpeg", "image/png", "image/webp", "image/gif"];

/// Pictures of the conversation that is shown.
pub(crate) struct Pictures {
    allowance: u64,
    left: u64,
    wanted: VecDeque<FileId>,
    /// Names of sealed pictures that are small enough to stay after they were sent.
    staying: BTreeSet<String>,
    /// Those that are at the relay.
    sent: BTreeMap<String, AttachmentId>,
}

impl Pictures {
    pub(crate) fn new(is_passing: bool) -> Self {
        let allowance = if is_passing { MAX_AT_ONCE_PASSING } else { MAX_AT_ONCE };
        let (wanted, staying, sent) = Default::default();
        Self { allowance, left: allowance, wanted, staying, sent }
    }

    /// The user looks at another page.
    pub(crate) fn turn_page(&mut self) {
        self.left = self.allowance;
        self.wanted.clear();
    }

    /// Takes note of the pictures of messages, the newest last, that are shown.
    pub(crate) fn see(&mut self, messages: &[MessageView]) {
        for file in messages.iter().rev().flat_map(|message| &message.files) {
            if is_fetched(file) && file.size <= self.left {
                self.left -= file.size;
                self.wanted.push_back(file.id);
            }
        }
    }

    /// The next picture to be fetched.
    pub(crate) fn next(&mut self) -> Option<FileId> {
        self.wanted.pop_front()
    }

    /// Takes note of what is sent.
    pub(crate) fn sending(&mut self, files: &[NewFile]) {
        let is_small = |file: &&NewFile| file.size <= MAX_UNASKED && is_picture(&file.media_type);
        self.staying.extend(files.iter().filter(is_small).map(|file| file.file.clone()));
    }

    /// Sealed bytes are at the relay.
    pub(crate) fn is_sent(&mut self, file: &str, attachment: AttachmentId) {
        if self.staying.remove(file) {
            self.sent.insert(file.to_owned(), attachment);
        }
    }

    /// Whose picture these sealed bytes are, if they stay.
    pub(crate) fn stays(&mut self, file: &str) -> Option<FileId> {
        self.staying.remove(file);
        self.sent.remove(file).map(|attachment| FileId(attachment.0.unsigned_abs()))
    }
}

/// Whether a file is a small picture that is not here and can be fetched.
pub(crate) fn is_fetched(file: &FileView) -> bool {
    matches!(file.state, FileState::Offered | FileState::Uploaded)
        && file.size <= MAX_UNASKED
        && is_picture(&file.media_type)
}

fn is_picture(media_type: &str) -> bool {
    SHOWN.contains(&media_type)
}

#[cfg(test)]
mod tests {
    use kuvert_view::{Delivery, MessageId, Sender};

    use super::*;

    fn picture(id: u64, size: u64, media_type: &str, state: FileState) -> MessageView {
        let file = FileView {
            id: FileId(id),
            name: String::new(),
            media_type: media_type.into(),
            size,
            state,
            path: None,
        };
        let mut message = MessageView::text(MessageId(id), Sender::Contact, "", 0, Delivery::Received);
        message.files.push(file);
        message
    }

    #[test]
    fn small_pictures_are_fetched_and_nothing_else() {
        let mut pictures = Pictures::new(false);
        pictures.see(&[
            picture(1, MAX_UNASKED, "image/jpeg", FileState::Offered),
            picture(2, MAX_UNASKED + 1, "image/jpeg", FileState::Offered),
            picture(3, 10, "application/pdf", FileState::Offered),
            picture(4, 10, "image/svg+xml", FileState::Offered),
            picture(5, 10, "image/png", FileState::NotDownloaded),
            picture(6, 10, "image/png", FileState::Uploaded),
        ]);
        assert_eq!(std::iter::from_fn(|| pictures.next()).collect::<Vec<_>>(), [FileId(6), FileId(1)]);
    }

    #[test]
    fn a_page_of_pictures_has_a_bound_and_the_newest_come_first() {
        let mut pictures = Pictures::new(true);
        let page: Vec<_> =
            (1..=5).map(|id| picture(id, MAX_UNASKED, "image/webp", FileState::Offered)).collect();
        pictures.see(&page);
        assert_eq!(std::iter::from_fn(|| pictures.next()).collect::<Vec<_>>(), [FileId(5), FileId(4)]);
        pictures.turn_page();
        pictures.see(&page[..2]);
        assert_eq!(pictures.next(), Some(FileId(2)));
    }

    #[test]
    fn only_what_was_sent_stays() {
        let mut pictures = Pictures::new(false);
        assert_eq!(pictures.stays("unknown"), None);
        pictures.staying.insert("a".into());
        pictures.staying.insert("b".into());
        pictures.is_sent("a", AttachmentId(7));
        assert_eq!(pictures.stays("a"), Some(FileId(7)));
        assert_eq!(pictures.stays("b"), None, "its message was taken back");
        pictures.is_sent("b", AttachmentId(8));
        assert_eq!(pictures.stays("b"), None);
    }
}
