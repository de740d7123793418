//! Places by how they are spelled, so that letters narrow to streets and buildings: `zhongshanlu` and `zsl` for 中山路.
//!
//! An `fst` set of letters, [`END`] and the place, for each way to spell each place that an address of the part names.

use std::collections::HashSet;
use std::path::Path;

use fst::{IntoStreamer, Set, SetBuilder, Streamer};
use tantivy::directory::OwnedBytes;

use super::files::{FileSum, PLACES, write_file};
use super::mapped::map;
use crate::text::{Folded, Lexicon, spellings};
use crate::{Error, Result};

/// What stands behind the letters, and what is next to it in order; neither is in folded text.
const END: char = '\0';
const BEHIND_END: char = '\u{1}';
/// Ways to spell one place that count.
const SPELLINGS_MAX: usize = 2;

/// The places that addresses name, while they are collected.
#[derive(Debug, Default)]
pub(super) struct PlacesWriter {
    places: HashSet<String>,
}

impl PlacesWriter {
    /// Adds the places of one listing, parted by spaces.
    pub(super) fn add(&mut self, places: &str) {
        for place in places.split_ascii_whitespace() {
            if !self.places.contains(place) {
                self.places.insert(place.to_owned());
            }
        }
    }

    /// Writes what they are spelled by `lexicon`.
    pub(super) fn finish(self, path: &Path, lexicon: &Lexicon) -> Result<FileSum> {
        let spelled = self.places.iter().flat_map(|place| {
            let ways = spellings(lexicon.pinyin(), &Folded::new(place), SPELLINGS_MAX).into_iter();
            ways.flat_map(|spelling| [spelling.letters, spelling.initials])
                .map(move |letters| format!("{letters}{END}{place}"))
        });
        let mut spelled: Vec<String> = spelled.collect();
        spelled.sort_unstable();
        spelled.dedup();
        let failed = |error: fst::Error| Error::internal(format!("places could not be spelled: {error}"));
        let mut set = SetBuilder::memory();
        spelled.iter().try_for_each(|one| set.insert(one)).map_err(failed)?;
        write_file(path, PLACES, &set.into_inner().map_err(failed)?)
    }
}

/// The places of a part by their letters.
#[derive(Debug)]
pub(super) struct SpelledPlaces {
    set: Set<OwnedBytes>,
}

impl SpelledPlaces {
    pub(super) fn open(path: &Path) -> Result<SpelledPlaces> {
        let set = Set::new(map(path, PLACES)?).map_err(|error| {
            Error::damaged(format!("{}: {error}; run chahao compact --full", path.join(PLACES).display()))
        })?;
        Ok(SpelledPlaces { set })
    }

    /// The first `count` places, in order of their text, that are spelled `letters`, in pinyin or by initials.
    pub(super) fn spelled(&self, letters: &str, count: usize) -> Vec<String> {
        let (from, to) = (format!("{letters}{END}"), format!("{letters}{BEHIND_END}"));
        let mut stream = self.set.range().ge(&from).lt(&to).into_stream();
        let mut places = Vec::new();
        while places.len() < count
            && let Some(key) = stream.next()
        {
            places.extend(key.get(from.len()..).and_then(|place| String::from_utf8(place.to_vec()).ok()));
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_by_pinyin_and_by_initials() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = PlacesWriter::default();
        writer.add("体育西路 体育西");
        writer.add("中山路 长堤 体育西路");
        writer.finish(folder.path(), Lexicon::built_in()).unwrap();
        let places = SpelledPlaces::open(folder.path()).unwrap();
        for (letters, expected) in [
            ("tiyuxilu", "体育西路"),
            ("tyxl", "体育西路"),
            ("tyx", "体育西"),
            ("zhongshanlu", "中山路"),
            ("changdi", "长堤"),
            ("ty", ""),
            ("", ""),
        ] {
            assert_eq!(places.spelled(letters, 9).join(" "), expected, "{letters}");
        }
    }

    #[test]
    fn no_places_are_fine() {
        let folder = tempfile::tempdir().unwrap();
        PlacesWriter::default().finish(folder.path(), Lexicon::built_in()).unwrap();
        assert_eq!(SpelledPlaces::open(folder.path()).unwrap().spelled("zsl", 3), Vec::<String>::new());
    }
}
