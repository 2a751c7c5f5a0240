//! The client commands, as people and programs run them: real processes, a real relay.

mod chat;
mod desk;
mod desk_seats;
mod files;
mod group;
mod kill;
mod lock;
mod manual;
mod messages;
mod moving;
mod privacy;
mod refusals;
#[path = "../relay_process/mod.rs"]
mod relay_process;
mod rights;
#[path = "../small_disk/mod.rs"]
mod small_disk;
mod storage;
mod support;
mod talk;
mod talk_apart;
mod terminal;
mod trust;
