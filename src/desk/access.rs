//! Who may ask the desk: tokens of its ledger, held so that a request asks no file.
//!
//! # Invariants
//! 1. A request reads a pointer ([`Desk::callers`]) and waits for nobody: a ledger that does not answer holds up the thread
//!    that reads it ([`Desk::keep_callers`]), and no other.
//! 2. What was read holds for seconds at most; a token that is revoked is turned away within [`HELD`], as long as the ledger
//!    can be read.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use rustc_hash::FxHashMap;

use super::Desk;
use crate::ledger::{Ledger, Role, TokenHash, TokenInForce, TokenRecord, token_hash};
use crate::{Error, ErrorKind, Result};

/// How long what was read of the tokens holds: a revoked one is turned away after that at the latest.
const HELD: Duration = Duration::from_millis(100);
/// How long it holds where the ledger cannot be read.
const HELD_BLIND: Duration = Duration::from_secs(5);
/// How long the thread that reads them waits between two readings: with the reading itself less than [`HELD`].
const READ_EVERY: Duration = Duration::from_millis(75);
/// How long a server that starts waits for the first reading; its probes are not to wait for a ledger that stalls.
const FIRST_READ_WAIT: Duration = Duration::from_secs(2);

/// Somebody whose token is in force.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The token's number.
    pub token: i64,
    /// The name it was given to.
    pub name: String,
    /// What it allows.
    pub role: Role,
}

/// The tokens of one moment.
#[derive(Debug)]
struct Tokens {
    read: Instant,
    callers: FxHashMap<TokenHash, Arc<Caller>>,
    /// There is a token, in force or not: nobody is let in without one.
    any: bool,
}

impl Tokens {
    /// No token, as it was found at `read`.
    fn none(read: Instant) -> Tokens {
        Tokens { read, callers: FxHashMap::default(), any: false }
    }
}

/// What a desk remembers of its tokens.
#[derive(Debug, Default)]
pub(super) struct Door {
    held: ArcSwapOption<Tokens>,
    /// Held while the tokens are read.
    reading: Mutex<Option<Ledger>>,
    /// A thread reads them again and again.
    is_kept: AtomicBool,
    /// They could not be read when that was tried last: the log knows.
    is_blind: AtomicBool,
}

/// Who may ask, as it was read a moment ago.
pub struct Callers(arc_swap::Guard<Option<Arc<Tokens>>>);

impl Callers {
    /// Whether there ever was a token: then nobody is let in without one.
    pub fn ask_for_tokens(&self) -> bool {
        self.0.as_ref().is_none_or(|tokens| tokens.any)
    }

    /// Whose token it is, where it is in force.
    pub fn find(&self, token: &str) -> Option<Arc<Caller>> {
        // What is looked up is a hash nobody can choose, so how long that takes says nothing about tokens.
        self.0.as_ref()?.callers.get(&token_hash(token)).cloned()
    }
}

impl Desk {
    /// Makes a token for `name`; it is handed over this once.
    ///
    /// # Errors
    /// As [`Ledger::add_token`]; refused when the ledger is gone, and otherwise when it cannot be made.
    pub fn add_token(&self, name: &str, role: Role, by: &str) -> Result<String> {
        self.open_or_begin()?.add_token(name, role, by)
    }

    /// Takes the token of `name` out of force; a server turns it away within a moment.
    ///
    /// # Errors
    /// As [`Ledger::revoke_token`], and not found when there is no ledger.
    pub fn revoke_token(&self, name: &str, by: &str) -> Result<()> {
        self.ledger()?.revoke_token(name, by)
    }

    /// Every token there ever was.
    ///
    /// # Errors
    /// Not found when there is no ledger; otherwise when it cannot be read.
    pub fn tokens(&self) -> Result<Vec<TokenRecord>> {
        self.ledger()?.tokens()
    }

    /// Whether there ever was a token: then nobody is let in without one.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn asks_for_tokens(&self) -> Result<bool> {
        Ok(self.tokens_held()?.any)
    }

    /// Whether anybody's token is in force.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn has_caller(&self) -> Result<bool> {
        Ok(!self.tokens_held()?.callers.is_empty())
    }

    /// Who may ask, as it was read a moment ago by the thread of [`Desk::keep_callers`]: nothing is read for it, and nobody
    /// is waited for.
    ///
    /// # Errors
    /// Busy where nothing was read yet, or for seconds.
    pub fn callers(&self) -> Result<Callers> {
        let held = self.door.held.load();
        match held.as_ref().is_some_and(|held| held.read.elapsed() < HELD_BLIND) {
            true => Ok(Callers(held)),
            false => Err(Error::busy("who may ask cannot be read from the ledger")),
        }
    }

    /// Has a thread of its own read who may ask, again and again as long as there is the desk, and waits a moment for the
    /// first time; once for a desk.
    pub fn keep_callers(self: &Arc<Desk>) {
        if self.door.is_kept.swap(true, Ordering::AcqRel) {
            return;
        }
        let (tell, told) = sync_channel(1);
        let kept = Arc::downgrade(self);
        let reads = move || {
            while let Some(desk) = kept.upgrade() {
                // What could not be read is in the log; whoever asks is told to come again.
                let _ = desk.read_anew();
                drop(desk);
                let _ = tell.try_send(());
                std::thread::sleep(READ_EVERY);
            }
        };
        match std::thread::Builder::new().name("tokens".to_owned()).spawn(reads) {
            Ok(_) => drop(told.recv_timeout(FIRST_READ_WAIT)),
            Err(error) => tracing::error!(%error, "no thread reads who may ask: nobody is answered"),
        }
    }

    /// The tokens as they are, or were within [`HELD`]; read where that is longer ago.
    fn tokens_held(&self) -> Result<Arc<Tokens>> {
        match self.door.held.load_full().filter(|held| held.read.elapsed() < HELD) {
            Some(held) => Ok(held),
            None => self.read_anew(),
        }
    }

    /// Reads the tokens, and holds them; where they cannot be read, what is held goes on for a while.
    fn read_anew(&self) -> Result<Arc<Tokens>> {
        let reading = self.door.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = self.read_tokens(reading);
        let was_blind = self.door.is_blind.swap(outcome.is_err(), Ordering::AcqRel);
        if let (Err(error), false) = (&outcome, was_blind) {
            tracing::warn!(%error, "the tokens cannot be read; those of a moment ago hold for a while");
        }
        let tokens = match (outcome, self.door.held.load_full()) {
            (Ok(tokens), _) => Arc::new(tokens),
            // The ledger is gone: everybody is let in on, where no token was ever asked for.
            (Err(error), Some(held)) if error.is_not_found() && !held.any => Arc::new(Tokens::none(Instant::now())),
            (Err(_), Some(held)) if held.read.elapsed() < HELD_BLIND => return Ok(held),
            (Err(error), _) if error.is_not_found() => return Err(bereft()),
            (Err(error), _) => return Err(error),
        };
        self.door.held.store(Some(Arc::clone(&tokens)));
        Ok(tokens)
    }

    /// Whether an index says that there was a ledger: one may have had tokens that nobody has read here yet.
    fn had_ledger(&self) -> bool {
        self.current().is_some() || !matches!(self.layout.current(), Ok(None))
    }

    fn read_tokens(&self, mut reading: std::sync::MutexGuard<'_, Option<Ledger>>) -> Result<Tokens> {
        let read = Instant::now();
        let ledger = match reading.take() {
            Some(mut ledger) => {
                // Whoever moves the ledger away opens no door by that.
                if let Err(error) = ledger.follow() {
                    *reading = Some(ledger);
                    return Err(error);
                }
                ledger
            }
            None => match Ledger::open(self.ledger_path()) {
                Ok(ledger) => ledger,
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    if !self.index_alone && self.had_ledger() {
                        return Err(bereft().caused_by(error));
                    }
                    return Ok(Tokens::none(read));
                }
                Err(error) => return Err(error),
            },
        };
        let in_force = ledger.tokens_in_force();
        // Kept also where it could not be read: one that was open once is missed when it is gone.
        *reading = Some(ledger);
        let in_force = in_force?;
        let any = in_force.is_some();
        let callers = in_force.into_iter().flatten().map(|token| {
            let TokenInForce { id, name, role, hash } = token;
            (hash, Arc::new(Caller { token: id, name, role }))
        });
        Ok(Tokens { read, callers: callers.collect(), any })
    }
}

/// What is told where the ledger is gone; not where it should be.
fn bereft() -> Error {
    Error::busy("the ledger is gone, and with it who may ask; put it back or restore its backup")
}
