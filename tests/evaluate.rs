//! What `chahao eval` tells can be relied on: figures add up, files read as they were written, seeds decide.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use chahao::desk::Desk;
use chahao::evaluate::{
    Draw, Evaluation, KeysReport, KeysSettings, KindScore, MakeSettings, Question, evaluate, keys, kind_names, make,
    read_questions,
};
use chahao::progress::Silent;
use serde_json::Value;

use crate::desk_in_a_folder::{Folder, add, generated};

/// The sample listings, as they stand in the repository.
fn sample() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("data/listings.ndjson")).unwrap()
}

/// A query file of the repository.
fn read(file: &str) -> Vec<Question> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    read_questions(text.as_bytes()).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn made(desk: &Desk, per_kind: usize, seed: u64, draw: Draw, kinds: &[&str]) -> Vec<Question> {
    let kinds = kinds.iter().map(|kind| (*kind).to_owned()).collect();
    let mut questions = Vec::new();
    let settings = MakeSettings { per_kind, seed, draw, kinds };
    let counts = make(desk, &settings, &mut |question| {
        questions.push(question);
        Ok(())
    });
    assert_eq!(counts.unwrap().iter().map(|(_, count)| count).sum::<usize>(), questions.len());
    questions
}

fn file_of(questions: &[Question]) -> String {
    questions.iter().map(|question| format!("{question}\n")).collect()
}

fn asked(desk: &Desk, questions: &[Question], limit: usize) -> Evaluation {
    evaluate(desk, questions, limit, &mut Silent).unwrap()
}

/// A table whose lines do not add up to its last one is believed until someone counts.
#[test]
fn the_figures_of_all_kinds_add_up_to_the_last_line() {
    let folder = Folder::new();
    let desk = folder.load(&sample());
    let questions: Vec<Question> =
        ["data/queries.tsv", "data/queries-made.tsv"].iter().flat_map(|file| read(file)).collect();
    let evaluation = asked(&desk, &questions, 10);
    let kinds: HashSet<&str> = questions.iter().map(|question| question.kind.as_str()).collect();
    assert_eq!(evaluation.kinds.len(), kinds.len());
    assert!(kind_names().all(|kind| kinds.contains(kind)), "{kinds:?}");
    let all = &evaluation.all;
    assert_eq!(all.queries, questions.len());
    let figures: [fn(&KindScore) -> usize; 8] = [
        |score| score.queries,
        |score| score.found_1,
        |score| score.found_5,
        |score| score.found_10,
        |score| score.alike_5,
        |score| score.named_5,
        |score| score.truncated,
        |score| score.unknown,
    ];
    for figure in figures {
        assert_eq!(evaluation.kinds.iter().map(figure).sum::<usize>(), figure(all));
    }
    for score in evaluation.kinds.iter().chain([all]) {
        assert!(score.found_1 <= score.found_5 && score.found_5 <= score.found_10, "{score:?}");
        assert!(score.found_5 <= score.alike_5 && score.alike_5 <= score.named_5, "{score:?}");
        assert!(score.named_5 <= score.queries && score.took_us_p50 <= score.took_us_p99, "{score:?}");
        assert!((score.success_5 - score.found_5 as f64 / score.queries as f64).abs() < 1e-9, "{score:?}");
    }
    assert_eq!(all.unknown, 0, "a query file means listings that are not in data/listings.ndjson");
    let exact = evaluation.kinds.iter().find(|score| score.kind == "exact").unwrap();
    assert_eq!(exact.alike_5, exact.queries, "a whole name finds its listing, or one that nobody could tell from it");
}

/// Success is counted for the listing that is meant, and for no other.
#[test]
fn a_query_succeeds_where_its_listing_stands() {
    let folder = Folder::new();
    let rows: String = (1..=12).map(|n| add(&format!("A{n}"), &format!("广州酒家{n}店"), 100.0 - n as f32)).collect();
    let desk = folder.load(&(rows + &add("B1", "陶陶居", 5.0) + &add("B2", "陶陶居", 4.0)));
    let file = "广州酒家\tA1\tfirst\n广州酒家\tA4\tfive\n广州酒家\tA9\tten\n广州酒家\tA12\tnever\n陶陶居\tB2\ttwin\n\
                陶陶居\t陶陶居\tname\n陶陶居\tA1|B1\teither\n陶陶居\tC9\tgone\n";
    let evaluation = asked(&desk, &read_questions(file.as_bytes()).unwrap(), 10);
    let found: Vec<_> = evaluation
        .kinds
        .iter()
        .map(|score| (score.kind.as_str(), score.found_1, score.found_5, score.found_10, score.alike_5, score.unknown))
        .collect();
    assert_eq!(
        found,
        [
            ("first", 1, 1, 1, 1, 0),
            ("five", 0, 1, 1, 1, 0),
            ("ten", 0, 0, 1, 0, 0),
            ("never", 0, 0, 0, 0, 0),
            ("twin", 0, 1, 1, 1, 0),
            ("name", 1, 1, 1, 1, 0),
            ("either", 1, 1, 1, 1, 0),
            ("gone", 0, 0, 0, 0, 1),
        ]
    );
}

/// A made file is only worth keeping when it can be made again and read as it was written.
#[test]
fn made_queries_are_decided_by_the_seed_and_read_as_they_were_written() {
    let folder = Folder::new();
    let desk = folder.load(&sample());
    for draw in [Draw::Calls, Draw::Evenly] {
        let questions = made(&desk, 6, 7, draw, &[]);
        assert_eq!(read_questions(file_of(&questions).as_bytes()).unwrap(), questions);
        assert_eq!(made(&desk, 6, 7, draw, &[]), questions);
        assert_ne!(made(&desk, 6, 8, draw, &[]), questions);
        let prefixes: Vec<Question> = questions.iter().filter(|question| question.kind == "prefix").cloned().collect();
        assert_eq!(made(&desk, 6, 7, draw, &["prefix"]), prefixes);
        assert_eq!(asked(&desk, &questions, 5).all.unknown, 0);
        let mut by_kind: HashMap<&str, usize> = HashMap::new();
        questions.iter().for_each(|question| *by_kind.entry(&question.kind).or_default() += 1);
        for kind in kind_names() {
            // Few of the listings called most are institutions with a short form.
            let least = if kind == "short_form" { 1 } else { 6 };
            assert!((least..=6).contains(by_kind.get(kind).unwrap_or(&0)), "{kind}: {by_kind:?}");
        }
    }
}

/// A slip that is none, or a part that is the whole, would count as a success of the wrong kind.
#[test]
fn every_kind_is_typed_as_its_name_says() {
    let folder = Folder::new();
    let desk = folder.load(&generated(3_000, 5));
    let mut names: HashMap<String, String> = HashMap::new();
    desk.each_listing(&mut |listing| {
        names.insert(listing.id.to_string(), listing.name);
        Ok(())
    })
    .unwrap();
    for question in made(&desk, 60, 3, Draw::Evenly, &[]) {
        let (query, name) = (question.query.as_str(), names[&question.expected[0]].as_str());
        let is_ascii = query.is_ascii();
        let holds = match question.kind.as_str() {
            "exact" => query == name,
            "exact_script" => query != name && query.chars().count() == name.chars().count(),
            "word" => query != name && name.contains(query),
            "character" => query.chars().count() == 1 && name.contains(query),
            "homophone" | "missing_character" | "extra_character" | "wrong_character" | "swapped_characters" => {
                !name.contains(query)
            }
            "pinyin" | "pinyin_partial" | "initials" | "initials_partial" | "mixed" | "fuzzy_sound" | "letter_typo"
            | "english" => is_ascii && query.chars().any(|c| c.is_ascii_alphabetic()),
            "number" | "number_prefix" | "number_suffix" | "number_middle" => {
                query.chars().all(|c| c.is_ascii_digit() || "- ".contains(c))
            }
            "district_joined" | "mixed_heard" | "pinyin_respelled" => {
                is_ascii && !query.contains(' ') && query.chars().any(|c| c.is_ascii_alphabetic())
            }
            "qualified_letters" | "words_apart" | "street_letters" => is_ascii && query.contains(' '),
            "hanzi_apart" => !is_ascii && query.contains(' ') && query.chars().any(|c| c.is_ascii_alphabetic()),
            "hanzi_letters" | "district_letters" => !is_ascii && query.chars().any(|c| c.is_ascii_alphabetic()),
            "qualified" | "qualified_prefix" | "spoken" => !name.contains(query),
            "prefix" | "infix" | "short_form" => query.chars().count() < name.chars().count(),
            other => panic!("{other} is not known here"),
        };
        assert!(holds, "{query} is no {} of {name}", question.kind);
    }
}

/// A bad line is told by its number, with the file, and nothing is evaluated.
#[test]
fn bad_lines_are_told_by_their_numbers() {
    let folder = Folder::new();
    folder.load(&add("A1", "广州酒家", 1.0));
    folder.write(
        "bad.tsv",
        "# fine\ngzjj\tA1\tinitials\ngzjj\tA1\n\n\tA1\tinitials\nx\t\tinitials\ny\tA1|\tz\nz\tA1\t\n",
    );
    let told = folder.ends(3, &["eval", "bad.tsv"]);
    for part in [
        "bad.tsv: line 3: three columns",
        "line 5: q has 1 to 64",
        "line 6: ids or names",
        "line 7: ids",
        "line 8: the kind",
    ] {
        assert!(told.contains(part), "{part} is not in\n{told}");
    }
    assert!(!told.contains("line 2"), "{told}");
    folder.write("latin1.tsv", b"gzjj\tA1\tinitials\n\xff\xfe\tA1\tx\n");
    assert!(folder.ends(3, &["eval", "latin1.tsv"]).contains("line 2: the line is no UTF-8"));
    folder.write("empty.tsv", "# nothing\n");
    assert!(folder.ends(3, &["eval", "empty.tsv"]).contains("there are no queries"));
}

#[test]
fn a_ledger_is_not_compared_with_an_index_of_other_batches() {
    let folder = Folder::new();
    folder.load(&sample());
    folder.prints(0, &["eval", "--keys", "--sample", "2"]);
    folder.write("queries.tsv", folder.prints(0, &["eval", "--make", "2", "--kinds", "exact"]));
    folder.write("more.ndjson", r#"{"op":"add","id":"MORE","name":"后来的店","phones":["020-81234567"]}"#);
    folder.prints(0, &["import", "more.ndjson"]);
    for arguments in [&["eval", "--keys", "--sample", "2"][..], &["eval", "queries.tsv", "--bound"]] {
        assert!(folder.ends(5, arguments).contains("run chahao compact"), "{arguments:?}");
    }
    folder.prints(0, &["eval", "queries.tsv"]);
}

#[test]
fn the_program_tells_what_was_found_and_how_it_ended() {
    let folder = Folder::new();
    folder.load(&sample());
    let queries = folder.prints(0, &["eval", "--make", "2", "--seed", "9", "--kinds", "exact,initials"]);
    assert_eq!(queries.lines().filter(|line| !line.starts_with('#')).count(), 4, "{queries}");
    folder.write("queries.tsv", &queries);
    let table = folder.prints(0, &["eval", "queries.tsv"]);
    assert!(table.lines().any(|line| line.starts_with("exact ")) && table.contains("\nall "), "{table}");
    let json: Value = serde_json::from_str(&folder.prints(0, &["eval", "queries.tsv", "--json"])).unwrap();
    assert_eq!((json["all"]["queries"].as_u64(), json["limit"].as_u64()), (Some(4), Some(10)));
    assert!(folder.prints(0, &["eval", "--keys", "--sample", "20"]).contains("times the bound"));
    for (code, arguments, text) in [
        (2, &["eval"][..], "QUERIES"),
        (2, &["eval", "queries.tsv", "--make", "3"], "cannot be used with"),
        (2, &["eval", "--make", "3", "--kinds", "telepathy"], "\"telepathy\""),
        (2, &["eval", "queries.tsv", "--limit", "51"], "limit is 1 to 50"),
        (5, &["eval", "none.tsv"], "cannot read none.tsv"),
        (5, &["eval", "queries.tsv", "--index", "elsewhere"], "run chahao compact"),
        (1, &["eval", "--make", "3", "--ledger", "elsewhere.db"], "there is no ledger"),
    ] {
        let told = folder.ends(code, arguments);
        assert!(told.contains(text), "{arguments:?}: {told}");
    }
}

/// Nine branches say the same to who types the chain, and the ninth counts as a loss of the engine's.
#[test]
fn a_bound_tells_what_no_answer_could_tell_apart() {
    let folder = Folder::new();
    let rows: String = (1..=9).map(|n| add(&format!("A{n}"), &format!("广州酒家{n}店"), 100.0 - n as f32)).collect();
    folder.load(&rows);
    folder.write("queries.tsv", "广州酒家\tA5\tprefix\n广州酒家\tA6\tprefix\n请问广州酒家\tA1\tspoken\n");
    let bounds = |arguments: &[&str]| {
        let json: Value = serde_json::from_str(&folder.prints(0, arguments)).unwrap();
        let of = |kind: &Value| ["bound_5", "clear_success_5", "success_5"].map(|figure| kind[figure].as_f64());
        json["kinds"].as_array().unwrap().iter().map(of).collect::<Vec<_>>()
    };
    // Four are better known than the fifth, five than the sixth; what is said around a name is no letters. The one that
    // can be told apart is found.
    let expected = [[Some(0.5), Some(1.0), Some(0.5)], [None, None, Some(1.0)]];
    assert_eq!(bounds(&["eval", "queries.tsv", "--bound", "--json"]), expected);
    assert_eq!(bounds(&["eval", "queries.tsv", "--json"]), expected.map(|[.., found]| [None, None, found]));
    assert!(folder.prints(0, &["eval", "queries.tsv", "--bound"]).contains("0.500"));
}

fn counted(desk: &Desk, sample: usize) -> KeysReport {
    keys(desk, KeysSettings { sample, seed: 3 }, &mut Silent).unwrap()
}

/// Ten shops of one name: initials bring the five most popular ones, no letters of the name bring the others.
#[test]
fn keys_are_counted_until_a_listing_stays_among_the_first_five() {
    let folder = Folder::new();
    let twins: String = (1..=10).map(|n| add(&format!("A{n:02}"), "广州酒家", 1000.0 - n as f32)).collect();
    let desk = folder.load(&(twins + &add("B1", "广雅书店", 5.0) + &add("B2", "西北风", 1.0)));
    let report = counted(&desk, 12);
    assert_eq!(report.listings, 12);
    let evenly = report.draws.iter().find(|keys| keys.draw == Draw::Evenly).unwrap();
    assert_eq!((evenly.sample, evenly.reached), (12, 7));
    // The five twins and 西北风 by the first letter, 广雅书店 by gy.
    assert_eq!(evenly.distribution, [0, 6, 1]);
    assert!((evenly.mean_keys - 8.0 / 7.0).abs() < 1e-9 && (evenly.never - 5.0 / 12.0).abs() < 1e-9, "{evenly:?}");
    let own = &evenly.own_names;
    assert_eq!((own.sample, own.max_keys, own.never), (2, 2, 0));
    assert_eq!(own.max_id.as_ref().map(|id| id.as_str()), Some("B1"));
}

/// Departments of one hospital differ behind thirteen letters, and whoever counts keys types them all.
#[test]
fn who_narrows_as_soon_as_it_helps_leaves_out_what_stands_between_two_words() {
    let folder = Folder::new();
    let rows: String = ["内科", "外科", "骨科", "眼科", "皮肤科", "产科", "儿科"]
        .iter()
        .enumerate()
        .map(|(n, name)| add(&format!("A{n}"), &format!("岭南医科大学附属第一医院{name}"), 100.0 - n as f32))
        .collect();
    let report = counted(&folder.load(&rows), 7);
    let own = &report.draws.iter().find(|keys| keys.draw == Draw::Evenly).unwrap().own_names;
    let ids = [&own.max_id, &own.best_max_id].map(|id| id.as_ref().map(|id| id.as_str().to_owned()));
    // 产科 and 儿科 stand behind five others: lnykdxfsdyyy and one letter more, or ln c and ln e.
    assert_eq!((own.max_keys, own.best_max_keys), (13, 4), "{ids:?}");
}

#[test]
fn keys_stand_beside_the_bound_of_the_calls() {
    let folder = Folder::new();
    let desk = folder.load(&(0..64).map(|n| add(&format!("A{n}"), &format!("第{n}店"), 3.0)).collect::<String>());
    let report = counted(&desk, 40);
    assert!((report.entropy_bits - 6.0).abs() < 1e-6, "{report:?}");
    assert!((report.bound_keys - (6.0 - 5f64.log2()) / 4.7).abs() < 1e-6, "{report:?}");
    for keys in &report.draws {
        assert_eq!(keys.distribution.iter().sum::<usize>(), keys.reached);
        let total: usize = keys.distribution.iter().enumerate().map(|(keys, listings)| keys * listings).sum();
        assert!((keys.mean_keys - total as f64 / keys.reached as f64).abs() < 1e-9, "{keys:?}");
        assert!((keys.over_bound - keys.mean_keys / report.bound_keys).abs() < 1e-9, "{keys:?}");
        assert_eq!(keys.own_names.sample, keys.sample, "every name is another");
    }
}
