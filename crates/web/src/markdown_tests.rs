//! Tests of the Markdown of messages.

use proptest::prelude::*;

use super::*;

thread_local! {
    /// See [`steps`].
    pub(super) static STEPS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

fn text(text: &str) -> Inline {
    Inline::Text(text.into())
}

fn line(source: &str) -> Vec<Inline> {
    match read(source).as_slice() {
        [Block::Paragraph(inlines)] => inlines.clone(),
        other => panic!("not one paragraph: {other:?}"),
    }
}

fn link(address: &str) -> Inline {
    Inline::Link { words: None, address: address.into() }
}

#[test]
fn styles_are_read_and_nest() {
    assert_eq!(line("**a**"), [Inline::Strong(vec![text("a")])]);
    assert_eq!(
        line("*a* _b_"),
        [Inline::Emphasis(vec![text("a")]), text(" "), Inline::Emphasis(vec![text("b")])]
    );
    assert_eq!(line("~~weg~~"), [Inline::Struck(vec![text("weg")])]);
    assert_eq!(line("***a***"), [Inline::Strong(vec![Inline::Emphasis(vec![text("a")])])]);
    assert_eq!(
        line("**a *b* c**"),
        [Inline::Strong(vec![text("a "), Inline::Emphasis(vec![text("b")]), text(" c")])]
    );
    assert_eq!(line("`a *b* \\`"), [Inline::Code("a *b* \\".into())]);
    assert_eq!(line("``a`b``"), [Inline::Code("a`b".into())]);
}

#[test]
fn what_only_looks_like_a_mark_is_text() {
    for plain in [
        "2 * 3 * 4",
        "snake_case_name",
        "a ~ b",
        "*",
        "**",
        "a*",
        "_ a _",
        "`",
        "~5~",
        "# no heading",
        "<b>no HTML</b>",
        "![no picture](x.png)",
        "[a](javascript:alert(1))",
        "[a](data:text/html,x)",
        "[a](HTTPS://)",
        "https://",
        "xhttps://a.example",
        "-kein Punkt",
        "3.5 Liter",
        "1234567890. zu lang",
        "07. März",
    ] {
        assert_eq!(line(plain), [text(plain)], "{plain}");
    }
    assert_eq!(line("\\*a\\* \\x"), [text("*a* \\x")]);
}

#[test]
fn an_address_is_always_in_sight() {
    assert_eq!(
        line("Siehe https://kuvert.example/a?b, bitte."),
        [text("Siehe "), link("https://kuvert.example/a?b"), text(", bitte.")]
    );
    assert_eq!(line("**https://a.example**"), [Inline::Strong(vec![link("https://a.example")])]);
    assert_eq!(line("mailto:anna@a.example"), [link("mailto:anna@a.example")]);
    assert_eq!(
        line("[die Bank](https://b.example/x)"),
        [Inline::Link { words: Some(vec![text("die Bank")]), address: "https://b.example/x".into() }]
    );
    assert_eq!(line("[https://a.example](https://a.example)"), [link("https://a.example")]);
    let inner = line("[**https://bank.example**](https://b.example)");
    let words = Some(vec![Inline::Strong(vec![text("https://bank.example")])]);
    assert_eq!(inner, [Inline::Link { words, address: "https://b.example".into() }]);
}

#[test]
fn a_mention_is_told_from_a_link() {
    let mention = |name: &str| Inline::Mention { name: name.into(), kuvert_id: "ABCD-EF".into() };
    assert_eq!(line("Hallo [@Anna](kuvert:ABCD-EF)!"), [text("Hallo "), mention("Anna"), text("!")]);
    assert_eq!(line("[@An\\[na\\]](kuvert:ABCD-EF)"), [mention("An[na]")]);
    assert_eq!(line("[@Anna](kuvert:)"), [text("[@Anna](kuvert:)")]);
}

#[test]
fn blocks_are_read() {
    let paragraph = |words: &str| Block::Paragraph(vec![text(words)]);
    assert_eq!(read("a\n\nb\n"), [paragraph("a\n\nb")]);
    assert_eq!(
        read("```rust\nlet *a*;\n\n```\nb"),
        [Block::Code { language: "rust".into(), text: "let *a*;\n".into() }, paragraph("b")]
    );
    assert_eq!(read("```\noffen"), [paragraph("```\noffen")]);
    assert_eq!(read("> a\n>b\n\nc"), [Block::Quote(vec![paragraph("a\nb")]), paragraph("c")]);
    assert_eq!(
        read("- a\n- b\n  - c"),
        [Block::List(vec![
            (None, vec![paragraph("a")]),
            (None, vec![paragraph("b"), Block::List(vec![(None, vec![paragraph("c")])])]),
        ])]
    );
    assert_eq!(
        read("Dazu:\n3. x\n4) y"),
        [
            paragraph("Dazu:"),
            Block::List(vec![(Some(3), vec![paragraph("x")]), (Some(4), vec![paragraph("y")])])
        ]
    );
}

#[test]
fn a_preview_is_one_line_without_marks() {
    let source = "**Hallo** [@Anna](kuvert:AB-1),\n- `x`\n- y\n> [Bank](https://b.example)";
    assert_eq!(on_one_line(source), "Hallo @Anna, · x · y Bank");
}

#[test]
fn nesting_and_work_are_bounded() {
    let deep = format!("{}a", "> ".repeat(5_000));
    let many = "*a _b ~~c [d](".repeat(1_000);
    let stars = "*".repeat(16 * 1024);
    let opened = "[".repeat(16 * 1024);
    let half_open = "**a ".repeat(4 * 1024);
    let ticks: String = (1..170).map(|length| "`".repeat(length) + " ").collect();
    // Marks that all look for their end, and pass runs of backticks that look for theirs.
    let mixed = format!("{}{}", "*a _b ~~c **d __e ".repeat(100), ticks);
    let mixed_again = format!("{mixed}{mixed}");
    let fences = "```a\n".repeat(3_000);
    let addresses = "https://<".repeat(1_800);
    let half_links = "[a](b".repeat(3_000);
    let texts =
        [deep, many, stars, opened, half_open, ticks, mixed, mixed_again, fences, addresses, half_links];
    for text in &texts {
        STEPS.set(0);
        let blocks = read(text);
        let (steps, begin) = (STEPS.get(), &text[..20]);
        assert!(steps < 256 * text.len(), "{steps} steps for {} bytes: {begin}", text.len());
        assert_eq!(letters(&plain(&blocks)), letters(text));
        assert!(depth(&blocks) <= 3 * DEPTH_MAX);
    }
}

fn depth(blocks: &[Block]) -> usize {
    let inside = blocks.iter().map(|block| match block {
        Block::Quote(inside) => depth(inside),
        Block::List(points) => points.iter().map(|(_, inside)| depth(inside)).max().unwrap_or(0),
        Block::Paragraph(_) | Block::Code { .. } => 0,
    });
    1 + inside.max().unwrap_or(0)
}

/// All that a reader sees.
fn plain(blocks: &[Block]) -> String {
    let mut shown = String::new();
    for block in blocks {
        match block {
            Block::Paragraph(inside) => shown.push_str(&words(inside)),
            Block::Code { language, text } => shown.push_str(&format!("{language} {text}")),
            Block::Quote(inside) => shown.push_str(&plain(inside)),
            Block::List(points) => {
                for (number, inside) in points {
                    shown.push_str(&number.map(|number| number.to_string()).unwrap_or_default());
                    shown.push_str(&plain(inside));
                }
            }
        }
    }
    shown
}

fn words(inlines: &[Inline]) -> String {
    let word = |inline: &Inline| match inline {
        Inline::Text(text) | Inline::Code(text) => text.clone(),
        Inline::Strong(inside) | Inline::Emphasis(inside) | Inline::Struck(inside) => words(inside),
        Inline::Link { words: inside, address } => {
            format!("{} {address}", inside.as_ref().map(|inside| words(inside)).unwrap_or_default())
        }
        // The address of a mention is shown by looking the person up.
        Inline::Mention { name, kuvert_id } => format!("{name} kuvert:{kuvert_id}"),
    };
    inlines.iter().map(word).collect()
}

/// What must never be lost.
fn letters(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphanumeric()).collect()
}

proptest! {
    #[test]
    fn no_letter_is_lost_and_nothing_panics(source in "[a-c1äß👍 \n*_~`>\\[\\]()\\\\.:/@!#|-]{0,120}") {
        prop_assert_eq!(letters(&plain(&read(&source))), letters(&source));
    }

    #[test]
    fn no_letter_is_lost_of_anything_that_can_be_typed(source in "\\PC{0,200}") {
        prop_assert_eq!(letters(&plain(&read(&source))), letters(&source));
    }

    #[test]
    fn no_letter_is_lost_of_what_looks_like_markdown(parts in proptest::collection::vec(
        prop_oneof![
            Just("**"), Just("*"), Just("_"), Just("~~"), Just("`"), Just("```"), Just("\n"), Just("> "), Just("- "),
            Just("1. "), Just("[a](https://b.example)"), Just("[@A](kuvert:AB-1)"), Just("https://c.example/"),
            Just("word"), Just(" "), Just("\\"), Just("[x](javascript:y)"), Just("  "), Just("mailto:a@b"),
        ],
        0..40,
    )) {
        let source = parts.concat();
        prop_assert_eq!(letters(&plain(&read(&source))), letters(&source));
    }
}
