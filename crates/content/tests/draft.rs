//! The examples of draft-ietf-mimi-content-09, section 5 and appendix B, and of draft-mahy-mimi-message-status-01,
//! section 5. The drafts state the id of each example: since an id hashes the whole encoding, the right id proves
//! every byte.

use data_encoding::HEXLOWER;
use kuvert_content::{
    Body, Content, Disposition, Expires, ExtensionKey, External, Meaning, MessageId, Part, Report, Semantics,
    Status, TEXT_TYPE,
};

const ALICE: &str = "mimi://example.com/u/alice-smith";
const BOB: &str = "mimi://example.com/u/bob-jones";
const CATHY: &str = "mimi://example.com/u/cathy-washington";
const ROOM: &str = "mimi://example.com/r/engineering_team";

const ORIGINAL: &str = "017ce54837404c3696e0c747b985cb172716d0ed0a3d249ca63ace7d82a096f4";
const REPLY: &str = "015354973c2b65ca937bf1e035ae53a5ab80e947afa43d46920d4202e5cc0b27";
const REACTION: &str = "0158c4288911e50a8f6be3f47746b6682f10fd91bc8c05557aa589a3157aff68";
const MENTION: &str = "018d825adf9f6be00dcafc5704c4102f5022e74219d0b603e4ba7622654042af";
const EXPIRING: &str = "01e59db8173939facc2c8a4a0f0ae8d0c7a11a81239626630c9464a8d6717a03";

fn bytes(hex: &str) -> Vec<u8> {
    HEXLOWER.decode(hex.as_bytes()).expect("hex in a test")
}

fn id(hex: &str) -> MessageId {
    MessageId::from_slice(&bytes(hex)).expect("32 bytes")
}

fn salt(hex: &str) -> [u8; 16] {
    bytes(hex).try_into().expect("16 bytes")
}

/// Adds the two URIs and compares the id that the draft states.
#[track_caller]
fn assert_example(mut content: Content, sender: &str, expected: &str) -> Content {
    content.extensions.insert_text(ExtensionKey::SENDER_URI, sender).expect("a URI is a text");
    content.extensions.insert_text(ExtensionKey::ROOM_URI, ROOM).expect("a URI is a text");
    let stated = HEXLOWER.encode(content.id(sender, ROOM).as_bytes());
    assert_eq!(stated, expected);
    assert_eq!(Content::decode(&content.encode()).as_ref(), Ok(&content));
    assert_eq!(content.check(), Ok(()));
    content
}

fn part(disposition: Disposition, language: &str, content_type: &str, content: &[u8]) -> Part {
    Part { language: language.to_owned(), ..Part::single(disposition, content_type, content.to_vec()) }
}

fn multi(disposition: Disposition, semantics: Semantics, parts: Vec<Part>) -> Part {
    Part { disposition, language: String::new(), body: Body::Multi { semantics, parts } }
}

#[test]
fn an_original_message_has_the_bytes_and_the_id_of_the_draft() {
    let text = "Hi everyone, we just shipped release 2.0. __Good  work__!";
    let content =
        assert_example(Content::text(salt("5eed9406c2545547ab6f09f20a18b003"), text), ALICE, ORIGINAL);
    let expected = [
        "87505eed9406c2545547ab6f09f20a18b003f640f6f6a2017820",
        &HEXLOWER.encode(ALICE.as_bytes()),
        "027825",
        &HEXLOWER.encode(ROOM.as_bytes()),
        "85016001781e",
        &HEXLOWER.encode(TEXT_TYPE.as_bytes()),
        "5839",
        &HEXLOWER.encode(text.as_bytes()),
    ]
    .concat();
    assert_eq!(HEXLOWER.encode(&content.encode()), expected);
    assert_eq!(content.meaning(), Meaning::Text(text));
}

#[test]
fn a_reply_and_a_mention_have_the_ids_of_the_draft() {
    let text = "Right on! _Congratulations_ 'all!";
    let mut reply = Content::text(salt("11a458c73b8dd2cf404db4b378b8fe4d"), text);
    reply.in_reply_to = Some(id(ORIGINAL));
    let reply = assert_example(reply, BOB, REPLY);
    assert_eq!(reply.meaning(), Meaning::Text(text));

    let text = "Kudos to [@Alice Smith](mimi://example.com/u/alice-smith) for making the release happen!";
    let mut mention = Content::text(salt("04f290e215d0f82d1750bfa8b7dc089d"), text);
    mention.in_reply_to = Some(id(ORIGINAL));
    assert_example(mention, CATHY, MENTION);
}

#[test]
fn a_reaction_has_the_id_of_the_draft() {
    let reaction = Content::reaction(salt("d37bc0e6a8b4f04e9e6382375f587bf6"), id(ORIGINAL), "❤");
    let reaction = assert_example(reaction, CATHY, REACTION);
    assert_eq!(reaction.meaning(), Meaning::Reaction { to: id(ORIGINAL), replaces: None, text: "❤" });
}

#[test]
fn edits_and_deletions_have_the_ids_of_the_draft() {
    let text = "Right on! _Congratulations_ y'all!";
    let mut edit = Content::edit(salt("b8c2e6d8800ecf45df39be6c45f4c042"), id(REPLY), text);
    edit.in_reply_to = Some(id(ORIGINAL));
    let edit = assert_example(edit, BOB, "014028c0deddbdea56bec26172f6ede953d11024cb82b8192b5e2aea62d7fb47");
    assert_eq!(edit.meaning(), Meaning::Edit { of: id(REPLY), text });

    let mut deletion = Content::deletion(salt("0a590d73b2c7761c39168be5ebf7f2e6"), id(REPLY));
    deletion.in_reply_to = Some(id(ORIGINAL));
    let deletion =
        assert_example(deletion, BOB, "011d9efc78d04d4dcf4d82b07d5199bbef37011c1f0c7e004b6111c6dda504b4");
    assert_eq!(deletion.meaning(), Meaning::Deletion { of: id(REPLY) });

    let mut unlike = Content::deletion(salt("c5ba86dc9fd272e58ca52ec805b79199"), id(REACTION));
    unlike.in_reply_to = Some(id(ORIGINAL));
    unlike.part.disposition = Disposition::REACTION;
    let unlike =
        assert_example(unlike, CATHY, "013aadbb8f313253c8930f4e93c6ca54b2ed06d258185bdcec3870534c8a4ec4");
    assert_eq!(unlike.meaning(), Meaning::Deletion { of: id(REACTION) });
}

#[test]
fn an_expiring_message_has_the_id_of_the_draft() {
    let text = "__*VPN GOING DOWN*__ I'm rebooting the VPN in ten minutes unless anyone objects.";
    let mut expiring = Content::text(salt("33be993eb39f418f9295afc2ae160d2d"), text);
    expiring.expires = Some(Expires::At(1_644_390_004));
    assert_example(expiring, ALICE, EXPIRING);
}

#[test]
fn external_parts_have_the_ids_of_the_draft() {
    let video = External {
        content_type: "video/mp4".into(),
        url: "https://example.com/storage/8ksB4bSrrRE.mp4".into(),
        expires: 0,
        size: 708_234_961,
        enc_alg: 1,
        key: bytes("21399320958a6f4c745dde670d95e0d8"),
        nonce: bytes("c86cf2c33f21527d1dd76f5b"),
        aad: vec![],
        hash_alg: 1,
        content_hash: bytes("9ab17a8cf0890baaae7ee016c7312fcc080ba46498389458ee44f0276e783163"),
        description: "2 hours of key signing video".into(),
        filename: "bigfile.mp4".into(),
    };
    let call = External {
        content_type: String::new(),
        url: "https://example.com/join/12345".into(),
        size: 0,
        enc_alg: 0,
        key: vec![],
        nonce: vec![],
        hash_alg: 0,
        content_hash: vec![],
        description: "Join the Foo 118 conference".into(),
        filename: String::new(),
        ..video.clone()
    };
    let external = |disposition, language: &str, external| Part {
        disposition,
        language: language.to_owned(),
        body: Body::External(Box::new(external)),
    };

    let attachment = Content::new(
        salt("18fac6371e4e53f1aeaf8a013155c166"),
        external(Disposition::ATTACHMENT, "en", video),
    );
    assert_example(attachment, BOB, "0176180c7d19a925021fe446d241134d05c38e0d999cdc0f39c391d2377ed9d1");

    let mut conference =
        Content::new(salt("678ac6cd54de049c3e9665cd212470fa"), external(Disposition::SESSION, "", call));
    conference.topic = b"Foo 118".to_vec();
    let conference =
        assert_example(conference, ALICE, "01496d15a8dba28d7397f9868b70768e4a67f765d5b5b1ae9e03848c5fdeb0ba");
    assert_eq!(conference.meaning(), Meaning::Unsupported);
}

#[test]
fn alternatives_have_the_id_of_the_draft_and_the_known_one_is_understood() {
    let fancy = bytes("dc861ebaa718fd7c3ca159f71a2001");
    let parts = vec![
        part(Disposition::RENDER, "", TEXT_TYPE, b"# Welcome!"),
        part(Disposition::RENDER, "", "application/vnd.examplevendor-fancy-im-message", &fancy),
    ];
    let body = multi(Disposition::RENDER, Semantics::ChooseOne, parts);
    let content = assert_example(
        Content::new(salt("261c953e178af653fe3d42641b91d814"), body),
        ALICE,
        "01da5a515ec5db42cc4dcc19b90c3c31245d8a1cfcce11318f24eb11dce0990e",
    );
    assert_eq!(content.meaning(), Meaning::Text("# Welcome!"));
}

#[test]
fn several_reactions_have_the_id_of_the_draft() {
    let parts = ["❤", "🥳", "🤞"]
        .map(|emoji| part(Disposition::REACTION, "", "text/plain;charset=utf-8", emoji.as_bytes()));
    let body = multi(Disposition::REACTION, Semantics::ProcessAll, parts.to_vec());
    assert_example(
        Content::new(salt("8528dc2d92e4f1944d62042907ab94d0"), body),
        ALICE,
        "01d65918c6c51c8e76546337276ae6f4bfd873d867d5cb57c76bcdca3d999dd7",
    );
}

#[test]
fn four_levels_of_parts_have_the_id_and_the_part_indexes_of_the_draft() {
    let html = |language, heading, alt, index| {
        let page = format!(
            "<html><body><h1>{heading}!</h1>\n<img src=\"cid:{index}@local.invalid\" alt=\"{alt}\"/>\n</body></html>"
        );
        part(Disposition::RENDER, language, "text/html;charset=utf-8", page.as_bytes())
    };
    let version = |index, picture_type, picture| {
        let languages = vec![
            html("en", "Welcome", "Welcome image", index),
            html("fr", "Bienvenue", "Image bienvenue", index),
        ];
        let parts = vec![
            multi(Disposition::RENDER, Semantics::ChooseOne, languages),
            part(Disposition::INLINE, "", picture_type, &bytes(picture)),
        ];
        multi(Disposition::RENDER, Semantics::ProcessAll, parts)
    };
    let versions = vec![
        version(5, "image/gif", "dc861ebaa718fd7c3ca159f71a2001a7"),
        version(10, "image/png", "fa444237451a05a72bb0f67037cc1669"),
    ];
    let body = multi(Disposition::RENDER, Semantics::ChooseOne, versions);
    let content = assert_example(
        Content::new(salt("b8362793168d18c049b882d4642a2274"), body),
        ALICE,
        "01cfebeadbdb83c1eefb6403ba4852daf8bbbf9cd53bf5035a74d5d741950c9f",
    );

    let pictures: Vec<usize> = (0..)
        .zip(content.part.iter())
        .filter(|(_, p)| p.disposition == Disposition::INLINE)
        .map(|(i, _)| i)
        .collect();
    assert_eq!(pictures, [5, 10]);
    assert_eq!(content.part.iter().count(), 11);
    assert_eq!(content.meaning(), Meaning::Unsupported);
}

#[test]
fn a_report_has_the_bytes_of_the_draft() {
    let statuses = vec![
        (id(ORIGINAL), Status::Read),
        (id(REPLY), Status::Read),
        (id(MENTION), Status::Unread),
        (id(EXPIRING), Status::Expired),
    ];
    let expected = format!("84825820{ORIGINAL}02825820{REPLY}02825820{MENTION}00825820{EXPIRING}03");
    let report = Report { statuses, at: 1_644_387_250_389 };

    let content = Content::report([0; 16], &report);
    let Body::Single { content, .. } = &content.part.body else { panic!("a report is one part") };
    assert_eq!(HEXLOWER.encode(content), expected);

    // A report from elsewhere, which does not say when it was made.
    let elsewhere =
        Content::new([0; 16], part(Disposition::UNSPECIFIED, "", kuvert_content::REPORT_TYPE, content));
    assert_eq!(elsewhere.meaning(), Meaning::Report(Report { at: 0, ..report }));
}
