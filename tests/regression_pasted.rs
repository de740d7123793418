//! Bugs of what offices paste together: cells of spreadsheets, files of several encodings, header lines among rows.

use serde_json::Value;

use crate::desk_in_a_folder::Folder;
use crate::regression_office::json_of;

/// Imports `bytes` into a desk of their own, whatever is rejected: its report.
fn imported(name: &str, bytes: impl AsRef<[u8]>) -> (Folder, Value) {
    let folder = Folder::new();
    folder.write(name, bytes);
    let told = folder.prints(0, &["import", name, "--feed", "office", "--max-reject", "100", "--json"]);
    (folder, json_of(&told))
}

/// A mobile number written in groups, as it is read out, was no number.
#[test]
fn a_number_in_groups_is_one_number() {
    let (folder, report) =
        imported("table.csv", "id,name,phones\nA1,一店,138 0013 8000;400 800 8820\nA2,二店,+86 138-0013 8000\n");
    assert_eq!(report["rejected"], 0, "{report}");
    folder.ends(0, &["compact"]);
    for (number, listings) in [("13800138000", 2), ("4008008820", 1)] {
        assert_eq!(folder.prints(0, &["number", number]).matches("店 (A").count(), listings, "{number}");
    }
    assert_eq!(folder.desk().listing("A1").unwrap().listing.phones.len(), 2);
}
