//! A disk that flips a byte, a copy that was cut short, a file that is gone: the index is refused and rebuilt,
//! never served.

use std::path::{Path, PathBuf};

use chahao::desk::Desk;
use chahao::generate::Generator;
use chahao::progress::Silent;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::desk_in_a_folder::{Folder, add, copy_directory, files_under, generated, ids, told};

/// Files of up to this many bytes are flipped at every [`SMALL_STEP`]th byte, longer ones at random ones.
const SMALL_BYTES: usize = 280;
const SMALL_STEP: usize = 7;
const RANDOM_FLIPS: usize = 40;
/// Listings of the base.
const LISTINGS: u64 = 60;
const SEED: u64 = 3;

/// A base of 60 listings, or of 12 where everything is tried, with a delta over it.
fn small_index() -> (Folder, Desk) {
    let folder = Folder::new();
    let listings = if all() { 12 } else { LISTINGS };
    let desk = folder.load(&generated(listings, SEED));
    let id = |row| Generator::new(SEED).listing(row).unwrap().id;
    let weekly = format!(
        "{{\"op\":\"change\",\"id\":\"{}\",\"name\":\"广州酒家\"}}\n{{\"op\":\"delete\",\"id\":\"{}\"}}\n{}",
        id(5),
        id(9),
        add("Z-1", "莲香楼", 30.0)
    );
    folder.import(&desk, &weekly);
    let compaction = desk.compact(false, &mut Silent).unwrap();
    assert_eq!((compaction.base, compaction.delta), (listings, 2));
    (folder, desk)
}

/// Answers of every source.
fn answers(desk: &Desk) -> Vec<Vec<String>> {
    let mut queries: Vec<String> =
        ["广", "广州", "酒家", "店", "g", "gz", "jiu", "lianx", "lxl", "020", "8", "13"].map(str::to_owned).to_vec();
    for row in (0..LISTINGS).step_by(4) {
        let listing = Generator::new(SEED).listing(row).unwrap();
        queries.extend(listing.phones.first().map(|phone| phone.digits()));
        queries.push(listing.name);
    }
    queries.iter().map(|query| ids(desk, query)).collect()
}

/// The files of the live generation, as they are named below the index; locks hold nothing.
fn index_files(index: &Path) -> Vec<PathBuf> {
    let is_lock = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name == "LOCK" || name == "PREVIOUS")
            || path.extension().is_some_and(|e| e == "lock")
    };
    files_under(index)
        .into_iter()
        .filter(|path| !is_lock(path))
        .map(|path| path.strip_prefix(index).unwrap().to_owned())
        .collect()
}

/// Opens the index and says what is wrong with the outcome, if anything.
fn refused(folder: &Folder, index: &Path) -> Result<(), String> {
    let desk = Desk::new(&folder.ledger(), index);
    match desk.refresh() {
        Err(error) if error.is_damaged() => Ok(()),
        Err(error) => Err(format!("is refused, but not as damaged: {error:?}")),
        Ok(_) if desk.generation().is_err() => Err("is taken for no index".to_owned()),
        Ok(_) => Err("is served".to_owned()),
    }
}

/// Whether every byte and every length is tried, of a smaller generation: `CHAHAO_TEST_FLIPS=all`, for some minutes.
fn all() -> bool {
    std::env::var("CHAHAO_TEST_FLIPS").is_ok_and(|which| which == "all")
}

/// Offsets at which a file of `bytes` is flipped.
fn flips(bytes: usize, dice: &mut Pcg64Mcg) -> Vec<usize> {
    if all() {
        return (0..bytes).collect();
    }
    if bytes <= SMALL_BYTES {
        return (0..bytes).step_by(SMALL_STEP).collect();
    }
    (0..RANDOM_FLIPS).map(|_| dice.random_range(0..bytes)).chain([0, bytes - 1]).collect()
}

/// Lengths to which a file of `bytes` is cut.
fn cuts(bytes: usize) -> Vec<usize> {
    if all() {
        return (0..bytes).collect();
    }
    let mut cuts = vec![0, bytes / 2, bytes.saturating_sub(4), bytes.saturating_sub(1)];
    cuts.retain(|&cut| cut < bytes);
    cuts.dedup();
    cuts
}

#[test]
fn a_flipped_byte_anywhere_is_refused() {
    let (folder, desk) = small_index();
    drop(desk);
    let mut dice = Pcg64Mcg::seed_from_u64(11);
    let (mut tried, files) = (0, index_files(&folder.index()));
    for name in &files {
        let path = folder.index().join(name);
        let whole = std::fs::read(&path).unwrap();
        for at in flips(whole.len(), &mut dice) {
            let mut damaged = whole.clone();
            damaged[at] ^= dice.random_range(1..=255_u8);
            std::fs::write(&path, &damaged).unwrap();
            let outcome = refused(&folder, &folder.index());
            assert_eq!(outcome, Ok(()), "{} flipped at {at} of {}", name.display(), whole.len());
            tried += 1;
        }
        std::fs::write(&path, &whole).unwrap();
    }
    println!("{tried} flipped bytes in {} files", files.len());
    assert!(tried > 1_000 && files.len() > 80, "{tried} in {files:?}");
    assert!(folder.desk().generation().is_ok(), "whole again, it opens");
}

#[test]
fn a_file_cut_short_or_gone_is_refused() {
    let (folder, desk) = small_index();
    drop(desk);
    let (mut tried, files) = (0, index_files(&folder.index()));
    for name in &files {
        let path = folder.index().join(name);
        let whole = std::fs::read(&path).unwrap();
        for length in cuts(whole.len()) {
            std::fs::write(&path, &whole[..length]).unwrap();
            let outcome = refused(&folder, &folder.index());
            assert_eq!(outcome, Ok(()), "{} cut to {length} of {}", name.display(), whole.len());
            tried += 1;
        }
        std::fs::write(&path, [whole.as_slice(), b"\0"].concat()).unwrap();
        assert_eq!(refused(&folder, &folder.index()), Ok(()), "{} with a byte too many", name.display());
        std::fs::remove_file(&path).unwrap();
        let outcome = refused(&folder, &folder.index());
        if name == Path::new("CURRENT") {
            assert_eq!(outcome, Err("is taken for no index".to_owned()), "without CURRENT nothing was published");
        } else {
            assert_eq!(outcome, Ok(()), "{} deleted", name.display());
        }
        tried += 2;
        std::fs::write(&path, &whole).unwrap();
    }
    println!("{tried} files cut short, lengthened or deleted, of {}", files.len());
    assert!(folder.desk().generation().is_ok(), "whole again, it opens");
}

#[test]
fn compacting_repairs_any_damage() {
    let (folder, desk) = small_index();
    let expected = answers(&desk);
    let least = if all() { 3 } else { 30 };
    assert!(expected.iter().filter(|ids| !ids.is_empty()).count() > least);
    drop(desk);
    let mut dice = Pcg64Mcg::seed_from_u64(12);
    for (number, name) in index_files(&folder.index()).iter().step_by(2).enumerate() {
        let copy = folder.path("copy");
        copy_directory(&folder.index(), &copy);
        let path = copy.join(name);
        let mut bytes = std::fs::read(&path).unwrap();
        match number % 3 {
            0 if !bytes.is_empty() => {
                let at = dice.random_range(0..bytes.len());
                bytes[at] ^= 0x40;
                std::fs::write(&path, &bytes).unwrap();
            }
            1 if !bytes.is_empty() => std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap(),
            _ => std::fs::remove_file(&path).unwrap(),
        }
        let desk = Desk::new(&folder.ledger(), &copy);
        desk.compact(false, &mut Silent).unwrap();
        assert_eq!(answers(&desk), expected, "after {} was damaged", name.display());
        let findings = desk.verify().unwrap();
        assert_eq!((findings.damage, findings.index_seq), (Vec::new(), Some(findings.seq)), "{}", name.display());
        std::fs::remove_dir_all(&copy).unwrap();
    }
    assert_eq!(answers(&folder.desk()), expected);
}

#[test]
fn a_desk_that_serves_goes_on_when_what_was_published_is_damaged() {
    let (folder, desk) = small_index();
    let expected = answers(&desk);
    for (round, file) in ["CURRENT", "MANIFEST", "name.fst"].into_iter().enumerate() {
        let id = format!("Y-{round}");
        folder.import(&desk, &add(&id, "陶陶居", 1.0));
        let other = folder.desk();
        other.compact(true, &mut Silent).unwrap();
        let base = folder.index().join(other.current().unwrap().base);
        let path = if file == "CURRENT" { folder.index().join(file) } else { base.join(file) };
        std::fs::write(&path, b"damaged").unwrap();
        assert!(desk.refresh().unwrap_err().is_damaged(), "{file}");
        assert_eq!(answers(&desk), expected, "{file}");
        let lookup = folder.run(&["lookup", "陶陶居"]);
        assert_eq!(lookup.status.code(), Some(4), "a desk opened anew refuses: {}", told(&lookup));
        desk.compact(false, &mut Silent).unwrap();
        assert!(ids(&desk, "陶陶居").contains(&id), "{file}");
        assert_eq!(desk.verify().unwrap().damage, Vec::<String>::new(), "{file}");
    }
}

#[test]
fn a_generation_that_is_damaged_is_not_gone_back_to() {
    let (folder, desk) = small_index();
    let before = desk.generation().unwrap().seq();
    folder.import(&desk, &add("Z-2", "陶陶居", 1.0));
    desk.compact(true, &mut Silent).unwrap();
    let (index, expected) = (folder.index(), answers(&desk));
    let live = desk.current().unwrap().base;
    let mut kept: Vec<PathBuf> = index_files(&index);
    kept.retain(|name| !name.starts_with(&live) && name != Path::new("CURRENT"));
    kept.push("PREVIOUS".into());
    let current = std::fs::read(index.join("CURRENT")).unwrap();
    let (mut dice, mut tried) = (Pcg64Mcg::seed_from_u64(13), 0);
    for name in &kept {
        let path = index.join(name);
        let whole = std::fs::read(&path).unwrap();
        let ways = if all() { whole.len() } else { 3 };
        for way in 0..ways {
            let mut damaged = whole.clone();
            let at = if all() { way } else { dice.random_range(0..whole.len().max(1)) };
            match way % 3 {
                _ if whole.is_empty() => damaged.push(0),
                0 => damaged.truncate(at),
                _ => damaged[at] ^= dice.random_range(1..=255_u8),
            }
            std::fs::write(&path, &damaged).unwrap();
            let error = folder.desk().roll_back().unwrap_err();
            assert!(error.is_damaged(), "{} damaged at {at} of {}: {error}", name.display(), whole.len());
            assert_eq!(std::fs::read(index.join("CURRENT")).unwrap(), current, "{}", name.display());
            tried += 1;
        }
        std::fs::write(&path, &whole).unwrap();
    }
    println!("{tried} times the generation before was damaged, in {} files", kept.len());
    assert!(kept.len() > 80 && tried > 200, "{tried} in {kept:?}");
    assert_eq!(answers(&folder.desk()), expected, "what is live stays so");
    assert_eq!(folder.desk().roll_back().unwrap(), before, "whole again");
}
