//! The desk: one ledger and one index, and the only type `http` and `cli` talk to.
//!
//! Lookups read the live generation through one atomic pointer and take no lock; a new generation is opened
//! beside it and swapped in, and requests that began on the old one end on it.

mod access;
mod answer;
mod digest;
mod export;
mod facets;
mod follow;
mod office;
mod quarantine;
mod reach;
mod say;
mod upkeep;
mod verify;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::{ArcSwap, ArcSwapOption};
use jiff::Timestamp;

use crate::batch::{ColumnMap, Header, Input, Report};
use crate::compactor::{self, Compaction, CompactorStatus, WatchedNow};
use crate::index::{Current, Generation, Layout};
use crate::ledger::{Ledger, Limits, QUARANTINE_DAYS, QUARANTINE_DAYS_MAX, Signature, Unreleased, today};
use crate::listing::Listing;
use crate::progress::Progress;
use crate::query::dialled::as_dialled_here;
use crate::query::{self, Query};
use crate::text::{Folded, LexiconEntry, Schemes};
use crate::{Error, ErrorKind, Result};
use office::tell_released;
use quarantine::Quarantine;
use upkeep::Upkeep;

pub use access::{Caller, Callers};
pub use answer::{Caption, HitView, ListingView, LookupAnswer, NamedListing, NumberAnswer};
pub use digest::{DigestDays, DigestFormat};
pub use export::ExportFormat;
pub use facets::{FacetAnswer, FacetValue};
pub use quarantine::RestingNumber;
pub use say::{SpokenLanguage, number_groups};
pub use verify::Verification;

/// Listings shown under one listing, and with one number, at most.
const LISTED_MAX: usize = 200;

/// How a batch is imported.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// Put over what the file's header says.
    pub feed: Option<String>,
    /// Put over what the file's header says.
    pub seq: Option<u64>,
    /// Do everything but the writing.
    pub dry_run: bool,
    /// What the batch may do at most.
    pub limits: Limits,
    /// Who answers for it, where the limits are overridden.
    pub signature: Option<Signature>,
    /// Whose token it was sent with, where it came over HTTP with one.
    pub sent_by: Option<String>,
    /// What columns of the file are; remembered for later files of its feed.
    pub columns: ColumnMap,
    /// The file holds everything: the ledger is made equal to it.
    pub reconcile: bool,
    /// The file holds rows that were rejected from its feed, corrected: they go into a feed beside it, by its columns.
    pub corrections: bool,
    /// What the batch says of itself, where its file cannot: its day, the hash of the batch before it, its counts.
    pub stated: Header,
    /// The sheet of a workbook that holds the batch, where several hold something.
    pub sheet: Option<String>,
    /// How long it waits for another process that writes; where nothing is said, as long as a full import takes.
    pub wait_max: Option<Duration>,
}

/// How far lookups are behind the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lag {
    /// Batches they do not have yet.
    pub batches: u64,
    /// Seconds since the oldest of these came.
    pub seconds: u64,
}

/// How long a watching compactor waits before it tries batches again whose day has come and that could not be read.
const RELEASE_AGAIN: Duration = Duration::from_secs(60);

/// One ledger and one index.
#[derive(Debug)]
pub struct Desk {
    ledger_path: PathBuf,
    layout: Layout,
    /// The generation lookups are answered from.
    live: ArcSwapOption<Generation>,
    /// Numbers that rest, as the ledger told when that generation became live.
    quarantine: ArcSwap<Quarantine>,
    /// Days for which a number rests that was given up.
    quarantine_days: u32,
    /// Held while a generation is put in `live`, so that an older one never replaces a newer one.
    swapping: Mutex<()>,
    /// A connection for the small questions of a server: how far the index is behind.
    watched: Mutex<Option<Ledger>>,
    /// Who may ask.
    door: access::Door,
    /// Where there is no ledger, everybody may.
    index_alone: bool,
    /// Days of batches that a watching compactor leaves alone when it folds the log; where none are said, it does not.
    fold_after_days: Option<u32>,
}

impl Desk {
    /// A desk of the ledger file `ledger` and the index directory `index`; neither needs to exist yet.
    pub fn new(ledger: &Path, index: &Path) -> Desk {
        Desk {
            ledger_path: ledger.to_owned(),
            layout: Layout::new(index),
            live: ArcSwapOption::empty(),
            quarantine: ArcSwap::default(),
            quarantine_days: QUARANTINE_DAYS,
            swapping: Mutex::new(()),
            watched: Mutex::new(None),
            door: access::Door::default(),
            index_alone: false,
            fold_after_days: None,
        }
    }

    /// The same desk, where names are spelled by `schemes` beside pinyin; an index of others is built anew by the next
    /// compaction.
    #[must_use]
    pub fn with_schemes(mut self, schemes: Schemes) -> Desk {
        self.layout = self.layout.with_schemes(schemes);
        self
    }

    /// The same desk, where a number rests for `days` after it was given up, [`QUARANTINE_DAYS_MAX`] at most: for reports
    /// and for marks on hits.
    #[must_use]
    pub fn with_quarantine_days(self, days: u32) -> Desk {
        Desk { quarantine_days: days.min(QUARANTINE_DAYS_MAX), ..self }
    }

    /// The same desk, which answers from an index whose ledger is elsewhere: everybody, for only the ledger knows tokens.
    /// Any other desk answers nobody where there is an index, and the ledger it was made from cannot be found.
    #[must_use]
    pub fn with_index_alone(self, index_alone: bool) -> Desk {
        Desk { index_alone, ..self }
    }

    /// The same desk, whose watching compactor folds the log by itself, at a quiet moment, and leaves the batches of so many
    /// days alone; where nothing is said, it folds nothing.
    #[must_use]
    pub fn with_fold_after(self, days: Option<u32>) -> Desk {
        Desk { fold_after_days: days, ..self }
    }

    /// Where the index is.
    pub fn index_path(&self) -> &Path {
        self.layout.root()
    }

    /// Imports one batch file; `-` is standard input. A batch whose rows pass a limit is not written either; its
    /// report then says why in `refused`. Batches that waited for a day that has come go in before it.
    ///
    /// # Errors
    /// Refused, with nothing written, when the file or its place in the feed is turned down; otherwise when
    /// something cannot be read or written.
    pub fn import(&self, path: &Path, options: &ImportOptions, progress: &mut dyn Progress) -> Result<(Report, Input)> {
        progress.begin("examine the file", 0);
        let input = Input::open_sheet(path, options.sheet.as_deref())?;
        let report = self.import_input(&input, options, progress)?;
        Ok((report, input))
    }

    /// Brings the index to the ledger's seq, once batches that waited for a day that has come are in.
    ///
    /// # Errors
    /// That of such a batch which could not be read or appended, once the index is in step with what is in. Not found when there is
    /// no ledger, busy when another compactor is at work, otherwise when it cannot be written.
    pub fn compact(&self, full: bool, progress: &mut dyn Progress) -> Result<Compaction> {
        let mut ledger = self.ledger()?;
        if !full {
            self.check_whole(&ledger)?;
        }
        let released = ledger.release_due(today())?;
        tell_released(&released);
        let run = || compactor::compact(&mut ledger, &self.layout, full, None, progress);
        let (compaction, generation) = compactor::in_background(run)?;
        self.swap_in(generation);
        // It keeps nothing that is in from being found, but whoever asked is told.
        match released.failed.into_iter().next() {
            Some(Unreleased { feed, error, .. }) => {
                Err(error.context(format!("the index is in step, but a batch of feed {feed} waits on")))
            }
            None => Ok(compaction),
        }
    }

    /// Keeps the index in step with the ledger until `stop` says so; `report` hears of every run.
    ///
    /// # Errors
    /// When the ledger cannot be opened or made. One that is gone is waited for.
    pub fn watch(
        &self,
        stop: &(dyn Fn() -> bool + Sync),
        report: &mut (dyn FnMut(Result<Compaction>) + Send),
    ) -> Result<()> {
        let mut ledger = match self.open_or_begin() {
            // One of a newer version, or what is none, stands there and is not waited for.
            Err(error) if error.is_refused() && self.is_ledger_gone() => Ledger::gone(&self.ledger_path)?,
            opened => opened?,
        };
        let mut swap_in = |outcome: Result<(Compaction, Arc<Generation>)>| {
            report(outcome.map(|(compaction, generation)| {
                self.swap_in(generation);
                compaction
            }));
        };
        compactor::in_background(|| {
            let mut upkeep = self.fold_after_days.map(Upkeep::new);
            let mut release_after: Option<Instant> = None;
            let before = &mut |ledger: &mut Ledger| {
                ledger.follow()?;
                self.check_whole(ledger)?;
                if release_after.is_none_or(|then| Instant::now() > then) {
                    let all = tell_released(&ledger.release_due(today())?);
                    release_after = if all { None } else { Instant::now().checked_add(RELEASE_AGAIN) };
                }
                Ok(upkeep.as_mut().and_then(|upkeep| upkeep.look(ledger, &self.layout)))
            };
            compactor::watch(&mut ledger, &self.layout, before, stop, &mut swap_in);
            Ok(())
        })
    }

    /// Checks that the ledger lost nothing the index stands for, before anything is appended to it and hides that.
    fn check_whole(&self, ledger: &Ledger) -> Result<()> {
        match self.layout.current() {
            Ok(Some(current)) => compactor::check_holds(ledger, &current).map_err(without_place),
            // One that is damaged is built anew.
            _ => Ok(()),
        }
    }

    /// Makes the generation live again that was so before, until somebody compacts; its seq.
    ///
    /// # Errors
    /// As [`compactor::roll_back`], and not found when there is no ledger.
    pub fn roll_back(&self) -> Result<u64> {
        let generation = compactor::roll_back(&mut self.ledger()?, &self.layout)?;
        let seq = generation.seq();
        self.swap_in(generation);
        Ok(seq)
    }

    /// What a watching compactor said of itself, and how things stand now; `None` where none has watched here.
    pub fn watched_now(&self) -> Option<WatchedNow> {
        WatchedNow::look(&self.layout, &self.ledger_path)
    }

    /// Whether a compactor watches here, in whichever process.
    pub fn is_watched(&self) -> bool {
        self.layout.is_watched()
    }

    /// What a watching compactor said of itself last.
    pub fn compactor_status(&self) -> Option<CompactorStatus> {
        CompactorStatus::read(&self.layout)
    }

    fn swap_in(&self, generation: Arc<Generation>) {
        let _swapping = self.swapping.lock().unwrap_or_else(PoisonError::into_inner);
        // Another compactor may have published since; `refresh` then opens what is newer.
        if self.layout.current().is_ok_and(|current| current.as_ref() == Some(generation.current())) {
            self.live.store(Some(generation));
            self.load_quarantine();
        }
    }

    /// Reads anew which numbers rest; where the ledger cannot be read, those known before are marked.
    fn load_quarantine(&self) {
        let loaded = match self.ledger_path.exists() {
            true => Ledger::open(&self.ledger_path).and_then(|ledger| Quarantine::load(&ledger, self.quarantine_days)),
            // An index alone serves too.
            false => return,
        };
        match loaded {
            Ok(quarantine) => self.quarantine.store(Arc::new(quarantine)),
            Err(error) => tracing::warn!(%error, "the numbers that rest cannot be read from the ledger"),
        }
    }

    /// Swaps in the generation `CURRENT` names, if it is another one; whether it was.
    ///
    /// # Errors
    /// Damaged when that generation cannot be opened; the one that is live stays so.
    pub fn refresh(&self) -> Result<bool> {
        let _swapping = self.swapping.lock().unwrap_or_else(PoisonError::into_inner);
        let live = self.live.load_full();
        let current = self.layout.current()?;
        if current.as_ref() == live.as_deref().map(Generation::current) {
            return Ok(false);
        }
        match Generation::open(&self.layout, live.as_deref())? {
            Some(generation) => {
                self.live.store(Some(Arc::new(generation)));
                self.load_quarantine();
                Ok(true)
            }
            // The index was deleted: what is open serves on until there is a new one.
            None => Ok(false),
        }
    }

    /// The ledger, which must be there.
    fn ledger(&self) -> Result<Ledger> {
        Ledger::open(&self.ledger_path).map_err(without_place)
    }

    /// The generation lookups are answered from.
    ///
    /// # Errors
    /// Busy when there is none yet.
    pub fn generation(&self) -> Result<Arc<Generation>> {
        self.live.load_full().ok_or_else(|| {
            Error::busy(format!("there is no index at {} yet; run chahao compact", self.layout.root().display()))
        })
    }

    /// What is live, if anything.
    pub fn current(&self) -> Option<Current> {
        self.live.load().as_ref().map(|live| live.current().clone())
    }

    /// Looks up what asks every source, so that the tables of readings and regions are made before a caller waits for them: 10 ms.
    pub fn warm_up(&self) {
        for text in ["广州 ycjl", "广州市天和区", "zhongsyiy", "02081380388"] {
            // What it finds, or that there is no index yet, is nothing to anyone.
            let _ = Query::new(text).and_then(|query| self.lookup(&query));
        }
    }

    /// Batches in the ledger that the live generation does not have yet.
    ///
    /// # Errors
    /// Busy when there is no generation, not found when there is no ledger.
    pub fn lag_batches(&self) -> Result<u64> {
        self.lag().map(|lag| lag.batches)
    }

    /// As [`Desk::lag_batches`]; `None` where the index is served alone and its ledger is elsewhere.
    ///
    /// # Errors
    /// As there.
    pub fn lag_batches_here(&self) -> Result<Option<u64>> {
        match self.lag_batches() {
            Err(error) if self.index_alone && error.is_not_found() => Ok(None),
            lag => lag.map(Some),
        }
    }

    /// How far the live generation is behind the ledger.
    ///
    /// # Errors
    /// As [`Desk::lag_batches`].
    pub fn lag(&self) -> Result<Lag> {
        let generation = self.generation()?;
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        let mut ledger = match watched.take() {
            Some(ledger) => ledger,
            None => self.ledger()?,
        };
        if let Err(error) = ledger.follow() {
            // Kept: it knows which log is not that of the next ledger.
            *watched = Some(ledger);
            return Err(error);
        }
        let batches = ledger.batches_since(generation.seq(), &generation.current().chain)?;
        let oldest = match batches {
            0 => None,
            _ => ledger.oldest_after(generation.seq())?.and_then(|oldest| oldest.parse::<Timestamp>().ok()),
        };
        *watched = Some(ledger);
        let seconds = oldest.map_or(0, |oldest| Timestamp::now().as_second() - oldest.as_second());
        Ok(Lag { batches, seconds: u64::try_from(seconds).unwrap_or(0) })
    }

    /// Answers one query.
    ///
    /// # Errors
    /// Busy when there is no index yet, damaged when it cannot be read.
    pub fn lookup(&self, query: &Query) -> Result<LookupAnswer> {
        let started = Instant::now();
        let generation = self.generation()?;
        let answer = query::lookup(&generation, query)?;
        Ok(LookupAnswer::new(query.text(), &generation, &self.quarantine.load(), answer, started.elapsed()))
    }

    /// One whole listing with its caption tree.
    ///
    /// # Errors
    /// Not found when no listing has the id; otherwise as [`Desk::lookup`].
    pub fn listing(&self, id: &str) -> Result<ListingView> {
        let generation = self.generation()?;
        let (listing, children) = query::listing(&generation, id, LISTED_MAX)?;
        Ok(ListingView::new(&generation, &self.quarantine.load(), listing, children))
    }

    /// Whose number it is: as it is listed, or else as it is dialled within the country where it was written for elsewhere
    /// (`+86 20 …`).
    ///
    /// # Errors
    /// Not found when it is nobody's; otherwise as [`Desk::lookup`].
    pub fn number(&self, digits: &str) -> Result<NumberAnswer> {
        let generation = self.generation()?;
        let mut listings = query::number(&generation, digits, LISTED_MAX)?;
        let dialled = Folded::new(digits).text().chars().filter(char::is_ascii_digit).collect::<String>();
        if let Some(dialled) = as_dialled_here(&dialled).filter(|_| listings.is_empty()) {
            listings = query::number(&generation, &dialled, LISTED_MAX)?;
        }
        if listings.is_empty() {
            return Err(Error::not_found(format!("no listing has the number {digits:?}")));
        }
        Ok(NumberAnswer::new(&generation, &self.quarantine.load(), digits, listings))
    }

    /// Hands every listing of the ledger to `each`, in the order of ids.
    ///
    /// # Errors
    /// Not found when there is no ledger; otherwise when it cannot be read or `each` fails.
    pub fn each_listing(&self, each: &mut dyn FnMut(Listing) -> Result<()>) -> Result<()> {
        let mut ledger = self.ledger()?;
        ledger.snapshot()?.each_by_id(each)
    }

    /// The readings and confusable pairs the ledger holds, in the order in which they came.
    ///
    /// # Errors
    /// Not found when there is no ledger; otherwise when it cannot be read.
    pub fn lexicon_entries(&self) -> Result<Vec<LexiconEntry>> {
        self.ledger()?.snapshot()?.lexicon_entries()
    }
}

/// The same error, of which nobody elsewhere is told where the ledger stands.
fn without_place(error: Error) -> Error {
    match error.kind() {
        ErrorKind::NotFound => {
            error.told_elsewhere_as("there is no ledger, or an empty one: a first batch begins it, or its file is put back")
        }
        ErrorKind::Refused => error.told_elsewhere_as(
            "the ledger is not there, or not the one this desk had: the server's log says where it was looked for and what to do",
        ),
        _ => error,
    }
}
