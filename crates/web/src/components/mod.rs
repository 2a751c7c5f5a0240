//! Pieces that several screens are made of.

pub(crate) mod announcer;
pub(crate) mod attachments;
pub(crate) mod banners;
pub(crate) mod bubble;
pub(crate) mod composer;
pub(crate) mod dialog;
pub(crate) mod dialogs;
pub(crate) mod emoji;
pub(crate) mod field;
pub(crate) mod guarded;
pub(crate) mod icon;
pub(crate) mod line_card;
pub(crate) mod marks;
pub(crate) mod menu;
pub(crate) mod new_version;
pub(crate) mod overlay;
pub(crate) mod passphrase;
pub(crate) mod picker;
pub(crate) mod qr_code;
pub(crate) mod rich_text;
pub(crate) mod scanner;
pub(crate) mod search_field;
pub(crate) mod stamp;
pub(crate) mod switches;
pub(crate) mod tray;
pub(crate) mod viewer;
