//! A generation: the base, the delta and the tombstones that are live together.

use std::collections::HashMap;
use std::sync::Arc;

use super::facet::Facet;
use super::files::{Current, Layout, TOMBSTONES};
use super::mapped::Numbers;
use super::{Part, Rank};
use crate::text::Lexicon;
use crate::{Error, Result};

/// How often a reader looks again when the parts it read of were swept away meanwhile.
const OPEN_ATTEMPTS_MAX: usize = 5;

/// Which ranks of the base are outdated: one bit each.
#[derive(Debug, Clone, Default)]
pub struct Tombstones {
    words: Vec<u64>,
    /// How many of the outdated listings have each value of a facet: what nobody else has is not there any more.
    hidden: HashMap<(Facet, u32), u32>,
}

impl Tombstones {
    /// None, over a base of `listings`.
    pub fn none(listings: usize) -> Tombstones {
        Tombstones { words: vec![0; listings.div_ceil(u64::BITS as usize)], hidden: HashMap::new() }
    }

    /// Marks `rank` as outdated.
    pub fn bury(&mut self, rank: Rank) {
        if let Some(word) = self.words.get_mut((rank / u64::BITS) as usize) {
            *word |= 1 << (rank % u64::BITS);
        }
    }

    /// Whether `rank` is outdated.
    #[inline]
    pub fn hide(&self, rank: Rank) -> bool {
        self.words.get((rank / u64::BITS) as usize).is_some_and(|word| word >> (rank % u64::BITS) & 1 == 1)
    }

    /// How many ranks are outdated.
    pub fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// How many outdated listings have the value `code` of `facet`.
    pub fn hidden_of(&self, facet: Facet, code: u32) -> u32 {
        self.hidden.get(&(facet, code)).copied().unwrap_or(0)
    }

    /// Those that `words` mark in `base`, counted by facet. Linear in what is outdated.
    fn over(base: &Part, words: Vec<u64>) -> Tombstones {
        let mut tombstones = Tombstones { words, hidden: HashMap::new() };
        for (at, word) in tombstones.words.iter().enumerate() {
            let mut left = *word;
            while left != 0 {
                let rank = at as Rank * u64::BITS + left.trailing_zeros();
                left &= left - 1;
                for facet in [Facet::Locality, Facet::Category] {
                    *tombstones.hidden.entry((facet, base.facet_code(facet, rank))).or_default() += 1;
                }
            }
        }
        tombstones
    }

    pub(super) fn words(&self) -> &[u64] {
        &self.words
    }
}

/// What is live at one time; never changes once it is open.
#[derive(Debug)]
pub struct Generation {
    current: Current,
    /// Shared with the generations before and after it that stand on the same base.
    base: Arc<Part>,
    delta: Option<Part>,
    tombstones: Tombstones,
}

impl Generation {
    /// Opens what `CURRENT` names; `None` when nothing was ever published. A base that `previous` stands on
    /// is taken over, neither read nor checked again.
    ///
    /// # Errors
    /// Damaged when a file is missing or not as it was written: run the compactor to repair it.
    pub fn open(layout: &Layout, previous: Option<&Generation>) -> Result<Option<Generation>> {
        let mut attempts = 0;
        loop {
            let Some(current) = layout.current()? else { return Ok(None) };
            let opened = Generation::open_parts(layout, &current, previous);
            attempts += 1;
            match opened {
                // The compactor may have published and swept while the parts were being opened.
                Err(_) if attempts < OPEN_ATTEMPTS_MAX && layout.current()?.as_ref() != Some(&current) => {}
                opened => return opened.map(Some),
            }
        }
    }

    /// Opens the parts `current` names, whether it is published yet or not; otherwise as [`Generation::open`].
    ///
    /// # Errors
    /// Damaged when a file is missing or not as it was written.
    pub fn open_parts(layout: &Layout, current: &Current, previous: Option<&Generation>) -> Result<Generation> {
        let same_base = |previous: &&Generation| {
            (&previous.current.base, previous.current.base_manifest) == (&current.base, current.base_manifest)
        };
        let base = match previous.filter(same_base) {
            Some(previous) => Arc::clone(&previous.base),
            None => Arc::new(Part::open(&layout.part(&current.base), current.base_manifest, layout.schemes())?),
        };
        let mut tombstones = Tombstones::none(base.len());
        let delta = match &current.delta {
            Some(name) => {
                let path = layout.part(name);
                let part = Part::open(&path, current.delta_manifest, layout.schemes())?;
                tombstones = Tombstones::over(&base, Numbers::<u64>::map(&path, TOMBSTONES)?.as_slice().to_vec());
                Some(part)
            }
            None => None,
        };
        let seq = delta.as_ref().map_or(base.seq(), Part::seq);
        if seq != current.seq || base.seq() != current.base_seq || tombstones.words.len() != base.len().div_ceil(64) {
            let text =
                format!("the parts of {} do not belong together; run chahao compact --full", layout.root().display());
            return Err(Error::damaged(text));
        }
        Ok(Generation { current: current.clone(), base, delta, tombstones })
    }

    /// What `CURRENT` said.
    pub fn current(&self) -> &Current {
        &self.current
    }

    /// The ledger seq it answers from.
    pub fn seq(&self) -> u64 {
        self.current.seq
    }

    /// The base.
    pub fn base(&self) -> &Part {
        &self.base
    }

    /// The lexicon in force: that of its newest part. What can be found in its base is spelled alike by both.
    pub fn lexicon(&self) -> &Lexicon {
        self.delta.as_ref().unwrap_or(&self.base).lexicon()
    }

    /// Listings that can be found.
    pub fn len(&self) -> usize {
        self.base.len() - self.tombstones.count() + self.delta.as_ref().map_or(0, Part::len)
    }

    /// Whether nothing can be found.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of all its files.
    pub fn bytes(&self) -> u64 {
        self.base.bytes() + self.delta.as_ref().map_or(0, Part::bytes)
    }

    /// Its parts, each with what hides its outdated listings; nothing of the base is outdated where there is no delta.
    pub fn parts(&self) -> impl Iterator<Item = (&Part, Option<&Tombstones>)> {
        let hidden = self.delta.as_ref().map(|_| &self.tombstones);
        [(&*self.base, hidden)].into_iter().chain(self.delta.iter().map(|delta| (delta, None)))
    }

    /// The part and rank of the listing `id`.
    pub fn find(&self, id: &str) -> Option<(&Part, Rank)> {
        self.parts().find_map(|(part, tombstones)| {
            let rank = part.rank_of(id)?;
            (!tombstones.is_some_and(|tombstones| tombstones.hide(rank))).then_some((part, rank))
        })
    }
}
