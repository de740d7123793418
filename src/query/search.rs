//! One search: what is asked, of both parts, stage by stage.

use std::collections::HashSet;
use std::ops::Range;

use super::MatchKind;
use super::among::{self, Among};
use super::best::Best;
use super::collect::{Beside, Collector};
use super::dialled::as_dialled_here;
use super::filler::without_filler;
use super::fuel::Fuel;
use super::inner_name::inner_name;
use super::parse::{Parsed, pieces};
use super::plan::{self, Source, Stage};
use super::qualify::{self, Guess, Qualifier, Split};
use super::request::{LIMIT_DEFAULT, LIMIT_MAX, OFFSET_MAX, Query};
use super::respelled::{with_v, without_tones};
use super::source::{self, pairs_of_hanzi};
use super::stream::{self, Candidate, Offer};
use super::visible::Visible;
use super::walk::Rules;
use crate::Result;
use crate::index::{Generation, Part, Rank};
use crate::text::Lexicon;

/// Candidates each stream of a source offers, most popular first: enough for the order by score not to be cut short
/// by the order by popularity.
const DEPTH: u16 = 24;
/// Hits whose order is settled first: what an operator sees at once.
const PAGE: usize = LIMIT_DEFAULT;
/// Candidates each stream offers where more hits are asked for than those.
const DEEP: u16 = (OFFSET_MAX + LIMIT_MAX) as u16 + DEPTH;
/// Fuels that looking for pages beyond may cost: nobody types on while they page.
const DEEP_FUEL: u64 = 16;
/// Where fewer than these were found, a query is taken for something else than it says: what is seen at a glance.
const FEW: usize = 5;
/// Percent of the fuel that is kept for words apart: mixtures of frequent hanzi and letters would spend all.
const APART_PERCENT: u64 = 18;
/// Percent of the fuel that what was typed may spend whole, where it is divided too.
const WHOLE_PERCENT: u64 = 35;
/// Streams of one source at most.
const STREAMS_MAX: u16 = 16;
/// Characters, hanzi among them, that stand in no name by chance.
const TELLING_CHARS: usize = 3;
/// Letters that begin no name by chance.
const TELLING_LETTERS: usize = 16;
/// Letters that no name is spelled by by chance; and where there are hanzi among them, which count for three each.
const TELLING_SPELLED: usize = 14;
const TELLING_MIXTURE: usize = 18;
/// Listings of a place up to which the place leads to them, and not the name: hanzi lead on from there by their own
/// postings, for letters its listings are walked, and looked at where the letters may begin them.
const PLACED_MAX: u32 = 20_000;
const PLACED_LETTERS_MAX: u32 = 1_000;

/// Percent of the fuel that is kept for what may be meant otherwise, where it may be: a street in letters, another spelling.
const OTHERWISE_PERCENT: u64 = 12;
/// What was typed, and ways to divide it, that are asked for in another spelling at most.
const RESPELLED_MAX: usize = 2;

/// One thing a query may ask for, among some listings.
struct Asked {
    parsed: Parsed,
    /// What narrows it.
    qualifiers: Vec<Qualifier>,
    /// Which listings, by part.
    among: Vec<Among>,
    /// How they are found.
    lead: Lead,
    /// Whether it is a guess.
    guess: Guess,
}

/// What leads to the listings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lead {
    /// The name.
    Name,
    /// The name; for what is taken as it was typed, the place.
    NameOrPlace,
    /// Both: the place has many, of which hanzi of the name lead to some.
    Both,
    /// The place alone: no filter knows which listings are there.
    Place,
}

/// A query on its way through one generation.
pub(super) struct Search<'g> {
    query: &'g Query,
    /// The base, then the delta.
    parts: Vec<Visible<'g>>,
    /// What the query itself is narrowed by, beside what was typed.
    narrowed: Vec<Qualifier>,
    /// What stands between spaces.
    pieces: Vec<String>,
    rules: Rules<'g>,
    lexicon: &'g Lexicon,
    /// What was typed, then what else it may ask for.
    asked: Vec<Asked>,
    /// From which on `asked` counts only where what was typed finds few.
    second: usize,
    /// Those that count only where nothing else was found, once they have been asked for: what may be meant otherwise, and a name
    /// inside of what was typed.
    otherwise: Option<Range<usize>>,
    inner: Option<usize>,
}

impl<'g> Search<'g> {
    pub(super) fn new(generation: &'g Generation, query: &'g Query) -> Result<Search<'g>> {
        let lexicon = generation.lexicon();
        lexicon.check_sounds(&query.sounds)?;
        let rules = Rules::new(lexicon, &query.sounds);
        let parts: Vec<_> = generation.parts().map(|(part, tombstones)| Visible { part, tombstones }).collect();
        let narrowed = qualify::narrowed_to(query, &parts);
        let (pieces, asked) = (pieces(&query.text), Vec::new());
        let mut search =
            Search { query, parts, narrowed, pieces, rules, lexicon, asked, second: 1, otherwise: None, inner: None };
        search.ask(&Split::whole(&query.text));
        search.ask_splits(qualify::by_spaces(&search.pieces, &search.parts));
        search.second = search.asked.len();
        Ok(search)
    }

    /// Asks for what else was meant perhaps, where what was typed finds few.
    fn ask_more(&mut self) {
        if self.asked.len() > self.second {
            return;
        }
        let plain = without_filler(&self.query.text);
        if let Some(name) = &plain {
            self.ask(&Split::whole(name));
        }
        let Some(Asked { parsed, .. }) = self.asked.first() else { return };
        let dialled = parsed.digits.as_deref().and_then(as_dialled_here);
        let untoned = parsed.letters.as_deref().filter(|_| parsed.digits.is_none()).and_then(without_tones);
        if parsed.words.len() < 2 && parsed.digits.is_none() {
            self.ask_splits(qualify::joined(plain.as_ref().unwrap_or(&self.query.text), &self.parts));
        }
        dialled.iter().chain(&untoned).for_each(|meant| self.ask(&Split::whole(meant)));
    }

    /// Asks for what may be meant where nothing was found as typed: a street or building that a word spells, and what was typed
    /// in another spelling; which numbers those are.
    fn ask_otherwise(&mut self) -> Range<usize> {
        if let Some(otherwise) = &self.otherwise {
            return otherwise.clone();
        }
        let first = self.asked.len();
        let respelled = self.respelled().take(RESPELLED_MAX).collect();
        self.ask_splits(respelled);
        self.ask_splits(qualify::by_spelled_places(&self.pieces, &self.parts));
        self.otherwise.insert(first..self.asked.len()).clone()
    }

    /// What is asked in another spelling.
    fn respelled(&self) -> impl Iterator<Item = Split> {
        let typed = self.asked.iter().take(self.inner.unwrap_or(usize::MAX));
        typed.filter(|asked| asked.guess == Guess::None).filter_map(|asked| {
            let letters =
                asked.parsed.letters.as_deref().filter(|letters| !letters.contains(|c: char| c.is_ascii_digit()));
            Some(Split::respelled(&with_v(letters?)?, &asked.qualifiers))
        })
    }

    /// Whether there may be what [`Search::ask_otherwise`] asks for, as far as can be told for less than asking.
    fn may_be_otherwise(&self) -> bool {
        let is_known = self.otherwise.as_ref().is_some_and(|otherwise| !otherwise.is_empty());
        is_known || self.respelled().next().is_some() || qualify::may_spell_place(&self.pieces, &self.parts)
    }

    /// Asks for a name inside of what was typed, if there is one; its number.
    fn ask_inner(&mut self) -> Option<usize> {
        if self.inner.is_none() {
            let name = inner_name(&self.text(), &self.parts)?;
            self.inner = Some(self.asked.len());
            self.ask(&Split::whole(&name));
        }
        self.inner
    }

    fn ask_splits(&mut self, splits: Vec<Split>) {
        splits.iter().for_each(|split| self.ask(split));
    }

    /// Asks for a name too, among the listings that all qualifiers beside it fit.
    fn ask(&mut self, Split { name, qualifiers, guess }: &Split) {
        let narrowing: Vec<Qualifier> = self.narrowed.iter().chain(qualifiers).cloned().collect();
        let among = Among::of_parts(&self.parts, self.query, &narrowing, *guess == Guess::Unlikely);
        let parsed = Parsed::new(name);
        let placed_max = if parsed.has_hanzi { PLACED_MAX } else { PLACED_LETTERS_MAX };
        let has_pairs = pairs_of_hanzi(&parsed.text).next().is_some();
        let lead = match among::led_to(&self.parts, &narrowing) {
            _ if qualifiers.iter().any(|qualifier| matches!(qualifier, Qualifier::Places(_))) => Lead::Place,
            Some(count) if count <= placed_max => Lead::NameOrPlace,
            Some(_) if has_pairs => Lead::Both,
            _ => Lead::Name,
        };
        self.asked.push(Asked { parsed, qualifiers: qualifiers.clone(), among, lead, guess: *guess });
    }

    /// The part a candidate is in.
    pub(super) fn part(&self, candidate: &Candidate) -> Option<&'g Part> {
        self.parts.get(candidate.part).map(|visible| visible.part)
    }

    /// What a candidate answers.
    pub(super) fn asked(&self, candidate: &Candidate) -> &Parsed {
        let asked = self.asked.get(usize::from(candidate.asked)).or(self.asked.first());
        #[expect(clippy::expect_used, reason = "the first is put in by `new`")]
        asked.map(|asked| &asked.parsed).expect("something is asked")
    }

    /// The candidates, the best first, as many as the page asked for needs; and whether some were not looked at.
    pub(super) fn candidates(&mut self) -> Result<(Vec<Candidate>, bool)> {
        let mut fuel = Fuel::full(1);
        let (mut found, mut truncated) = self.of_depth(DEPTH, PAGE, &mut fuel)?;
        if self.query.offset + self.query.limit > PAGE && found.len() >= PAGE {
            // What deeper streams find comes behind, whatever page is asked for: all are cut from the same order.
            let mut more = Fuel::full(DEEP_FUEL);
            let (deeper, cut) = self.of_depth(DEEP, usize::from(DEEP), &mut more)?;
            truncated |= cut;
            found.truncate(PAGE);
            let known: HashSet<(usize, Rank)> =
                found.iter().map(|candidate| (candidate.part, candidate.rank)).collect();
            found.extend(deeper.into_iter().filter(|candidate| !known.contains(&(candidate.part, candidate.rank))));
        }
        Ok((found, truncated))
    }

    /// The candidates of all stages that are needed, the best first, the best `wanted` of them for sure; each stream of
    /// a source offers `depth`. And
    /// whether something that was asked for may be missing: what was typed was not looked for everywhere, or nothing
    /// was found and not every guess was followed.
    fn of_depth(&mut self, depth: u16, wanted: usize, fuel: &mut Fuel) -> Result<(Vec<Candidate>, bool)> {
        let mut best = Best::new(wanted);
        let mut found = Vec::new();
        let is_apart = self.asked.first().is_some_and(|asked| !self.sources(Stage::Apart, asked).is_empty());
        fuel.keep(if is_apart { APART_PERCENT } else { 0 });
        // What was typed whole must not starve beside the ways to divide it.
        let mut stream = 0;
        for (stage, asked) in [(Stage::AsTyped, 0..1), (Stage::Divided, 1..self.second)] {
            stream = self.go_through(stage, asked, (depth, stream), (fuel, &mut best), &mut found)?;
        }
        found = stream::merge(found);
        let as_typed_cut = fuel.ran_out();
        // What was misheard comes among the hits, and ends nothing.
        let mut heard = Vec::new();
        stream = self.go_through(Stage::Heard, 0..self.second, (depth, stream), (fuel, &mut best), &mut heard)?;
        let is_enough = self.is_enough(&found, Stage::AsTyped);
        if !is_enough {
            self.ask_more();
        }
        let kept_otherwise = if !is_enough && self.may_be_otherwise() { OTHERWISE_PERCENT } else { 0 };
        fuel.keep(kept_otherwise + if is_apart { APART_PERCENT } else { 0 });
        let all =
            0..self.otherwise.as_ref().map(|otherwise| otherwise.start).or(self.inner).unwrap_or(self.asked.len());
        for (stage, asked) in [
            (Stage::AsTyped, self.second..all.end),
            (Stage::Mixed, all.clone()),
            (Stage::Apart, 0..1),
            (Stage::Mistaken, all.clone()),
            (Stage::MistakenWithin, all.clone()),
        ] {
            match stage {
                Stage::Apart => fuel.keep(kept_otherwise),
                Stage::Mistaken => fuel.keep(0),
                _ => {}
            }
            if stage == Stage::Mistaken && found.is_empty() && kept_otherwise > 0 {
                let otherwise = self.ask_otherwise();
                for stage in [Stage::AsTyped, Stage::Mixed] {
                    stream =
                        self.go_through(stage, otherwise.clone(), (depth, stream), (fuel, &mut best), &mut found)?;
                }
                found = stream::merge(found);
            }
            if self.is_enough(&found, stage) || stage == Stage::MistakenWithin && !found.is_empty() && self.is_telling()
            {
                break;
            }
            stream = self.go_through(stage, asked, (depth, stream), (fuel, &mut best), &mut found)?;
            found = stream::merge(found);
        }
        if found.is_empty() {
            stream = self.go_through(Stage::MistakenMixture, all, (depth, stream), (fuel, &mut best), &mut found)?;
            found = stream::merge(found);
        }
        if found.is_empty()
            && let Some(number) = self.ask_inner()
        {
            self.go_through(Stage::Inner, number..number + 1, (depth, stream), (fuel, &mut best), &mut found)?;
        }
        found = stream::merge(found.into_iter().chain(heard).collect());
        found.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then_with(|| self.id(a).cmp(self.id(b))));
        let cut = as_typed_cut || found.is_empty() && fuel.ran_out();
        Ok((found, cut))
    }

    /// Asks the sources of `stage` for what is `asked`, in every part; streams are numbered from behind `stream`
    /// on. Returns the number of the last stream.
    fn go_through(
        &self,
        stage: Stage,
        asked: Range<usize>,
        (depth, stream): (u16, u16),
        (fuel, best): (&mut Fuel, &mut Best),
        found: &mut Vec<Candidate>,
    ) -> Result<u16> {
        let plans: Vec<(usize, &Asked, Vec<Source>)> = self
            .asked
            .iter()
            .enumerate()
            .filter(|(number, _)| asked.contains(number))
            .map(|(number, asked)| (number, asked, self.sources(stage, asked)))
            .collect();
        match stage {
            Stage::AsTyped if self.second > 1 => fuel.next_stage(WHOLE_PERCENT),
            Stage::Inner => fuel.last_stage(),
            _ => fuel.next_stage(stage.percent()),
        }
        let mut waiting = self.parts.len() * plans.iter().map(|(.., plan)| plan.len()).sum::<usize>();
        let mut last = stream;
        for (asked_number, asked, plan) in &plans {
            for source in plan {
                // The delta first: it is small, and what it offers takes its place among what the base offers.
                let mut offers: Vec<Offer> = Vec::new();
                for (number, Visible { part, tombstones }) in self.parts.iter().enumerate().rev() {
                    let Some(among) = asked.among.get(number) else { continue };
                    let mut collector = Collector::new(
                        (number as u8, part, *tombstones),
                        (*asked_number as u8, among),
                        depth,
                        (&self.query.modes, self.lexicon),
                        (fuel, best),
                        self.parts
                            .last()
                            .filter(|_| number == 0)
                            .map(|last| Beside { part: last.part, offers: &offers }),
                    );
                    collector.next_source(*source, waiting, last);
                    waiting -= 1;
                    if !among.is_nobody {
                        source::collect(*source, &asked.parsed, &self.rules, &mut collector)?;
                    }
                    let (own, withdrawn) = collector.into_offers();
                    offers.retain(|offer| !withdrawn.contains(&(offer.stream, offer.rank)));
                    match offers.is_empty() {
                        true => offers = own,
                        false => offers.extend(own),
                    }
                }
                found.extend(stream::cut(offers, |part, rank| self.id_of(part, rank)));
                last += STREAMS_MAX;
            }
        }
        Ok(last)
    }

    /// Whether what was found before the sources of `next` is what was meant: a page at a glance, a whole name, or a name
    /// that holds all that was typed, where this is enough to tell a slip from a name.
    fn is_enough(&self, found: &[Candidate], next: Stage) -> bool {
        let Some(Asked { parsed, .. }) = self.asked.first() else { return true };
        let tells_as_written = parsed.has_hanzi && parsed.chars >= TELLING_CHARS;
        let tells_as_spelled =
            parsed.letters_typed() >= if parsed.has_hanzi { TELLING_MIXTURE } else { TELLING_SPELLED };
        let is_mixture = parsed.pattern.is_of_both();
        let is_told = |candidate: &Candidate| match candidate.kind {
            // Letters behind hanzi may stand for themselves in some name, and for more hanzi in the one that is meant.
            MatchKind::Prefix | MatchKind::Infix => tells_as_written && !is_mixture,
            // A mixture that a place led to ends nothing as long as names were not asked for all of what was typed.
            MatchKind::Mixed if candidate.asked > 0 && matches!(next, Stage::AsTyped | Stage::Mixed | Stage::Apart) => {
                false
            }
            MatchKind::Pinyin | MatchKind::Code | MatchKind::Mixed => tells_as_spelled,
            // A name that holds several words is no slip, where they are more than short syllables.
            MatchKind::Word if matches!(next, Stage::Mistaken | Stage::MistakenWithin) => {
                tells_as_written || tells_as_spelled || !parsed.is_syllables_apart()
            }
            _ => false,
        };
        // Initials that may be a district's end nothing before all that was typed was taken for a mixture.
        let is_guess = |candidate: &Candidate| {
            let asked = self.asked.get(usize::from(candidate.asked));
            matches!(next, Stage::AsTyped | Stage::Mixed) && asked.is_some_and(|asked| asked.guess == Guess::Unlikely)
        };
        let counts = |candidate: &&Candidate| match next {
            _ if is_guess(candidate) => false,
            // Hanzi in front of letters are a place as likely as a part of the name, and so are letters in front of a space.
            Stage::AsTyped | Stage::Mixed => candidate.asked == 0 || !is_mixture && candidate.kind != MatchKind::Mixed,
            // Letters with spaces between them are words apart as likely as a mixture.
            Stage::Apart => candidate.kind != MatchKind::Mixed,
            _ => true,
        };
        found.iter().filter(counts).count() >= FEW
            || found
                .iter()
                .any(|candidate| candidate.is_whole && counts(&candidate) || is_told(candidate) && !is_guess(candidate))
    }

    /// What was typed, folded.
    fn text(&self) -> String {
        self.asked.first().map(|asked| asked.parsed.text.clone()).unwrap_or_default()
    }

    /// Whether so many letters were typed that they begin no name by chance, or with one slip.
    fn is_telling(&self) -> bool {
        let letters = self.asked.first().and_then(|asked| asked.parsed.letters.as_ref());
        letters.is_some_and(|letters| letters.len() >= TELLING_LETTERS)
    }

    fn sources(&self, stage: Stage, asked: &Asked) -> Vec<Source> {
        let (parsed, modes, lexicon) = (&asked.parsed, &self.query.modes, self.lexicon);
        // What is picked beside what was typed leads to its listings, and narrows what else is asked for.
        let is_picked = asked.qualifiers.is_empty();
        let is_of_many = asked.among.iter().any(|among| among.is_of_many);
        match (asked.lead, stage) {
            (_, stage) if !stage.follows(asked.guess) => Vec::new(),
            (Lead::Both | Lead::NameOrPlace, Stage::AsTyped | Stage::Divided) if is_picked => {
                let has_pairs = pairs_of_hanzi(&parsed.text).next().is_some();
                let all = plan::sources(stage, parsed, modes, lexicon).into_iter();
                std::iter::once(Source::Placed)
                    .chain(all.filter(|source| !has_pairs || *source != Source::Infix))
                    .collect()
            }
            (Lead::Place, Stage::AsTyped | Stage::Divided) => vec![Source::Placed],
            (Lead::Both, Stage::AsTyped | Stage::Divided) => {
                // What is asked for by pairs is among those of the place.
                let all = plan::sources(stage, parsed, modes, lexicon).into_iter();
                std::iter::once(Source::Placed).chain(all.filter(|source| !source.asks_by_pairs())).collect()
            }
            // What places are looked through for is no code of another scheme than pinyin.
            (Lead::NameOrPlace, Stage::AsTyped | Stage::Divided) => {
                let others = plan::by_further_schemes(stage, parsed, modes, lexicon);
                // A whole name little is asked for would stand behind all that hold it.
                let names =
                    plan::sources(stage, parsed, modes, lexicon).into_iter().filter(|source| *source == Source::Name);
                std::iter::once(Source::Placed).chain(names).chain(others).collect()
            }
            // The pattern of what was typed is what places are looked through for, where they have few.
            (Lead::NameOrPlace, Stage::Mixed) if !is_picked && !is_of_many => Vec::new(),
            (Lead::Place, _) => Vec::new(),
            _ => plan::sources(stage, parsed, modes, lexicon),
        }
    }

    fn id(&self, candidate: &Candidate) -> &'g str {
        self.id_of(candidate.part, candidate.rank)
    }

    fn id_of(&self, part: usize, rank: Rank) -> &'g str {
        self.parts.get(part).and_then(|visible| visible.part.id(rank).ok()).unwrap_or_default()
    }
}
