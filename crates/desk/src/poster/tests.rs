use super::*;

const LINK: &str =
    "https://relay.example/c/AAAAAAAAAAAAAAAAAAAAAA#bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

fn poster() -> Poster {
    Poster {
        name: "Apotheke am Markt".to_owned(),
        sentence: "Schreiben Sie uns: vorbestellen, fragen, Termine – Ende-zu-Ende-verschlüsselt.".to_owned(),
        link: LINK.to_owned(),
        address: "relay.example/c/AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
    }
}

fn named(name: &str) -> Poster {
    Poster { name: name.to_owned(), ..poster() }
}

/// The lines of the file that are text; what stands in its second line is not.
fn lines(file: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(file).lines().map(str::to_owned).collect()
}

/// The texts of a page: font, size, and letters.
fn texts(file: &[u8]) -> Vec<(String, String, Vec<u8>)> {
    let text = |line: &String| {
        let (_, text) = line.split_once(" BT /")?;
        let mut words = text.split(' ');
        let (font, size) = (words.next()?, words.next()?);
        let hex = text.split_once('<')?.1.split_once('>')?.0;
        let letters = hex
            .as_bytes()
            .chunks(2)
            .map(|two| u8::from_str_radix(str::from_utf8(two).expect("ASCII"), 16).expect("hexadecimal"));
        Some((font.to_owned(), size.to_owned(), letters.collect()))
    };
    lines(file).iter().filter_map(text).collect()
}

fn numbers(line: &str) -> Vec<f64> {
    line.split(' ').map_while(|word| word.parse().ok()).collect()
}

/// What a camera reads off the black squares of a page.
fn scanned(file: &[u8]) -> Option<String> {
    const SIDE: usize = 700;
    let mut grey = vec![0xff_u8; SIDE * SIDE];
    let lines = lines(file);
    let squares = lines.iter().skip_while(|line| *line != BLACK).skip(1).take_while(|line| *line != "f");
    let rectangles: Vec<Vec<f64>> = squares.map(|line| numbers(line)).collect();
    let left = rectangles.iter().map(|rectangle| rectangle[0]).fold(f64::MAX, f64::min);
    let bottom = rectangles.iter().map(|rectangle| rectangle[1]).fold(f64::MAX, f64::min);
    for rectangle in &rectangles {
        let place = |number: f64| (2.0 * number).round() as usize + 60;
        let (x, y) = (rectangle[0] - left, rectangle[1] - bottom);
        for row in place(y)..place(y + rectangle[3]) {
            grey[(SIDE - row) * SIDE + place(x)..(SIDE - row) * SIDE + place(x + rectangle[2])].fill(0);
        }
    }
    let mut reader = quircs::Quirc::default();
    let code = reader.identify(SIDE, SIDE, &grey).next()?.ok()?.decode().ok()?;
    String::from_utf8(code.payload).ok()
}

#[test]
fn the_code_on_the_poster_is_read_as_its_link() {
    for size in [Size::A4, Size::A6] {
        assert_eq!(scanned(&pdf(&poster(), size).expect("short enough")).as_deref(), Some(LINK));
    }
    let longest = format!("https://relay.example/{}", "ä9".repeat(163));
    let poster = Poster { link: longest.clone(), ..poster() };
    assert_eq!(scanned(&pdf(&poster, Size::A6).expect("short enough")), Some(longest));
}

#[test]
fn everything_drawn_stands_inside_of_the_frame() {
    for poster in [poster(), named(""), named(&"Wagen ".repeat(60)), named(&"W".repeat(64))] {
        let poster =
            Poster { sentence: "Grüße und so weiter, ".repeat(20), address: "w".repeat(100), ..poster };
        let file = pdf(&poster, Size::A4).expect("short enough");
        let (right, top) = (595.28 - 34.0, 841.89 - 34.0);
        for line in lines(&file).iter().filter(|line| line.ends_with(" re")) {
            let [x, y, width, height] = numbers(line)[..] else { panic!("{line}") };
            assert!(
                x >= 34.0 && y >= 34.0 && x + width <= right + 0.01 && y + height <= top + 0.01,
                "{line}"
            );
        }
        for line in lines(&file).iter().filter(|line| line.contains(" BT /")) {
            let (before, _) = line.split_once(" Td").expect("a place");
            let place: Vec<f64> =
                before.rsplit(' ').take(2).map(|word| word.parse().expect("a number")).collect();
            assert!(place[0] > 60.0 && place[0] < 740.0 && place[1] > 79.0, "{line}");
        }
        let mark = lines(&file).iter().find(|line| line.starts_with("q ")).map(|line| line[2..].to_owned());
        let y = numbers(&mark.expect("the mark"))[5];
        assert!(y < top - 30.0, "{y}");
    }
}

#[test]
fn short_names_are_large_and_long_ones_smaller_wrapped_and_at_last_cut() {
    let name = |name: &str| {
        let texts = texts(&pdf(&named(name), Size::A4).expect("short enough"));
        let bold: Vec<_> = texts.into_iter().filter(|(font, ..)| font == "F2").collect();
        (bold[0].1.clone(), bold.len(), bold.last().map(|(.., letters)| letters.clone()).unwrap_or_default())
    };
    assert_eq!(name("Löwe"), ("40".to_owned(), 1, b"L\xf6we".to_vec()));
    assert_eq!(name("Apotheke am Markt und am Rathaus").1, 2);
    let (size, lines, last) = name("Gemeinschaftspraxis Dr. Übermüller-Schönbächler und Kollegen");
    assert_eq!((size.as_str(), lines), ("24", 3));
    assert_eq!(last, b"und Kollegen", "lines are balanced");
    let (size, lines, last) = name(&"W".repeat(64));
    assert_eq!((size.as_str(), lines), ("24", 3));
    assert!(last.starts_with(b"WWW") && last.ends_with(b"W\x85"), "one word of the widest letter");
    let (size, lines, last) = name(&"Wagen ".repeat(60));
    assert_eq!((size.as_str(), lines), ("24", 3));
    assert!(last.ends_with(b"\x85"));
}

#[test]
fn what_does_not_fit_is_refused_and_nothing_else() {
    let size = MAX_LINK + 1;
    let poster = |link: usize, address: usize| Poster {
        link: "x".repeat(link),
        address: "1".repeat(address),
        ..poster()
    };
    assert_eq!(pdf(&poster(size, 9), Size::A4), Err(PosterError::LinkTooLong { size }));
    assert!(pdf(&poster(MAX_LINK, 9), Size::A4).is_ok());
    assert_eq!(pdf(&poster(9, 200), Size::A4), Err(PosterError::AddressTooLong));
    assert!(pdf(&poster(9, 160), Size::A4).is_ok());
    // However narrow its letters are.
    let narrow = Poster { address: "\u{200b}".repeat(MAX_LINK), ..poster(9, 9) };
    assert_eq!(pdf(&narrow, Size::A4), Err(PosterError::AddressTooLong));
    let empty =
        Poster { name: String::new(), sentence: String::new(), link: String::new(), address: String::new() };
    assert!(pdf(&empty, Size::A6).is_ok());
}

#[test]
fn the_file_is_one_that_readers_open() {
    let file = pdf(&named("(Löwe)\\ 😀"), Size::A6).expect("short enough");
    assert!(file.starts_with(b"%PDF-1.4\n") && file.ends_with(b"%%EOF\n"));
    let number = |text: &str| text.trim().parse::<usize>().expect("a number");
    let text: String = file.iter().map(|byte| char::from(*byte)).collect();
    let table =
        number(text.rsplit("startxref\n").next().expect("an offset").split('\n').next().expect("a line"));
    let mut entries = text[char_at(&text, table)..].lines();
    assert_eq!((entries.next(), entries.next()), (Some("xref"), Some("0 8")));
    for (entry, object) in entries.skip(1).take(7).zip(1..) {
        assert_eq!(entry.len(), 19, "with its line's end, an entry has 20 bytes");
        let offset = number(&entry[..10]);
        assert!(file[offset..].starts_with(format!("{object} 0 obj\n").as_bytes()));
    }
    let stream = text.split("stream\n").nth(1).expect("a stream");
    let length = text.split("/Length ").nth(1).expect("a length").split('>').next().map(number);
    assert_eq!(stream.strip_suffix("end").map(|content| content.chars().count()), length);
    assert!(text.contains("/MediaBox[0 0 297.64 419.53]"));
    // The title is in UTF-16, so that it may say anything.
    assert!(text.contains("/Title<feff0028004c00f60077006500290 05c0020d83dde00>".replace(' ', "").as_str()));
    assert!(texts(&file).iter().any(|(.., letters)| letters == b"(L\xf6we)\\ ?"));
}

/// Where the byte of a file is in its text, in which every byte is a character.
fn char_at(text: &str, byte: usize) -> usize {
    text.char_indices().nth(byte).map(|(at, _)| at).expect("inside")
}

#[test]
fn the_same_poster_is_the_same_bytes() {
    assert_eq!(pdf(&poster(), Size::A4), pdf(&poster(), Size::A4));
    assert_ne!(pdf(&poster(), Size::A4), pdf(&poster(), Size::A6));
}

#[test]
fn lengths_are_written_with_two_places_at_most() {
    for (length, expected) in [(0, "0"), (5, "0.05"), (-5, "-0.05"), (100, "1"), (-12_345, "-123.45")] {
        assert_eq!(file::Length(length).to_string(), expected);
    }
}
