//! A PDF file of one page (ISO 32000-1), as little of it as a poster needs.

use std::fmt::{Arguments, Display, Write};

use super::text::Face;

/// A length in hundredths of a point, as PDF writes it.
pub(super) struct Length(pub(super) i32);

impl Display for Length {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, part) = (self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100);
        match part {
            0 => write!(f, "{sign}{whole}"),
            _ => write!(f, "{sign}{whole}.{part:02}"),
        }
    }
}

/// Bytes in hexadecimal digits, as a PDF string.
struct Hex<'a>(&'a [u8]);

impl Display for Hex<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_char('<')?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_char('>')
    }
}

/// A page while it is drawn.
pub(super) struct Page {
    size: (i32, i32),
    content: String,
}

impl Page {
    /// An empty page.
    pub(super) const fn new(size: (i32, i32)) -> Self {
        Self { size, content: String::new() }
    }

    /// Appends operators.
    pub(super) fn draw(&mut self, operators: Arguments<'_>) {
        // Writing to a string does not fail.
        let _ = self.content.write_fmt(operators);
        self.content.push('\n');
    }

    /// Appends a rectangle to the shape, by its lower left corner.
    pub(super) fn rectangle(&mut self, x: i32, y: i32, width: i32, height: i32) {
        self.draw(format_args!("{} {} {} {} re", Length(x), Length(y), Length(width), Length(height)));
    }

    /// Sets a line of Windows-1252 with its first letter at a place.
    pub(super) fn text(&mut self, letters: &[u8], face: Face, size: i32, color: &str, x: i32, y: i32) {
        let font = if face == Face::Bold { "F2" } else { "F1" };
        let (size, x, y) = (Length(size), Length(x), Length(y));
        self.draw(format_args!("{color} BT /{font} {size} Tf {x} {y} Td {} Tj ET", Hex(letters)));
    }

    /// The file, with a title for the reader's window.
    pub(super) fn finish(self, title: &str) -> Vec<u8> {
        let (width, height) = (Length(self.size.0), Length(self.size.1));
        let title: Vec<u8> =
            [0xfe, 0xff].into_iter().chain(title.encode_utf16().flat_map(u16::to_be_bytes)).collect();
        let font = |name| format!("<</Type/Font/Subtype/Type1/BaseFont/{name}/Encoding/WinAnsiEncoding>>");
        let objects = [
            "<</Type/Catalog/Pages 2 0 R/ViewerPreferences<</DisplayDocTitle true>>>>".to_owned(),
            "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
            format!(
                "<</Type/Page/Parent 2 0 R/MediaBox[0 0 {width} {height}]/Contents 4 0 R\
                /Resources<</Font<</F1 5 0 R/F2 6 0 R>>>>>>"
            ),
            format!("<</Length {}>>\nstream\n{}endstream", self.content.len(), self.content),
            font("Helvetica"),
            font("Helvetica-Bold"),
            format!("<</Title{}/Producer(Kuvert)>>", Hex(&title)),
        ];
        let mut file = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n".to_vec();
        let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
        for (object, number) in objects.iter().zip(1..) {
            let _ = writeln!(table, "{:010} 00000 n ", file.len());
            file.extend_from_slice(format!("{number} 0 obj\n{object}\nendobj\n").as_bytes());
        }
        let end = format!(
            "{table}trailer\n<</Size {}/Root 1 0 R/Info 7 0 R>>\nstartxref\n{}\n%%EOF\n",
            objects.len() + 1,
            file.len()
        );
        file.extend_from_slice(end.as_bytes());
        file
    }
}
