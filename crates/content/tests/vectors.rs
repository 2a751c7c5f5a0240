//! Snapshots of every form that Kuvert writes, in `vectors.json`. What a released version wrote must be read for ever
//! and written again in the same bytes. `KUVERT_WRITE_VECTORS=1` writes the file anew.

use std::collections::BTreeMap;
use std::path::Path;

use data_encoding::HEXLOWER;
use kuvert_content::{
    Attachment, Body, Content, Disposition, Expires, ExtensionKey, External, Meaning, MessageId, Part,
    Preview, Profile, Report, Semantics, Status, mention, mentions,
};
use serde_json::{Value, json};

const SENDER: &str = "kuvert:alice";
const ROOM: &str = "kuvert:room";
const SALT: [u8; 16] = *b"sixteen of salt.";

fn profile() -> Profile {
    Profile::new("Zoë Kuvert").expect("a name")
}

fn report() -> Report {
    let statuses = (0..=7).map(|code| (MessageId::new([code; 32]), Status::from_code(code)));
    Report { statuses: statuses.collect(), at: 1_790_000_000_123 }
}

fn file() -> External {
    External {
        content_type: "image/webp".into(),
        url: "https://relay.example/b/1".into(),
        expires: 1_800_000_000,
        size: 5_000_000_000,
        enc_alg: 29,
        key: vec![1; 32],
        nonce: vec![2; 7],
        aad: vec![3],
        hash_alg: 1,
        content_hash: vec![4; 32],
        description: "Grüße".into(),
        filename: "gruss.webp".into(),
    }
}

fn attachment() -> Part {
    Part {
        disposition: Disposition::ATTACHMENT,
        language: "de".into(),
        body: Body::External(Box::new(file())),
    }
}

const PREVIEW: Preview<'_> = Preview { content_type: "image/webp", picture: b"RIFF" };

fn all_fields() -> Content {
    let unknown = Part::single(Disposition(200), "application/vnd.example.later", vec![0xff, 0x00, 0xfe]);
    let parts = vec![attachment(), unknown];
    let part = Part {
        disposition: Disposition::INLINE,
        language: "de,en".into(),
        body: Body::Multi { semantics: Semantics::SingleUnit, parts },
    };
    let mut content = Content {
        replaces: Some(MessageId::new([5; 32])),
        topic: b"topic".to_vec(),
        expires: Some(Expires::After(60)),
        in_reply_to: Some(MessageId::new([6; 32])),
        ..Content::new(SALT, part)
    };
    let extensions = &mut content.extensions;
    extensions.insert_text(ExtensionKey::SENDER_URI, SENDER).expect("allowed");
    extensions.insert_integer(ExtensionKey::Integer(-70_000), -1).expect("allowed");
    extensions.insert("later".into(), vec![0xa1, 0x41, 0x00, 0xf9, 0x3e, 0x00]).expect("allowed");
    content
}

fn contents() -> BTreeMap<&'static str, Content> {
    let of = MessageId::new([9; 32]);
    let file = file();
    let with_preview = Attachment::new(&file).with_preview(PREVIEW);
    let expiring = Content { expires: Some(Expires::After(3600)), ..Content::text(SALT, "bald weg") };
    let mentioning = format!("{} kommst du?", mention("Zoë", "ABCD-EFGH-JKMN-PQRS-TV"));
    BTreeMap::from([
        ("reply", Content::reply(SALT, of, "Ja, gern")),
        ("attachment", Content::attachments(SALT, "", &[Attachment::new(&file)])),
        ("attachments", Content::attachments(SALT, "Schau", &[with_preview, Attachment::new(&file)])),
        (
            "attachments without text",
            Content::attachments(SALT, "", &[Attachment::new(&file), Attachment::new(&file)]),
        ),
        ("expiry", expiring),
        ("mention", Content::text(SALT, &mentioning)),
        ("text", Content::text(SALT, "Hallo *Welt*, schöne Grüße 💌")),
        ("edit", Content::edit(SALT, of, "Hallo")),
        ("deletion", Content::deletion(SALT, of)),
        ("reaction", Content::reaction(SALT, of, "👍🏽")),
        ("report", Content::report(SALT, &report())),
        ("profile", Content::profile(SALT, &profile())),
        ("acceptance", Content::acceptance(SALT, &profile())),
        ("request", Content::request(SALT, &profile(), "Guten Tag")),
        ("all fields", all_fields()),
    ])
}

fn written() -> Value {
    let vectors: BTreeMap<_, _> = contents()
        .into_iter()
        .map(|(name, content)| {
            let vector = json!({
                "content": HEXLOWER.encode(&content.encode()),
                "id": HEXLOWER.encode(content.id(SENDER, ROOM).as_bytes()),
            });
            (name, vector)
        })
        .collect();
    json!({ "sender": SENDER, "room": ROOM, "vectors": vectors })
}

fn stored() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors.json");
    if std::env::var_os("KUVERT_WRITE_VECTORS").is_some_and(|value| value == "1") {
        let text = serde_json::to_string_pretty(&written()).expect("JSON") + "\n";
        std::fs::write(&path, text).expect("vectors.json can be written");
    }
    let text = std::fs::read_to_string(&path).expect("vectors.json can be read");
    serde_json::from_str(&text).expect("vectors.json is JSON")
}

#[test]
fn contents_are_written_as_they_always_were_and_read_back() {
    let stored = stored();
    assert_eq!(stored, written());
    for (name, content) in contents() {
        let hex = stored["vectors"][name]["content"].as_str().expect("hex");
        let bytes = HEXLOWER.decode(hex.as_bytes()).expect("hex");
        assert_eq!(Content::decode(&bytes), Ok(content.clone()), "{name}");
        assert_eq!(content.check(), Ok(()), "{name}");
    }
}

#[test]
fn what_was_said_is_what_is_understood() {
    let contents = contents();
    let of = MessageId::new([9; 32]);
    let meaning = |name: &str| contents[name].meaning();
    assert!(meaning("text") == Meaning::Text("Hallo *Welt*, schöne Grüße 💌"));
    assert!(meaning("edit") == Meaning::Edit { of, text: "Hallo" });
    assert!(meaning("deletion") == Meaning::Deletion { of });
    assert!(meaning("reaction") == Meaning::Reaction { to: of, replaces: None, text: "👍🏽" });
    assert!(meaning("report") == Meaning::Report(report()));
    assert!(meaning("profile") == Meaning::Profile(profile()));
    assert!(meaning("acceptance") == Meaning::Acceptance(profile()));
    assert!(meaning("request") == Meaning::Request { profile: profile(), text: "Guten Tag" });
    assert!(meaning("all fields") == Meaning::Unsupported);
    assert!(meaning("reply") == Meaning::Text("Ja, gern") && contents["reply"].in_reply_to == Some(of));
    let file = file();
    let plain = Attachment::new(&file);
    let with_preview = plain.clone().with_preview(PREVIEW);
    assert!(meaning("attachment") == Meaning::Attachments { text: "", files: vec![plain.clone()] });
    let files = vec![with_preview, plain.clone()];
    assert!(meaning("attachments") == Meaning::Attachments { text: "Schau", files });
    let files = vec![plain.clone(), plain];
    assert!(meaning("attachments without text") == Meaning::Attachments { text: "", files });
    let Meaning::Text(text) = meaning("mention") else { panic!("a text") };
    assert_eq!(mentions(text).collect::<Vec<_>>(), ["ABCD-EFGH-JKMN-PQRS-TV"]);
}

#[test]
fn nothing_that_is_said_is_printed() {
    // LOG-1: whatever is formatted by accident gives neither text nor key nor name away.
    for (name, content) in contents() {
        let printed = format!("{content:?} {:?} {:?}", content.meaning(), content.part);
        for secret in ["Hallo", "Guten", "Zoë", "relay.example", "gruss", "topic", "1, 1, 1", "Schau", "RIFF"]
        {
            assert!(!printed.contains(secret), "{name}: {printed}");
        }
    }
    let id = MessageId::new([0xab; 32]);
    assert_eq!(format!("{id:?}"), "MessageId(abab..)");
}
