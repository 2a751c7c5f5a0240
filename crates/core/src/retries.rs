//! Blobs of groups whose upload or fetch failed, and when that is tried again: with pauses that double, and at once with the next
//! session. In memory only: a new run begins with what is written down.

use std::collections::BTreeMap;

use kuvert_wire::ChannelId;

use crate::limits::{MAX_BLOB_RETRIES, RETRY_BLOB_FIRST, RETRY_BLOB_LAST};
use crate::step::Step;
use crate::{ClientError, Output, Timestamp};

/// What failed, by the blob's name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Retries(BTreeMap<[u8; 16], Retry>);

#[derive(Debug, Clone)]
struct Retry {
    /// What waits for the blob, if it is to be fetched.
    wanted_by: Option<[u8; 16]>,
    /// Milliseconds.
    pause: i64,
    at: Timestamp,
    /// It was tried again, and there is no outcome yet.
    is_under_way: bool,
}

impl Retries {
    /// Whether a blob rests after a failure.
    pub(crate) fn rests(&self, blob: &[u8; 16]) -> bool {
        self.0.get(blob).is_some_and(|retry| !retry.is_under_way)
    }

    /// Whether a blob that this channel waits for rests after a failure.
    pub(crate) fn waits(&self, channel: &[u8; 16]) -> bool {
        self.0.values().any(|retry| !retry.is_under_way && retry.wanted_by.as_ref() == Some(channel))
    }

    /// It worked, or is not wanted any more.
    pub(crate) fn done(&mut self, blob: &[u8; 16]) {
        self.0.remove(blob);
    }

    /// Nothing rests any longer: there is a new session. Pauses go on from where they were.
    pub(crate) fn wake_all(&mut self) {
        self.0.values_mut().for_each(|retry| retry.is_under_way = true);
    }
}

impl Step<'_, '_> {
    /// An upload or, with who wants it, a fetch failed: it is tried again later.
    pub(crate) fn retry_blob(&mut self, blob: [u8; 16], wanted_by: Option<[u8; 16]>) {
        let retries = &mut self.sessions.retries.0;
        if retries.len() >= MAX_BLOB_RETRIES && !retries.contains_key(&blob) {
            // It waits for the next session.
            return;
        }
        let pause = retries.get(&blob).map_or(0, |retry| retry.pause * 2);
        let pause = pause.clamp(RETRY_BLOB_FIRST, RETRY_BLOB_LAST);
        let at = self.now.plus_millis(pause);
        retries.insert(blob, Retry { wanted_by, pause, at, is_under_way: false });
        self.outputs.push(Output::WakeAt(at));
    }

    /// Tries again what has rested for long enough.
    pub(crate) fn tend_blobs(&mut self) -> Result<(), ClientError> {
        let now = self.now;
        let mut wanted = Vec::new();
        let mut is_due = false;
        for retry in self.sessions.retries.0.values_mut().filter(|retry| !retry.is_under_way) {
            if retry.at > now {
                self.outputs.push(Output::WakeAt(retry.at));
                continue;
            }
            retry.is_under_way = true;
            is_due = true;
            wanted.extend(retry.wanted_by);
        }
        if is_due {
            self.resume_uploads()?;
        }
        for channel in wanted {
            // Whoever still waits for the blob asks for it.
            self.work_off_waiting(ChannelId::new(channel))?;
        }
        let sessions = &mut self.sessions;
        let mut retries = std::mem::take(&mut sessions.retries);
        retries.0.retain(|blob, retry| {
            !retry.is_under_way || sessions.is_uploading(blob) || sessions.is_fetching_blob(blob)
        });
        sessions.retries = retries;
        Ok(())
    }
}
