//! The questions: of a file, or made as `chahao eval --make` makes them.

use std::fs::File;
use std::io::{BufReader, Write};

use chahao::desk::{Desk, ImportOptions};
use chahao::evaluate::{Draw, MakeSettings, Question, make, read_questions};
use chahao::listing::{Listing, Status};
use chahao::progress::Silent;

use crate::Arguments;
use crate::report::Settings;

/// The seed of questions that are made here.
const SEED: u64 = 114;

/// Questions of the kinds that are asked for.
pub fn questions(arguments: &Arguments, sample: &[Listing], settings: &Settings) -> Vec<Question> {
    let mut questions = match arguments.path("--questions") {
        Some(file) => read_questions(BufReader::new(File::open(&file).expect("the questions"))).expect("questions"),
        None => made(sample, settings.queries),
    };
    questions.retain(|question| question.kind.starts_with(&settings.kind));
    questions
}

/// Questions for the listings of `sample`, by way of a ledger that holds no others.
fn made(sample: &[Listing], per_kind: usize) -> Vec<Question> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sample.ndjson");
    let mut rows = std::io::BufWriter::new(File::create(&file).unwrap());
    for listing in sample {
        // What they refer to may not be in the sample.
        let listing = Listing { parent: None, referral: None, status: Status::Listed, ..listing.clone() };
        serde_json::to_writer(&mut rows, &listing).unwrap();
        rows.write_all(b"\n").unwrap();
    }
    rows.into_inner().unwrap();
    let desk = Desk::new(&folder.path().join("ledger.db"), &folder.path().join("index"));
    desk.import(&file, &ImportOptions::default(), &mut Silent).expect("an import of the sample");
    let settings = MakeSettings { per_kind, seed: SEED, draw: Draw::Evenly, kinds: Vec::new() };
    let mut questions = Vec::new();
    let mut keep = |question| {
        questions.push(question);
        Ok(())
    };
    make(&desk, &settings, &mut keep).expect("questions");
    questions
}

/// Families of kinds whose keystrokes are told together: what an operator types in one way.
const FAMILIES: [(&str, &[&str]); 7] = [
    ("hanzi", &["exact", "prefix", "word", "infix", "character", "short_form"]),
    ("letters", &["pinyin", "initials", "mixed"]),
    ("hanzi and letters", &["hanzi_letters", "district_letters"]),
    ("mistakes", &["homophone", "missing", "extra", "wrong", "swapped", "fuzzy_sound", "letter_typo"]),
    ("English", &["english"]),
    ("numbers", &["number"]),
    ("qualified and spoken", &["qualified", "spoken"]),
];

/// The family of a kind.
pub fn family(kind: &str) -> &'static str {
    let of = |(_, begins): &&(&str, &[&str])| begins.iter().any(|begin| kind.starts_with(begin));
    FAMILIES.iter().find(of).map_or("other", |(name, _)| name)
}

/// Every beginning of `text` that can be asked: what was typed after each key.
pub fn keystrokes(text: &str) -> impl Iterator<Item = &str> {
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
    // A space at the end is trimmed: what was typed before it was asked already.
    ends.map(|end| &text[..end]).filter(|typed| !typed.ends_with(char::is_whitespace))
}
