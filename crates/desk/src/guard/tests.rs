use super::*;

/// What is found when everything is asked for, as the words of the text.
fn found(text: &str) -> Vec<(Kind, &str)> {
    let findings = find(text, Asked::EVERYTHING);
    assert!(findings.windows(2).all(|pair| pair[0].range.end <= pair[1].range.start), "{text}");
    findings.into_iter().map(|finding| (finding.kind, &text[finding.range])).collect()
}

/// That exactly this is found, wherever in a text it stands.
fn finds(kind: Kind, number: &str) {
    for (before, after) in
        [("", ""), ("Hallo, ", " – danke!"), ("„", "“"), ("é: ", "."), ("(", ")\n"), ("😀", "😀")]
    {
        let text = format!("{before}{number}{after}");
        assert_eq!(found(&text), [(kind, number)], "{text}");
    }
}

fn finds_nothing(text: &str) {
    assert_eq!(found(text), [], "{text}");
}

const ID: &str = "160.000.036.967.704.52";
const CODE: &str = "777bea0e13cc9c42ceec14aec3ddee2263325dc2c6c699db115f58fe423607ea";

fn token() -> String {
    format!("Task/{ID}/$accept?ac={CODE}")
}

#[test]
fn ibans_of_the_registry_are_found() {
    for iban in [
        "AD1200012030200359100100",
        "AE070331234567890123456",
        "AT611904300234573201",
        "BE68539007547034",
        "BR1800360305000010009795493C1",
        "CH9300762011623852957",
        "DE89370400440532013000",
        "ES9121000418450200051332",
        "FR1420041010050500013M02606",
        "GB29NWBK60161331926819",
        "IT60X0542811101000000123456",
        "LC55HEMM000100010012001200023015",
        "MT84MALT011000012345MTLCAST001S",
        "MU17BOMM0101101030300200000MUR",
        "NL91ABNA0417164300",
        "NO9386011117947",
        "QA58DOHB00001234567890ABCDEFG",
        "SC18SSCB11010000000000001497USD",
        "TR330006100519786457841326",
        "XK051212012345678906",
    ] {
        finds(Kind::Iban, iban);
        finds(Kind::Iban, &iban.to_lowercase());
        let groups: Vec<&str> =
            iban.as_bytes().chunks(4).map(|c| str::from_utf8(c).expect("ASCII")).collect();
        for gap in [" ", "-", "\u{a0}", "\u{202f}", " - ", "\u{200b}", "\u{ad}"] {
            finds(Kind::Iban, &groups.join(gap));
        }
    }
    finds(Kind::Iban, "IBANDE89370400440532013000");
    assert_eq!(
        found("IBAN: DE89 3704 0044 0532 0130 00 BIC COBADEFF"),
        [(Kind::Iban, "DE89 3704 0044 0532 0130 00")]
    );
}

#[test]
fn what_only_looks_like_an_iban_is_none() {
    for text in [
        "DE88370400440532013000",
        "DEKB370400440532013000",
        "DE8937040044053201300",
        "DE893704004405320130000",
        "XDE89370400440532013000",
        "ÄDE89370400440532013000",
        "DE89370400440532013000ß",
        "DE89.3704.0044.0532.0130.00",
        "DE89 3704 0044\n0532 0130 00",
        "US89370400440532013000",
        "DE",
        "D",
        "IBAN",
        "iban",
        "DE89",
        "",
    ] {
        finds_nothing(text);
    }
    // Sentences that are as long as an IBAN of Somalia's or Spain's, some of them with right check digits.
    for check in 0..100 {
        finds_nothing(&format!("so {check:02} kommen alle heute ab zu"));
        finds_nothing(&format!("es {check:02} uhr kommen alle zu uns ab"));
    }
}

#[test]
fn card_numbers_of_the_known_issuers_are_found() {
    for card in [
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "5555 5555 5555 4444",
        "2223003122003222",
        "3782 822463 10005",
        "378282246310005",
        "3056 930902 5904",
        "38520000023237",
        "6011 1111 1111 1117",
        "3530111333300000",
        "6200 0000 0000 0005",
        "6759649826438453",
        "6799 9901 0000 0000 019",
    ] {
        finds(Kind::PaymentCard, card);
    }
    assert_eq!(found("4111 1111 1111 1111 12/27 123"), [(Kind::PaymentCard, "4111 1111 1111 1111")]);
    assert_eq!(found("0171 4111 1111 1111 1111"), [(Kind::PaymentCard, "4111 1111 1111 1111")]);
}

#[test]
fn other_long_numbers_are_no_cards() {
    for text in [
        // Luhn's check fails, or the length is none of the issuer's.
        "4111111111111112",
        "41111111111111",
        "411111111111111111",
        // Nobody's head.
        "1111111111111117",
        "9111111111111111",
        // Article numbers, of which one in ten passes Luhn's check.
        "4150000000009",
        "4005900008169",
        // A telephone number, an IMEI, a number of a parcel.
        "+4111111111111111",
        "490154203237518",
        "00340434161094015902",
        // Groups that no card has, parts of words, decimal numbers.
        "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
        "41 11 11 11 11 11 11 11",
        "X4111111111111111",
        "4111111111111111X",
        "0.4111111111111111",
        "4111111111111111,50",
        "4111 1111\n1111 1111",
        // Articles of a pharmacy.
        "PZN 04877800 00838973 27580899 12345678",
        "04877800, 00838973, 27580899",
        // Times and dates.
        "2026-03-29 02:30 4111",
    ] {
        finds_nothing(text);
    }
}

#[test]
fn numbers_of_the_health_insurance_are_found_by_their_check_digit() {
    for number in ["A123456780", "X110411675", "a123456780", "A123 456 780", "A1234567801087654321"] {
        finds(Kind::HealthInsurance, number);
    }
    for text in [
        "A123456781",
        "M310119800",
        "A12345678",
        "A1234567801",
        "AB123456780",
        "ÄA123456780",
        "A 123456780",
        "T 030 123456",
        "A123456780b",
    ] {
        finds_nothing(text);
    }
}

#[test]
fn tax_ids_are_found_by_their_check_digit_and_their_repeated_digit() {
    for number in
        ["36574261809", "36 574 261 809", "12345678995", "65929970489", "47036892816", "12131456787"]
    {
        assert_eq!(found(number).len(), 1, "{number}");
        finds(Kind::TaxId, number);
    }
    for text in [
        "36574261808",
        // Three times in a row, two digits twice, a zero at the beginning, no digit twice.
        "11123456786",
        "11223456785",
        "01234567888",
        "12345678903",
        "365 742 618 09",
        "3657426180",
        "365742618090",
        "+36574261809",
        "36/574/26180",
        "036574261809",
    ] {
        finds_nothing(text);
    }
}

#[test]
fn a_prescription_is_found_however_it_is_written() {
    let token = token();
    let encoded = token.replace('/', "%2F").replace('$', "%24").replace('?', "%3F").replace('=', "%3D");
    let twice = encoded.replace('%', "%25");
    let all: String = token.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let broken = token.as_bytes().chunks(23).map(|c| str::from_utf8(c).expect("ASCII")).collect::<Vec<_>>();
    for text in [
        token.clone(),
        format!("{{\"urls\":[\"{token}\"]}}"),
        format!("{{\"urls\":[\"{}\"]}}", token.replace('/', "\\/")),
        format!("https://erp.example/{token}"),
        format!("https://x.example/?t={encoded}&b=1"),
        format!("https://x.example/?t={twice}"),
        all,
        broken.join("\n"),
        broken.join("\r\n> > "),
        broken.join("\u{200b}"),
        broken.join("%0D%0A"),
        token.to_uppercase(),
        token.replace('.', ""),
        // A token of a sample: its check digits are wrong.
        token.replace(".52", ".01"),
        token.replace(".52", ".01").replace("Task", "Ta\nsk"),
        format!("Rezept {ID}, Code {CODE}"),
        format!("Rezept {} Code: {}", ID.replace('.', " "), CODE.to_uppercase()),
        format!("Code {CODE} für das Rezept {ID}."),
        format!("Grüße! 😀 {token} 😀"),
    ] {
        let findings = find(&text, Asked::NOTHING);
        assert_eq!(findings.len(), 1, "{text}");
        assert!(findings[0].kind.is_refused());
        assert!(text.get(findings[0].range.clone()).is_some_and(|part| part.len() >= 64 + 17), "{text}");
    }
    assert_eq!(found(&format!("ab {token} cd")), [(Kind::Prescription, token.as_str())]);
    let three = format!("{{\"urls\":[\"{token}\",\"{token}\",\"{token}\"]}}");
    assert_eq!(found(&three), [(Kind::Prescription, token.as_str()); 3]);
}

#[test]
fn what_opens_no_prescription_is_none() {
    let far = " ".repeat(520);
    for text in [
        ID.to_owned(),
        CODE.to_owned(),
        format!("Task/{ID}/$accept?ac={}", &CODE[1..]),
        format!("Task/{ID}/$accept?ac={CODE}0"),
        format!("Task/{ID}"),
        // Without "Task/", wrong check digits are no id.
        format!("{} {CODE}", ID.replace(".52", ".53")),
        format!("{ID}{far}{CODE}"),
        format!("{ID}9 {CODE}"),
        format!("sha256 {CODE} of version 160.0.0 and {CODE}"),
    ] {
        finds_nothing(&text);
    }
}

#[test]
fn only_what_was_asked_for_is_told_and_prescriptions_always() {
    let text = format!("DE89370400440532013000 4111111111111111 A123456780 36574261809 {}", token());
    let kinds = |asked| find(&text, asked).into_iter().map(|finding| finding.kind).collect::<Vec<_>>();
    let all = [Kind::Iban, Kind::PaymentCard, Kind::HealthInsurance, Kind::TaxId, Kind::Prescription];
    assert_eq!(kinds(Asked::EVERYTHING), all);
    assert_eq!(kinds(Asked::NOTHING), [Kind::Prescription]);
    assert_eq!(kinds(Asked::TAX_ID.with(Asked::IBAN)), [Kind::Iban, Kind::TaxId, Kind::Prescription]);
    assert_eq!(kinds(Asked::EVERYTHING.without(Asked::IBAN))[0], Kind::PaymentCard);
    assert_eq!(all.map(Kind::is_refused), [false, false, false, false, true]);
    assert!(Asked::EVERYTHING.contains(Asked::TAX_ID) && !Asked::IBAN.contains(Asked::TAX_ID));
    assert_eq!(kuvert_wire::encode(&Asked::EVERYTHING), [0x0f]);
    assert_eq!(kuvert_wire::decode(&[0x18, 0xff], 2).map(|a: Asked| a.contains(Asked::EVERYTHING)), Ok(true));
}

#[test]
fn what_is_recognised_as_one_kind_is_never_taken_for_another() {
    // The account's digits alone would pass as a card of Maestro's.
    let iban = "DE89 5018 0000 0000 0009 09";
    assert_eq!(found(&iban[5..24]), [(Kind::PaymentCard, &iban[5..24])]);
    assert_eq!(found(iban), [(Kind::Iban, iban)]);
    assert_eq!(find(iban, Asked::PAYMENT_CARD), []);
    // Nor is anything looked for inside of a prescription, or across its edge.
    let text = format!("{ID} DE89370400440532013000 {CODE} 4111111111111111");
    let kinds: Vec<Kind> = found(&text).into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, [Kind::Prescription, Kind::PaymentCard]);
    assert_eq!(found("4004 1111 11111 160"), [(Kind::PaymentCard, "4004 1111 11111 160")]);
    let text = format!("4004 1111 11111 {} {CODE}", ID.replace('.', " "));
    let kinds: Vec<Kind> = found(&text).into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, [Kind::Prescription]);
}

#[test]
fn any_text_is_looked_through_without_harm_and_in_time() {
    let pieces = [
        "DE", "89", " ", "-", "é", "😀", "%", "%2", "%25", "\u{301}", "\n", "4111", "Task/", "a", ".",
        "\u{200b}", "\\", "\"", ID, CODE, "IBAN", "0", "X", "%e4", "ß", "\u{a0}", "+",
    ];
    let mut seed = 1_u64;
    for _ in 0..2000 {
        let mut text = String::new();
        for _ in 0..12 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(pieces[(seed >> 33) as usize % pieces.len()]);
        }
        found(&text);
    }
    for piece in pieces {
        found(&piece.repeat(16 * 1024 / piece.len()));
        found(&format!("{piece} ").repeat(16 * 1024 / (piece.len() + 1)));
    }
}

#[test]
fn findings_are_bounded_and_prescriptions_come_first() {
    let text = format!("{}{}", "4111111111111111 ".repeat(MAX_FINDINGS + 9), token());
    let findings = find(&text, Asked::EVERYTHING);
    assert_eq!(findings.len(), MAX_FINDINGS);
    assert_eq!(findings.last().map(|finding| finding.kind), Some(Kind::Prescription));
    assert_eq!(find(&format!("{} ", token()).repeat(99), Asked::NOTHING).len(), MAX_FINDINGS);
}
