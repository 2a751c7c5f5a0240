//! Sealed files: golden vectors, and what somebody who holds the bytes may try.

use data_encoding::HEXLOWER;
use kuvert_content::limits::MAX_FILE;
use kuvert_content::{FILE_CHUNK, FILE_TAG, FileError, FileKey, FileRef, Opener, Sealer, sealed_size};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

fn key() -> FileKey {
    FileKey::new(std::array::from_fn(|at| at as u8))
}

/// Bytes that do not repeat with any chunk.
fn plain(size: usize) -> Vec<u8> {
    (0..size).map(|at| (at % 251) as u8).collect()
}

/// The sealed chunks, and their hash.
fn seal(key: &FileKey, plain: &[u8]) -> (Vec<Vec<u8>>, [u8; 32]) {
    let mut sealer = Sealer::new(key, plain.len() as u64).expect("not too large");
    let (mut rest, mut chunks) = (plain, Vec::new());
    while let Some(wanted) = sealer.wants() {
        let (chunk, after) = rest.split_at(wanted);
        let mut chunk = chunk.to_vec();
        sealer.seal(&mut chunk).expect("the right length");
        chunks.push(chunk);
        rest = after;
    }
    assert!(rest.is_empty());
    (chunks, sealer.finish().expect("complete"))
}

/// Opens chunks until one does not open, and says what came out.
fn open(key: &FileKey, size: u64, hash: [u8; 32], chunks: &[Vec<u8>]) -> Result<Vec<u8>, FileError> {
    let mut opener = Opener::new(key, size, hash)?;
    let mut plain = Vec::new();
    for chunk in chunks {
        let mut chunk = chunk.clone();
        opener.open(&mut chunk)?;
        plain.extend(chunk);
        assert_eq!(opener.opened(), plain.len() as u64);
    }
    opener.finish()?;
    Ok(plain)
}

#[test]
fn sealed_files_stay_as_they_were() {
    // What a released version sealed must be opened for ever: these bytes are never changed.
    let (chunks, hash) = seal(&key(), b"Kuvert");
    let sealed = chunks.concat();
    assert_eq!(sealed.len(), 1024 + FILE_TAG);
    assert_eq!(HEXLOWER.encode(&sealed[..16]), "1762efaccf1190e813697dd49a59e9ae");
    assert_eq!(HEXLOWER.encode(&hash), "9215b37aa82fe411446ac9fc16ed0c109a29142a6e93512b3b86cd6078d1535b");
    let large = plain(2 * FILE_CHUNK + 1);
    let (chunks, hash) = seal(&key(), &large);
    assert_eq!(chunks.iter().map(Vec::len).collect::<Vec<_>>(), [65_552, 65_552, 4112]);
    assert_eq!(HEXLOWER.encode(&hash), "191571473f418d2ffa163d23b2079dc2854969031952f1cc749f5cb0aea56a05");
}

#[test]
fn the_format_is_what_its_page_says() {
    // Sealed again with the primitive alone: nonce, counter in four bytes, and one byte for the last chunk.
    use chacha20poly1305::aead::{Aead, KeyInit};
    let large = plain(FILE_CHUNK + 5);
    let (chunks, _) = seal(&key(), &large);
    let cipher = chacha20poly1305::ChaCha20Poly1305::new_from_slice(&key().key).expect("32 bytes");
    let nonce = |counter: u8, last: u8| [key().nonce.as_slice(), &[0, 0, 0, counter, last]].concat();
    let first = cipher.encrypt(nonce(0, 0).as_slice().into(), &large[..FILE_CHUNK]).expect("seals");
    assert_eq!(chunks[0], first);
    let mut rest = large[FILE_CHUNK..].to_vec();
    rest.resize(2048, 0);
    assert_eq!(chunks[1], cipher.encrypt(nonce(1, 1).as_slice().into(), rest.as_slice()).expect("seals"));
    let hash: [u8; 32] = Sha256::digest(chunks.concat()).into();
    assert_eq!(open(&key(), large.len() as u64, hash, &chunks), Ok(large));
}

#[test]
fn every_size_around_a_chunk_comes_back_and_shows_its_bucket_only() {
    for size in [0, 1, 1023, 1024, 1025, FILE_CHUNK - 1, FILE_CHUNK, FILE_CHUNK + 1, 3 * FILE_CHUNK, 300_001]
    {
        let (chunks, hash) = seal(&key(), &plain(size));
        let sealed: usize = chunks.iter().map(Vec::len).sum();
        assert_eq!(sealed_size(size as u64), Some(sealed as u64));
        assert!(sealed <= 1024.max(size * 9 / 8) + chunks.len() * FILE_TAG, "{size} became {sealed}");
        assert_eq!(open(&key(), size as u64, hash, &chunks), Ok(plain(size)));
    }
    let buckets: std::collections::BTreeSet<_> = (0..100_000).filter_map(sealed_size).collect();
    assert!(buckets.len() < 120, "{}", buckets.len());
}

#[test]
fn what_was_changed_moved_left_out_or_cut_off_does_not_open() {
    let large = plain(3 * FILE_CHUNK);
    let size = large.len() as u64;
    let (chunks, hash) = seal(&key(), &large);
    let forged = |change: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let mut chunks = chunks.clone();
        change(&mut chunks);
        open(&key(), size, hash, &chunks)
    };
    assert!(forged(&|_| ()).is_ok());
    for at in [0, 70, FILE_CHUNK, FILE_CHUNK + FILE_TAG - 1] {
        assert_eq!(forged(&|chunks| chunks[1][at] ^= 1), Err(FileError::Forged));
    }
    assert_eq!(forged(&|chunks| chunks.swap(0, 1)), Err(FileError::Forged));
    assert_eq!(forged(&|chunks| chunks[1] = chunks[0].clone()), Err(FileError::Forged));
    assert_eq!(forged(&|chunks| chunks.truncate(2)), Err(FileError::WrongLength));
    assert_eq!(forged(&|chunks| chunks[2].truncate(100)), Err(FileError::WrongLength));
    assert_eq!(forged(&|chunks| chunks.push(vec![0; 16])), Err(FileError::WrongLength));
    // A shorter file under the same key: its last chunk is marked as such.
    let (shorter, _) = seal(&key(), &large[..2 * FILE_CHUNK]);
    assert_eq!(forged(&|chunks| chunks[1] = shorter[1].clone()), Err(FileError::Forged));
    let other = FileKey::new([9; 39]);
    assert_eq!(open(&other, size, hash, &chunks), Err(FileError::Forged));
}

#[test]
fn who_has_the_key_cannot_put_another_file_in_its_place() {
    let (_, hash) = seal(&key(), &plain(5000));
    let (other, _) = seal(&key(), &[7; 5000]);
    assert_eq!(open(&key(), 5000, hash, &other), Err(FileError::Forged));
    // Nor hide something in the padding.
    let (longer, longer_hash) = seal(&key(), &plain(5001));
    assert_eq!(open(&key(), 5000, longer_hash, &longer), Err(FileError::Forged));
}

#[test]
fn opening_goes_on_from_what_was_kept() {
    let large = plain(3 * FILE_CHUNK + 9);
    let (chunks, hash) = seal(&key(), &large);
    for kept in 0..=chunks.len() {
        let mut opener = Opener::new(&key(), large.len() as u64, hash).expect("not too large");
        for _ in 0..kept {
            let from = usize::try_from(opener.opened()).expect("small");
            let length = opener.keeps().expect("more to keep");
            opener.keep(&mut large[from..from + length].to_vec()).expect("the right length");
        }
        assert_eq!(opener.position(), chunks[..kept].iter().map(|chunk| chunk.len() as u64).sum::<u64>());
        for chunk in &chunks[kept..] {
            // A chunk that does not open changes nothing: the right one still does.
            let mut wrong = chunk.clone();
            wrong[0] ^= 1;
            assert_eq!(opener.open(&mut wrong), Err(FileError::Forged));
            opener.open(&mut chunk.clone()).expect("opens");
        }
        assert_eq!(opener.finish(), Ok(()));
    }
    // What was spoilt while it was kept is noticed.
    let mut opener = Opener::new(&key(), large.len() as u64, hash).expect("not too large");
    opener.keep(&mut vec![1; FILE_CHUNK]).expect("the right length");
    for chunk in &chunks[1..] {
        opener.open(&mut chunk.clone()).expect("opens");
    }
    assert_eq!(opener.finish(), Err(FileError::Forged));
}

#[test]
fn files_beyond_the_limit_are_refused_before_anything_is_read() {
    assert_eq!(sealed_size(MAX_FILE + 1), None);
    assert!(sealed_size(MAX_FILE).is_some());
    assert_eq!(Sealer::new(&key(), MAX_FILE + 1).err(), Some(FileError::TooLarge));
    assert_eq!(Opener::new(&key(), u64::MAX, [0; 32]).err(), Some(FileError::TooLarge));
}

#[test]
fn a_reference_is_read_as_it_was_written_and_no_other_is() {
    let file = FileRef {
        url: "https://relay.example/v1/blobs/AAECAwQFBgcICQoLDA0ODw".to_owned(),
        media_type: "image/jpeg".to_owned(),
        name: "Strand.jpg".to_owned(),
        size: 1_234_567,
        key: key(),
        hash: [8; 32],
    };
    assert_eq!(FileRef::read(&file.external()), Some(file.clone()));
    assert_eq!(format!("{file:?} {:?}", file.key), "FileRef(..) FileKey(..)");
    type Change = fn(&mut kuvert_content::External);
    let changes: [Change; 8] = [
        |external| external.enc_alg = 29,
        |external| external.hash_alg = 0,
        |external| external.aad = vec![1],
        |external| external.size = MAX_FILE + 1,
        |external| external.key.push(0),
        |external| external.nonce.truncate(6),
        |external| external.content_hash.clear(),
        |external| external.filename = "x".repeat(256),
    ];
    for change in changes {
        let mut external = file.external();
        change(&mut external);
        assert_eq!(FileRef::read(&external), None);
    }
}

proptest! {
    #[test]
    fn no_bytes_make_an_opener_panic(size in 0u64..200_000, chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..2000), 0..4)) {
        let mut opener = Opener::new(&key(), size, [0; 32]).expect("not too large");
        for mut chunk in chunks {
            prop_assert!(opener.open(&mut chunk).is_err());
        }
        prop_assert!(opener.finish().is_err());
    }
}
