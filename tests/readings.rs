//! Names are read as people read them: the words of `data/readings/expected.tsv`.

use chahao::index::INDEX_FORMAT;
use chahao::text::{Folded, Lexicon, spellings};

/// Ways to read a name that count: as many as are indexed.
const SPELLINGS_MAX: usize = 4;

#[test]
fn every_expected_name_is_read_as_people_read_it() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data/readings/expected.tsv");
    let table = std::fs::read_to_string(path).unwrap();
    let mut faults = Vec::new();
    let mut checked = 0;
    for row in table.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let [name, syllables, verdict] = row.split('\t').collect::<Vec<_>>()[..] else { panic!("{row:?}") };
        let wanted = syllables.replace(' ', "");
        let all: Vec<String> = spellings(Lexicon::built_in().pinyin(), &Folded::new(name), SPELLINGS_MAX)
            .into_iter()
            .map(|spelling| spelling.letters)
            .collect();
        let holds = match verdict {
            "first" => all.first() == Some(&wanted),
            "also" => all.contains(&wanted),
            "never" => !all.contains(&wanted),
            other => panic!("{other:?} is no verdict: {row:?}"),
        };
        checked += 1;
        if !holds {
            faults.push(format!("{name} is read {all:?}; {wanted} is to be {verdict}"));
        }
    }
    assert!(checked > 200, "{checked} rows");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The index format the tables below were sealed with, and their checksum then.
const SEALED: (u32, u32) = (9, 169_364_487);

#[test]
fn the_index_format_grows_with_the_tables_an_index_goes_by() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sum = crc32fast::Hasher::new();
    for name in ["simplified", "characters", "phrases", "local", "words"] {
        let table = std::fs::read_to_string(root.join(format!("data/readings/{name}.tsv"))).unwrap();
        table.lines().filter(|line| !line.starts_with('#')).for_each(|line| {
            sum.update(line.as_bytes());
            sum.update(b"\n");
        });
    }
    let sum = sum.finalize();
    assert_eq!(
        (INDEX_FORMAT, sum),
        SEALED,
        "what an index holds goes by these tables: where they changed, raise INDEX_FORMAT and seal them anew"
    );
}
