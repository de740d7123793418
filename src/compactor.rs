//! The compactor: brings the index to the ledger's seq.
//!
//! It only reads the ledger and only writes the index. Whatever it was doing when it was killed, its next run
//! starts from `CURRENT` and the ledger, neither of which is ever half written, and does the work again.
//!
//! # Invariants
//! 1. A generation at seq *n* answers as the ledger stood at *n*.
//! 2. Once a run has ended, no index file holds a number that has become non-published.
//! 3. The generation that is live stays live until the next one is complete on disk, and is kept to go back to until the
//!    one after that, unless it holds a number that has become non-published.
//! 4. Every listing that can be found is spelled as the lexicon of the generation's seq says.

mod background;
mod status;
mod watch;
mod withheld;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use serde::Serialize;

use crate::index::{CompactorLock, Current, Generation, INDEX_FORMAT, Layout, Rank, Staged, Tombstones, build_part};
use crate::ledger::{Ledger, Snapshot};
use crate::listing::Listing;
use crate::progress::Progress;
use crate::text::Lexicon;
use crate::{Error, Result};

pub use background::in_background;
pub use status::{FoldedLog, Status as CompactorStatus, WatchedNow};
pub use watch::watch;

/// A delta of more than this share of the base is folded into a new base: it is built whole at every batch, and
/// lookups ask both.
const DELTA_SHARE_MAX: f64 = 0.03;
/// A delta of up to this many listings is never folded for its size alone: it builds in under a second.
const DELTA_LISTINGS_KEPT: u64 = 20_000;
/// Images read from the ledger before they are parsed together.
const READ_CHUNK: usize = 16_384;

/// What one run did.
#[derive(Debug, Clone, Serialize)]
pub struct Compaction {
    /// The ledger seq the index stands for now.
    pub seq: u64,
    /// What was built.
    pub built: Built,
    /// Listings in the base.
    pub base: u64,
    /// Listings in the delta.
    pub delta: u64,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// What a run built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Built {
    /// The index was in step already.
    Nothing,
    /// A delta over the base there was.
    Delta,
    /// A new base.
    Base,
}

/// Brings the index in `layout` to the seq of `ledger` and hands over the generation that is live then; with
/// `full` a new base is built in any case. What `known` has open is not opened again.
///
/// A new generation is opened, and with that checked, before it is published.
///
/// # Errors
/// Busy when another compactor is at work; otherwise when the ledger cannot be read or the index not written.
pub fn compact(
    ledger: &mut Ledger,
    layout: &Layout,
    full: bool,
    known: Option<&Arc<Generation>>,
    progress: &mut dyn Progress,
) -> Result<(Compaction, Arc<Generation>)> {
    let started = Instant::now();
    let lock = layout.lock()?;
    // What `CURRENT` names is kept even where it is damaged, until something better is published.
    let kept = match layout.current() {
        Err(error) if error.is_damaged() => None,
        current => current?,
    };
    let before = layout.previous().ok().flatten();
    layout.sweep(&kept.iter().chain(&before).collect::<Vec<_>>())?;
    if let Some(current) = kept.as_ref().filter(|_| !full) {
        check_holds(ledger, current)?;
    }
    let snapshot = ledger.snapshot()?;
    // What somebody went back from is built anew.
    let full = full || kept.as_ref().is_some_and(|current| current.held);
    let live = if full { None } else { open_live(layout, known).filter(|live| is_of(live, &snapshot)) };
    let back = kept.clone().filter(|_| full || live.is_some());
    let back = back.filter(|back| may_go_back_to(back, &snapshot).unwrap_or(false));
    let generation = kept.as_ref().map_or(0, |current| current.generation) + 1;
    let lexicon = Lexicon::with_schemes(snapshot.lexicon_entries()?, layout.schemes().clone());
    let mut job = Job { layout, snapshot: &snapshot, lexicon: &lexicon, generation, back, _lock: &lock };
    let respelled = match &live {
        Some(live) if live.seq() != snapshot.seq() => respelled_if_few(live, &snapshot, &lexicon)?,
        _ => None,
    };
    let (mut published, mut built) = match (live, respelled) {
        (Some(live), _) if live.seq() == snapshot.seq() => (live, Built::Nothing),
        (Some(live), Some(respelled)) => {
            let current = job.build_delta(&live, &respelled, progress)?;
            (job.publish(&current, Some(&live))?, Built::Delta)
        }
        _ => {
            let current = job.build_base(progress)?;
            (job.publish(&current, None)?, Built::Base)
        }
    };
    if published.current().withheld_in_base {
        // The delta answers already; the numbers must leave the base's files too.
        job.generation = published.current().generation + 1;
        let current = job.build_base(progress)?;
        (published, built) = (job.publish(&current, None)?, Built::Base);
    }
    let base = published.base().len() as u64;
    let delta = published.parts().skip(1).map(|(part, _)| part.len() as u64).sum();
    let took_ms = started.elapsed().as_millis() as u64;
    Ok((Compaction { seq: published.seq(), built, base, delta, took_ms }, published))
}

/// Checks that `ledger` holds the batch an index stands for, where it does not go as far, and no restore gave that up: an
/// index built anew from it would hide that acknowledged batches are gone.
///
/// # Errors
/// Damaged where it does not; otherwise when it cannot be read.
pub fn check_holds(ledger: &Ledger, current: &Current) -> Result<()> {
    let Current { seq, chain, .. } = current;
    // Read after `current`: a ledger that is whole is always ahead of its index.
    if !ledger.misses(*seq, chain)? {
        return Ok(());
    }
    let path = ledger.path().display();
    Err(Error::damaged(match ledger.seq()? {
        0 => format!(
            "the ledger at {path} is empty, and the index stands for seq {seq}: restore the ledger from its backup, or make \
             an empty index with chahao compact --full"
        ),
        end => format!(
            "the ledger at {path} ends at seq {end}, and the index stands for seq {seq}, chain {chain}, of which that ledger \
             knows nothing: it lost batches that were acknowledged, as where it is copied without its -wal file, or it is \
             another ledger. Put the one back that holds them, with its -wal file, or chahao restore a backup; where nothing \
             is missed, chahao compact --full builds the index anew"
        ),
    }))
}

/// Makes the generation live again that was so before, until somebody compacts: a watching compactor leaves it alone.
///
/// # Errors
/// Not found when none is kept; refused when a number has been withheld since, or it was made from another ledger;
/// damaged when it cannot be opened; busy when another compactor is at work.
pub fn roll_back(ledger: &mut Ledger, layout: &Layout) -> Result<Arc<Generation>> {
    let _lock = layout.lock()?;
    let current = layout.current().ok().flatten();
    let kept = layout.previous()?.filter(|kept| current.as_ref() != Some(kept));
    let Some(kept) = kept else {
        return Err(Error::not_found("no generation before the live one is kept".to_owned()));
    };
    let snapshot = ledger.snapshot()?;
    if !may_go_back_to(&kept, &snapshot)? {
        let text = format!(
            "the generation at seq {} holds numbers that were withheld since, or is of another ledger: run chahao compact",
            kept.seq
        );
        return Err(Error::refused(text));
    }
    let generation = current.as_ref().map_or(kept.generation, |current| current.generation.max(kept.generation)) + 1;
    let back = Current { generation, held: true, ..kept };
    let opened = Arc::new(Generation::open_parts(layout, &back, None)?);
    layout.publish(&back, None)?;
    layout.sweep(&[&back])?;
    Ok(opened)
}

/// Whether a generation may be live again: it was made from this ledger, and holds no number withheld since.
fn may_go_back_to(current: &Current, snapshot: &Snapshot<'_>) -> Result<bool> {
    Ok(!current.withheld_in_base
        && snapshot.has_batch(current.seq, &current.chain)?
        && !snapshot.withheld_after(current.seq)?)
}

/// The live generation, or `None` where there is none or it is damaged: then everything is built anew.
fn open_live(layout: &Layout, known: Option<&Arc<Generation>>) -> Option<Arc<Generation>> {
    match (layout.current(), known) {
        (Ok(Some(current)), Some(known)) if current == *known.current() => return Some(Arc::clone(known)),
        _ => {}
    }
    match Generation::open(layout, known.map(Arc::as_ref)) {
        Ok(live) => live.map(Arc::new),
        Err(error) => {
            tracing::warn!(%error, "the index cannot be opened and is made anew from the ledger");
            None
        }
    }
}

/// Whether `live` and its base were made from this ledger, as it once stood.
fn is_of(live: &Generation, snapshot: &Snapshot<'_>) -> bool {
    let current = live.current();
    let knows = |seq, chain: &str| snapshot.has_batch(seq, chain).unwrap_or(false);
    let is_of = knows(current.seq, &current.chain) && knows(current.base_seq, &current.base_chain);
    if !is_of {
        tracing::warn!("the index was made from another ledger and will be rebuilt");
    }
    is_of
}

/// The listings of the base whose names hold a word that is read otherwise by now: they stand in the next delta,
/// spelled anew, as if they had been touched. `None` where these and what was touched are too many for a delta.
fn respelled_if_few(live: &Generation, snapshot: &Snapshot<'_>, lexicon: &Lexicon) -> Result<Option<BTreeSet<Rank>>> {
    let base = live.base();
    let share_max = (base.len() as f64 * DELTA_SHARE_MAX) as u64;
    let listings_max = share_max.max(DELTA_LISTINGS_KEPT);
    let touched = snapshot.touched_after(live.current().base_seq)?;
    if base.is_empty() || touched > listings_max {
        return Ok(None);
    }
    let room = usize::try_from(listings_max - touched).unwrap_or(usize::MAX);
    let mut respelled = BTreeSet::new();
    for word in base.lexicon().words_changed_to(lexicon) {
        let Some(ranks) = base.holding(&word, room)? else { return Ok(None) };
        respelled.extend(ranks);
        if respelled.len() > room {
            return Ok(None);
        }
    }
    Ok(Some(respelled))
}

/// One publication in the making.
struct Job<'a> {
    layout: &'a Layout,
    snapshot: &'a Snapshot<'a>,
    /// What the ledger says of readings and sounds at that moment.
    lexicon: &'a Lexicon,
    generation: u64,
    /// What is kept to go back to.
    back: Option<Current>,
    /// Held until the job is done.
    _lock: &'a CompactorLock,
}

impl Job<'_> {
    fn build_base(&self, progress: &mut dyn Progress) -> Result<Current> {
        let mut staged = Staged::default();
        let total = self.snapshot.count()?;
        progress.begin("read the ledger", total);
        let mut images: Vec<String> = Vec::with_capacity(READ_CHUNK);
        self.snapshot.each_image(|image| {
            images.push(image.to_owned());
            if images.len() == READ_CHUNK {
                stage(&mut staged, &mut images)?;
                progress.reached(staged.len() as u64);
            }
            Ok(())
        })?;
        stage(&mut staged, &mut images)?;
        drop(images);
        let name = Layout::base_name(self.generation);
        let base_manifest = self.build(staged, &name, None, progress)?;
        let (seq, chain) = (self.snapshot.seq(), self.snapshot.chain()?);
        Ok(Current {
            format: INDEX_FORMAT,
            generation: self.generation,
            seq,
            base_seq: seq,
            base_chain: chain.clone(),
            chain,
            base: name,
            base_manifest,
            delta: None,
            delta_manifest: 0,
            withheld_in_base: false,
            held: false,
        })
    }

    fn build_delta(
        &self,
        live: &Generation,
        respelled: &BTreeSet<Rank>,
        progress: &mut dyn Progress,
    ) -> Result<Current> {
        let mut staged = Staged::default();
        let mut tombstones = Tombstones::none(live.base().len());
        self.snapshot.each_touched_after(live.current().base_seq, |id, listing| {
            if let Some(rank) = live.base().rank_of(id.as_str()) {
                tombstones.bury(rank);
            }
            listing.map_or(Ok(()), |listing| staged.add(listing))
        })?;
        let withheld_in_base = withheld::is_in_base(live, self.snapshot, &tombstones)?;
        for &rank in respelled {
            // What was touched stands there already.
            if !tombstones.hide(rank) {
                tombstones.bury(rank);
                staged.add(live.base().listing(rank)?)?;
            }
        }
        let name = Layout::delta_name(self.generation);
        let delta_manifest = self.build(staged, &name, Some(&tombstones), progress)?;
        Ok(Current {
            generation: self.generation,
            seq: self.snapshot.seq(),
            chain: self.snapshot.chain()?,
            delta: Some(name),
            delta_manifest,
            withheld_in_base,
            ..live.current().clone()
        })
    }

    /// Opens what `current` names, then makes it live and removes what it replaces.
    fn publish(&self, current: &Current, previous: Option<&Generation>) -> Result<Arc<Generation>> {
        let generation = Arc::new(Generation::open_parts(self.layout, current, previous)?);
        self.layout.publish(current, self.back.as_ref())?;
        self.layout.sweep(&self.back.iter().chain([current]).collect::<Vec<_>>())?;
        Ok(generation)
    }

    fn build(
        &self,
        staged: Staged,
        name: &str,
        tombstones: Option<&Tombstones>,
        progress: &mut dyn Progress,
    ) -> Result<u32> {
        let temporary = self.layout.begin_part(name)?;
        let built = build_part(staged, self.lexicon, &temporary, self.snapshot.seq(), tombstones, progress);
        if built.is_err() {
            // Give the room back: the disk may be full. What cannot be removed is swept by the next run.
            let _ = std::fs::remove_dir_all(&temporary);
        }
        let manifest = built?;
        self.layout.finish_part(&temporary, name)?;
        Ok(manifest)
    }
}

/// Parses `images` on all cores and stages them in order.
fn stage(staged: &mut Staged, images: &mut Vec<String>) -> Result<()> {
    let listings: Vec<Listing> =
        images.par_iter().map(|image| crate::ledger::parse_listing(image)).collect::<Result<_>>()?;
    images.clear();
    listings.into_iter().try_for_each(|listing| staged.add(listing))
}
