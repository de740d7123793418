//! Rows that are right as they stand may still be mistakes: the report points at them, and names no withheld number.

use serde_json::{Value, json};

use crate::desk_in_a_folder::Folder;

fn report(folder: &Folder, rows: &str, more: &[&str]) -> (Value, String) {
    folder.write("batch.ndjson", rows);
    let dry = folder.prints(0, &[&["import", "batch.ndjson", "--dry-run", "--max-churn", "100"], more].concat());
    let arguments = [&["import", "batch.ndjson", "--max-churn", "100", "--json"], more].concat();
    (serde_json::from_str(&folder.prints(0, &arguments)).unwrap(), dry)
}

fn row(id: &str, name: &str, locality: &str, phone: &str) -> String {
    json!({"id": id, "name": name, "locality": locality, "phones": [phone]}).to_string() + "\n"
}

#[test]
fn names_that_are_ambiguous_or_alike_and_shared_numbers_are_told() {
    let folder = Folder::new();
    let rows = [
        row("A1", "仇记茶楼", "荔湾区", "020-81380001"),
        row("A2", "好味饭店", "荔湾区", "020-81380002"),
        row("A3", "好味飯店", "荔湾区", "020-81380003"),
        row("A4", "好味大饭店", "荔湾区", "020-81380004"),
        row("A5", "美味饭店", "荔湾区", "020-81380005"),
        row("A6", "好味饭店", "天河区", "02081380001"),
        row("A7", "另一家", "荔湾区", "020-81380007"),
        r#"{"id":"A8","name":"隐店","phones":["020-81380007"],"status":"non_published"}"#.to_owned() + "\n",
    ];
    let (report, dry) = report(&folder, &rows.concat(), &[]);
    let review = &report["review"];
    assert_eq!(review["ambiguous_names"]["cases"][0]["id"], "A1");
    assert!(review["ambiguous_names"]["cases"][0]["reading"].as_str().unwrap().contains("qiu"));
    let pairs: Vec<(&str, &str)> = review["look_alikes"]["cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|case| (case["ids"][0].as_str().unwrap(), case["ids"][1].as_str().unwrap()))
        .collect();
    // 好味飯店 is the same name; 大 is put in, 美 stands for 好; 天河区 is another locality.
    assert_eq!(pairs, [("A2", "A3"), ("A2", "A4"), ("A3", "A4"), ("A2", "A5"), ("A3", "A5")]);
    assert_eq!(review["look_alikes"]["count"], 5);
    assert_eq!(review["shared_numbers"]["cases"][0]["ids"], json!(["A1", "A6"]));
    assert_eq!(review["shared_numbers"]["count"], 1, "a withheld number is nobody's to tell: {review}");
    assert!(dry.contains("names that look alike in one locality: 5"), "{dry}");
    assert!(dry.contains("02081380001: A1, A6"), "{dry}");
}

#[test]
fn a_number_taken_up_within_its_quarantine_is_told() {
    let folder = Folder::new();
    let first = ["1", "2", "3", "4"].map(|n| row(&format!("A{n}"), &format!("店{n}"), "", &format!("020-8138000{n}")));
    report(&folder, &first.concat(), &[]);
    let gone = "{\"op\":\"delete\",\"id\":\"A1\"}\n{\"op\":\"change\",\"id\":\"A2\",\"phones\":[]}\n\
                {\"op\":\"change\",\"id\":\"A3\",\"status\":\"non_published\"}\n{\"op\":\"delete\",\"id\":\"A3\"}\n";
    let (told, text) = report(&folder, gone, &[]);
    assert_eq!(told["review"]["changed_fields"], json!({"phones": 1, "status": 1}));
    assert!(text.contains("changed most: phones 1, status 1"), "{text}");
    let back = "{\"op\":\"change\",\"id\":\"A2\",\"phones\":[\"020-81380002\"]}\n";
    assert_eq!(
        report(&folder, back, &[]).0["review"].get("early_numbers").map(|cases| cases["count"].clone()),
        Some(json!(0))
    );
    report(&folder, "{\"op\":\"delete\",\"id\":\"A2\"}\n", &[]);
    let taken = ["1", "2", "3"].map(|n| row(&format!("B{n}"), &format!("新店{n}"), "", &format!("020-8138000{n}")));
    let (told, text) = report(&folder, &taken.concat(), &[]);
    let early = &told["review"]["early_numbers"];
    let today = jiff::Zoned::now().date().to_string();
    assert_eq!(early["count"], 3);
    assert_eq!(early["cases"][0], json!({"id": "B1", "number": "020-81380001", "from": "A1", "given_up": today}));
    assert_eq!(early["cases"][2], json!({"id": "B3", "from": "A3", "given_up": today}));
    assert!(text.contains("B3: a withheld number, given up by A3"), "{text}");
    report(&folder, "{\"op\":\"delete\",\"id\":\"B1\"}\n", &[]);
    let late = "UPDATE given_up SET day = date(day, '-90 days'); UPDATE batch SET day = date(day, '-90 days')";
    rusqlite::Connection::open(folder.ledger()).unwrap().execute_batch(late).unwrap();
    let again = row("C1", "后店", "", "020-81380001");
    let dry = |days: &str| {
        folder.write("again.ndjson", &again);
        folder.prints(0, &["import", "again.ndjson", "--dry-run", "--quarantine-days", days])
    };
    assert!(!dry("90").contains("a short while ago") && dry("91").contains("given up by A1"), "{}", dry("91"));
    assert!(folder.desk().verify().unwrap().damage.is_empty());
}

#[test]
fn new_names_that_few_keys_do_not_find_are_named_once_the_index_has_them() {
    let folder = Folder::new();
    // Seven shops of one name and district, asked for more often than the eighth: five of them are seen.
    let crowd =
        |n: u32| json!({"id": format!("C{n}"), "name": "好味饭店", "locality": "荔湾区", "popularity": 100 - n});
    folder.write("first.ndjson", (0..7).map(|n| crowd(n).to_string() + "\n").collect::<String>());
    let first: Value =
        serde_json::from_str(&folder.prints(0, &["import", "first.ndjson", "--reach", "--json"])).unwrap();
    let hard = |report: &Value| -> Vec<String> {
        let cases = report["review"]["reach"]["hard"]["cases"].as_array().unwrap();
        cases.iter().map(|case| case["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(hard(&first), ["C5", "C6"]);
    let rows = row("B1", "好味饭店", "荔湾区", "020-81380001") + &row("B2", "莲香楼", "荔湾区", "020-81380002");
    folder.write("second.ndjson", rows + "{\"op\":\"change\",\"id\":\"C1\",\"note\":\"x\"}\n");
    let text = folder.prints(0, &["import", "second.ndjson", "--max-churn", "50", "--reach"]);
    assert!(text.contains("do not bring among the first 5: 1: 好味饭店 (B1): hwfd"), "{text}");
    assert!(text.contains("2 of 2 new names were looked up, 1 are hard to reach"), "{text}");
    folder.ends(2, &["import", "second.ndjson", "--reach", "--dry-run"]);
}
