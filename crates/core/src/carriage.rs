//! How sealed bytes get to a relay and from there, one request after another.
//!
//! Drivers make the requests and keep the time; here stands which one is next and what its answer means, the same for all of
//! them. A transfer is a chain of requests of some seconds each, so that a connection that died is noticed, and what came
//! is kept.

use std::time::Duration;

use crate::BlobFailure;
use crate::limits::{SLICE_FIRST, SLICE_LAST};

/// A slice that took less is followed by a larger one.
const QUICK: Duration = Duration::from_secs(1);
/// A slice that took more is followed by a smaller one.
const SLOW: Duration = Duration::from_secs(8);

/// How many bytes to move with one request: as many as take a moment, so that little is lost when it fails.
#[derive(Debug, Clone)]
pub struct Pace {
    bytes: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { bytes: SLICE_FIRST }
    }
}

impl Pace {
    /// Bytes of the next slice.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The last slice arrived, and took so long.
    pub fn took(&mut self, time: Duration) {
        if time < QUICK {
            self.bytes = (self.bytes * 2).min(SLICE_LAST);
        } else if time > SLOW {
            self.failed();
        }
    }

    /// The last slice did not arrive.
    pub fn failed(&mut self) {
        self.bytes = (self.bytes / 2).max(SLICE_FIRST / 4);
    }
}

/// What a relay says of a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// How many bytes the relay holds durably, if it says so.
    pub offset: Option<u64>,
}

/// What an upload needs next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadStep {
    /// `HEAD`: how far is it?
    Ask,
    /// `PUT` with the headers of [`crate::Upload::announcement`].
    Announce,
    /// `PATCH` with the headers of [`crate::Upload::append`].
    Append {
        /// From which byte on.
        from: u64,
        /// How many bytes.
        length: u64,
    },
    /// A pause, longer each time, then [`Uploading::rested`].
    Rest,
    /// Nothing: the relay holds all of it durably.
    Done,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Unknown,
    Absent,
    Held(u64),
    Resting,
}

/// An upload on its way.
#[derive(Debug, Clone)]
pub struct Uploading {
    size: u64,
    begins: Place,
    place: Place,
    pace: Pace,
}

impl Uploading {
    /// Of `size` sealed bytes, which may be at the relay in part.
    pub fn new(size: u64) -> Self {
        Self { size, begins: Place::Unknown, place: Place::Unknown, pace: Pace::default() }
    }

    /// As [`Self::new`], but announces without asking before, which does no harm to what is there: for who is blamed for
    /// asking after something that is not there, as pages are in their consoles.
    pub fn without_asking(size: u64) -> Self {
        Self { size, begins: Place::Absent, place: Place::Absent, pace: Pace::default() }
    }

    /// What is next.
    pub fn step(&self) -> UploadStep {
        match self.place {
            Place::Unknown => UploadStep::Ask,
            Place::Absent => UploadStep::Announce,
            Place::Held(from) if from >= self.size => UploadStep::Done,
            Place::Held(from) => UploadStep::Append { from, length: self.pace.bytes().min(self.size - from) },
            Place::Resting => UploadStep::Rest,
        }
    }

    /// Takes the answer to what [`Self::step`] said, `None` if there was none, and how long it took.
    ///
    /// # Errors
    /// [`BlobFailure`] if the relay will not take it.
    pub fn answered(&mut self, answer: Option<Answer>, took: Duration) -> Result<(), BlobFailure> {
        self.place = match (self.place, answer) {
            (Place::Unknown, Some(Answer { status: 404, .. })) => Place::Absent,
            (Place::Unknown, Some(Answer { status: 200 | 204, offset: Some(held) })) => Place::Held(held),
            (Place::Absent, Some(answer)) => announced(answer)?,
            (Place::Held(from), Some(answer)) => self.appended(from, answer, took)?,
            (Place::Held(_), None) => {
                self.pace.failed();
                Place::Resting
            }
            _ => Place::Resting,
        };
        Ok(())
    }

    fn appended(&mut self, from: u64, answer: Answer, took: Duration) -> Result<Place, BlobFailure> {
        match answer {
            Answer { status: 204, offset: Some(held) } if held > from => {
                self.pace.took(took);
                Ok(Place::Held(held))
            }
            // Another place than this device thought: there it goes on.
            Answer { status: 409, offset: Some(held) } if held != from => Ok(Place::Held(held)),
            Answer { status: 507, .. } => Err(BlobFailure::NoRoom),
            Answer { status: 403, .. } => Err(BlobFailure::NotAdmitted),
            // Lost on the way, too slow, or the relay is busy, or has forgotten it: asked anew.
            _ => {
                self.pace.failed();
                Ok(Place::Resting)
            }
        }
    }

    /// The pause is over.
    pub fn rested(&mut self) {
        self.place = self.begins;
    }
}

fn announced(answer: Answer) -> Result<Place, BlobFailure> {
    match answer.status {
        201 => Ok(answer.offset.map_or(Place::Resting, Place::Held)),
        // 401 and 403: the inbox or its token; 409: a blob of another size has this name; 429: the allowance.
        400 | 401 | 403 | 409 | 429 => Err(BlobFailure::NotAdmitted),
        413 => Err(BlobFailure::TooLarge),
        507 => Err(BlobFailure::NoRoom),
        _ => Ok(Place::Resting),
    }
}

/// Whether the answer to a request for a part of a blob brings it; `whole` says that the part is all there is. `false`: to
/// be tried again.
///
/// # Errors
/// [`BlobFailure`] if it never will.
pub fn brings_part(status: u16, whole: bool) -> Result<bool, BlobFailure> {
    match status {
        206 => Ok(true),
        200 if whole => Ok(true),
        403 | 404 | 410 => Err(BlobFailure::Gone),
        // Shorter than it should be.
        200 | 416 => Err(BlobFailure::Forged),
        _ => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOMENT: Duration = Duration::from_millis(10);

    fn says(status: u16, offset: u64) -> Option<Answer> {
        Some(Answer { status, offset: Some(offset) })
    }

    #[test]
    fn slices_grow_while_they_are_quick_and_shrink_when_they_fail() {
        let mut pace = Pace::default();
        let mut before = 0;
        while pace.bytes() > before {
            before = pace.bytes();
            pace.took(MOMENT);
        }
        assert_eq!(before, SLICE_LAST);
        pace.took(Duration::from_secs(4));
        assert_eq!(pace.bytes(), before);
        pace.took(Duration::from_secs(9));
        assert_eq!(pace.bytes(), before / 2);
        for _ in 0..20 {
            pace.failed();
        }
        assert!(pace.bytes() > 0 && pace.bytes() < SLICE_FIRST);
    }

    #[test]
    fn an_upload_goes_on_from_where_the_relay_has_it() {
        let size = SLICE_FIRST * 4;
        let mut upload = Uploading::new(size);
        assert_eq!(upload.step(), UploadStep::Ask);
        upload.answered(says(404, 0), MOMENT).expect("to be announced");
        assert_eq!(upload.step(), UploadStep::Announce);
        upload.answered(says(201, 0), MOMENT).expect("announced");
        assert_eq!(upload.step(), UploadStep::Append { from: 0, length: SLICE_FIRST });
        upload.answered(says(204, SLICE_FIRST), MOMENT).expect("appended");
        assert_eq!(upload.step(), UploadStep::Append { from: SLICE_FIRST, length: SLICE_FIRST * 2 });
        // The answer is lost, and the relay is back later with more than this device knows of.
        upload.answered(None, MOMENT).expect("lost");
        assert_eq!(upload.step(), UploadStep::Rest);
        upload.rested();
        upload.answered(says(204, SLICE_FIRST * 3), MOMENT).expect("asked");
        assert_eq!(upload.step(), UploadStep::Append { from: SLICE_FIRST * 3, length: SLICE_FIRST });
        upload.answered(says(409, SLICE_FIRST * 2), MOMENT).expect("elsewhere");
        upload.answered(says(204, size), MOMENT).expect("appended");
        assert_eq!(upload.step(), UploadStep::Done);
    }

    #[test]
    fn who_does_not_ask_announces_again_after_a_pause() {
        let mut upload = Uploading::without_asking(10);
        upload.answered(None, MOMENT).expect("lost");
        assert_eq!(upload.step(), UploadStep::Rest);
        upload.rested();
        assert_eq!(upload.step(), UploadStep::Announce);
        upload.answered(says(201, 10), MOMENT).expect("there already");
        assert_eq!(upload.step(), UploadStep::Done);
    }

    #[test]
    fn what_a_relay_will_never_take_is_told_from_what_it_may_take_later() {
        let refuses = |status| Uploading::without_asking(10).answered(says(status, 0), MOMENT).err();
        assert_eq!(refuses(413), Some(BlobFailure::TooLarge));
        assert_eq!(refuses(507), Some(BlobFailure::NoRoom));
        for status in [400, 401, 403, 409, 429] {
            assert_eq!(refuses(status), Some(BlobFailure::NotAdmitted));
        }
        assert_eq!(refuses(503), None);
        assert_eq!(brings_part(206, false), Ok(true));
        assert_eq!(brings_part(200, true), Ok(true));
        assert_eq!(brings_part(200, false), Err(BlobFailure::Forged));
        assert_eq!(brings_part(404, true), Err(BlobFailure::Gone));
        assert_eq!(brings_part(503, true), Ok(false));
    }
}
