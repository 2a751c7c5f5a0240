//! Numbers with check digits: IBAN, payment card, health insurance, tax id.

use super::Kind;
use super::scan::{Scan, Sign};

/// Most letters and digits of a number that is looked for: an IBAN of Russia, and that word before it.
const MAX_SIGNS: usize = 37;
/// Most separating characters between two groups.
const MAX_GAP: usize = 3;

/// Country codes and the lengths of their IBANs, by the registry that SWIFT keeps for ISO 13616 (release 100).
const IBANS: &[u8] = b"AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29\
ES24FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25\
MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25\
SV28TL23TN24TR26UA29VA22VG24XK20YE30";

/// Letters and digits from a place on, without what separates them, and where each of them ends.
struct Signs {
    letters: [u8; MAX_SIGNS],
    ends: [usize; MAX_SIGNS],
    /// Whether the sign is the last of its group: a gap or the end of the number follows.
    is_last: [bool; MAX_SIGNS],
    count: usize,
}

impl Signs {
    fn read(mut scan: Scan<'_>) -> Self {
        let mut signs =
            Self { letters: [0; MAX_SIGNS], ends: [0; MAX_SIGNS], is_last: [false; MAX_SIGNS], count: 0 };
        let mut gap = 0;
        while let Some((sign, end)) = scan.next() {
            match sign {
                Sign::Word(letter) if signs.count < MAX_SIGNS => {
                    signs.letters[signs.count] = letter;
                    signs.ends[signs.count] = end;
                    signs.is_last[signs.count] = !scan.peek().is_some_and(Sign::is_word);
                    signs.count += 1;
                    gap = 0;
                }
                Sign::Gap if gap < MAX_GAP => gap += 1,
                _ => break,
            }
        }
        signs
    }

    /// The first `count` of them, if there are so many and a group ends there.
    fn whole(&self, count: usize) -> Option<&[u8]> {
        let ends = count <= self.count && *self.is_last.get(count.checked_sub(1)?)?;
        ends.then_some(&self.letters[..count])
    }

    /// How many digits stand here from `from` on, at most up to `to`.
    fn digits(&self, from: usize, to: usize) -> usize {
        let letters = self.letters.get(from..to.min(self.count)).unwrap_or_default();
        letters.iter().take_while(|letter| letter.is_ascii_digit()).count()
    }

    /// How long the groups of the first `count` signs are.
    fn groups(&self, count: usize) -> impl Iterator<Item = usize> {
        let mut begin = 0;
        self.is_last.iter().take(count).enumerate().filter(|(_, is_last)| **is_last).map(move |(at, _)| {
            let length = at + 1 - begin;
            begin = at + 1;
            length
        })
    }
}

/// The number that begins at a place, and where it ends.
pub(super) fn at(scan: &Scan<'_>) -> Option<(Kind, usize)> {
    let Some(Sign::Word(first)) = scan.peek() else { return None };
    if !scan.begins_word() {
        return None;
    }
    let signs = Signs::read(*scan);
    let (kind, count) = if first.is_ascii_digit() {
        if continues_number(scan) {
            return None;
        }
        card(&signs)
            .map(|count| (Kind::PaymentCard, count))
            .or_else(|| is_tax_id(&signs).then_some((Kind::TaxId, 11)))?
    } else {
        iban(&signs)
            .map(|count| (Kind::Iban, count))
            .or_else(|| health_insurance(&signs).map(|count| (Kind::HealthInsurance, count)))?
    };
    let end = *signs.ends.get(count.checked_sub(1)?)?;
    (!is_continued(*scan, end)).then_some((kind, end))
}

/// Whether what begins here is the end of a decimal number, or a telephone number.
fn continues_number(scan: &Scan<'_>) -> bool {
    match scan.before() {
        [Some(Sign::Other('+')), _] => true,
        [Some(Sign::Other('.' | ',')), Some(before)] => before.is_digit(),
        _ => false,
    }
}

/// Whether a number goes on as a decimal one.
fn is_continued(mut scan: Scan<'_>, end: usize) -> bool {
    scan.skip_to(end);
    matches!(scan.next(), Some((Sign::Other('.' | ','), _))) && scan.peek().is_some_and(Sign::is_digit)
}

/// How many signs are an IBAN, a word `IBAN` directly before it included.
fn iban(signs: &Signs) -> Option<usize> {
    let before = if signs.letters.starts_with(b"iban") && !signs.is_last[3] { 4 } else { 0 };
    let country =
        [signs.letters[before], signs.letters[before + 1]].map(|letter| letter.to_ascii_uppercase());
    let entry = IBANS.as_chunks::<4>().0.iter().find(|entry| entry[..2] == country)?;
    let length = usize::from(entry[2] - b'0') * 10 + usize::from(entry[3] - b'0');
    let number = signs.whole(before + length)?.get(before..)?;
    let (head, account) = number.split_at_checked(4)?;
    let has_digits = account.iter().filter(|letter| letter.is_ascii_digit()).count() >= 8;
    let is_checked = head[2..].iter().all(u8::is_ascii_digit);
    // ISO 7064 MOD 97-10 over the number with its head last, letters counting from 10 on.
    let rest = account.iter().chain(head).fold(0_u32, |rest, letter| match letter {
        b'0'..=b'9' => (rest * 10 + u32::from(letter - b'0')) % 97,
        _ => (rest * 100 + u32::from(letter - b'a') + 10) % 97,
    });
    (has_digits && is_checked && rest == 1).then_some(before + length)
}

/// How many signs are the number of a payment card.
fn card(signs: &Signs) -> Option<usize> {
    let digits = signs.digits(0, 20);
    (14..=19.min(digits)).rev().find(|count| {
        signs.whole(*count).is_some_and(|number| is_issued(number) && luhn(number))
            && signs.groups(*count).all(|group| group >= 3)
    })
}

/// Whether card numbers begin like this one, and are as long.
fn is_issued(number: &[u8]) -> bool {
    let head = number[..6].iter().fold(0_u32, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    match (head / 100, number.len()) {
        // Visa.
        (4000..=4999, 16 | 19) => true,
        // Mastercard.
        (5100..=5599, 16) => true,
        (2221..=2720, 16) => true,
        // American Express.
        (3400..=3499 | 3700..=3799, 15) => true,
        // Diners Club.
        (3000..=3059 | 3095 | 3600..=3699 | 3800..=3999, 14 | 16 | 19) => true,
        // JCB.
        (3528..=3589, 16..=19) => true,
        // Discover and UnionPay.
        (6011 | 6200..=6299 | 6440..=6599 | 8100..=8171, 16..=19) => true,
        // Maestro and girocard.
        (5018 | 5020 | 5038 | 5600..=5899 | 6304 | 6390 | 6700..=6799, 16 | 18 | 19) => true,
        // Mir and Troy.
        (2200..=2204, 16..=19) | (9792, 16) => true,
        _ => false,
    }
}

/// Luhn's check (ISO/IEC 7812-1, annex B).
fn luhn(number: &[u8]) -> bool {
    let digits = number.iter().rev().map(|digit| u32::from(digit - b'0'));
    let sum: u32 = digits.zip([1, 2].into_iter().cycle()).map(|(digit, weight)| cross(digit * weight)).sum();
    sum.is_multiple_of(10)
}

/// The sum of the two digits of a number below 100.
const fn cross(number: u32) -> u32 {
    number / 10 + number % 10
}

/// How many signs are a number of the health insurance: a letter and nine digits, and what cards print behind them.
fn health_insurance(signs: &Signs) -> Option<usize> {
    // Directly after the letter, so that "T 030 123456" is none.
    if signs.is_last[0] {
        return None;
    }
    let count = [30, 20, 10].into_iter().find(|count| {
        let ends = signs.whole(*count).is_some();
        ends && signs.digits(1, *count) == count - 1
    })?;
    // The letter counts as two digits, A as 01.
    let letter = u32::from(signs.letters[0] - b'a') + 1;
    let digits = signs.letters[1..10].iter().map(|digit| u32::from(digit - b'0'));
    let numbers = [letter / 10, letter % 10].into_iter().chain(digits.take(8));
    let sum: u32 = numbers.zip([1, 2].into_iter().cycle()).map(|(digit, weight)| cross(digit * weight)).sum();
    (sum % 10 == u32::from(signs.letters[9] - b'0')).then_some(count)
}

/// Whether the first eleven signs are a tax id.
fn is_tax_id(signs: &Signs) -> bool {
    let Some(number) = signs.whole(11) else { return false };
    let is_written = signs.groups(11).eq([11]) || signs.groups(11).eq([2, 3, 3, 3]);
    if !is_written || signs.digits(0, 11) != 11 || number[0] == b'0' {
        return false;
    }
    let mut counts = [0_u8; 10];
    for digit in &number[..10] {
        counts[usize::from(digit - b'0')] += 1;
    }
    counts.sort_unstable();
    let repeats = matches!(counts, [.., 1, 2] | [.., 1, 3]);
    let in_a_row = number[..10].windows(3).any(|three| three[0] == three[1] && three[1] == three[2]);
    // ISO 7064 MOD 11,10.
    let rest = number[..10].iter().fold(10, |rest, digit| {
        let sum = (u32::from(digit - b'0') + rest) % 10;
        (if sum == 0 { 20 } else { 2 * sum }) % 11
    });
    repeats && !in_a_row && (11 - rest) % 10 == u32::from(number[10] - b'0')
}
