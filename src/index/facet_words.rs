//! The words by which callers name a district or a trade: 天河, 天河区, `thq`, `tianhe` for 广州市 天河区.

use super::Facet;
use crate::text::{Folded, Pinyin, spellings, split_regions, without_region_end};

/// Ways to read one word that count.
const SPELLINGS_MAX: usize = 2;

/// Words and the codes of the values that hold them, of one part; some kilobytes for a city.
#[derive(Debug, Default)]
pub(super) struct FacetWords {
    /// Sorted: a word, its facet, the code of one value.
    words: Vec<(String, Facet, u32)>,
}

impl FacetWords {
    /// The words of `values` by code, for each facet, as `pinyin` spells them.
    pub(super) fn new<'v>(values: impl IntoIterator<Item = (Facet, &'v [String])>, pinyin: &Pinyin) -> FacetWords {
        let mut words = Vec::new();
        for (facet, values) in values {
            for (code, value) in values.iter().enumerate() {
                for word in words_of(value, pinyin) {
                    words.push((word, facet, code as u32));
                }
            }
        }
        words.sort_unstable();
        words.dedup();
        FacetWords { words }
    }

    /// The codes of `facet` whose values are called `word`, or, with `begun`, something that begins so.
    pub(super) fn codes(&self, facet: Facet, word: &str, begun: bool) -> Vec<u32> {
        let start = self.words.partition_point(|(known, ..)| known.as_str() < word);
        let fitting = |known: &str| if begun { known.starts_with(word) } else { known == word };
        let entries = self.words.get(start..).unwrap_or_default().iter().take_while(|(known, ..)| fitting(known));
        let mut codes: Vec<u32> = entries.filter(|(_, of, _)| *of == facet).map(|(.., code)| *code).collect();
        codes.sort_unstable();
        codes.dedup();
        codes
    }
}

/// What one value is called: its pieces, with and without 区, 县, 市, in hanzi, pinyin and initials.
fn words_of(value: &str, pinyin: &Pinyin) -> Vec<String> {
    let mut words = Vec::new();
    for piece in value.split(|c: char| !c.is_alphanumeric()).filter(|piece| !piece.is_empty()) {
        let folded = Folded::new(piece);
        let regions = split_regions(folded.text());
        for region in &regions {
            for name in [region, without_region_end(region)] {
                words.push(name.to_owned());
                for spelling in spellings(pinyin, &Folded::new(name), SPELLINGS_MAX) {
                    words.extend([spelling.letters, spelling.initials]);
                }
            }
        }
        // 台南市佳里区 and 台南佳里, said in one.
        if regions.len() > 1 {
            words.push(folded.text().to_owned());
            words.push(regions.iter().map(|region| without_region_end(region)).collect());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lexicon;

    #[test]
    fn a_district_is_called_by_its_name_pinyin_and_initials() {
        let values = ["", "广州市 天河区", "臺南市佳里區", "白云区"].map(str::to_owned);
        let categories = ["医疗;医院", "餐饮"].map(str::to_owned);
        let words = FacetWords::new(
            [(Facet::Locality, &values[..]), (Facet::Category, &categories[..])],
            Lexicon::built_in().pinyin(),
        );
        for (word, code) in [
            ("天河", 1),
            ("天河区", 1),
            ("thq", 1),
            ("tianhe", 1),
            ("佳里", 2),
            ("台南", 2),
            ("台南佳里", 2),
            ("台南市佳里区", 2),
            ("by", 3),
            ("gz", 1),
        ] {
            assert_eq!(words.codes(Facet::Locality, word, false), [code], "{word}");
        }
        assert_eq!(words.codes(Facet::Category, "医院", false), [0]);
        assert_eq!(words.codes(Facet::Locality, "医院", false), [0; 0]);
        assert_eq!(words.codes(Facet::Locality, "天", false), [0; 0]);
        assert_eq!(words.codes(Facet::Locality, "天", true), [1]);
    }
}
