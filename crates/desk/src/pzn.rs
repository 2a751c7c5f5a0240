//! Pharmaceutical product numbers (Pharmazentralnummer, PZN) of Germany.
//!
//! A valid check digit says that a number was not mistyped. It does not say that the product exists: screens show such a
//! number as not looked up.
//!
//! Packages carry the number together with a serial number that is unique to the package. What is scanned is searched for
//! the PZN, and the rest is dropped here.

use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

use crate::form::limits::MAX_SCAN;

/// A PZN of eight digits, the last of which checks the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pzn(u32);

/// Why this is no PZN, and what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PznError {
    /// Nothing was given, or more than any code holds.
    #[error("type the eight digits that stand beside `PZN` on the package")]
    Empty,
    /// Something else than digits.
    #[error("a PZN has digits only; take out everything else")]
    NotDigits,
    /// Too few or too many digits.
    #[error("a PZN has eight digits, an old one seven, and this has {0}; compare it with the package")]
    Length(usize),
    /// The last digit does not fit the others.
    #[error("a digit is wrong; compare the number with the package")]
    CheckDigit,
    /// The check digit fits, but such a number was never given to a product.
    #[error("no product has this number; compare it with the package")]
    NeverIssued,
    /// A code was scanned that holds no PZN, or a damaged one.
    #[error("this code holds no PZN; type the eight digits that stand beside `PZN` on the package")]
    NotInCode,
}

/// Separates the elements of a scanned code.
const GROUP: char = '\u{1d}';
/// How a GS1 number begins that holds a PZN: 0 and the country prefix of PZNs.
const NTIN: &str = "04150";

impl Pzn {
    /// Reads what a person typed or a scanner gave: `04877800`, `PZN-0487 7800`, `-04877800`, seven digits of an old number, or
    /// the content of a package's code, of which only the PZN is taken.
    ///
    /// # Errors
    /// [`PznError`] says what is wrong and what to do.
    pub fn parse(input: &str) -> Result<Self, PznError> {
        if input.len() > MAX_SCAN {
            return Err(PznError::Empty);
        }
        if let Some(code) = Code::of(input) {
            return code.pzn().ok_or(PznError::NotInCode);
        }
        let typed: String = input.chars().filter(|c| !is_filler(*c)).collect();
        let start = typed.get(..3).filter(|start| start.eq_ignore_ascii_case("pzn")).map_or(0, str::len);
        let digits = &typed[start..];
        match digits.len() {
            0 => Err(PznError::Empty),
            _ if !is_digits(digits) => Err(PznError::NotDigits),
            7 | 8 => digits.parse().map_err(|_| PznError::NotDigits).and_then(Self::checked),
            14 => ntin(digits).ok_or(PznError::Length(14)),
            other => Err(PznError::Length(other)),
        }
    }

    /// The number; its leading zeros are not seen.
    pub const fn number(self) -> u32 {
        self.0
    }

    fn checked(number: u32) -> Result<Self, PznError> {
        if number > 99_999_999 {
            return Err(PznError::Length(9));
        }
        let digit = |place: u32| number / 10_u32.pow(8 - place) % 10;
        let remainder = (1..=7).map(|place| place * digit(place)).sum::<u32>() % 11;
        match remainder {
            // Numbers with this remainder have no check digit.
            10 => Err(PznError::NeverIssued),
            _ if remainder != digit(8) => Err(PznError::CheckDigit),
            _ if number == 0 => Err(PznError::NeverIssued),
            _ => Ok(Self(number)),
        }
    }
}

/// White space, hyphens and the like, which people put between digits.
fn is_filler(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '-' | '.' | ':' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{200b}' | '\u{feff}')
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The content of a package's code.
enum Code<'a> {
    /// MH10.8.2 (securPharm's PPN behind the identifier `9N`), or a bare PPN.
    Ppn(&'a str),
    /// GS1, elements one behind the other.
    Gs1(&'a str),
    /// GS1 as it is printed, with identifiers in brackets.
    Printed(&'a str),
}

impl<'a> Code<'a> {
    /// `None` if it was rather typed.
    fn of(input: &'a str) -> Option<Self> {
        let input = input.trim_matches([' ', '\t', '\r', '\n']);
        // What a scanner says about the kind of code: `]d2`, `]C1`.
        let scanned = input.strip_prefix(']').and_then(|rest| rest.get(2..));
        let body = scanned.unwrap_or(input).trim_start_matches(GROUP);
        let elements = body.strip_prefix("[)>\u{1e}06\u{1d}").unwrap_or(body);
        if let Some(at) = elements.split(GROUP).find_map(|element| element.strip_prefix("9N")) {
            return Some(Self::Ppn(at));
        }
        if body.len() == 12 && body.starts_with("11") && is_digits(body) {
            return Some(Self::Ppn(body));
        }
        if let Some((_, printed)) = body.split_once("(01)") {
            return Some(Self::Printed(printed));
        }
        let is_code =
            scanned.is_some() || input.contains(GROUP) || (body.len() >= 16 && body.starts_with("01"));
        is_code.then_some(Self::Gs1(body))
    }

    fn pzn(&self) -> Option<Pzn> {
        match self {
            Self::Ppn(text) => ppn(text.get(..12)?),
            Self::Printed(text) => ntin(text.trim_start().get(..14)?),
            Self::Gs1(text) => find_ntin(text),
        }
    }
}

/// Walks GS1 elements until the one with the article's number. Others have a length of their own, or end at a separator.
fn find_ntin(mut text: &str) -> Option<Pzn> {
    loop {
        text = text.trim_start_matches(GROUP);
        let (identifier, rest) = (text.get(..2)?, text.get(2..)?);
        text = match identifier {
            "01" => return ntin(rest.get(..14)?),
            "11" | "12" | "13" | "15" | "17" => rest.get(6..)?,
            _ => rest.split_once(GROUP)?.1,
        };
    }
}

/// The PZN in a PPN: `11`, eight digits, and two that check these ten.
fn ppn(text: &str) -> Option<Pzn> {
    if !is_digits(text) || text.len() != 12 || !text.starts_with("11") {
        return None;
    }
    let sum: u32 = (2..).zip(text[..10].bytes()).map(|(weight, byte)| weight * u32::from(byte)).sum();
    let check: u32 = text[10..].parse().ok()?;
    (sum % 97 == check).then(|| Pzn::checked(text[2..10].parse().ok()?).ok())?
}

/// The PZN in an NTIN: the prefix, eight digits, and one that checks these thirteen.
fn ntin(text: &str) -> Option<Pzn> {
    if !is_digits(text) || text.len() != 14 || !text.starts_with(NTIN) {
        return None;
    }
    let sum: u32 =
        [3, 1].iter().cycle().zip(text.bytes()).map(|(weight, byte)| weight * u32::from(byte - b'0')).sum();
    // The check digit stands at a place of weight 1.
    sum.is_multiple_of(10).then(|| Pzn::checked(text[5..13].parse().ok()?).ok())?
}

impl std::fmt::Display for Pzn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:08}", self.0)
    }
}

impl std::str::FromStr for Pzn {
    type Err = PznError;

    fn from_str(text: &str) -> Result<Self, PznError> {
        Self::parse(text)
    }
}

impl<C> Encode<C> for Pzn {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.u32(self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Pzn {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        Self::checked(d.u32()?).map_err(|_| decode::Error::message("not a PZN"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &str) -> Result<String, PznError> {
        Pzn::parse(input).map(|pzn| pzn.to_string())
    }

    #[test]
    fn a_pzn_is_read_as_people_write_it() {
        for input in [
            "04877800",
            "4877800",
            "PZN-0487 7800",
            "-04877800",
            "PZN 04877800",
            "pzn: 0487\u{a0}7800",
            " PZN\u{2011}04877800\n",
            "0 4 8 7 7 8 0 0",
        ] {
            assert_eq!(read(input).as_deref(), Ok("04877800"), "{input:?}");
        }
        assert_eq!(read("27580899").as_deref(), Ok("27580899"));
        assert_eq!(read("00838973").as_deref(), Ok("00838973"));
        assert_eq!(read("838973"), Err(PznError::Length(6)));
    }

    #[test]
    fn what_is_no_pzn_is_refused_with_what_to_do() {
        for (input, expected) in [
            ("11163766", PznError::CheckDigit),
            ("00000000", PznError::NeverIssued),
            ("0000000", PznError::NeverIssued),
            // 5 · 2 leaves 10, for which there is no digit.
            ("00002000", PznError::NeverIssued),
            ("", PznError::Empty),
            ("PZN", PznError::Empty),
            ("123456789", PznError::Length(9)),
            ("0487780O", PznError::NotDigits),
            ("٠٤٨٧٧٨٠٠", PznError::NotDigits),
            ("pßn04877800", PznError::NotDigits),
        ] {
            assert_eq!(read(input), Err(expected), "{input:?}");
        }
        assert_eq!(Pzn::parse(&"0".repeat(MAX_SCAN + 1)), Err(PznError::Empty));
    }

    #[test]
    fn one_wrong_digit_is_always_found() {
        for place in 0..8 {
            for digit in b'0'..=b'9' {
                let mut wrong = b"04877800".to_vec();
                let is_wrong = wrong[place] != digit;
                wrong[place] = digit;
                let wrong = String::from_utf8(wrong).expect("digits");
                assert_eq!(Pzn::parse(&wrong).is_err(), is_wrong, "{wrong}");
            }
        }
    }

    #[test]
    fn only_the_pzn_is_taken_from_a_scanned_code() {
        for input in [
            "110375286414",
            "9N110375286414",
            "9N110375286414SA1B2C3D4E5F6G7",
            "[)>\u{1e}06\u{1d}9N110375286414\u{1d}1T12345ABCD\u{1d}D270617\u{1d}S12345ABCDEF98765\u{1e}\u{4}",
            "[)>\u{1e}06\u{1d}SA1B2\u{1d}9N110375286414\u{1e}\u{4}",
            "0104150037528643",
            "010415003752864317270600101A234\u{1d}21SERIAL",
            "]d2\u{1d}21SERIAL\u{1d}1727060001041500375286431012",
            "(01)04150037528643(21)12345ABCDEF98765",
            "04150037528643",
        ] {
            assert_eq!(read(input).as_deref(), Ok("03752864"), "{input:?}");
        }
    }

    #[test]
    fn a_damaged_code_and_one_of_something_else_hold_no_pzn() {
        for input in [
            "9N110375286415",
            "9N11037528",
            "9N11037528641ß",
            "0104150037528644",
            "0104150037528648",
            "0104012345678901",
            "]d2",
            "]d2\u{1d}",
            "(01)",
            "21SERIAL\u{1d}",
            "\u{1d}17",
        ] {
            assert_eq!(read(input), Err(PznError::NotInCode), "{input:?}");
        }
    }

    #[test]
    fn a_pzn_from_outside_is_checked() {
        let pzn = Pzn::parse("04877800").expect("valid");
        assert_eq!(kuvert_wire::decode::<Pzn>(&kuvert_wire::encode(&pzn), 9), Ok(pzn));
        for number in [4_877_801_u32, 0, 100_000_000, u32::MAX] {
            assert!(kuvert_wire::decode::<Pzn>(&kuvert_wire::encode(&number), 9).is_err(), "{number}");
        }
    }
}
