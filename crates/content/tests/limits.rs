//! Every limit is reached, and passed by one.

use kuvert_content::limits::{
    MAX_CONTENT, MAX_DEPTH, MAX_EXTENSION_NAME, MAX_EXTENSIONS, MAX_KEY, MAX_NAME, MAX_PARTS, MAX_REACTION,
    MAX_REPORTED, MAX_TEXT, MAX_TOPIC,
};
use kuvert_content::{
    Body, Content, ContentError, Disposition, ExtensionKey, Extensions, Meaning, MessageId, Part, Profile,
    Report, Semantics, Status,
};

const SALT: [u8; 16] = [7; 16];

fn unknown(size: usize) -> Part {
    Part::single(Disposition::RENDER, "application/vnd.example.later", vec![0xf0; size])
}

fn multi(parts: Vec<Part>) -> Part {
    let body = Body::Multi { semantics: Semantics::ProcessAll, parts };
    Part { disposition: Disposition::RENDER, language: String::new(), body }
}

fn nested(depth: usize) -> Part {
    (1..depth).fold(unknown(1), |inner, _| multi(vec![inner, unknown(0)]))
}

/// Both sides agree on whether a content is within the limits.
#[track_caller]
fn assert_outcome(content: &Content, expected: Result<(), ContentError>) {
    assert_eq!(content.check(), expected);
    assert_eq!(Content::decode(&content.encode()).map(drop), expected);
}

#[test]
fn a_content_may_fill_one_body_and_no_more() {
    let overhead = Content::new(SALT, unknown(MAX_CONTENT / 2)).encode().len() - MAX_CONTENT / 2;
    assert_outcome(&Content::new(SALT, unknown(MAX_CONTENT / 2)), Ok(()));
    let full = Content::new(SALT, unknown(MAX_CONTENT - overhead));
    assert_eq!(full.encode().len(), MAX_CONTENT);
    assert_outcome(&full, Ok(()));
    let over = Content::new(SALT, unknown(MAX_CONTENT - overhead + 1));
    assert_outcome(&over, Err(ContentError::TooLarge { size: MAX_CONTENT + 1 }));
}

#[test]
fn a_text_may_be_16_kib_long() {
    assert_outcome(&Content::text(SALT, &"a".repeat(MAX_TEXT)), Ok(()));
    assert_outcome(&Content::text(SALT, &"a".repeat(MAX_TEXT + 1)), Err(ContentError::TextTooLong));
    let profile = Profile::new("alice").expect("a name");
    let request = Content::request(SALT, &profile, &"a".repeat(MAX_TEXT + 1));
    assert_outcome(&request, Err(ContentError::TextTooLong));
    // The limit is for what Kuvert shows as a text, in any spelling of its media type.
    for (content_type, expected) in [
        ("Text/Plain", Err(ContentError::TextTooLong)),
        ("text/plain; Charset=\"UTF-8\"", Err(ContentError::TextTooLong)),
        ("text/markdown;variant=CommonMark", Err(ContentError::TextTooLong)),
        ("text/plain;charset=utf-16", Ok(())),
        ("text/html;charset=utf-8", Ok(())),
    ] {
        let part = Part::single(Disposition::RENDER, content_type, vec![b'a'; MAX_TEXT + 1]);
        assert_outcome(&Content::new(SALT, part), expected);
    }
}

#[test]
fn parts_may_be_64() {
    let parts = |count| Content::new(SALT, multi(vec![unknown(1); count - 1]));
    assert_outcome(&parts(MAX_PARTS), Ok(()));
    assert_outcome(&parts(MAX_PARTS + 1), Err(ContentError::TooManyParts));
    // The limit is for all levels together.
    let halves = multi(vec![multi(vec![unknown(1); MAX_PARTS / 2]), multi(vec![unknown(1); MAX_PARTS / 2])]);
    assert_outcome(&Content::new(SALT, halves), Err(ContentError::TooManyParts));
}

#[test]
fn a_multi_part_needs_two_parts() {
    assert_outcome(&Content::new(SALT, multi(vec![])), Err(ContentError::TooFewParts));
    assert_outcome(&Content::new(SALT, multi(vec![unknown(1)])), Err(ContentError::TooFewParts));
    assert_outcome(&Content::new(SALT, multi(vec![unknown(1); 2])), Ok(()));
}

#[test]
fn parts_may_be_nested_4_levels_deep() {
    assert_outcome(&Content::new(SALT, nested(MAX_DEPTH)), Ok(()));
    assert_outcome(&Content::new(SALT, nested(MAX_DEPTH + 1)), Err(ContentError::TooDeep));
}

#[test]
fn a_topic_may_be_4096_bytes_long() {
    let topic = |size| Content { topic: vec![1; size], ..Content::text(SALT, "a") };
    assert_outcome(&topic(MAX_TOPIC), Ok(()));
    assert_outcome(&topic(MAX_TOPIC + 1), Err(ContentError::TopicTooLong));
}

#[test]
fn a_report_may_speak_of_256_messages() {
    let report =
        |count| Report { statuses: vec![(MessageId::new([1; 32]), Status::Other(255)); count], at: 1 };
    let full = Content::report(SALT, &report(MAX_REPORTED));
    assert_outcome(&full, Ok(()));
    assert_eq!(full.meaning(), Meaning::Report(report(MAX_REPORTED)));
    let over = Content::report(SALT, &report(MAX_REPORTED + 1));
    assert_outcome(&over, Err(ContentError::TooManyReported));
}

#[test]
fn a_reaction_may_be_64_bytes_long() {
    let to = MessageId::new([1; 32]);
    let reaction = |size| Content::reaction(SALT, to, &"a".repeat(size));
    assert!(matches!(reaction(MAX_REACTION).meaning(), Meaning::Reaction { .. }));
    assert_eq!(reaction(MAX_REACTION + 1).meaning(), Meaning::Unsupported);
    assert_eq!(reaction(0).meaning(), Meaning::Unsupported);
}

#[test]
fn a_bad_name_is_not_sent_and_not_shown() {
    let profile = Profile { name: "a".repeat(MAX_NAME + 1), reach: Vec::new() };
    for content in [Content::profile(SALT, &profile), Content::acceptance(SALT, &profile)] {
        assert_eq!(content.check(), Err(ContentError::BadName));
        let received = Content::decode(&content.encode()).expect("it is kept all the same");
        assert_eq!(received.meaning(), Meaning::Unsupported);
    }
}

#[test]
fn extensions_may_be_32_with_keys_in_their_range() {
    let mut content = Content::text(SALT, "a");
    for number in 0..MAX_EXTENSIONS {
        let key = ExtensionKey::Integer(1000 + i64::try_from(number).expect("small"));
        content.extensions.insert_integer(key, 1).expect("there is room");
    }
    assert_outcome(&content, Ok(()));
    let one_more = content.extensions.insert_integer("x".into(), 1);
    assert_eq!(one_more, Err(ContentError::TooManyExtensions));
    let again = content.extensions.insert_integer(ExtensionKey::Integer(1000), 2);
    assert_eq!(again, Ok(()), "a value can be replaced where no key can be added");

    // The same in a content from outside: one map with 33 keys.
    let plain = Content::text(SALT, "a").encode();
    let map = plain.iter().position(|byte| *byte == 0xa0).expect("the empty map");
    let mut bytes = plain[..map].to_vec();
    bytes.extend([0xb8, 33]);
    bytes.extend((0..33).flat_map(|number| [0x19, 0x04, number, 0x00]));
    bytes.extend(&plain[map + 1..]);
    assert_eq!(Content::decode(&bytes), Err(ContentError::TooManyExtensions));

    let mut extensions = Extensions::new();
    for (key, is_allowed) in [
        (ExtensionKey::Integer(MAX_KEY), true),
        (ExtensionKey::Integer(MAX_KEY + 1), false),
        (ExtensionKey::Integer(-MAX_KEY), true),
        (ExtensionKey::Integer(-MAX_KEY - 1), false),
        (ExtensionKey::Integer(i64::MIN), false),
        (ExtensionKey::Name("n".repeat(MAX_EXTENSION_NAME)), true),
        (ExtensionKey::Name("n".repeat(MAX_EXTENSION_NAME + 1)), false),
        (ExtensionKey::Name(String::new()), false),
    ] {
        assert_eq!(extensions.insert_integer(key.clone(), 0).is_ok(), is_allowed, "{key:?}");
    }
}

#[test]
fn extensions_may_be_nested_4_levels_deep_their_map_included() {
    let mut extensions = Extensions::new();
    assert_eq!(extensions.insert("x".into(), vec![0x81, 0x81, 0x81, 0x00]), Ok(None));
    let deeper = extensions.insert("x".into(), vec![0x81, 0x81, 0x81, 0x80]);
    assert_eq!(deeper, Err(ContentError::BadExtension));
}
