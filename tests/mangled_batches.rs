//! Files that no office meant to send: every reader of batches, and the header, is given mutations of a small corpus
//! (`tests/fixtures/batches/`), and what it read before. It ends, in time and without a panic; every row has its place in
//! the file, and every refusal its reason.
//!
//! A short round runs with the tests; `scripts/fuzz SECONDS` goes on for as long as wanted. Mutations are drawn from a seed
//! and know nothing of which branches they reach.

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

use chahao::batch::{Input, Rows};
use chahao::ledger::{Ledger, Limits, Submission};

use crate::batch_forms::{gzip, workbook_of, xml_of};

/// Files tried of each kind when nothing else is asked for.
const TRIED: u64 = 400;
/// A file that takes longer hangs its reader.
const HANGS: Duration = Duration::from_secs(20);
/// Bytes a mutated file may grow to.
const BYTES_MAX: usize = 64 << 10;
/// Columns of a workbook: those of one letter.
const COLUMNS_MAX: usize = 26;
/// Every so many files also go into a ledger.
const APPENDED: u64 = 8;

const ROWS: &[u8] = include_bytes!("fixtures/batches/rows.ndjson");
const HEADER: &[u8] = include_bytes!("fixtures/batches/header.ndjson");
/// The first of its feed: an empty ledger comes as far as its counts.
const FIRST: &[u8] = include_bytes!("fixtures/batches/header-first.ndjson");
const TABLE: &[u8] = include_bytes!("fixtures/batches/table.csv");
const TABS: &[u8] = include_bytes!("fixtures/batches/table.tsv");
const GB18030: &[u8] = include_bytes!("fixtures/batches/table-gb18030.csv");

/// What readers treat in a way of its own.
const PIECES: [&[u8]; 37] = [
    b"\"",
    b"\"\"",
    b",",
    b";",
    b"\t",
    b"\n",
    b"\r\n",
    b"\r",
    b"\0",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b"[[[[[[[[",
    b":",
    b"null",
    b"-1",
    b"1e999",
    b"18446744073709551615",
    b"18446744073709551616",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xfe\xff",
    b"\xd8\x00",
    b"\x81",
    b"\xc2\x85",
    b"\xf0\x9f\x98\x80",
    b"<clear>",
    b"listing:",
    "转".as_bytes(),
    "；".as_bytes(),
    "０".as_bytes(),
    b"\\ud800",
    b"0020-00-",
    b"+86",
    b"9999-99-99",
];

/// How mutated text becomes a file.
type Pack = fn(&[u8], &mut Pcg64Mcg) -> Vec<u8>;

/// The readers, what their files are mutated from, and how the text is packed.
const READERS: [(&str, &[&[u8]], Pack); 10] = [
    ("NDJSON", &[ROWS, HEADER], plain),
    ("header", &[FIRST, HEADER], plain),
    ("CSV", &[TABLE, TABS], plain),
    ("TSV", &[TABS, TABLE], plain),
    ("GB18030", &[GB18030, TABLE], plain),
    ("UTF-16", &[TABLE, ROWS], utf16),
    ("gzip", &[TABLE, ROWS], packed_gzip),
    ("zstd", &[TABLE, ROWS], packed_zstd),
    ("workbook", &[TABLE, TABS], workbook),
    ("workbook's XML", &[b"<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>id</t></is></c><c r=\"B1\" t=\"inlineStr\"><is><t>name</t></is></c></row><row r=\"2\"><c r=\"A2\"><v>7</v></c><c r=\"B2\" t=\"str\"><v>&#24215;</v></c></row>"], sheet),
];

fn plain(text: &[u8], _: &mut Pcg64Mcg) -> Vec<u8> {
    text.to_vec()
}

/// Text in UTF-16; what is no UTF-8 stands in it byte by byte.
fn utf16(text: &[u8], dice: &mut Pcg64Mcg) -> Vec<u8> {
    let low_first = dice.random_bool(0.5);
    let units = format!("\u{feff}{}", String::from_utf8_lossy(text));
    let units = units.encode_utf16().flat_map(|unit| if low_first { unit.to_le_bytes() } else { unit.to_be_bytes() });
    damaged(units.collect(), dice)
}

fn packed_gzip(text: &[u8], dice: &mut Pcg64Mcg) -> Vec<u8> {
    damaged(gzip(text), dice)
}

fn packed_zstd(text: &[u8], dice: &mut Pcg64Mcg) -> Vec<u8> {
    damaged(zstd::encode_all(text, 3).unwrap(), dice)
}

fn workbook(text: &[u8], dice: &mut Pcg64Mcg) -> Vec<u8> {
    let text = String::from_utf8_lossy(text).replace(['<', '>', '&', '\0'], "");
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split([',', '\t']).take(COLUMNS_MAX).collect()).collect();
    damaged(workbook_of(&xml_of(&rows.iter().map(Vec::as_slice).collect::<Vec<_>>())), dice)
}

fn sheet(text: &[u8], _: &mut Pcg64Mcg) -> Vec<u8> {
    workbook_of(&String::from_utf8_lossy(text))
}

/// Every other file as it is, the others with some bytes changed.
fn damaged(mut bytes: Vec<u8>, dice: &mut Pcg64Mcg) -> Vec<u8> {
    if dice.random_bool(0.5) {
        for _ in 0..dice.random_range(1..4) {
            mutate(&mut bytes, &[], dice);
        }
    }
    bytes
}

/// Changes `bytes` in one way or another; `others` are there to take pieces of.
fn mutate(bytes: &mut Vec<u8>, others: &[&[u8]], dice: &mut Pcg64Mcg) {
    let at = |dice: &mut Pcg64Mcg, bytes: &[u8]| dice.random_range(0..=bytes.len());
    let (a, b) = (at(dice, bytes), at(dice, bytes));
    let (start, end) = (a.min(b), a.max(b).min(a.min(b) + 200));
    match dice.random_range(0..8_u8) {
        0 => drop(bytes.drain(start..end)),
        1 => bytes.truncate(start),
        2 => {
            let copy = bytes[start..end].repeat(dice.random_range(1..40));
            bytes.splice(start..start, copy);
        }
        3 | 4 => drop(bytes.splice(start..start, PIECES[dice.random_range(0..PIECES.len())].to_vec())),
        5 => {
            if let Some(other) = others.get(dice.random_range(0..others.len().max(1))) {
                let (from, to) = (at(dice, other), at(dice, other));
                bytes.splice(start..end, other[from.min(to)..from.max(to)].to_vec());
            }
        }
        _ => {
            if let Some(byte) = bytes.get_mut(start) {
                *byte ^= 1 << dice.random_range(0..8_u8);
            }
        }
    }
    bytes.truncate(BYTES_MAX);
}

/// Reads a file to its end, and checks every row of it; how many rows and refusals there were.
fn read(bytes: &[u8]) -> (u64, u64) {
    let Ok(input) = Input::from_reader("mangled", bytes) else { return (0, 0) };
    let header = Rows::header_of(&input);
    let Ok(mut rows) = Rows::open(&input) else { return (0, 0) };
    assert!(header.is_ok());
    let (mut read, mut refused, mut line, mut end) = (0, 0, 0, 0);
    loop {
        let (next, span) = match rows.next_row().expect("a spooled file can be read") {
            None => break,
            Some(Ok(row)) => {
                read += 1;
                (row.origin.line, row.origin.span)
            }
            Some(Err(rejection)) => {
                refused += 1;
                assert!(!rejection.reason.is_empty() && !rejection.code.is_empty(), "{rejection:?}");
                (rejection.line, rejection.span)
            }
        };
        assert!(
            next > line && span.0 >= end && span.1 > 0,
            "line {next} at {span:?} follows {line}, which ends at {end}"
        );
        (line, end) = (next, span.0 + span.1);
        assert!(end <= input.len_bytes(), "a row ends behind the file");
        assert!(!input.original(span).unwrap().contains(&b'\0') || bytes.contains(&b'\0'));
    }
    (read, refused)
}

/// Lets a file into a ledger of its own, and checks that it holds together.
fn append(bytes: &[u8]) {
    let Ok(input) = Input::from_reader("mangled", bytes) else { return };
    let Ok(mut rows) = Rows::open(&input) else { return };
    let mut ledger = Ledger::in_memory().unwrap();
    let submission = Submission {
        header: rows.header(),
        source: input.name(),
        hash: input.hash(),
        limits: Limits { force: true, ..Limits::default() },
        signature: None,
        sent_by: None,
        content: Some(&input),
        columns: chahao::batch::ColumnMap::default(),
        releases: None,
        dry_run: false,
    };
    match ledger.append(&submission, &mut rows, &mut |_| {}, &|| Ok(())) {
        Ok(report) => assert!(report.rejected as usize >= report.rejections.len()),
        Err(error) => assert!(error.is_refused(), "{error:?}"),
    }
    assert_eq!(ledger.verify().unwrap().damage, Vec::<String>::new());
}

/// Ends the program where one file takes too long: a reader that hangs cannot be stopped otherwise.
fn watch(begun: &AtomicU64, done: &AtomicU64, started: Instant) {
    while done.load(Ordering::Relaxed) == 0 {
        std::thread::sleep(Duration::from_millis(200));
        let taken = started.elapsed().as_millis() as u64
            - begun.load(Ordering::Relaxed).min(started.elapsed().as_millis() as u64);
        if Duration::from_millis(taken) > HANGS {
            eprintln!("a file has been read for {taken} ms: it hangs its reader");
            std::process::abort();
        }
    }
}

#[test]
fn no_file_makes_a_reader_panic_or_hang() {
    let seconds = std::env::var("CHAHAO_TEST_FUZZ_SECONDS").ok().map(|text| Duration::from_secs(text.parse().unwrap()));
    let seed = std::env::var("CHAHAO_TEST_SEED").ok().map_or(1, |seed| seed.parse().unwrap());
    let (begun, done, started) = (AtomicU64::new(0), AtomicU64::new(0), Instant::now());
    std::thread::scope(|scope| {
        scope.spawn(|| watch(&begun, &done, started));
        let tried = catch_unwind(AssertUnwindSafe(|| {
            for (reader, corpus, pack) in READERS {
                let mut dice = Pcg64Mcg::seed_from_u64(seed);
                let (mut tried, mut rows, mut refused) = (0, 0, 0);
                let until = seconds.map(|seconds| Instant::now() + seconds);
                while until.map_or(tried < TRIED, |until| Instant::now() < until) {
                    let mut text = corpus[dice.random_range(0..corpus.len())].to_vec();
                    // The first of all is read as it is.
                    for _ in 0..if tried == 0 { 0 } else { dice.random_range(1..8) } {
                        mutate(&mut text, corpus, &mut dice);
                    }
                    let bytes = pack(&text, &mut dice);
                    begun.store(started.elapsed().as_millis() as u64, Ordering::Relaxed);
                    let outcome = catch_unwind(|| {
                        if tried % APPENDED == 0 {
                            append(&bytes);
                        }
                        read(&bytes)
                    });
                    let (more_rows, more_refused) = outcome.unwrap_or_else(|panic| {
                        let kept = std::env::temp_dir().join(format!("mangled-{seed}-{tried}"));
                        std::fs::File::create(&kept).and_then(|mut file| file.write_all(&bytes)).unwrap();
                        panic!("{reader}: file {tried} of seed {seed}, kept as {}: {panic:?}", kept.display())
                    });
                    (rows, refused, tried) = (rows + more_rows, refused + more_refused, tried + 1);
                }
                println!("{reader}: {tried} files, {rows} rows and {refused} refusals read");
                assert!(rows > 0 && refused > 0, "{reader}: mutations that change nothing, or spoil everything");
            }
        }));
        done.store(1, Ordering::Relaxed);
        tried.unwrap();
    });
}
