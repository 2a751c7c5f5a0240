//! A line's poster: its name, a sentence, the QR code of its link and its address, as a PDF of one page to print and put up.
//!
//! The page is vectors and two of the fonts that every PDF reader has by itself, Helvetica and Helvetica-Bold. Print shops that
//! ask for embedded fonts have to be told. Texts are set in the characters of Windows-1252, which has German and its neighbours
//! to the west; any other becomes a question mark.
//!
//! All lengths are hundredths of a point (1/72 inch) and integers: the same poster is the same bytes everywhere.

mod file;
mod text;

use qrcode::{Color, EcLevel, QrCode};

use file::Page;
use text::{Face, Line};

/// Longest link and address, in bytes. A code of a longer one has modules too small for a camera that is a step away.
pub const MAX_LINK: usize = 512;

/// What stands on a poster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Poster {
    /// What the line is called. Set smaller if it is long, and cut where three lines are not enough.
    pub name: String,
    /// What the poster is for, in the reader's language. Cut where four lines are not enough.
    pub sentence: String,
    /// What the QR code says.
    pub link: String,
    /// The link as people read it and type it.
    pub address: String,
}

/// The size of the paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Size {
    /// 210 mm × 297 mm: for a door or a window.
    A4,
    /// 105 mm × 148 mm: for a counter.
    A6,
}

/// Why there is no poster. What was handed in has to be shorter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PosterError {
    /// Longer than [`MAX_LINK`].
    #[error("a link of {size} bytes, where at most {MAX_LINK} fit")]
    LinkTooLong {
        /// Bytes of the link.
        size: usize,
    },
    /// The address does not fit on three lines. It is not cut: nobody could use it.
    #[error("an address that does not fit on three lines")]
    AddressTooLong,
}

/// Width and height of A4. A6 is half of it, but for half a millimetre.
const A4: (i32, i32) = (59_528, 84_189);
const A6: (i32, i32) = (29_764, 41_953);
/// From the paper's edge to the frame.
const FRAME: i32 = 3_400;
/// How wide texts may be.
const MEASURE: i32 = A4.0 - 2 * 8_000;
/// Width and height of the QR code, at most.
const CODE: i32 = 28_000;
/// The envelope's height on the page, and how much its drawing is scaled.
const MARK: (i32, i32) = (6_400, 95);

const INK: &str = "0.133 0.216 0.373 rg";
const SOFT: &str = "0.325 0.365 0.451 rg";
const BLACK: &str = "0 g";
/// The frame: thin, in the colour of paper's edge.
const FRAME_PEN: &str = "0.8 w 0.518 0.478 0.4 RG";
/// An envelope with a seal, drawn from above downwards in a box of 96 × 76.
const ENVELOPE: &str = "2.4 w 1 J 1 j 0.133 0.216 0.373 RG 2 6 92 64 re S\n\
    1.6 w 3 69 m 38 38 l S 93 69 m 58 38 l S\n\
    2.4 w 3 8 m 44 45 l 46.3 47 49.7 47 52 45 c 93 8 l S\n\
    0.659 0.196 0.165 rg 63 44 m 63 52.3 56.3 59 48 59 c 39.7 59 33 52.3 33 44 c\n\
    33 35.7 39.7 29 48 29 c 56.3 29 63 35.7 63 44 c f\n\
    2.8 w 1 1 1 RG 44.5 37.5 m 44.5 50.5 l S 52.5 37.5 m 45 44 l 52.5 50.5 l S\n";

/// Makes the poster, as a file of `application/pdf`.
///
/// # Errors
/// [`PosterError`] if the link or the address is too long.
pub fn pdf(poster: &Poster, size: Size) -> Result<Vec<u8>, PosterError> {
    let too_long = PosterError::LinkTooLong { size: poster.link.len() };
    if poster.link.len() > MAX_LINK {
        return Err(too_long);
    }
    let code = QrCode::with_error_correction_level(&poster.link, EcLevel::M).map_err(|_| too_long)?;
    let name = Block::fitted(&poster.name, Face::Bold, &[4_000, 3_600, 3_200, 2_800, 2_400], 2)
        .unwrap_or_else(|| Block::cut(&poster.name, Face::Bold, 2_400, 3));
    let sentence = Block::fitted(&poster.sentence, Face::Regular, &[2_000, 1_800, 1_600], 3)
        .unwrap_or_else(|| Block::cut(&poster.sentence, Face::Regular, 1_500, 4));
    let address = Block::fitted(&poster.address, Face::Regular, &[1_800, 1_600, 1_400], 1)
        .or_else(|| Block::within(&poster.address, Face::Regular, 1_400, 3))
        .filter(|_| poster.address.len() <= MAX_LINK)
        .ok_or(PosterError::AddressTooLong)?;

    let mut page = Page::new(if size == Size::A4 { A4 } else { A6 });
    if size == Size::A6 {
        // Half the size, and moved down by half of what A6 is less high.
        page.draw(format_args!("0.5 0 0 0.5 0 -0.7 cm"));
    }
    frame(&mut page);
    // The whole stands in the middle of the page.
    let gaps = [3_600, 1_300, 3_200, 2_000];
    let height =
        MARK.0 + name.height() + sentence.height() + CODE + address.height() + gaps.iter().sum::<i32>();
    let mut top = (A4.1 + height) / 2;
    envelope(&mut page, top);
    top -= MARK.0 + gaps[0];
    name.set(&mut page, INK, top);
    top -= name.height() + gaps[1];
    sentence.set(&mut page, SOFT, top);
    top -= sentence.height() + gaps[2];
    squares(&mut page, &code, top);
    top -= CODE + gaps[3];
    address.set(&mut page, INK, top);
    Ok(page.finish(&poster.name))
}

fn frame(page: &mut Page) {
    page.draw(format_args!("{FRAME_PEN}"));
    page.rectangle(FRAME, FRAME, A4.0 - 2 * FRAME, A4.1 - 2 * FRAME);
    page.draw(format_args!("S"));
}

fn envelope(page: &mut Page, top: i32) {
    let left = (A4.0 - 96 * MARK.1) / 2;
    page.draw(format_args!(
        "q {0} 0 0 -{0} {1} {2} cm",
        file::Length(MARK.1),
        file::Length(left),
        file::Length(top)
    ));
    page.draw(format_args!("{ENVELOPE}Q"));
}

/// Draws the dark modules of a code as one shape, so that no reader shows seams between them. The page is its quiet zone.
fn squares(page: &mut Page, code: &QrCode, top: i32) {
    let colors = code.to_colors();
    let width = code.width();
    let count = i32::try_from(width).unwrap_or(i32::MAX).max(1);
    let module = CODE / count;
    let left = (A4.0 - module * count) / 2;
    page.draw(format_args!("{BLACK}"));
    let mut y = top;
    for line in colors.chunks(width.max(1)) {
        y -= module;
        let mut x = left;
        for run in line.chunk_by(|a, b| a == b) {
            let length = module * i32::try_from(run.len()).unwrap_or(0);
            if run.first() == Some(&Color::Dark) {
                page.rectangle(x, y, length, module);
            }
            x += length;
        }
    }
    page.draw(format_args!("f"));
}

/// Lines of one text in one size, each in the middle of the page.
struct Block {
    lines: Vec<Line>,
    face: Face,
    size: i32,
}

impl Block {
    /// In the first of the sizes in which the text fits on so many lines without dividing a word.
    fn fitted(text: &str, face: Face, sizes: &[i32], lines: usize) -> Option<Self> {
        let block = |size: &i32| {
            let block = Self::within(text, face, *size, lines)?;
            (!block.lines.iter().any(|line| line.is_divided)).then_some(block)
        };
        sizes.iter().find_map(block).map(|block| block.balanced(text))
    }

    /// On at most so many lines, words divided where they are longer than one.
    fn within(text: &str, face: Face, size: i32, lines: usize) -> Option<Self> {
        let broken = text::broken(text, face, MEASURE * 1000 / size, lines + 1);
        (broken.len() <= lines).then_some(Self { lines: broken, face, size })
    }

    /// On so many lines, and cut where that is not enough.
    fn cut(text: &str, face: Face, size: i32, lines: usize) -> Self {
        let measure = MEASURE * 1000 / size;
        let mut broken = text::broken(text, face, measure, lines + 1);
        if broken.len() <= lines {
            return Self { lines: broken, face, size }.balanced(text);
        }
        broken.truncate(lines);
        if let Some(last) = broken.last_mut() {
            last.cut(face, measure);
        }
        Self { lines: broken, face, size }
    }

    /// With lines of about the same length, as far as their number stays the same and no word is divided for it.
    fn balanced(mut self, text: &str) -> Self {
        let mut measure = MEASURE * 1000 / self.size;
        let step = measure / 32;
        loop {
            measure -= step;
            let narrower = text::broken(text, self.face, measure, self.lines.len() + 1);
            let is_same = narrower.len() == self.lines.len() && !narrower.iter().any(|line| line.is_divided);
            if measure < step || !is_same {
                return self;
            }
            self.lines = narrower;
        }
    }

    const fn leading(&self) -> i32 {
        self.size * 5 / 4
    }

    fn height(&self) -> i32 {
        self.leading() * i32::try_from(self.lines.len()).unwrap_or(0)
    }

    fn set(&self, page: &mut Page, color: &str, top: i32) {
        let mut y = top;
        for line in &self.lines {
            y -= self.leading();
            let width = text::width(&line.letters, self.face) * self.size / 1000;
            // The baseline is above the lower edge of the line by what letters such as g reach down.
            let baseline = y + self.size / 4;
            page.text(&line.letters, self.face, self.size, color, (A4.0 - width) / 2, baseline);
        }
    }
}

#[cfg(test)]
mod tests;
