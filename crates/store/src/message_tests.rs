//! Tests of edits, deletion, expiry and search, and of what they leave in the file.

use std::path::Path;

use super::*;
use crate::{ContactState, Database, DatabaseKey, EarlyRow, Location, ReactionRow};

fn memory() -> (Database, ConversationId) {
    with_contact(Database::open(Location::Memory, &DatabaseKey::new([0; 32])).expect("opens"))
}

fn with_contact(mut db: Database) -> (Database, ConversationId) {
    let added = db.transaction(|tx| tx.add_contact(&[1; 32], "Ben", ContactState::Accepted));
    let ((_, conversation), _) = added.expect("adds");
    (db, conversation)
}

/// Runs `work` in a transaction.
fn done<T>(db: &mut Database, work: impl FnOnce(&Tx<'_>) -> Result<T, StoreError>) -> T {
    db.transaction(work).expect("nothing fails").0
}

fn received(tx: &Tx<'_>, conversation: ConversationId, id: u8, text: &str) -> Result<MessageId, StoreError> {
    let mimi = [id; 32];
    let new = NewMessage {
        sender: SenderKind::Contact,
        author: Some(&[1; 32]),
        state: MessageState::Received,
        ..NewMessage::own(conversation, &mimi, text, b"", 0)
    };
    Ok(tx.add_message(&new)?.expect("new"))
}

fn found(db: &mut Database, words: &str) -> Vec<String> {
    let rows = db.read(|tx| tx.search(words, None, None, 99, 0)).expect("searches");
    rows.into_iter().map(|row| row.text).collect()
}

#[test]
fn german_is_found_without_its_marks_and_by_the_beginning_of_words() {
    let (mut db, conversation) = memory();
    let texts = ["Grüße aus der Straße", "Die Öffnungszeiten: 8–18 Uhr", "Maße, MASSE, Übergröße"];
    done(&mut db, |tx| {
        for (id, text) in texts.iter().enumerate() {
            received(tx, conversation, id as u8, text)?;
        }
        Ok(())
    });
    for (words, expected) in [
        ("grusse", vec![0]),
        ("GRÜßE strasse", vec![0]),
        ("straß", vec![0]),
        ("offnung", vec![1]),
        ("öffnungszeiten 18", vec![1]),
        ("masse", vec![2]),
        ("ubergrosse", vec![2]),
        ("zeiten", vec![]),
        ("nirgends", vec![]),
    ] {
        let expected: Vec<_> = expected.into_iter().map(|at: usize| texts[at].to_owned()).collect();
        assert_eq!(found(&mut db, words), expected, "{words}");
    }
}

#[test]
fn nothing_that_is_typed_is_a_query_of_the_database() {
    let (mut db, conversation) = memory();
    done(&mut db, |tx| received(tx, conversation, 1, "one OR two"));
    for words in ["", "  ", "\"", "*", "-", "(", "a AND", "NEAR(", "text:one", "^one", "\0", "one*", "{x}"] {
        let rows = db.read(|tx| tx.search(words, None, None, 9, 0)).map(|rows| rows.len());
        assert!(rows.is_ok(), "{words:?}");
    }
    assert!(found(&mut db, "or").len() == 1 && found(&mut db, "\"one\"").len() == 1);
    assert!(found(&mut db, &"x ".repeat(10_000)).is_empty());
}

#[test]
fn a_search_goes_page_by_page_from_the_newest_to_the_oldest() {
    let (mut db, conversation) = memory();
    let ids = done(&mut db, |tx| {
        (0..10).map(|n| received(tx, conversation, n, &format!("tea {n}"))).collect::<Result<Vec<_>, _>>()
    });
    let page = db.read(|tx| tx.search("tea", Some(conversation), Some(ids[5]), 3, 0)).expect("searches");
    assert_eq!(page.iter().map(|row| row.id).collect::<Vec<_>>(), [ids[4], ids[3], ids[2]]);
    let other = db.read(|tx| tx.search("tea", Some(ConversationId(99)), None, 3, 0)).expect("searches");
    assert!(other.is_empty());
}

#[test]
fn of_several_edits_the_last_one_stands_in_whichever_order_they_come() {
    // CORE-3
    let edits = [(2, b"b", "second"), (1, b"z", "first"), (2, b"a", "also second"), (2, b"b", "second")];
    for turn in 0..edits.len() {
        let (mut db, conversation) = memory();
        let row = done(&mut db, |tx| {
            let id = received(tx, conversation, 1, "original")?;
            for at in 0..edits.len() {
                let (at, version, text) = edits[(at + turn) % edits.len()];
                tx.edit_message(id, Edit { text, at, version })?;
            }
            tx.message(id)
        });
        assert_eq!(row.expect("there").text, "second");
        assert_eq!(found(&mut db, "second"), ["second"]);
        for gone in ["first", "also", "original"] {
            assert!(found(&mut db, gone).is_empty(), "{gone}");
        }
    }
}

#[test]
fn of_several_reactions_of_one_person_the_last_one_stands() {
    // CORE-3
    let (mut db, conversation) = memory();
    let standing = done(&mut db, |tx| {
        let id = received(tx, conversation, 1, "x")?;
        let reaction = |mimi: u8, text: &str, at| ReactionRow {
            author: [1; 32],
            mimi: vec![mimi; 32],
            text: text.into(),
            at,
        };
        tx.react(id, &reaction(2, "new", 20))?;
        tx.react(id, &reaction(1, "old", 10))?;
        tx.take_reaction_back(id, &[1; 32], &[1; 32], 30)?;
        assert_eq!(tx.reactions(id)?.len(), 1, "what was taken back is not what stands");
        tx.take_reaction_back(id, &[9; 32], &[2; 32], 30)?;
        assert_eq!(tx.reactions(id)?.len(), 1, "only who reacted takes it back");
        tx.take_reaction_back(id, &[1; 32], &[2; 32], 30)?;
        tx.react(id, &reaction(2, "new", 20))?;
        tx.reactions(id)
    });
    assert!(standing.is_empty(), "a repetition brings nothing back");
}

#[test]
fn changes_that_wait_for_their_message_are_bounded_per_sender() {
    let (mut db, conversation) = memory();
    let taken = done(&mut db, |tx| {
        for n in 0..20 {
            let row = EarlyRow { author: [n % 2; 32], mimi: vec![n; 32], content: vec![n] };
            tx.keep_early(conversation, b"target", &row, 5)?;
            tx.keep_early(conversation, b"target", &row, 5)?;
        }
        tx.take_early(conversation, b"target")
    });
    let kept: Vec<_> = taken.iter().map(|row| row.content[0]).collect();
    assert_eq!(kept, (10..20).collect::<Vec<_>>());
    assert!(done(&mut db, |tx| tx.take_early(conversation, b"target")).is_empty());
}

/// All that stands in the database's files.
fn on_disk(path: &Path) -> Vec<u8> {
    let wal = path.with_extension("db-wal");
    [std::fs::read(path).expect("a file"), std::fs::read(wal).unwrap_or_default()].concat()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn what_is_edited_deleted_or_expired_is_gone_from_the_files_index_and_log_included() {
    // STORE-1, seen in a database without encryption: the pages are the same.
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("plain.db");
    let (mut db, conversation) = with_contact(Database::open_plain(&path).expect("opens"));
    let ids = done(&mut db, |tx| {
        // Enough around it that pages are shared and split.
        for n in 100..200 {
            received(tx, conversation, n, &format!("ordinary talk number {n}"))?;
        }
        let secret =
            |id, word: &str| received(tx, conversation, id, &format!("the secret is {word}, keep it"));
        let ids = [secret(1, "qxzwiebel")?, secret(2, "qxlauchig")?, secret(3, "qxkohlrabi")?];
        for n in 200..=255 {
            received(tx, conversation, n, &format!("ordinary talk number {n}"))?;
        }
        Ok(ids)
    });
    let words = ["qxzwiebel", "qxlauchig", "qxkohlrabi"];
    // Terms in the index share their beginnings with their neighbours: their ends tell.
    let tails = ["wiebel", "auchig", "hlrabi"];
    assert!(words.iter().chain(&tails).all(|word| holds(&on_disk(&path), word)), "else nothing is tested");
    done(&mut db, |tx| {
        tx.edit_message(ids[0], Edit { text: "never mind", at: 1, version: b"v" })?;
        tx.delete_message(ids[1])?;
        tx.forget_message(ids[2])
    });
    let left = on_disk(&path);
    for word in words.iter().chain(&tails) {
        assert!(!holds(&left, word), "{word} is still there");
    }
    assert!(holds(&left, "ordinary talk number 150"));
    assert_eq!(found(&mut db, "ordinary").len(), 99);
}

#[test]
fn a_removed_conversation_leaves_nothing_in_the_files() {
    // STORE-1
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("plain.db");
    let (mut db, conversation) = with_contact(Database::open_plain(&path).expect("opens"));
    done(&mut db, |tx| {
        received(tx, conversation, 1, "an offer that qxcannot be refused")?;
        tx.react(MessageId(1), &ReactionRow { author: [1; 32], mimi: vec![8; 32], text: "qx!".into(), at: 1 })
    });
    assert!(holds(&on_disk(&path), "qxcannot"));
    done(&mut db, |tx| tx.remove_conversation(conversation));
    let left = on_disk(&path);
    for gone in ["qxcannot", "qx!", "offer", "refused", "Ben"] {
        assert!(!holds(&left, gone), "{gone} is still there");
    }
    assert!(db.read(|tx| tx.conversations(0)).expect("reads").is_empty());
}

#[test]
fn what_is_not_in_the_index_yet_is_found_changed_and_forgotten_like_the_rest() {
    let mut db = Database::open(Location::Memory, &DatabaseKey::new([0; 32])).expect("opens");
    let done = db.transaction(|tx| {
        let (_, conversation) = tx.add_contact(&[1; 32], "Ben", ContactState::Accepted)?;
        let mut ids = Vec::new();
        for n in 0..150_u8 {
            let text = format!("wave {n} of the sea");
            let mimi = [n; 32];
            let message = NewMessage::own(conversation, &mimi, &text, b"", i64::from(n));
            ids.push(tx.add_message(&message)?.expect("new"));
        }
        Ok::<_, StoreError>(ids)
    });
    let (ids, _) = done.expect("writes");
    let found = |db: &mut Database, words: &str| -> Vec<MessageId> {
        let found = db.read(|tx| tx.search(words, None, None, 200, 0)).expect("searches");
        found.into_iter().map(|row| row.id).collect()
    };
    let newest_first: Vec<_> = ids.iter().rev().copied().collect();
    for _ in 0..2 {
        assert_eq!(found(&mut db, "sea wave"), newest_first, "and again: a search changes nothing");
    }
    // One that is in the index, and one that is not.
    for (n, at) in [3, 149].into_iter().enumerate() {
        let edit = Edit { text: "calm", at: 1_000, version: &[n as u8; 32] };
        db.transaction(|tx| tx.edit_message(ids[at], edit)).expect("edits");
        db.transaction(|tx| tx.forget_message(ids[at - 1])).expect("forgets");
    }
    assert_eq!(found(&mut db, "calm"), [ids[149], ids[3]]);
    assert_eq!(found(&mut db, "sea").len(), 146);
    db.transaction(|tx| {
        let conversation = tx.conversations(0)?[0].conversation.id;
        for n in 150..250_u8 {
            let mimi = [n; 32];
            let message = NewMessage::own(conversation, &mimi, "land", b"", i64::from(n));
            tx.add_message(&message)?;
        }
        Ok::<_, StoreError>(())
    })
    .expect("writes");
    assert_eq!(found(&mut db, "calm"), [ids[149], ids[3]], "also once all are in the index");
    assert_eq!((found(&mut db, "sea").len(), found(&mut db, "land").len()), (146, 100));
    let id = db.read(|tx| tx.conversations(0)).expect("reads")[0].conversation.id;
    db.transaction(|tx| tx.remove_conversation(id)).expect("removes");
    assert!(found(&mut db, "sea").is_empty() && found(&mut db, "land").is_empty());
}

#[test]
fn what_has_expired_is_neither_shown_nor_found_while_it_is_still_here() {
    let (mut db, conversation) = memory();
    done(&mut db, |tx| {
        received(tx, conversation, 1, "tea at noon")?;
        let expires_at = Some(1_000);
        let own = NewMessage::own(conversation, &[2; 32], "tea and secrets", b"", 0);
        tx.add_message(&NewMessage { expires_at, ..own })?;
        Ok(())
    });
    for (now, expected) in [(999, 2), (1_000, 1)] {
        let seen = db.read(|tx| {
            let last = tx.summary(conversation, now)?.and_then(|one| one.last).expect("a message").text;
            assert_eq!(tx.conversations(now)?[0].last.as_ref().map(|last| &last.text), Some(&last));
            let shown = tx.messages_before(conversation, None, 9, now)?.len();
            Ok::<_, StoreError>((shown, tx.search("tea", None, None, 9, now)?.len(), last))
        });
        let last = if expected == 2 { "tea and secrets" } else { "tea at noon" };
        assert_eq!(seen.expect("reads"), (expected, expected, last.to_owned()));
    }
}
