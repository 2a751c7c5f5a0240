//! Where files that other people named find a place.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use kuvert_core::file::{harmless, name_parts};

use super::download::part_of;

/// A path in `folder` for a file of this name that is neither there nor in `taken`; it is in `taken` then.
pub fn free_path(folder: &Path, name: &str, taken: &mut BTreeSet<PathBuf>) -> PathBuf {
    let name = harmless(name);
    let (stem, ending) = name_parts(&name);
    let named = (1u32..).map(|number| match number {
        1 => folder.join(&name),
        number => folder.join(format!("{stem} ({number}){ending}")),
    });
    let mut free = named.filter(|path| {
        // A link that leads nowhere is there, too.
        let is_there = |path: &Path| path.symlink_metadata().is_ok();
        !taken.contains(path) && !is_there(path) && !is_there(&part_of(path))
    });
    let path = free.next().unwrap_or_else(|| folder.join(&name));
    taken.insert(path.clone());
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_takes_the_place_of_another() {
        let dir = tempfile::tempdir().expect("a folder");
        let mut taken = BTreeSet::new();
        std::fs::write(dir.path().join("a.txt"), b"").expect("written");
        std::fs::write(dir.path().join("a (2).txt.kuvert-part"), b"").expect("written");
        assert_eq!(free_path(dir.path(), "a.txt", &mut taken), dir.path().join("a (3).txt"));
        assert_eq!(free_path(dir.path(), "x/a.txt", &mut taken), dir.path().join("a (4).txt"));
        assert_eq!(free_path(dir.path(), "b", &mut taken), dir.path().join("b"));
        assert_eq!(free_path(dir.path(), "b", &mut taken), dir.path().join("b (2)"));
    }
}
