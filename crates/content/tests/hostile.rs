//! What comes from outside: never a panic, never a second form of the same content, nothing unknown lost.

use kuvert_content::limits::{MAX_DEPTH, MAX_PARTS};
use kuvert_content::{
    Body, Content, ContentError, Disposition, Expires, ExtensionKey, Extensions, External, Meaning,
    MessageId, Part, Profile, Semantics,
};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

fn media_type() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(kuvert_content::TEXT_TYPE.to_owned()),
        Just(kuvert_content::PLAIN_TEXT_TYPE.to_owned()),
        Just(kuvert_content::REPORT_TYPE.to_owned()),
        Just(kuvert_content::PROFILE_TYPE.to_owned()),
        Just(kuvert_content::ACCEPTANCE_TYPE.to_owned()),
        "[ -~]{0,30}",
    ]
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    // Short arrays and maps are likely to be read as reports and profiles.
    prop_oneof![vec(any::<u8>(), 0..200), "\\PC{0,60}".prop_map(String::into_bytes), Just(vec![0x80])]
}

fn external() -> impl Strategy<Value = External> {
    let numbers = (any::<u32>(), any::<u64>(), any::<u16>(), any::<u8>());
    let texts = (media_type(), "\\PC{0,40}", "\\PC{0,40}", "\\PC{0,40}");
    (numbers, texts, bytes(), bytes(), bytes(), bytes()).prop_map(|(n, t, key, nonce, aad, content_hash)| {
        let (expires, size, enc_alg, hash_alg) = n;
        let (content_type, url, description, filename) = t;
        External {
            content_type,
            url,
            expires,
            size,
            enc_alg,
            key,
            nonce,
            aad,
            hash_alg,
            content_hash,
            description,
            filename,
        }
    })
}

fn body() -> impl Strategy<Value = Body> {
    prop_oneof![
        1 => Just(Body::Null),
        4 => (media_type(), bytes())
            .prop_map(|(content_type, content)| Body::Single { content_type, content }),
        1 => external().prop_map(|external| Body::External(Box::new(external))),
    ]
}

fn part() -> impl Strategy<Value = Part> {
    let to_part =
        |(disposition, language, body)| Part { disposition: Disposition(disposition), language, body };
    let leaf = (any::<u8>(), "[a-z,-]{0,8}", body()).prop_map(to_part);
    leaf.prop_recursive(3, 40, 3, move |inner| {
        let semantics =
            prop_oneof![Just(Semantics::ChooseOne), Just(Semantics::SingleUnit), Just(Semantics::ProcessAll)];
        let body =
            (semantics, vec(inner, 2..4)).prop_map(|(semantics, parts)| Body::Multi { semantics, parts });
        (any::<u8>(), "[a-z,-]{0,8}", body).prop_map(to_part)
    })
}

fn extensions() -> impl Strategy<Value = Extensions> {
    let key = prop_oneof![
        (-1_000_000_i64..1_000_000).prop_map(ExtensionKey::Integer),
        "\\PC{1,20}".prop_map(ExtensionKey::Name)
    ];
    let value = prop_oneof![any::<i64>().prop_map(Err), "\\PC{0,20}".prop_map(Ok)];
    btree_map(key, value, 0..6).prop_map(|entries| {
        let mut extensions = Extensions::new();
        for (key, value) in entries {
            // A number under the key of a URI is refused, and just as well left out here.
            let _ = match value {
                Ok(text) => extensions.insert_text(key, &text),
                Err(number) => extensions.insert_integer(key, number),
            };
        }
        extensions
    })
}

fn content() -> impl Strategy<Value = Content> {
    let id = || proptest::option::of(any::<[u8; 32]>().prop_map(MessageId::new));
    let expires = proptest::option::of(prop_oneof![
        any::<u32>().prop_map(Expires::After),
        any::<u32>().prop_map(Expires::At)
    ]);
    (any::<[u8; 16]>(), id(), vec(any::<u8>(), 0..40), expires, id(), extensions(), part()).prop_map(
        |(salt, replaces, topic, expires, in_reply_to, extensions, part)| Content {
            salt,
            replaces,
            topic,
            expires,
            in_reply_to,
            extensions,
            part,
        },
    )
}

/// Reads bytes, and whatever was read is looked at from all sides.
fn probe(bytes: &[u8]) {
    if let Ok(content) = Content::decode(bytes) {
        assert_eq!(content.encode(), bytes, "one content, one encoding");
        let _ = content.meaning();
        let _ = content.check();
        let _ = content.id("sender", "room");
        let _ = format!("{content:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_encoded_is_decoded_again(content in content()) {
        prop_assert_eq!(Content::decode(&content.encode()), Ok(content.clone()));
        let _ = content.meaning();
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in vec(any::<u8>(), 0..300)) {
        probe(&bytes);
    }

    #[test]
    fn changed_bytes_never_panic_and_never_make_a_second_form(
        content in content(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = content.encode();
        for (place, value) in &changes {
            let place = place.index(bytes.len());
            bytes[place] = *value;
        }
        probe(&bytes);
    }

    #[test]
    fn shortened_and_lengthened_bytes_are_refused(content in content(), cut in any::<prop::sample::Index>()) {
        let mut bytes = content.encode();
        prop_assert!(Content::decode(&bytes[..cut.index(bytes.len())]).is_err());
        bytes.push(0);
        prop_assert_eq!(Content::decode(&bytes), Err(ContentError::Trailing));
    }

    #[test]
    fn another_sender_room_or_salt_is_another_message(content in content(), salt in any::<[u8; 16]>()) {
        let id = content.id("alice", "room");
        prop_assert_eq!(id, content.id("alice", "room"));
        prop_assert_ne!(id, content.id("bob", "room"));
        prop_assert_ne!(id, content.id("alice", "hall"));
        // The lengths are part of it: nothing moves from one URI to the other.
        prop_assert_ne!(id, content.id("alicer", "oom"));
        if salt != content.salt {
            prop_assert_ne!(id, Content { salt, ..content }.id("alice", "room"));
        }
    }
}

/// The encoding of a text, split around its empty map of extensions.
fn around_extensions() -> (Vec<u8>, Vec<u8>) {
    let bytes = Content::text([0; 16], "a").encode();
    let map = bytes.iter().position(|byte| *byte == 0xa0).expect("the empty map");
    (bytes[..map].to_vec(), bytes[map + 1..].to_vec())
}

fn with_extensions(map: &[u8]) -> Vec<u8> {
    let (before, after) = around_extensions();
    [&before, map, &after].concat()
}

#[test]
fn unknown_extensions_survive_byte_for_byte() {
    let map = b"\xa3\x19\x03\xe8\x82\xf9\x3e\x00\xd8\x20\x61a\x38\x63\xa2\x01\xf6\x41\xff\xf5\x61x\x80";
    let bytes = with_extensions(map);
    let content = Content::decode(&bytes).expect("unknown is not wrong");
    assert_eq!(content.encode(), bytes);
    assert_eq!(
        content.extensions.get(&ExtensionKey::Integer(1000)),
        Some(&b"\x82\xf9\x3e\x00\xd8\x20\x61a"[..])
    );
    assert_eq!(content.meaning(), Meaning::Text("a"));
}

#[test]
fn extensions_that_repeat_or_stand_in_the_wrong_order_are_refused() {
    assert_eq!(Content::decode(&with_extensions(b"\xa2\x03\x00\x03\x00")), Err(ContentError::BadExtension));
    assert_eq!(
        Content::decode(&with_extensions(b"\xa2\x04\x00\x03\x00")),
        Err(ContentError::NotDeterministic)
    );
    assert_eq!(Content::decode(&with_extensions(b"\xa1\x18\x03\x00")), Err(ContentError::NotDeterministic));
    assert_eq!(Content::decode(&with_extensions(b"\xa1\x41x\x00")), Err(ContentError::BadExtension));
    assert_eq!(Content::decode(&with_extensions(b"\xa1\x01\x00")), Err(ContentError::BadExtension));
    assert_eq!(Content::decode(&with_extensions(b"\xbf\xff")), Err(ContentError::NotDeterministic));
}

#[test]
fn longer_forms_of_the_fixed_fields_are_refused() {
    let plain = Content::text([0; 16], "a").encode();
    // The outermost array, the salt, and the topic, each with a length of one byte more than it needs.
    for (place, longer) in [(0, [0x98, 7]), (1, [0x58, 16]), (19, [0x58, 0])] {
        let bytes = [&plain[..place], &longer, &plain[place + 1..]].concat();
        assert_eq!(Content::decode(&bytes), Err(ContentError::NotDeterministic), "at {place}");
    }
    let indefinite = [&[0x9f], &plain[1..], &[0xff]].concat();
    assert_eq!(Content::decode(&indefinite), Err(ContentError::NotDeterministic));
}

#[test]
fn lengths_that_lie_are_refused_at_once() {
    let (before, _) = around_extensions();
    for lie in [&b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff"[..], b"\xa1\x03\x9b\xff\xff\xff\xff\xff\xff\xff\xff"]
    {
        assert!(Content::decode(&[&before, lie].concat()).is_err());
    }
    let many_parts = b"\xa0\x85\x01\x60\x03\x02\x9b\xff\xff\xff\xff\xff\xff\xff\xff";
    assert_eq!(Content::decode(&[&before, &many_parts[..]].concat()), Err(ContentError::Malformed));
}

#[test]
fn nesting_is_refused_before_it_is_followed() {
    let (before, _) = around_extensions();
    // The parts in the innermost level are missing: only who does not look for them calls it too deep.
    let levels = |count| [&before[..], b"\xa0", &b"\x85\x01\x60\x03\x02\x82".repeat(count)].concat();
    assert_eq!(Content::decode(&levels(MAX_DEPTH - 1)), Err(ContentError::Malformed));
    assert_eq!(Content::decode(&levels(MAX_DEPTH)), Err(ContentError::TooDeep));
    assert_eq!(Content::decode(&levels(10_000)), Err(ContentError::TooDeep));
    let extensions = [&before[..], b"\xa1\x03", &[0x81; 60_000]].concat();
    assert_eq!(Content::decode(&extensions), Err(ContentError::BadExtension));
}

#[test]
fn parts_are_counted_while_they_are_read() {
    let (before, _) = around_extensions();
    // More parts are announced than come: only who does not look for the next one calls them too many.
    let parts = |count| {
        let null_parts = b"\x83\x01\x60\x00".repeat(count);
        [&before[..], b"\xa0\x85\x01\x60\x03\x02\x99\xff\xff", &null_parts].concat()
    };
    assert_eq!(Content::decode(&parts(MAX_PARTS - 2)), Err(ContentError::Malformed));
    assert_eq!(Content::decode(&parts(MAX_PARTS - 1)), Err(ContentError::TooManyParts));
}

#[test]
fn unknown_kinds_of_parts_and_of_togetherness_are_refused() {
    let (before, _) = around_extensions();
    for part in
        [&b"\xa0\x83\x01\x60\x04"[..], b"\xa0\x85\x01\x60\x03\x03\x82\x83\x01\x60\x00\x83\x01\x60\x00"]
    {
        assert_eq!(Content::decode(&[&before, part].concat()), Err(ContentError::Malformed));
    }
}

#[test]
fn what_is_only_half_understood_is_unsupported() {
    let text = || Part::single(Disposition::RENDER, kuvert_content::TEXT_TYPE, b"a".to_vec());
    let later = || Part::single(Disposition::RENDER, "application/vnd.example.later", vec![]);
    let multi = |semantics, parts| Part { body: Body::Multi { semantics, parts }, ..text() };
    for part in [
        multi(Semantics::ProcessAll, vec![text(), later()]),
        multi(Semantics::SingleUnit, vec![text(), later()]),
        multi(Semantics::ChooseOne, vec![later(), later()]),
        Part { disposition: Disposition::ATTACHMENT, ..text() },
        Part { disposition: Disposition::REACTION, ..text() },
        Part { body: Body::Null, ..text() },
        Part::single(Disposition::RENDER, kuvert_content::TEXT_TYPE, vec![0xff]),
        Part::single(Disposition::RENDER, kuvert_content::REPORT_TYPE, vec![0x81, 0x80]),
    ] {
        assert_eq!(Content::new([0; 16], part).meaning(), Meaning::Unsupported);
    }
    let profile = Profile::new("alice").expect("a name");
    let replacing =
        Content { replaces: Some(MessageId::new([1; 32])), ..Content::profile([0; 16], &profile) };
    assert_eq!(replacing.meaning(), Meaning::Unsupported);
    let unknown_purpose = Part { disposition: Disposition(99), ..text() };
    assert_eq!(Content::new([0; 16], unknown_purpose).meaning(), Meaning::Text("a"));
}

/// A unit of a file and `second`.
fn unit(second: Part) -> Content {
    let file = External {
        content_type: "image/webp".into(),
        url: "https://relay.example/b/1".into(),
        expires: 0,
        size: 1,
        enc_alg: 0,
        key: Vec::new(),
        nonce: Vec::new(),
        aad: Vec::new(),
        hash_alg: 0,
        content_hash: Vec::new(),
        description: String::new(),
        filename: "../../etc/passwd".into(),
    };
    let file = Part {
        disposition: Disposition::ATTACHMENT,
        language: String::new(),
        body: Body::External(Box::new(file)),
    };
    let body = Body::Multi { semantics: Semantics::SingleUnit, parts: vec![file, second] };
    Content::new([0; 16], Part { disposition: Disposition::ATTACHMENT, language: String::new(), body })
}

#[test]
fn what_stands_beside_a_file_is_a_small_picture_or_needs_a_newer_version() {
    let preview = |content_type: &str, size| Part::single(Disposition::PREVIEW, content_type, vec![0; size]);
    assert!(matches!(unit(preview("image/webp", 9)).meaning(), Meaning::Attachments { .. }));
    for odd in [
        preview("text/html", 9),
        preview("image/webp", kuvert_content::limits::MAX_PREVIEW + 1),
        Part::single(Disposition::RENDER, "image/webp", vec![0]),
        unit(preview("image/webp", 9)).part,
    ] {
        let content = unit(odd);
        assert!(content.meaning() == Meaning::Unsupported);
        assert_eq!(Content::decode(&content.encode()), Ok(content));
    }
}

#[test]
fn more_files_than_a_message_may_bring_need_a_newer_version() {
    let file = unit(Part::single(Disposition::PREVIEW, "image/webp", vec![0])).part;
    let Body::Multi { parts, .. } = file.body else { panic!("a unit") };
    let files = |count| {
        let body = Body::Multi { semantics: Semantics::ProcessAll, parts: vec![parts[0].clone(); count] };
        Content::new([0; 16], Part { disposition: Disposition::RENDER, language: String::new(), body })
    };
    let most = kuvert_content::limits::MAX_FILES;
    assert!(matches!(files(most).meaning(), Meaning::Attachments { files, .. } if files.len() == most));
    assert!(files(most + 1).meaning() == Meaning::Unsupported);
}
