//! What fills the page, or one of its panes.

pub(crate) mod about;
pub(crate) mod anchor;
pub(crate) mod card;
pub(crate) mod components;
pub(crate) mod conversation;
pub(crate) mod desk;
pub(crate) mod door;
pub(crate) mod elsewhere;
pub(crate) mod form;
pub(crate) mod found;
pub(crate) mod gate;
pub(crate) mod gestures;
pub(crate) mod group_page;
pub(crate) mod link;
pub(crate) mod list;
pub(crate) mod moving;
pub(crate) mod new;
pub(crate) mod new_group;
pub(crate) mod settings;
mod settings_lock;
pub(crate) mod settings_notifications;
pub(crate) mod settings_privacy;
mod settings_storage;
pub(crate) mod standing;
pub(crate) mod start;
pub(crate) mod timeline;
pub(crate) mod verify;
