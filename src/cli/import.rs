//! `chahao import`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;

use super::progress::Bar;
use super::rejects::RejectsFile;
use super::signature::{ForceArgs, SignatureArgs};
use super::{DeskArgs, Outcome, print, print_json, shown_lines, told};
use crate::batch::{ColumnMap, Counts, Header, Report};
use crate::desk::{Desk, ImportOptions};
use crate::ledger::Limits;
use crate::{Error, Result};

/// How long another compactor may take until the index is at a batch.
const FOLLOWED_WITHIN: Duration = Duration::from_secs(600);
/// How long it waits before it looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Import batches of listings into the ledger.
///
/// A batch is NDJSON, CSV or TSV in UTF-8, UTF-16 or GB18030, packed by gzip or zstd or not, or an XLSX workbook;
/// `-` is standard input. It goes in whole or not at all; rows
/// that are wrong are left out and reported with their line, field and reason.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  chahao import listings.csv --feed yellow-pages
  chahao import weekly.ndjson --dry-run
  chahao import sheet.xlsx --feed district --map 单位名称=name --map 电话=phones
  chahao import weekly.csv --feed district --rejects rejects.csv
  chahao import rejects.csv --feed district --corrections
  chahao import everything.csv --reconcile --feed district --dry-run
  chahao generate --rows 100000 --seed 7 | chahao import - --feed synthetic")]
pub(super) struct ImportArgs {
    /// The batch files, in the order they are to go in.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The series of batches they belong to [default: the file's header, else "main"].
    #[arg(long)]
    feed: Option<String>,
    /// The batch's number in its feed [default: the file's header, else the next].
    #[arg(long)]
    seq: Option<u64>,
    #[command(flatten)]
    stated: StatedArgs,
    /// Report what would happen and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Refuse a batch with a larger share of rejected rows, in percent.
    #[arg(long, value_name = "PERCENT", default_value_t = 1.0, value_parser = percent)]
    max_reject: f64,
    /// Refuse a batch that changes or deletes a larger share of the listings, in percent.
    #[arg(long, value_name = "PERCENT", default_value_t = 20.0, value_parser = percent)]
    max_churn: f64,
    #[command(flatten)]
    force: ForceArgs,
    #[command(flatten)]
    signature: SignatureArgs,
    /// The file holds everything: make the ledger equal to it, by a batch of the difference.
    ///
    /// Such a batch belongs to no feed; --feed says which feed's columns its own are.
    #[arg(long, conflicts_with = "seq")]
    reconcile: bool,
    /// The file holds rows that were rejected from its feed (--feed), corrected: they go in beside it.
    ///
    /// They become a batch of the feed FEED/corrections, read by the columns of FEED, so that the numbers of FEED go on as
    /// its office counts them. Where a batch of FEED waits for its day they wait with it, unless --effective says which
    /// day is theirs. The same file again does nothing, unless nothing of it went in.
    #[arg(long, conflicts_with_all = ["seq", "reconcile"])]
    corrections: bool,
    /// The sheet of a workbook that is the table, where several sheets hold something.
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
    /// What a column is, where its title does not tell; remembered for the feed.
    #[arg(long = "map", value_name = "COLUMN=FIELD")]
    map: Vec<String>,
    /// Write the rejected rows, as they came, to this file, and the reasons beside it.
    ///
    /// Rows of an earlier import that stand there and were not imported since are kept: in OUT.1, OUT.2 and so on, with
    /// their reasons.
    #[arg(long, value_name = "OUT")]
    rejects: Option<PathBuf>,
    /// Bring the index to the batch, and name new listings that few keys do not find.
    #[arg(long, conflicts_with = "dry_run")]
    reach: bool,
    /// Print the reports as JSON, one line a file.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    desk: DeskArgs,
}

/// What the header of an NDJSON batch says, for tables, which have none.
#[derive(Debug, Args)]
struct StatedArgs {
    /// The day from which the batch holds; one that has not come is waited for.
    #[arg(long, value_name = "DAY")]
    effective: Option<jiff::civil::Date>,
    /// The content hash of the feed's batch before it.
    #[arg(long, value_name = "HASH", conflicts_with = "corrections")]
    prev: Option<String>,
    /// How many rows add, where the file may be cut off; 0 where only others are stated.
    #[arg(long, value_name = "N")]
    expect_add: Option<u64>,
    /// How many rows change.
    #[arg(long, value_name = "N")]
    expect_change: Option<u64>,
    /// How many rows delete.
    #[arg(long, value_name = "N")]
    expect_delete: Option<u64>,
}

impl StatedArgs {
    fn header(&self) -> Header {
        Header {
            effective: self.effective.map(|day| day.to_string()),
            prev: self.prev.as_deref().map(str::to_ascii_lowercase),
            counts: Counts::stated(self.expect_add, self.expect_change, self.expect_delete),
            ..Header::default()
        }
    }
}

impl ImportArgs {
    pub(super) fn run(self) -> Result<Outcome> {
        let options = self.options()?;
        let desk = self.desk.desk();
        for file in &self.files {
            let imported = self.import(&desk, file, &options);
            match told(self.json, &file.display().to_string(), imported)? {
                Ok(None) => {}
                Ok(Some(refusal)) => return Ok(Outcome::Told(refusal)),
                Err(ended) => return Ok(ended),
            }
        }
        Ok(Outcome::Done)
    }

    fn options(&self) -> Result<ImportOptions> {
        let options = ImportOptions {
            feed: self.feed.clone(),
            seq: self.seq,
            dry_run: self.dry_run,
            limits: Limits {
                reject_share_max: self.max_reject / 100.0,
                churn_share_max: self.max_churn / 100.0,
                force: self.force.force,
                ..Limits::default()
            },
            signature: self.signature.signature()?,
            sent_by: None,
            columns: ColumnMap::new(pairs(&self.map)?)?,
            reconcile: self.reconcile,
            corrections: self.corrections,
            stated: self.stated.header(),
            sheet: self.sheet.clone(),
            wait_max: None,
        };
        let one = self.rejects.is_some() || self.seq.is_some() || options.stated != Header::default();
        if self.files.len() > 1 && one {
            return Err(Error::usage(
                "--rejects, --seq, --effective, --prev and --expect-… go with one file at a time",
            ));
        }
        Ok(options)
    }

    /// Imports one file and tells what came of it; why it was refused, where its report says so.
    fn import(&self, desk: &Desk, file: &Path, options: &ImportOptions) -> Result<Option<Error>> {
        // Before anything is imported: what cannot be written must not be found out afterwards.
        let rejects = self.rejects.as_ref().map(|out| RejectsFile::prepare(out, file)).transpose()?;
        let mut bar = Bar::new();
        let imported = desk.import(file, options, &mut bar);
        bar.finish();
        let (mut report, input) = imported?;
        let reached = match report.batch.filter(|_| self.reach) {
            Some(batch) => follow(desk, report.seq).and_then(|()| desk.reach(batch)).map(Some),
            None => Ok(None),
        };
        if let Ok(reach) = &reached {
            report.review.reach.clone_from(reach);
        }
        // First of all: what became of the batch must be known whatever else fails.
        let told = if self.json { print_json(&report) } else { print(&shown_lines(&report.to_string())) };
        if let Some(rejects) = rejects {
            // Where it is in and its rejected rows stand nowhere, they are found again.
            let lost = report.batch.filter(|_| report.already_imported && !report.dry_run && !rejects.stands());
            let again = lost.map(|n| desk.report_again(&input, n, options)).transpose();
            let written = again.and_then(|again| rejects.finish(again.as_ref().unwrap_or(&report), &input, desk));
            let aside = written.map_err(|error| error.context(without_rejects(&report)))?;
            if let (Some(aside), Some(out)) = (aside, &self.rejects) {
                tell_aside(out, &aside);
            }
        }
        told?;
        reached
            .map_err(|error| error.context(format!("{} is in, but its new names were not looked up", report.source)))?;
        Ok(report.refused.map(|reason| Error::refused(reason).context(&report.source)))
    }
}

/// Waits until the index is at `seq`: brings it there, or lets the compactor that is at work do so.
fn follow(desk: &Desk, seq: u64) -> Result<()> {
    let until = Instant::now() + FOLLOWED_WITHIN;
    loop {
        match desk.compact(false, &mut Bar::new()) {
            Err(error) if error.is_busy() && Instant::now() < until => std::thread::sleep(LOOK_AGAIN),
            compacted => {
                compacted?;
                return Ok(());
            }
        }
        desk.refresh()?;
        if desk.current().is_some_and(|current| current.seq >= seq) {
            return Ok(());
        }
    }
}

/// Says where rows went that stood in the file of rejected rows; not on standard output, which scripts may read.
fn tell_aside(out: &Path, aside: &Path) {
    let (out, aside) = (out.display(), aside.display());
    let text = format!("{out} held rejected rows of an earlier import that are not in yet: they are now in {aside}\n");
    // Where nobody reads on, the file itself tells.
    let _ = std::io::stderr().write_all(shown_lines(&text).as_bytes());
}

/// What stands although the rejected rows could not be written, and how to have those.
fn without_rejects(report: &Report) -> String {
    let again = "import it with --rejects again once there is room: that writes them, and nothing else";
    match (report.batch, &report.waits_until) {
        (Some(batch), _) if report.already_imported => {
            format!("{} was in already as batch {batch}; its rejected rows are not written", report.source)
        }
        (Some(batch), _) => {
            format!("{} is in as batch {batch}, but its rejected rows are not written ({again})", report.source)
        }
        (None, Some(day)) if !report.dry_run => {
            format!("{} is kept until {day}, but the rows rejected today are not written", report.source)
        }
        _ => format!("the rejected rows of {} are not written; nothing went in", report.source),
    }
}

fn pairs(map: &[String]) -> Result<Vec<(&str, &str)>> {
    let pair = |text: &'_ str| Error::usage(format!("--map expects COLUMN=FIELD; it is {text:?}"));
    map.iter().map(|text| text.rsplit_once('=').ok_or_else(|| pair(text))).collect()
}

fn percent(text: &str) -> std::result::Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.0..=100.0).contains(&value) => Ok(value),
        _ => Err("a percentage from 0 to 100".to_owned()),
    }
}
