//! Bugs that were found once, so that they do not come back.

use chahao::text::Folded;

use crate::desk_in_a_folder::{Folder, ids};

#[test]
fn a_simplified_character_outside_the_basic_plane_is_folded_too() {
    assert_eq!(Folded::new("禾輋").text(), Folded::new("禾𪨶").text());
}

#[test]
fn a_number_is_found_with_its_extension_typed() {
    let folder = Folder::new();
    let desk = folder.load(r#"{"id":"A1","name":"清水河县医院","phones":["0471-7913802-8090"]}"#);
    assert_eq!(ids(&desk, "0471-7913802-8090"), ["A1"]);
    assert_eq!(ids(&desk, "7913802"), ["A1"]);
}
