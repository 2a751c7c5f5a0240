//! What is too large for an envelope: trees and commits of large groups go to the relay as sealed blobs, and come from there.

use kuvert_mls::{BlobRef, SealedBlob};
use kuvert_store::{GroupRow, UploadRow};
use kuvert_wire::{BlobId, BlobSecret, ChannelId, ClientFrame, decode, encode, headers};
use zeroize::Zeroizing;

use crate::limits::MAX_BLOBS;
use crate::link::is_origin;
use crate::session::Fetching;
use crate::step::Step;
use crate::wishes::MAX_PREPARED;
use crate::{ClientError, FetchMethod, FetchOutcome, FetchRequest, Output};

impl Step<'_, '_> {
    /// Queues a request of a channel, after its blobs are at the relay.
    pub(crate) fn queue_after(
        &mut self,
        row: &GroupRow,
        blobs: Vec<SealedBlob>,
        frame: ClientFrame,
    ) -> Result<(), ClientError> {
        if blobs.is_empty() {
            return self.queue(row.conversation, None, &frame);
        }
        self.tx.set_prepared(&row.channel, &encode(&frame))?;
        for blob in blobs {
            self.tx.add_upload(&UploadRow {
                id: *blob.reference.id.as_bytes(),
                channel: row.channel,
                relay: blob.reference.relay.clone(),
                secret: Zeroizing::new(*blob.secret.as_bytes()),
                body: blob.bytes,
            })?;
        }
        self.resume_uploads()
    }

    /// Announces the blobs that wait, unless they are under way.
    pub(crate) fn resume_uploads(&mut self) -> Result<(), ClientError> {
        if !self.sessions.has_inbox() {
            return Ok(());
        }
        let account = self.account()?;
        let text = |bytes: &[u8]| data_encoding::BASE64URL_NOPAD.encode(bytes);
        for upload in self.tx.uploads()? {
            if self.sessions.is_uploading(&upload.id) || self.sessions.retries.rests(&upload.id) {
                continue;
            }
            // A token of any inbox at that relay will do.
            let (inbox, token) = if upload.relay == account.relay {
                (account.inbox(), account.token(self.rng))
            } else {
                let Some(row) = self.tx.group(&upload.channel)? else { continue };
                let Some(member) = self.load_group(&row)?.members_here()?.into_iter().next() else {
                    continue;
                };
                member
            };
            let secret = BlobSecret::new(*upload.secret);
            let headers = vec![
                (headers::UPLOAD_LENGTH, upload.body.len().to_string()),
                (headers::INBOX, text(inbox.as_bytes())),
                (headers::TOKEN, text(token.as_bytes())),
                (headers::SECRET_HASH, text(secret.hash().as_bytes())),
            ];
            let id = self.sessions.fetch(Fetching::BlobAnnounced(upload.id));
            let url = blob_url(&upload.relay, BlobId::new(upload.id));
            let method = FetchMethod::Put(Vec::new());
            self.outputs.push(Output::Fetch(FetchRequest { id, method, url, headers, limit: 1024 }));
        }
        Ok(())
    }

    /// The relay takes the blob: here it is.
    pub(crate) fn blob_announced(&mut self, id: [u8; 16], outcome: &FetchOutcome) -> Result<(), ClientError> {
        let Some(upload) = self.tx.uploads()?.into_iter().find(|upload| upload.id == id) else {
            return Ok(());
        };
        if !matches!(outcome, FetchOutcome::Answered { status: 200 | 201, .. }) {
            self.retry_blob(id, None);
            return Ok(());
        }
        let text = |bytes: &[u8]| data_encoding::BASE64URL_NOPAD.encode(bytes);
        let headers =
            vec![(headers::UPLOAD_OFFSET, "0".to_owned()), (headers::SECRET, text(upload.secret.as_slice()))];
        let fetch = self.sessions.fetch(Fetching::BlobUploaded(id));
        let url = blob_url(&upload.relay, BlobId::new(id));
        let method = FetchMethod::Patch(upload.body);
        self.outputs.push(Output::Fetch(FetchRequest { id: fetch, method, url, headers, limit: 1024 }));
        Ok(())
    }

    /// The blob is there: what waited for the last one goes out.
    pub(crate) fn blob_uploaded(&mut self, id: [u8; 16], outcome: &FetchOutcome) -> Result<(), ClientError> {
        let uploads = self.tx.uploads()?;
        let Some(upload) = uploads.iter().find(|upload| upload.id == id) else { return Ok(()) };
        match outcome {
            FetchOutcome::Answered { status: 200 | 204, .. } => {}
            // An earlier try left something there: it goes, and the upload begins anew.
            FetchOutcome::Answered { status: 409, .. } => {
                let secret = data_encoding::BASE64URL_NOPAD.encode(upload.secret.as_slice());
                let fetch = self.sessions.fetch(Fetching::BlobReset(id));
                let url = blob_url(&upload.relay, BlobId::new(id));
                let (method, headers) = (FetchMethod::Delete(Vec::new()), vec![(headers::SECRET, secret)]);
                self.outputs.push(Output::Fetch(FetchRequest {
                    id: fetch,
                    method,
                    url,
                    headers,
                    limit: 1024,
                }));
                return Ok(());
            }
            _ => {
                self.retry_blob(id, None);
                return Ok(());
            }
        }
        self.sessions.retries.done(&id);
        self.tx.remove_upload(&id)?;
        if uploads.iter().any(|other| other.channel == upload.channel && other.id != id) {
            return Ok(());
        }
        let Some(row) = self.tx.group(&upload.channel)? else { return Ok(()) };
        match self.tx.take_prepared(&upload.channel)? {
            Some(frame) => {
                let frame = decode::<ClientFrame>(&frame, MAX_PREPARED)
                    .map_err(|_| ClientError::Damaged("a request that waits for its blobs"))?;
                self.queue(row.conversation, None, &frame)
            }
            None => Ok(()),
        }
    }

    /// Fetches a blob that an entry of a channel needs.
    pub(crate) fn fetch_blob(&mut self, blob: &BlobRef, channel: ChannelId) -> Result<(), ClientError> {
        let id = *blob.id.as_bytes();
        // Nobody makes this device show its address to whom they like.
        let is_known = blob.relay == self.account()?.relay
            || self.tx.groups()?.iter().any(|row| row.relay == blob.relay);
        if self.sessions.is_fetching_blob(&id)
            || self.sessions.retries.rests(&id)
            || !is_known
            || !is_origin(&blob.relay)
        {
            return Ok(());
        }
        let fetch = self.sessions.fetch(Fetching::Blob(id, *channel.as_bytes()));
        let limit = usize::try_from(blob.length).unwrap_or(usize::MAX).min(2 * kuvert_mls::limits::MAX_PART);
        let (method, url) = (FetchMethod::Get, blob_url(&blob.relay, blob.id));
        self.outputs.push(Output::Fetch(FetchRequest { id: fetch, method, url, headers: Vec::new(), limit }));
        Ok(())
    }

    /// A blob came: what needs it goes on.
    pub(crate) fn blob_fetched(
        &mut self,
        id: [u8; 16],
        channel: [u8; 16],
        outcome: FetchOutcome,
    ) -> Result<(), ClientError> {
        let is_gone = matches!(outcome, FetchOutcome::Answered { status: 404 | 410, .. });
        if let FetchOutcome::Answered { status: 200, body } = outcome {
            if self.sessions.blobs.len() >= MAX_BLOBS {
                self.sessions.blobs.pop_first();
            }
            self.sessions.blobs.insert(BlobId::new(id), body);
        } else if !is_gone {
            self.retry_blob(id, Some(channel));
            return Ok(());
        }
        self.sessions.retries.done(&id);
        if is_gone {
            return self.blob_gone(ChannelId::new(channel));
        }
        self.work_off_waiting(ChannelId::new(channel))?;
        self.sessions.blobs.remove(&BlobId::new(id));
        Ok(())
    }

    /// Works off what waits for a blob, if it is there; what needs one that is not asks for it.
    pub(crate) fn work_off_waiting(&mut self, channel: ChannelId) -> Result<(), ClientError> {
        self.work_off_welcomes()?;
        self.work_off(channel)?;
        match self.tx.group(channel.as_bytes())?.filter(|row| row.ended.is_none()) {
            Some(row) => self.heal(&row),
            None => Ok(()),
        }
    }

    /// A blob is not there any more: what needs it does not come to pass; the channel is asked what else there is.
    fn blob_gone(&mut self, channel: ChannelId) -> Result<(), ClientError> {
        self.sessions.asking = None;
        let Some(row) = self.tx.group(channel.as_bytes())?.filter(|row| row.ended.is_none()) else {
            return Ok(());
        };
        let epoch = self.epoch_of(&row)?;
        self.is_behind(channel.as_bytes(), epoch + 1, crate::limits::ASK_AGAIN)
    }
}

fn blob_url(relay: &str, blob: BlobId) -> String {
    format!("{relay}/v1/blobs/{}", blob.to_text())
}
