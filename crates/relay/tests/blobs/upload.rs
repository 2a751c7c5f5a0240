//! Announcing and uploading.

use kuvert_wire::limits;
use tokio::io::AsyncWriteExt;

use crate::http::{Blob, answer, content, request};
use crate::support::Device;
use crate::{relay_with_inbox, relay_with_limits, temp};

#[tokio::test]
async fn a_blob_is_announced_uploaded_in_parts_and_read() {
    let dir = temp();
    let (relay, alice) = relay_with_inbox(dir.path()).await;
    let (at, blob, bytes) = (relay.local_addr(), Blob::new(1), content(100_000));
    let announced = blob.announce(at, &alice, 100_000).await;
    assert_eq!((announced.status, announced.progress()), (201, (0, false)));
    let begun = blob.head(at).await;
    assert_eq!((begun.status, begun.progress()), (204, (0, false)));
    assert_eq!(begun.header("upload-length"), Some("100000"));
    assert_eq!(begun.header("cache-control"), Some("no-store"));

    let part = blob.append(at, 0, &bytes[..70_000]).await;
    assert_eq!((part.status, part.progress()), (204, (70_000, false)));
    assert_eq!(blob.get(at).await.status, 404, "half a blob is not served");
    let again = blob.announce(at, &alice, 100_000).await;
    assert_eq!((again.status, again.progress()), (201, (70_000, false)), "announcing is idempotent");
    let rest = blob.append(at, 70_000, &bytes[70_000..]).await;
    assert_eq!((rest.status, rest.progress()), (204, (100_000, true)));

    let read = blob.get(at).await;
    assert_eq!((read.status, read.body == bytes), (200, true));
    assert_eq!(read.header("content-length"), Some("100000"));
    assert_eq!(read.header("accept-ranges"), Some("bytes"));
    assert_eq!(read.header("cache-control"), Some("no-store"));
    let nothing_more = blob.append(at, 100_000, b"").await;
    assert_eq!((nothing_more.status, nothing_more.progress()), (204, (100_000, true)));
    relay.stop().await;
}

#[tokio::test]
async fn an_upload_goes_on_after_a_cut_connection_and_after_a_restart() {
    // RELAY-1: what was acknowledged is there; RELAY-5: BLOB_SYNC_EVERY
    let dir = temp();
    let (relay, alice) = relay_with_inbox(dir.path()).await;
    let (at, blob) = (relay.local_addr(), Blob::new(1));
    let size = 2 * limits::BLOB_SYNC_EVERY;
    let bytes = content(usize::try_from(size).expect("fits"));
    blob.announce(at, &alice, size).await;

    let mut stream = blob.begin_append(at, 0, size).await;
    stream.write_all(&bytes[..100_000]).await.expect("taken");
    stream.shutdown().await.expect("cut");
    drop(stream);
    blob.until_stored(at, 100_000).await;

    // What is synced on the way counts although the upload goes on and is not answered.
    let mut stream = blob.begin_append(at, 100_000, size - 100_000).await;
    let synced = 100_000 + limits::BLOB_SYNC_EVERY;
    stream.write_all(&bytes[100_000..usize::try_from(synced).expect("fits")]).await.expect("taken");
    let waited = tokio::time::timeout(std::time::Duration::from_secs(20), async {
        while blob.head(at).await.progress().0 < limits::BLOB_SYNC_EVERY {
            tokio::task::yield_now().await;
        }
    });
    waited.await.expect("synced in time");
    relay.stop().await;

    let (relay, _) = relay_with_inbox(dir.path()).await;
    let at = relay.local_addr();
    let (stored, complete) = blob.head(at).await.progress();
    assert!(stored >= limits::BLOB_SYNC_EVERY && stored <= synced && !complete);
    let rest = blob.append(at, stored, &bytes[usize::try_from(stored).expect("fits")..]).await;
    assert_eq!((rest.status, rest.progress()), (204, (size, true)));
    assert!(blob.get(at).await.body == bytes);
    relay.stop().await;
}

#[tokio::test]
async fn an_upload_at_a_wrong_offset_is_told_the_right_one() {
    let dir = temp();
    let (relay, alice) = relay_with_inbox(dir.path()).await;
    let (at, blob) = (relay.local_addr(), Blob::new(1));
    blob.announce(at, &alice, 10).await;
    blob.append(at, 0, b"0123").await;
    for offset in [0, 3, 5, 10, 11, u64::MAX] {
        let wrong = blob.append(at, offset, b"x").await;
        assert_eq!((wrong.status, wrong.progress()), (409, (4, false)), "{offset}");
    }
    assert_eq!(blob.append(at, 4, b"456789x").await.status, 413, "longer than announced");
    let (stored, complete) = blob.head(at).await.progress();
    assert!(!complete, "nothing beyond its end completes a blob");
    let rest = b"0123456789"[usize::try_from(stored).expect("fits")..].to_vec();
    assert_eq!(blob.append(at, stored, &rest).await.progress(), (10, true));
    assert_eq!(blob.get(at).await.body, b"0123456789");
    relay.stop().await;
}

#[tokio::test]
async fn only_who_holds_a_token_of_an_inbox_here_announces() {
    let dir = temp();
    let (relay, alice) = relay_with_inbox(dir.path()).await;
    let (at, blob) = (relay.local_addr(), Blob::new(1));
    let stranger = Device::new(2);
    assert_eq!(blob.announce(at, &stranger, 10).await.status, 403, "no inbox here");
    let mut forged = blob.announcement(&alice, 10);
    forged[1].1 = blob.announcement(&stranger, 10)[1].1.clone();
    assert_eq!(request(at, "PUT", &blob.path(), &forged, b"").await.status, 403, "another's token");
    for missing in 0..4 {
        let mut headers = blob.announcement(&alice, 10);
        let (name, _) = headers.remove(missing);
        let refused = request(at, "PUT", &blob.path(), &headers, b"").await;
        assert_eq!(refused.status, 400);
        assert!(refused.text().contains(name), "{}", refused.text());
    }
    assert_eq!(blob.head(at).await.status, 404);

    assert_eq!(blob.announce(at, &alice, 10).await.status, 201);
    assert_eq!(blob.announce(at, &alice, 11).await.status, 409, "another size");
    let other = Blob { id: blob.id, secret: Blob::new(2).secret };
    assert_eq!(other.announce(at, &alice, 10).await.status, 409, "another secret");
    assert_eq!(other.append(at, 0, b"x").await.status, 403);
    relay.stop().await;
}

#[tokio::test]
async fn sizes_are_bounded_by_the_configuration() {
    let dir = temp();
    let (relay, alice) = relay_with_limits(dir.path(), 1000, 1500).await;
    let at = relay.local_addr();
    let announce = async |n, size| Blob::new(n).announce(at, &alice, size).await;
    assert_eq!(announce(1, 0).await.status, 400);
    let large = announce(1, 1001).await;
    assert_eq!((large.status, large.text()), (413, "a blob here has at most 1000 bytes\n"));
    assert_eq!(announce(1, u64::MAX).await.status, 413);
    assert_eq!(announce(1, 1000).await.status, 201);
    // What was announced and has not come takes no room, and may find none when it comes.
    assert_eq!(announce(2, 501).await.status, 201);
    assert_eq!(Blob::new(1).append(at, 0, &content(1000)).await.progress(), (1000, true));
    let full = announce(3, 501).await;
    assert_eq!(full.status, 507);
    assert!(full.text().starts_with("the relay's quota for blobs is used up"));
    assert_eq!(Blob::new(2).append(at, 0, &content(501)).await.status, 507);
    assert_eq!(Blob::new(1).delete(at).await, 204);
    assert_eq!(announce(3, 1).await.status, 201);
    assert_eq!(Blob::new(3).append(at, 0, b"x").await.progress(), (1, true));
    assert_eq!(Blob::new(3).get(at).await.body, b"x");
    relay.stop().await;
}

#[tokio::test]
async fn a_second_upload_of_a_blob_ends_the_first_and_keeps_what_came() {
    let dir = temp();
    let (relay, alice) = relay_with_inbox(dir.path()).await;
    let (at, blob, bytes) = (relay.local_addr(), Blob::new(1), content(1000));
    blob.announce(at, &alice, 1000).await;
    // As if its connection were dead and the relay did not know. Once it is asked for more, it has the turn: had it come
    // after the second, it would have ended that one.
    let mut first = blob.begin_asked_append(at, 0, 1000).await;
    first.write_all(&bytes[..400]).await.expect("taken");
    let mut offset = 0;
    // The second may come before the relay has read what the first sent.
    while offset < 1000 {
        let second = blob.append(at, offset, &bytes[usize::try_from(offset).expect("fits")..]).await;
        offset = second.progress().0;
        assert!(matches!(second.status, 204 | 409));
    }
    assert_eq!(answer(first).await.status, 400);
    assert!(blob.get(at).await.body == bytes);
    relay.stop().await;
}

#[tokio::test]
async fn concurrent_uploads_of_one_blob_never_mix() {
    let dir = temp();
    let (relay, alice) = relay_with_inbox(dir.path()).await;
    let at = relay.local_addr();
    let bytes = content(500_000);
    Blob::new(1).announce(at, &alice, 500_000).await;
    let mut uploads = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let bytes = bytes.clone();
        uploads.spawn(async move {
            let (blob, mut offset) = (Blob::new(1), 0);
            while offset < bytes.len() {
                let end = bytes.len().min(offset + 60_000);
                let answer = blob.append(at, offset as u64, &bytes[offset..end]).await;
                let (stored, _) = match answer.status {
                    204 | 409 => answer.progress(),
                    400 => blob.head(at).await.progress(),
                    other => panic!("status {other}"),
                };
                offset = usize::try_from(stored).expect("fits");
            }
        });
    }
    uploads.join_all().await;
    assert!(Blob::new(1).get(at).await.body == bytes);
    relay.stop().await;
}

#[tokio::test]
async fn an_upload_beyond_the_bound_is_turned_away_and_finds_room_later() {
    // RELAY-5: MAX_UPLOADS
    let dir = temp();
    let (relay, alice) = relay_with_inbox(dir.path()).await;
    let at = relay.local_addr();
    let mut streams = Vec::new();
    for n in 0..=limits::MAX_UPLOADS {
        let blob = Blob::new(u8::try_from(n).expect("few"));
        assert_eq!(blob.announce(at, &alice, 2).await.status, 201);
        if n < limits::MAX_UPLOADS {
            let mut stream = blob.begin_append(at, 0, 2).await;
            stream.write_all(b"x").await.expect("taken");
            streams.push(stream);
        }
    }
    let last = Blob::new(u8::try_from(limits::MAX_UPLOADS).expect("few"));
    let waited = tokio::time::timeout(std::time::Duration::from_secs(20), async {
        // Until the relay has read all heads.
        while last.append(at, last.head(at).await.progress().0, b"").await.status != 503 {
            tokio::task::yield_now().await;
        }
    });
    waited.await.expect("all places are taken in time");
    let mut first = streams.remove(0);
    first.write_all(b"y").await.expect("taken");
    assert_eq!(answer(first).await.status, 204);
    assert_eq!(last.append(at, 0, b"xy").await.status, 204);
    drop(streams);
    relay.stop().await;
}

#[tokio::test]
async fn ids_are_names_and_never_paths() {
    let dir = temp();
    let (relay, alice) = relay_with_inbox(dir.path()).await;
    let at = relay.local_addr();
    std::fs::write(dir.path().join("blobs/secret"), "secret").expect("written");
    let headers = Blob::new(1).announcement(&alice, 3);
    for id in [
        "secret",
        "..%2fsecret",
        "%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "..",
        "%00",
        "AAAAAAAAAAAAAAAAAAAAAB",
        "AAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAA%2f",
        "AAAAAAAAAAAAAAAAAAAAA=",
    ] {
        let path = format!("/v1/blobs/{id}");
        for method in ["GET", "HEAD", "PUT", "PATCH", "DELETE"] {
            let refused = request(at, method, &path, &headers, b"").await;
            assert!(matches!(refused.status, 404 | 405), "{method} {path}: {}", refused.status);
        }
    }
    assert_eq!(crate::blob_files(dir.path()), [dir.path().join("blobs/secret")], "nothing was written");
    relay.stop().await;
}
