//! The program as it is run: what it prints and how it ends.

use crate::desk_in_a_folder::{Folder, add, told};

#[test]
fn a_batch_piped_in_is_found_by_the_next_command() {
    let folder = Folder::new();
    let imported = folder.run_with_input(&["import", "-", "--feed", "piped"], add("A1", "广州酒家", 1.0).as_bytes());
    assert_eq!(imported.status.code(), Some(0), "{}", told(&imported));
    assert!(told(&imported).contains("1 added"), "{}", told(&imported));
    let compacted = folder.run(&["compact"]);
    assert_eq!(compacted.status.code(), Some(0), "{}", told(&compacted));
    let found = folder.run(&["lookup", "gzjj"]);
    assert_eq!(found.status.code(), Some(0));
    assert!(told(&found).contains("广州酒家"), "{}", told(&found));
    let nothing = folder.run(&["lookup", "没有"]);
    assert_eq!(nothing.status.code(), Some(1), "{}", told(&nothing));
}
