//! Deleting, and what the files tell.

use tokio::io::AsyncWriteExt;

use crate::http::{Blob, answer, content};
use crate::support::Device;
use crate::{blob_files, relay_with_inbox, temp};

#[tokio::test]
async fn only_the_secret_deletes_and_the_file_is_gone_at_once() {
    let dir = temp();
    let (relay, alice) = relay_with_inbox(dir.path()).await;
    let (at, blob) = (relay.local_addr(), Blob::new(1));
    blob.announce(at, &alice, 4).await;
    blob.append(at, 0, b"0123").await;
    let wrong = Blob { id: blob.id, secret: Blob::new(2).secret };
    assert_eq!(wrong.delete(at).await, 403);
    assert_eq!(blob.get(at).await.body, b"0123");
    assert_eq!(blob_files(dir.path()).len(), 1);
    assert_eq!(blob.delete(at).await, 204);
    assert_eq!(blob_files(dir.path()).len(), 0);
    assert_eq!((blob.get(at).await.status, blob.head(at).await.status), (404, 404));
    assert_eq!(blob.delete(at).await, 404);
    relay.stop().await;
}

#[tokio::test]
async fn deleting_ends_an_upload_and_the_name_is_free_again() {
    let dir = temp();
    let (relay, alice) = relay_with_inbox(dir.path()).await;
    let (at, blob, bytes) = (relay.local_addr(), Blob::new(1), content(1000));
    blob.announce(at, &alice, 1000).await;
    let mut stream = blob.begin_append(at, 0, 1000).await;
    stream.write_all(&bytes[..500]).await.expect("taken");
    while blob_files(dir.path()).is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(blob.delete(at).await, 204);
    assert_eq!(answer(stream).await.status, 400);
    assert_eq!(blob_files(dir.path()).len(), 0);

    assert_eq!(blob.announce(at, &alice, 3).await.progress(), (0, false));
    assert_eq!(blob.append(at, 0, b"new").await.progress(), (3, true));
    assert_eq!(blob.get(at).await.body, b"new");
    relay.stop().await;
}

#[tokio::test]
async fn the_files_name_neither_blob_nor_secret_nor_token() {
    // RELAY-4
    let dir = temp();
    let (relay, _) = relay_with_inbox(dir.path()).await;
    let at = relay.local_addr();
    let bob = Device::new(2);
    drop(bob.connect(at, 0).await);
    let blob = Blob::new(0x6b);
    blob.announce(at, &bob, 4).await;
    blob.append(at, 0, b"0123").await;
    relay.stop().await;

    let mut all = Vec::new();
    let mut directories = vec![dir.path().to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            all.extend_from_slice(path.to_string_lossy().as_bytes());
            if path.is_dir() {
                directories.push(path);
                continue;
            }
            // What is no file, as the control socket, holds nothing.
            let Ok(mut bytes) = std::fs::read(path) else { continue };
            // The journal is as long as it may become; most of it was never written.
            bytes.truncate(bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1));
            all.extend(bytes);
        }
    }
    let count = |needle: &[u8]| all.windows(needle.len()).filter(|window| *window == needle).count();
    assert!(count(b"0123") > 0, "the search finds what is there");
    for needle in [blob.id.as_bytes().as_slice(), blob.secret.as_bytes(), bob.token().as_bytes()] {
        assert_eq!(count(needle), 0);
    }
    for text in [blob.id.to_text(), "6b6b6b6b".to_owned()] {
        assert_eq!(count(text.as_bytes()), 0, "{text}");
    }
}

/// The value of a figure.
async fn figure(relay: std::net::SocketAddr, name: &str) -> u64 {
    let figures = crate::http::request(relay, "GET", "/metrics", &[], b"").await;
    let value = figures.text().lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.and_then(|value| value.parse().ok()).expect(name)
}

#[tokio::test]
async fn figures_tell_how_many_blobs_there_are_and_what_became_of_others() {
    let dir = temp();
    let (relay, alice) = relay_with_inbox(dir.path()).await;
    let at = relay.local_addr();
    for n in 1..=2 {
        Blob::new(n).announce(at, &alice, 10).await;
        Blob::new(n).append(at, 0, b"0123456789").await;
    }
    let third = Blob::new(3);
    third.announce(at, &alice, 10).await;
    let under_way = third.begin_asked_append(at, 0, 10).await;
    assert_eq!(figure(at, "kuvert_blob_uploads").await, 1);
    drop(under_way);
    assert_eq!(Blob::new(1).range(at, "bytes=2-5").await.body, b"2345");
    assert_eq!(Blob::new(1).delete(at).await, 204);
    let expected = [
        ("kuvert_blobs", 2),
        ("kuvert_blob_bytes", 10),
        ("kuvert_blobs_uploaded_total", 2),
        ("kuvert_blobs_deleted_total", 1),
        ("kuvert_blobs_expired_total", 0),
        ("kuvert_blob_bytes_received_total", 20),
        ("kuvert_blob_bytes_sent_total", 4),
    ];
    for (name, value) in expected {
        assert_eq!(figure(at, name).await, value, "{name}");
    }
    for ended in ["kuvert_blob_uploads", "kuvert_blob_downloads"] {
        let waited = tokio::time::timeout(std::time::Duration::from_secs(20), async {
            while figure(at, ended).await > 0 {
                tokio::task::yield_now().await;
            }
        });
        waited.await.expect(ended);
    }
    relay.stop().await;
    let (relay, _) = relay_with_inbox(dir.path()).await;
    for (name, value) in &expected[..2] {
        assert_eq!(figure(relay.local_addr(), name).await, *value, "{name} after a restart");
    }
    relay.stop().await;
}
