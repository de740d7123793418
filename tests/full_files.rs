//! A full file makes the ledger say what it says: of what it does not speak, it takes nothing away and publishes nothing.

use serde_json::{Value, json};

use crate::desk_in_a_folder::Folder;

const RECONCILE: [&str; 7] = ["import", "full", "--reconcile", "--max-reject", "100", "--max-churn", "100"];

/// A listing of each status, with something in every field.
fn folder() -> Folder {
    let folder = Folder::new();
    let listing = |id: &str, status: &str| {
        json!({"id": id, "name": format!("店{id}"), "phones": ["020-89990001"], "status": status, "note": "后门",
            "aliases": ["小店"], "category": "餐饮", "area_code": "020", "locality": "荔湾区", "address": "文昌南路2号",
            "popularity": 7.0, "parent": if id == "L" { Value::Null } else { "L".into() },
            "referral": if status == "changed" { json!({"number": "020-89990002"}) } else { Value::Null }})
        .to_string()
            + "\n"
    };
    let rows = [("L", "listed"), ("H", "non_published"), ("D", "disconnected"), ("C", "changed")];
    folder.import(&folder.desk(), &rows.map(|(id, status)| listing(id, status)).concat());
    folder
}

fn standing(folder: &Folder) -> Vec<Value> {
    let rows = folder.prints(0, &["export", "--confidential"]);
    rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect()
}

fn reconciled(folder: &Folder, full: &str) -> Value {
    folder.write("full", full);
    serde_json::from_str(&folder.prints(0, &[&RECONCILE[..], &["--json"]].concat())).unwrap()
}

#[test]
fn what_a_full_file_has_no_column_for_stays() {
    let table = "id,name,phone\nC,店C,020-89990001\nD,店D,020-89990001\nH,店H,020-89990009\nL,新店,020-89990001\n";
    let rows = table.lines().skip(1).map(|row| {
        let cells: Vec<&str> = row.split(',').collect();
        json!({"id": cells[0], "name": cells[1], "phones": [cells[2]]}).to_string() + "\n"
    });
    for full in [table.to_owned(), rows.collect()] {
        let folder = folder();
        let mut expected = standing(&folder);
        let told = reconciled(&folder, &full);
        assert_eq!(told["accepted"], json!({"add": 0, "change": 2, "delete": 0}), "{told}");
        assert_eq!(
            told["left_fields"],
            json!({"aliases": 4, "category": 4, "area_code": 4, "locality": 4, "address": 4, "status": 3, "referral": 1,
                "parent": 3, "popularity": 4, "note": 4})
        );
        expected[2]["phones"][0]["number"] = "020-89990009".into();
        expected[3]["name"] = "新店".into();
        assert_eq!(standing(&folder), expected);
        folder.ends(0, &["compact"]);
        assert!(!folder.prints(0, &["show", "H"]).contains("8999"), "the number of H went out");
        let told = folder.ends(0, &RECONCILE);
        assert!(
            told.contains("left as they stand, for the file does not say: ") && told.contains("status 3"),
            "{told}"
        );
    }
}

#[test]
fn a_status_is_what_a_row_names_and_no_empty_cell() {
    let folder = folder();
    let table = "id,name,status,referral,note\nC,店C,,,\nD,店D,listed,,\nH,店H,,,\nL,店L,<clear>,,\n";
    let told = reconciled(&folder, table);
    assert_eq!((&told["left_fields"]["status"], &told["left_fields"]["referral"]), (&json!(2), &json!(1)), "{told}");
    let now = standing(&folder);
    let statuses: Vec<&str> = now.iter().map(|row| row["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["changed", "listed", "non_published", "listed"]);
    // An empty cell of a column that is there says that there is nothing.
    assert!(now.iter().all(|row| row["note"].as_str().unwrap_or_default().is_empty()), "{now:?}");
    let shown = reconciled(&folder, &table.replace("店H,", "店H,listed"));
    assert_eq!(shown["accepted"]["change"], 1);
    let rows = "{\"id\":\"H\",\"name\":\"店H\",\"status\":\"non_published\"}\n";
    reconciled(&folder, rows);
    for empty in ["\"\"", "null", "\" \""] {
        let told = reconciled(&folder, &format!("{{\"id\":\"H\",\"name\":\"店H\",\"status\":{empty}}}\n"));
        assert_eq!((&told["in_step"], &told["left_fields"]["status"]), (&json!(true), &json!(1)), "{told}");
    }
}

#[test]
fn what_is_exported_speaks_of_every_field() {
    for format in ["csv", "ndjson"] {
        let folder = folder();
        let bare: String = ["C", "D", "H", "L"].map(|id| format!("{{\"id\":\"{id}\",\"name\":\"店{id}\"}}\n")).concat();
        let other = Folder::new();
        other.import(&other.desk(), &bare);
        let full = other.prints(0, &["export", "--confidential", "--format", format]);
        let told = reconciled(&folder, &full);
        assert_eq!((&told["accepted"]["change"], told.get("left_fields")), (&json!(4), None), "{format}: {told}");
        assert_eq!(folder.prints(0, &["export"]), other.prints(0, &["export"]), "{format}");
        let told = reconciled(&other, &full);
        assert_eq!(told["in_step"], true, "{format}: {told}");
    }
}

/// An export for others was corrected and read back: every non-published listing lost its numbers.
#[test]
fn what_an_export_withholds_is_not_taken_away_by_it() {
    for (format, confidential) in [("csv", false), ("csv", true), ("ndjson", false), ("ndjson", true)] {
        let folder = folder();
        let secret = json!({"op": "change", "id": "H", "note": "打 020-89990003", "address": "文昌南路2号 8999 0004",
            "aliases": ["小店", "热线89990005"], "referral": {"number": "020-89990006"}});
        folder.import(&folder.desk(), &format!("{secret}\n"));
        let before = standing(&folder);
        let flag: &[&str] = if confidential { &["--confidential"] } else { &[] };
        let full = folder.prints(0, &[&["export", "--format", format], flag].concat());
        assert_eq!(full.contains("89990003"), confidential);
        let told = reconciled(&folder, &full);
        assert_eq!(told["in_step"], true, "{format}: {told}");
        let left = json!({"phones": 1, "referral": 1, "aliases": 1, "note": 1, "address": 1});
        assert_eq!(told.get("left_fields"), (!confidential).then_some(&left), "{format}: {told}");
        let told = reconciled(&folder, &full.replace("店L", "新店").replace("店H", "暗店"));
        assert_eq!(told["accepted"]["change"], 2, "{format}: {told}");
        let mut expected = before.clone();
        (expected[2]["name"], expected[3]["name"]) = ("暗店".into(), "新店".into());
        assert_eq!(standing(&folder), expected, "{format}");
        // One that stands as listed when the file comes keeps its numbers too, and shows what its row does.
        folder.import(&folder.desk(), "{\"op\":\"change\",\"id\":\"H\",\"status\":\"listed\"}\n");
        reconciled(&folder, &full.replace("店L", "新店").replace("店H", "暗店"));
        assert_eq!(standing(&folder), expected, "{format}");
        let shown = json!({"id": "H", "name": "暗店", "status": "listed", "phones": [], "note": ""});
        reconciled(&folder, &format!("{shown}\n"));
        assert!(standing(&folder)[0].get("note").is_none_or(|note| note == ""), "{format}");
        // Nobody's numbers stay for ever.
        let folder = self::folder();
        folder.import(&folder.desk(), "{\"op\":\"change\",\"id\":\"H\",\"phones\":[]}\n");
        assert!(standing(&folder)[2].get("phones").is_none_or(|phones| phones == &json!([])));
    }
}

/// A number that was in service again sent callers where it had gone.
#[test]
fn what_is_changed_no_more_refers_nobody() {
    let folder = folder();
    let told = reconciled(&folder, "id,name,status\nC,店C,listed\nD,店D,\nH,店H,\nL,店L,\n");
    assert_eq!((&told["accepted"]["change"], told["left_fields"].get("referral")), (&json!(1), None), "{told}");
    let now = standing(&folder);
    assert_eq!((&now[0]["status"], now[0].get("referral").unwrap_or(&Value::Null)), (&json!("listed"), &Value::Null));
}

#[test]
fn a_listing_that_is_replaced_is_not_published_by_a_table_without_a_status() {
    let folder = folder();
    let import = ["import", "week.csv", "--max-reject", "100", "--max-churn", "100", "--json"];
    let replace = |rows: &str| -> Value {
        folder.write("week.csv", rows);
        serde_json::from_str(&folder.prints(0, &import)).unwrap()
    };
    let told = replace("op,id,name,phone\ndelete,H,,\nadd,H,店H,020-89990001\n");
    assert_eq!((&told["left_fields"], &told["rejected"]), (&json!({"status": 1}), &json!(0)), "{told}");
    assert_eq!(
        (&standing(&folder)[2]["status"], &standing(&folder)[2]["note"]),
        (&json!("non_published"), &Value::Null)
    );
    // Neither are its numbers told where the row that replaces it is refused.
    folder.write("week.csv", "op,id,name,phone\ndelete,H,,\nadd,H,店H,020-89990001/89990003\n");
    let told: Value = serde_json::from_str(&folder.prints(0, &[&import[..], &["--dry-run"]].concat())).unwrap();
    assert_eq!(told["rejected"], 1, "{told}");
    assert!(!told.to_string().contains("8999"), "{told}");
    // Any other begins anew.
    let told = replace("op,id,name\ndelete,C,\nadd,C,别店\n");
    assert_eq!((told.get("left_fields"), &standing(&folder)[0]["status"]), (None, &json!("listed")), "{told}");
    // One that others stand under is deleted last of all, or not at all.
    replace("op,id,name,parent,status\nchange,D,,C,\nchange,C,,,non_published\n");
    let told = replace("op,id,name\ndelete,C,\nadd,C,暗店\n");
    assert_eq!((&told["accepted"]["delete"], &told["left_fields"]), (&json!(1), &json!({"status": 1})), "{told}");
    assert_eq!(standing(&folder)[0]["status"], "non_published");
    let told = replace("op,id,name,status\ndelete,C,,\nadd,C,新店,listed\n");
    assert_eq!((&told["accepted"]["add"], &told["rejected"]), (&json!(1), &json!(0)), "{told}");
    // What was listed may come anew as it is.
    let told = replace("op,id,name\ndelete,C,\nadd,C,新店\n");
    assert_eq!(told["rejected"], 0, "{told}");
}

/// A full file could be read by the columns of the default feed alone, and what was said of its columns was forgotten.
#[test]
fn a_full_file_is_read_by_the_columns_of_the_feed_that_is_named() {
    let folder = Folder::new();
    folder.write("first.csv", "编号,单位\nA,甲\nB,乙\n");
    let map = ["--map", "编号=id", "--map", "单位=name"];
    folder.ends(0, &[&["import", "first.csv", "--feed", "district"], &map[..]].concat());
    folder.write("full", "编号,单位,传真\nA,甲,\nB,丙,\n");
    let district = ["--feed", "district"];
    folder.ends(3, &RECONCILE);
    let told = folder.ends(0, &[&RECONCILE[..], &district].concat());
    assert!(told.contains("0 added, 1 changed, 0 deleted") && told.contains("columns ignored: 传真"), "{told}");
    assert!(told.contains("chahao:reconcile #1"), "it is no batch of that feed: {told}");
    folder.write("next.csv", "编号,单位\nC,丁\n");
    assert!(folder.ends(0, &["import", "next.csv", "--feed", "district", "--seq", "2"]).contains("district #2"));
    // What is said of a full file's columns is remembered, also where the ledger holds the same; a trial remembers nothing.
    folder.write("full", "编号,单位,传真\nA,甲,\nB,丙,020-81234567\nC,丁,\n");
    let fax = |more: &[&'static str]| [&RECONCILE[..], &district, &["--map", "传真=phones"], more].concat();
    folder.ends(0, &fax(&["--dry-run"]));
    assert!(!folder.prints(0, &["columns", "district"]).contains("传真"));
    assert!(folder.ends(0, &fax(&[])).contains("1 changed"));
    assert!(folder.prints(0, &["columns", "district"]).contains("district: 传真 = phones"));
    folder.write("full", "编号,单位,电传\nA,甲,\nB,丙,020-81234567\nC,丁,\n");
    let told =
        folder.ends(0, &[&RECONCILE[..], &["--map", "编号=id", "--map", "单位=name", "--map", "电传=phones"]].concat());
    assert!(told.contains("the ledger holds the same"), "{told}");
    assert!(folder.prints(0, &["columns", "main"]).contains("main: 电传 = phones"));
    folder.ends(3, &[&RECONCILE[..], &["--feed", "chahao:reconcile"]].concat());
    folder.ends(2, &[&RECONCILE[..], &["--seq", "3"]].concat());
}
