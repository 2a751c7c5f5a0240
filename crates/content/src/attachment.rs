//! Files that a message brings along: where their ciphertext lies, the key that opens it, a small preview.

use std::borrow::Cow;

use crate::limits::MAX_PREVIEW;
use crate::{Body, Disposition, External, Part, Semantics};

/// A file that lies elsewhere, and perhaps a small picture of it.
///
/// As a part, it is the external part alone, or a single unit of the external part and its preview. `Debug` shows
/// nothing of it, since it holds a key.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment<'a> {
    /// Where it lies and how to open it. Its file name comes from outside: never a path to write to as it is.
    pub file: Cow<'a, External>,
    /// A small picture of it: at most [`MAX_PREVIEW`] bytes.
    pub preview: Option<Preview<'a>>,
}

/// A small picture inside the message.
///
/// `Debug` shows nothing of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Preview<'a> {
    /// Media type: `image/...`.
    pub content_type: &'a str,
    /// The picture. It comes from outside: to be decoded with care.
    pub picture: &'a [u8],
}

impl<'a> Attachment<'a> {
    /// A file without a preview.
    pub fn new(file: &'a External) -> Self {
        Self { file: Cow::Borrowed(file), preview: None }
    }

    /// The same file with a preview.
    pub fn with_preview(self, preview: Preview<'a>) -> Self {
        Self { preview: Some(preview), ..self }
    }

    /// Reads a part as a file; `None` if it is something else, or needs a newer version.
    pub(crate) fn of(part: &'a Part) -> Option<Self> {
        match &part.body {
            Body::External(file) if is_file(part.disposition) => Some(Self::new(file)),
            Body::Multi { semantics: Semantics::SingleUnit, parts } => match parts.as_slice() {
                [file, preview] => Some(Self::of_external(file)?.with_preview(Preview::of(preview)?)),
                _ => None,
            },
            _ => None,
        }
    }

    fn of_external(part: &'a Part) -> Option<Self> {
        matches!(part.body, Body::External(_)).then(|| Self::of(part))?
    }

    pub(crate) fn part(&self) -> Part {
        let file = Part {
            disposition: Disposition::ATTACHMENT,
            language: String::new(),
            body: Body::External(Box::new(self.file.clone().into_owned())),
        };
        let Some(preview) = self.preview else { return file };
        let preview = Part::single(Disposition::PREVIEW, preview.content_type, preview.picture.to_vec());
        let body = Body::Multi { semantics: Semantics::SingleUnit, parts: vec![file, preview] };
        Part { disposition: Disposition::ATTACHMENT, language: String::new(), body }
    }
}

impl<'a> Preview<'a> {
    fn of(part: &'a Part) -> Option<Self> {
        match &part.body {
            Body::Single { content_type, content }
                if part.disposition == Disposition::PREVIEW
                    && content_type.starts_with("image/")
                    && content.len() <= MAX_PREVIEW =>
            {
                Some(Self { content_type, picture: content })
            }
            _ => None,
        }
    }
}

/// What a file is sent for; icons, profiles, sessions and reactions by reference need a newer version.
fn is_file(purpose: Disposition) -> bool {
    matches!(
        purpose,
        Disposition::UNSPECIFIED | Disposition::RENDER | Disposition::INLINE | Disposition::ATTACHMENT
    )
}

impl std::fmt::Debug for Attachment<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Attachment(..)")
    }
}

impl std::fmt::Debug for Preview<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Preview(..)")
    }
}
