//! Brings sealed bytes to a relay, from where the relay has them.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Instant;

use kuvert_core::file::{UploadStep, Uploading};
use kuvert_core::{BlobFailure, Upload};

use super::{Ended, Way, web};

/// Uploads until the relay holds all of it durably.
pub(super) fn run(agent: &ureq::Agent, upload: &Upload, path: &Path, way: &mut Way) -> Result<(), Ended> {
    let (mut uploading, mut file, mut buffer) = (Uploading::new(upload.size), None, Vec::new());
    loop {
        let since = Instant::now();
        let answer = match uploading.step() {
            UploadStep::Ask => web::head(agent, &upload.url),
            UploadStep::Announce => web::put(agent, &upload.url, upload.announcement()),
            UploadStep::Append { from, length } => {
                way.moved(from, upload.size)?;
                let file = match &mut file {
                    Some(file) => file,
                    None => file.insert(sealed(path, upload.size)?),
                };
                buffer.clear();
                file.seek(SeekFrom::Start(from))?;
                file.take(length).read_to_end(&mut buffer)?;
                web::patch(agent, &upload.url, upload.append(from), &buffer)
            }
            UploadStep::Rest => {
                way.rest()?;
                uploading.rested();
                continue;
            }
            UploadStep::Done => return way.moved(upload.size, upload.size),
        };
        uploading.answered(answer, since.elapsed())?;
    }
}

/// The sealed bytes, which are never changed once they are written.
fn sealed(path: &Path, size: u64) -> Result<File, Ended> {
    let file = File::open(path)?;
    if file.metadata()?.len() == size { Ok(file) } else { Err(BlobFailure::LocalFile.into()) }
}
