//! OpenMLS on the client's database: published test vectors, and a group's whole life beside OpenMLS's own storage.
//! Before every single step the database is closed and opened again.

mod home;
mod life;
mod vectors;
