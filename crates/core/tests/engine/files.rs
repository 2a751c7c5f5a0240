//! Files: on their way, at the relay, fetched, taken back. The tests are the driver.

use kuvert_core::file::{FileKey, sealed_size};
use kuvert_core::{
    AttachmentState, BlobFailure, BlobOutcome, BlobTask, ClientError, Command, Deletion, Download, Event,
    Input, MessageId, MessageState, NewFile, Refusal, TransferStage, Upload,
};

use crate::world::{ALICE, BOB, World, on_disk};

fn file(number: u8) -> NewFile {
    NewFile {
        file: format!("sealed {number}"),
        name: format!("C:\\Bob\\Strand/{number}.jpg"),
        media_type: "image/jpeg".to_owned(),
        size: 100_000 + u64::from(number),
        key: FileKey::new([number; 39]),
        hash: [number; 32],
        preview: (number == 1).then(|| b"a small JPEG".to_vec()),
    }
}

impl World {
    fn send_files(&mut self, at: usize, text: &str, files: Vec<NewFile>) -> Result<(), ClientError> {
        let conversation = self.devices[at].id();
        self.command(
            at,
            Command::SendFiles {
                conversation,
                text: text.to_owned(),
                files,
                reply_to: None,
                expires_after: None,
            },
        )
    }

    fn blob(&mut self, at: usize, outcome: BlobOutcome) {
        self.input(at, Input::Blob(outcome)).expect("handles");
        self.run();
    }

    fn uploads(&mut self, at: usize) -> Vec<Upload> {
        let tasks = std::mem::take(&mut self.devices[at].tasks).into_iter();
        tasks
            .filter_map(|task| if let BlobTask::Upload(upload) = task { Some(upload) } else { None })
            .collect()
    }

    fn last_message(&mut self, at: usize) -> (MessageId, MessageState) {
        let conversation = self.devices[at].id();
        let last = self.devices[at].client.messages(conversation, None, 1).expect("reads").pop();
        last.map(|row| (row.id, row.state)).expect("a message")
    }

    fn states(&mut self, at: usize) -> Vec<AttachmentState> {
        let (message, _) = self.last_message(at);
        let files = self.devices[at].client.attachments(message).expect("reads");
        files.into_iter().map(|file| file.state).collect()
    }
}

#[test]
fn a_message_goes_when_all_its_files_are_at_the_relay() {
    let mut world = World::acquainted();
    world.send_files(BOB, "look", vec![file(1), file(2)]).expect("takes");
    let uploads = world.uploads(BOB);
    assert_eq!(uploads.len(), 2);
    assert_eq!(uploads[0].size, sealed_size(100_001).expect("small"));
    assert_ne!((&uploads[0].url, &uploads[0].secret), (&uploads[1].url, &uploads[1].secret));
    world.blob(BOB, BlobOutcome::Moved { attachment: uploads[0].attachment, done: 5, of: 10 });
    assert!(matches!(
        world.devices[BOB].events.last(),
        Some(Event::Transfer(transfer)) if transfer.stage == TransferStage::Moved { done: 5, of: 10 }
    ));
    world.blob(BOB, BlobOutcome::Done(uploads[0].attachment));
    assert_eq!(world.devices[BOB].tasks, [BlobTask::Discard("sealed 1".to_owned())]);
    // A text that is written meanwhile does not wait.
    world.send(BOB, "wait for it");
    assert_eq!(world.devices[ALICE].texts(), ["hello", "wait for it"]);
    assert_eq!(world.devices[BOB].client.waiting().expect("reads"), 1);
    world.blob(BOB, BlobOutcome::Done(uploads[1].attachment));
    assert_eq!(world.devices[ALICE].texts(), ["hello", "wait for it", "look"]);
    assert_eq!(world.devices[BOB].client.waiting().expect("reads"), 0);

    let (message, _) = world.last_message(ALICE);
    let files = world.devices[ALICE].client.attachments(message).expect("reads");
    for (row, (number, upload)) in files.iter().zip([1, 2].into_iter().zip(&uploads)) {
        assert_eq!(row.state, AttachmentState::Offered);
        assert_eq!(
            (row.name.as_str(), row.size),
            (format!("{number}.jpg").as_str(), 100_000 + u64::from(number))
        );
        assert_eq!((&row.url, *row.key, row.hash), (&upload.url, [number; 39], [number; 32]));
        assert_eq!(row.secret, None, "who receives a file cannot delete it");
    }
    let preview = world.devices[ALICE].client.preview(message, 0).expect("reads");
    assert_eq!(preview.as_deref(), Some(b"a small JPEG".as_slice()));
    assert_eq!(world.devices[ALICE].client.preview(message, 1).expect("reads"), None);
}

#[test]
fn the_relay_is_asked_by_the_contact_s_inbox_and_by_the_own_one_last() {
    let mut world = World::acquainted();
    world.send_files(BOB, "", vec![file(1)]).expect("takes");
    let refused = BlobFailure::NotAdmitted;
    let (alice, bob) = (world.devices[ALICE].inbox(), world.devices[BOB].inbox());
    for _ in 0..2 {
        let first = world.uploads(BOB).pop().expect("an upload");
        assert_eq!(first.inbox, alice);
        world.blob(BOB, BlobOutcome::Failed(first.attachment, refused));
        let second = world.uploads(BOB).pop().expect("another try");
        assert_eq!((second.inbox, &second.url), (bob, &first.url));
        world.blob(BOB, BlobOutcome::Failed(first.attachment, refused));
        assert_eq!(world.uploads(BOB), []);
        let (message, state) = world.last_message(BOB);
        assert_eq!(state, MessageState::Failed);
        assert_eq!(world.states(BOB), [AttachmentState::NotUploaded]);
        world.command(BOB, Command::Retry { message }).expect("retries");
    }
    let third = world.uploads(BOB).pop().expect("a third try");
    world.blob(BOB, BlobOutcome::Done(third.attachment));
    assert_eq!(world.last_message(BOB).1, MessageState::Delivered);
    assert_eq!(world.states(ALICE), [AttachmentState::Offered]);
}

#[test]
fn what_is_on_its_way_goes_on_after_a_restart() {
    let (mut world, _dir) = on_disk();
    world.meet();
    world.send_files(BOB, "look", vec![file(1), file(2)]).expect("takes");
    let before = world.uploads(BOB);
    world.blob(BOB, BlobOutcome::Done(before[0].attachment));
    world.restart(BOB);
    assert_eq!(world.devices[BOB].client.sealed_files().expect("reads"), ["sealed 2"]);
    assert_eq!(world.uploads(BOB), [], "nothing moves before the relay can be reached");
    world.go_online(BOB);
    let after = world.uploads(BOB);
    assert_eq!(after.len(), 1);
    let same =
        |upload: &Upload| (upload.attachment, upload.url.clone(), upload.secret.clone(), upload.file.clone());
    assert_eq!(same(&after[0]), same(&before[1]));
    // Killed between the last file and the post.
    world.deaf = true;
    world.blob(BOB, BlobOutcome::Done(after[0].attachment));
    world.restart(BOB);
    world.deaf = false;
    world.go_online(BOB);
    assert_eq!(world.uploads(BOB), []);
    assert_eq!(world.devices[ALICE].texts(), ["hello", "look"]);
    // Said again, it changes nothing (CORE-3).
    world.blob(BOB, BlobOutcome::Done(after[0].attachment));
    assert_eq!(world.devices[ALICE].texts(), ["hello", "look"]);
}

#[test]
fn of_a_file_that_is_too_large_nothing_is_kept_here() {
    let mut world = World::acquainted();
    world.send_files(BOB, "look", vec![file(1)]).expect("takes");
    let upload = world.uploads(BOB).remove(0);
    assert_eq!(world.devices[BOB].client.sealed_files().expect("reads"), ["sealed 1"]);
    world.blob(BOB, BlobOutcome::Failed(upload.attachment, BlobFailure::TooLarge));
    assert_eq!(world.devices[BOB].tasks, [BlobTask::Discard("sealed 1".to_owned())]);
    assert!(world.devices[BOB].client.sealed_files().expect("reads").is_empty());
    // Another try could not send it, and says why.
    let (message, state) = world.last_message(BOB);
    assert_eq!(state, MessageState::Failed);
    world.devices[BOB].events.clear();
    world.command(BOB, Command::Retry { message }).expect("answers");
    let too_large = |event: &Event| matches!(event, Event::Transfer(transfer) if transfer.stage == TransferStage::Failed(BlobFailure::TooLarge));
    assert!(world.devices[BOB].events.iter().any(too_large));
    assert_eq!(world.last_message(BOB), (message, MessageState::Failed));
    assert!(world.uploads(BOB).is_empty());
}

#[test]
fn what_the_relay_has_no_room_for_now_is_kept_for_another_try() {
    let mut world = World::acquainted();
    world.send_files(BOB, "look", vec![file(1)]).expect("takes");
    let upload = world.uploads(BOB).remove(0);
    world.blob(BOB, BlobOutcome::Failed(upload.attachment, BlobFailure::NoRoom));
    assert_eq!(world.devices[BOB].tasks, []);
    let (message, _) = world.last_message(BOB);
    world.command(BOB, Command::Retry { message }).expect("tries");
    assert_eq!(world.uploads(BOB).len(), 1);
}

#[test]
fn a_message_that_is_taken_back_is_never_sent_and_its_blobs_are_deleted() {
    let mut world = World::acquainted();
    world.send_files(BOB, "look", vec![file(1), file(2)]).expect("takes");
    let uploads = world.uploads(BOB);
    world.blob(BOB, BlobOutcome::Done(uploads[0].attachment));
    world.devices[BOB].tasks.clear();
    let (message, _) = world.last_message(BOB);
    world.command(BOB, Command::CancelFiles { message }).expect("takes back");
    let deletion = |upload: &Upload| {
        BlobTask::Delete(Deletion { url: upload.url.clone(), secret: upload.secret.clone() })
    };
    let tasks = std::mem::take(&mut world.devices[BOB].tasks);
    assert!(tasks.contains(&BlobTask::Stop(uploads[1].attachment)));
    assert!(tasks.contains(&BlobTask::Discard("sealed 2".to_owned())));
    assert!(tasks.contains(&deletion(&uploads[0])) && tasks.contains(&deletion(&uploads[1])));
    assert_eq!(world.devices[BOB].texts(), ["hello"]);
    assert_eq!(world.devices[BOB].client.waiting().expect("reads"), 2, "the relay is being told");
    // What comes too late is stopped.
    world.blob(BOB, BlobOutcome::Done(uploads[1].attachment));
    assert_eq!(world.devices[BOB].tasks, [BlobTask::Stop(uploads[1].attachment)]);
    world.devices[BOB].tasks.clear();
    // The relay was told of one of them only: the other is said again with the next session.
    world.blob(BOB, BlobOutcome::Deleted { url: uploads[0].url.clone() });
    world.blob(BOB, BlobOutcome::NotDeleted { url: uploads[1].url.clone() });
    assert_eq!(world.devices[BOB].tasks, []);
    assert_eq!(world.devices[BOB].client.waiting().expect("reads"), 0);
    world.go_offline(BOB);
    world.go_online(BOB);
    assert_eq!(std::mem::take(&mut world.devices[BOB].tasks), [deletion(&uploads[1])]);
    world.blob(BOB, BlobOutcome::Deleted { url: uploads[1].url.clone() });
    world.go_offline(BOB);
    world.go_online(BOB);
    assert_eq!(world.devices[BOB].tasks, []);
    assert_eq!(world.devices[ALICE].texts(), ["hello"]);
    let too_late = world.command(BOB, Command::CancelFiles { message });
    assert!(matches!(too_late, Err(ClientError::Refused(Refusal::Unknown))));
}

#[test]
fn a_file_is_fetched_when_it_is_wanted_and_goes_on_after_a_restart() {
    let (mut world, _dir) = on_disk();
    world.meet();
    world.send_files(BOB, "", vec![file(3)]).expect("takes");
    let upload = world.uploads(BOB).pop().expect("an upload");
    world.blob(BOB, BlobOutcome::Done(upload.attachment));
    assert_eq!(world.devices[ALICE].tasks, [], "nothing is fetched unasked");
    let (message, _) = world.last_message(ALICE);
    let attachment = world.devices[ALICE].client.attachments(message).expect("reads")[0].id;
    let save = Command::Download { attachment, to: "/pictures/3.jpg".to_owned() };
    world.command(ALICE, save.clone()).expect("fetches");
    let download = BlobTask::Download(Download {
        attachment,
        url: upload.url.clone(),
        size: 100_003,
        key: FileKey::new([3; 39]),
        hash: [3; 32],
        to: "/pictures/3.jpg".to_owned(),
    });
    assert_eq!(std::mem::take(&mut world.devices[ALICE].tasks), vec![download.clone()]);
    world.restart(ALICE);
    world.go_online(ALICE);
    assert_eq!(std::mem::take(&mut world.devices[ALICE].tasks), vec![download.clone()]);
    world.blob(ALICE, BlobOutcome::Failed(attachment, BlobFailure::Gone));
    assert_eq!(world.states(ALICE), [AttachmentState::NotDownloaded]);
    world.command(ALICE, save).expect("fetches again");
    assert_eq!(std::mem::take(&mut world.devices[ALICE].tasks), [download]);
    world.command(ALICE, Command::StopDownload { attachment }).expect("stops");
    assert_eq!(std::mem::take(&mut world.devices[ALICE].tasks), [BlobTask::Stop(attachment)]);
    assert_eq!(world.states(ALICE), [AttachmentState::Offered]);
    world.command(ALICE, Command::Download { attachment, to: "elsewhere".to_owned() }).expect("fetches");
    world.blob(ALICE, BlobOutcome::Done(attachment));
    assert_eq!(world.states(ALICE), [AttachmentState::Saved]);
}

#[test]
fn what_no_message_takes_is_refused_and_leaves_nothing() {
    let mut world = World::acquainted();
    let too_many = (0..17).map(file).collect();
    let too_large = vec![NewFile { size: kuvert_core::file::MAX_FILE + 1, ..file(1) }];
    let long_name = vec![NewFile { name: "n".repeat(256), ..file(1) }];
    for files in [Vec::new(), too_many, too_large, long_name] {
        let refused = world.send_files(BOB, "look", files);
        assert!(matches!(refused, Err(ClientError::Refused(Refusal::FilesInvalid))), "{refused:?}");
    }
    let long_text = world.send_files(BOB, &"x".repeat(17_000), vec![file(1)]);
    assert!(matches!(long_text, Err(ClientError::Refused(Refusal::TextInvalid))));
    assert_eq!(world.devices[BOB].tasks, []);
    assert_eq!(world.devices[BOB].texts(), ["hello"]);
    // The largest that one takes fits into a post: previews that find no room stay behind.
    let large = NewFile { preview: Some(vec![0xff; 20_000]), name: "ä".repeat(127), ..file(1) };
    world.send_files(BOB, &"x".repeat(16 * 1024), vec![large; 16]).expect("takes");
    for upload in world.uploads(BOB) {
        world.blob(BOB, BlobOutcome::Done(upload.attachment));
    }
    assert_eq!(world.states(ALICE).len(), 16);
    let (message, _) = world.last_message(ALICE);
    let previews =
        (0..16).filter(|at| world.devices[ALICE].client.preview(message, *at).expect("reads").is_some());
    assert_eq!(previews.count(), 1);
}
