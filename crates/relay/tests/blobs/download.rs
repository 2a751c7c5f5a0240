//! Reading whole blobs and ranges.

use kuvert_wire::limits;

use crate::http::{Blob, content, request};
use crate::{relay_with_inbox, temp};

#[tokio::test]
async fn a_range_is_a_part_and_what_lies_outside_is_none() {
    // RELAY-5: BLOB_BUFFER
    let dir = temp();
    let (relay, alice) = relay_with_inbox(dir.path()).await;
    let at = relay.local_addr();
    let size = 3 * limits::BLOB_BUFFER + 5;
    let (blob, bytes) = (Blob::new(1), content(size));
    blob.announce(at, &alice, size as u64).await;
    blob.append(at, 0, &bytes).await;
    for (asked, from, until) in [
        ("bytes=0-0".to_owned(), 0, 1),
        ("bytes=1000-".to_owned(), 1000, size),
        ("bytes=-7".to_owned(), size - 7, size),
        (format!("bytes=5-{}", limits::BLOB_BUFFER + 5), 5, limits::BLOB_BUFFER + 6),
        ("bytes=7-99999999999".to_owned(), 7, size),
    ] {
        let part = blob.range(at, &asked).await;
        assert_eq!((part.status, part.body == bytes[from..until]), (206, true), "{asked}");
        let range = format!("bytes {from}-{}/{size}", until - 1);
        assert_eq!(part.header("content-range"), Some(range.as_str()), "{asked}");
        assert_eq!(part.header("content-length"), Some((until - from).to_string().as_str()), "{asked}");
    }
    let outside = blob.range(at, &format!("bytes={size}-")).await;
    assert_eq!(outside.status, 416);
    assert_eq!(outside.header("content-range"), Some(format!("bytes */{size}").as_str()));
    for whole in ["bytes=0-1,5-6", "bytes=x", "bytes=0-"] {
        let all = blob.range(at, whole).await;
        assert_eq!((all.status, all.body == bytes), (200, true), "{whole}");
    }
    let head = request(at, "HEAD", &blob.path(), &[("range", "bytes=0-9".into())], b"").await;
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (206, Some("10"), 0));
    let head = blob.head(at).await;
    assert_eq!((head.status, head.progress()), (200, (size as u64, true)));
    relay.stop().await;
}

#[tokio::test]
async fn a_download_beyond_the_bound_is_turned_away_until_another_ends() {
    // RELAY-5: MAX_DOWNLOADS
    let dir = temp();
    let (relay, alice) = relay_with_inbox(dir.path()).await;
    let at = relay.local_addr();
    // More than sockets buffer, so that none of those who do not read is ever done.
    let (blob, bytes) = (Blob::new(1), content(16 * 1024 * 1024));
    blob.announce(at, &alice, bytes.len() as u64).await;
    assert_eq!(blob.append(at, 0, &bytes).await.status, 204);
    let mut streams = Vec::new();
    for _ in 0..limits::MAX_DOWNLOADS {
        let stream = crate::http::begin(at, "GET", &blob.path(), 0, &[]).await;
        // The first bytes of the answer: this download has its place.
        stream.readable().await.expect("answered");
        streams.push(stream);
    }
    assert_eq!(blob.get(at).await.status, 503);
    drop(streams.pop());
    let waited = tokio::time::timeout(std::time::Duration::from_secs(20), async {
        while blob.range(at, "bytes=0-0").await.status != 206 {
            tokio::task::yield_now().await;
        }
    });
    waited.await.expect("a place is free in time");
    drop(streams);
    relay.stop().await;
}
