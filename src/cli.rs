//! The command line: arguments to settings, errors to exit codes.
//!
//! | exit code | meaning |
//! |---|---|
//! | 0 | done |
//! | 1 | nothing found |
//! | 2 | the command line makes no sense |
//! | 3 | the input was refused |
//! | 4 | stored data is damaged |
//! | 5 | anything else |

mod backup;
mod batches;
mod bench;
mod client;
mod columns;
mod compact;
mod config;
mod digest;
mod eval;
mod export;
mod fold;
mod generate;
mod history;
mod import;
mod interactive;
mod log;
mod log_lines;
mod lookup;
mod manual;
mod number;
mod progress;
mod rejects;
mod serve;
mod settings;
mod show;
mod signature;
mod token;
mod undo;
mod verify;
mod waiting;

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use serde::Serialize;

use crate::desk::Desk;
use crate::ledger::{QUARANTINE_DAYS, QUARANTINE_DAYS_MAX};
use crate::{Error, ErrorKind, Result};
use settings::SettingsFile;

/// chahao 查号: the number-lookup server of a directory-assistance desk.
#[derive(Debug, Parser)]
#[command(name = "chahao", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Import batches of listings into the ledger.
    Import(import::ImportArgs),
    /// Append the inverse of a batch.
    Undo(undo::UndoArgs),
    /// Show the batches that wait for their day, or decide about one.
    Waiting(waiting::WaitingArgs),
    /// Show the batches of the ledger.
    Batches(batches::BatchesArgs),
    /// Show what is remembered of the columns of feeds' files, or forget some of it.
    Columns(columns::ColumnsArgs),
    /// Show every change of one listing.
    History(history::HistoryArgs),
    /// Write what the batches of some days did, as a booklet for the desk.
    Digest(digest::DigestArgs),
    /// Drop the changes of old batches that later ones supersede.
    Fold(fold::FoldArgs),
    /// Copy the ledger while it is in use.
    Backup(backup::BackupArgs),
    /// Put a copy in the place of the ledger.
    Restore(backup::RestoreArgs),
    /// Bring the index to the ledger's state.
    Compact(compact::CompactArgs),
    /// Answer lookups over HTTP.
    Serve(serve::ServeArgs),
    /// Look a listing up by name, pinyin, initials or digits.
    Lookup(lookup::LookupArgs),
    /// Show one whole listing with its caption tree.
    Show(show::ShowArgs),
    /// Whose number is this?
    Number(number::NumberArgs),
    /// Write all listings to standard output, in a form import reads back.
    Export(export::ExportArgs),
    /// Check the ledger against itself and the index against the ledger.
    Verify(verify::VerifyArgs),
    /// Make, show and revoke the tokens by which a server knows who asks.
    Token(token::TokenArgs),
    /// Write synthetic listings, or a synthetic weekly batch, to standard output.
    Generate(generate::GenerateArgs),
    /// Measure how well lookups find what operators mean.
    Eval(eval::EvalArgs),
    /// Measure how fast a server answers lookups.
    Bench(bench::BenchArgs),
    /// Show what is set, and where.
    Config(config::ConfigArgs),
    /// Print what makes a shell complete commands and flags.
    Completions(manual::CompletionsArgs),
    /// Print the manual page of the program, or of one of its commands.
    Man(manual::ManArgs),
}

/// Where the desk is.
#[derive(Debug, Args)]
struct DeskArgs {
    /// The ledger file.
    #[arg(long, value_name = "FILE", default_value = "data/ledger.db", env = "CHAHAO_LEDGER")]
    ledger: PathBuf,
    /// The index directory.
    #[arg(long, value_name = "DIR", default_value = "index", env = "CHAHAO_INDEX")]
    index: PathBuf,
    /// Days for which a number that was given up rests: another listing that has it is reported, and marked on hits.
    #[arg(long, value_name = "DAYS", default_value_t = QUARANTINE_DAYS, env = "CHAHAO_QUARANTINE_DAYS",
          value_parser = clap::value_parser!(u32).range(0..=i64::from(QUARANTINE_DAYS_MAX)))]
    quarantine_days: u32,
}

impl DeskArgs {
    fn desk(&self) -> Desk {
        Desk::new(&self.ledger, &self.index).with_quarantine_days(self.quarantine_days)
    }

    /// A desk with its index open.
    fn open_desk(&self) -> Result<Desk> {
        let desk = self.desk();
        desk.refresh()?;
        desk.generation()?;
        Ok(desk)
    }
}

/// How a command that ran to its end ended.
#[derive(Debug)]
enum Outcome {
    Done,
    NothingFound,
    Damaged,
    /// With an error that standard output has told of, in whatever form was asked for.
    Told(Error),
}

/// Runs the command `arguments` name (the program's name first) and tells the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let file = SettingsFile::load(&Cli::command());
    let command = file.as_ref().map_or_else(|_| Cli::command(), |file| file.applied(Cli::command()));
    let parsed = command.try_get_matches_from(arguments).and_then(|matches| {
        let json = asks_for_json(&matches);
        Ok((Cli::from_arg_matches(&matches)?, json))
    });
    let (cli, json) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            // Help and version are no errors; a pipe that was closed early is no fault of ours.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
        }
    };
    let outcome = file.and_then(|file| dispatch(cli.command, &file));
    let outcome = match (outcome, &json) {
        (Ok(Outcome::Told(error)), _) => Err(error),
        (outcome, Some(command)) => told_as(command, outcome),
        (outcome, None) => outcome,
    };
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::NothingFound) => ExitCode::from(1),
        Ok(Outcome::Damaged) => ExitCode::from(4),
        Ok(Outcome::Told(error)) => exit_code(error.kind()),
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {}", shown_lines(&error.to_string()));
            exit_code(error.kind())
        }
    }
}

/// The name of the command that is to print JSON, where one was asked to.
fn asks_for_json(matches: &ArgMatches) -> Option<String> {
    let (name, mut command) = matches.subcommand()?;
    while let Some((_, below)) = command.subcommand() {
        command = below;
    }
    let json = command.try_get_one::<bool>("json").ok().flatten().copied().unwrap_or(false);
    json.then(|| name.to_owned())
}

fn dispatch(command: Command, file: &SettingsFile) -> Result<Outcome> {
    match command {
        Command::Import(args) => args.run(),
        Command::Undo(args) => args.run(),
        Command::Waiting(args) => args.run(),
        Command::Batches(args) => args.run(),
        Command::Columns(args) => args.run(),
        Command::History(args) => args.run(),
        Command::Digest(args) => args.run(),
        Command::Fold(args) => args.run(),
        Command::Backup(args) => args.run(),
        Command::Restore(args) => args.run(),
        Command::Compact(args) => args.run(),
        Command::Serve(args) => args.run(),
        Command::Lookup(args) => args.run(),
        Command::Show(args) => args.run(),
        Command::Number(args) => args.run(),
        Command::Export(args) => args.run(),
        Command::Verify(args) => args.run(),
        Command::Token(args) => args.run(),
        Command::Generate(args) => args.run(),
        Command::Eval(args) => args.run(),
        Command::Bench(args) => args.run(),
        Command::Config(args) => args.run(file),
        Command::Completions(args) => args.run(),
        Command::Man(args) => args.run(),
    }
}

fn exit_code(kind: ErrorKind) -> ExitCode {
    ExitCode::from(match kind {
        ErrorKind::NotFound => 1,
        ErrorKind::Usage => 2,
        ErrorKind::Refused => 3,
        ErrorKind::Damaged => 4,
        ErrorKind::Busy | ErrorKind::Io | ErrorKind::Internal => 5,
    })
}

/// The reader of our output went away (`chahao export | head`): nothing to complain about.
fn is_closed_pipe(error: &Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if cause.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe) {
            return true;
        }
        source = cause.source();
    }
    false
}

/// Prints to standard output.
fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| Error::file("write", std::path::Path::new("standard output"), error))
}

/// Prints a value as one line of JSON.
fn print_json(value: &impl serde::Serialize) -> Result<()> {
    let json = serde_json::to_string(value).map_err(|error| Error::internal(format!("cannot write JSON: {error}")))?;
    print(&format!("{json}\n"))
}

/// Why `source` came to nothing, where scripts read standard output.
#[derive(Serialize)]
struct Failure<'a> {
    source: &'a str,
    error: FailureError,
}

/// The error of a [`Failure`].
#[derive(Serialize)]
struct FailureError {
    /// The kind, as a stable word.
    code: &'static str,
    message: String,
}

/// `outcome`, with an error said as one line of JSON on standard output too.
fn told_as<T>(source: &str, outcome: Result<T>) -> Result<T> {
    if let Err(error) = &outcome {
        let error = FailureError { code: code_of(error.kind()), message: error.to_string() };
        // Where nobody reads on, the error itself still says how the command ended.
        let _ = print_json(&Failure { source, error });
    }
    outcome
}

/// `outcome`, or how a command ends that was asked for JSON and has told as such why `source` came to nothing.
fn told<T>(json: bool, source: &str, outcome: Result<T>) -> Result<std::result::Result<T, Outcome>> {
    match if json { told_as(source, outcome) } else { outcome } {
        Err(error) if json => Ok(Err(Outcome::Told(error))),
        outcome => outcome.map(Ok),
    }
}

fn code_of(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Usage => "usage",
        ErrorKind::NotFound => "not_found",
        ErrorKind::Refused => "refused",
        ErrorKind::Damaged => "damaged",
        ErrorKind::Busy => "busy",
        ErrorKind::Io => "io",
        ErrorKind::Internal => "internal",
    }
}

/// [`shown`], line by line: what quotes batch files and file names.
fn shown_lines(text: &str) -> String {
    text.split('\n').map(shown).collect::<Vec<_>>().join("\n")
}

/// Listing text as a terminal may show it: characters that steer the terminal or turn the writing direction
/// are written out.
fn shown(text: &str) -> String {
    text.chars().map(|c| if steers(c) { format!("\\u{{{:x}}}", u32::from(c)) } else { c.to_string() }).collect()
}

/// Whether a character steers a terminal, turns the writing direction, or is not seen at all.
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
        )
}
