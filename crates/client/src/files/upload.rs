//! Brings sealed bytes to a relay, from where the relay has them.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Instant;

use kuvert_core::{BlobFailure, Upload};

use super::web::{self, Answer, Pace};
use super::{Ended, Way};

/// Uploads until the relay holds all of it durably.
pub(super) fn run(agent: &ureq::Agent, upload: &Upload, path: &Path, way: &mut Way) -> Result<(), Ended> {
    let (mut pace, mut file, mut buffer) = (Pace::new(), None, Vec::new());
    let mut held = None;
    loop {
        let offset = match held {
            Some(offset) => offset,
            None => match begin(agent, upload)? {
                Some(offset) => offset,
                None => {
                    way.rest()?;
                    continue;
                }
            },
        };
        way.moved(offset, upload.size)?;
        if offset >= upload.size {
            return Ok(());
        }
        let file = match &mut file {
            Some(file) => file,
            None => file.insert(sealed(path, upload.size)?),
        };
        buffer.clear();
        file.seek(SeekFrom::Start(offset))?;
        file.take(pace.bytes().min(upload.size - offset)).read_to_end(&mut buffer)?;
        let since = Instant::now();
        match web::patch(agent, &upload.url, upload.append(offset), &buffer) {
            Some(Answer { status: 204, offset: Some(now) }) if now > offset => {
                pace.went(since);
                held = Some(now);
            }
            // Another place than this device thought: there it goes on.
            Some(Answer { status: 409, offset: Some(now) }) if now != offset => held = Some(now),
            Some(Answer { status: 507, .. }) => return Err(BlobFailure::NoRoom.into()),
            Some(Answer { status: 403, .. }) => return Err(BlobFailure::NotAdmitted.into()),
            // Lost on the way, too slow, or the relay is busy, or has forgotten it: asked anew.
            _ => {
                pace.failed();
                held = None;
                way.rest()?;
            }
        }
    }
}

/// How far the upload is, after it was announced where that is needed; `None` to try again later.
fn begin(agent: &ureq::Agent, upload: &Upload) -> Result<Option<u64>, BlobFailure> {
    let Some(known) = web::head(agent, &upload.url) else { return Ok(None) };
    if known.status != 404 {
        return Ok(known.offset.filter(|_| matches!(known.status, 200 | 204)));
    }
    let Some(announced) = web::put(agent, &upload.url, upload.announcement()) else { return Ok(None) };
    match announced.status {
        201 => Ok(announced.offset),
        // 401 and 403: the inbox or its token; 409: a blob of another size has this name; 429: the allowance.
        400 | 401 | 403 | 409 | 429 => Err(BlobFailure::NotAdmitted),
        413 => Err(BlobFailure::TooLarge),
        507 => Err(BlobFailure::NoRoom),
        _ => Ok(None),
    }
}

/// The sealed bytes, which are never changed once they are written.
fn sealed(path: &Path, size: u64) -> Result<File, Ended> {
    let file = File::open(path)?;
    if file.metadata()?.len() == size { Ok(file) } else { Err(BlobFailure::LocalFile.into()) }
}
