//! Who may ask the desk: tokens of its ledger, held for a moment so that a request asks no file.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use rustc_hash::FxHashMap;

use super::Desk;
use crate::ledger::{Ledger, Role, TokenHash, TokenRecord, token_hash};
use crate::{Error, ErrorKind, Result};

/// How long what was read of the tokens holds: a revoked one is turned away after that at the latest.
pub(super) const HELD: Duration = Duration::from_millis(100);
/// How long it holds where the ledger cannot be read.
const HELD_BLIND: Duration = Duration::from_secs(5);

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

/// What a desk remembers of its tokens.
#[derive(Debug, Default)]
pub(super) struct Door {
    held: ArcSwapOption<Tokens>,
    /// Held while the tokens are read; others go on with what is held.
    reading: Mutex<Option<Ledger>>,
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
        Ledger::open(self.ledger_path())?.revoke_token(name, by)
    }

    /// Every token there ever was.
    ///
    /// # Errors
    /// Not found when there is no ledger; otherwise when it cannot be read.
    pub fn tokens(&self) -> Result<Vec<TokenRecord>> {
        Ledger::open(self.ledger_path())?.tokens()
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

    /// Whose token it is, where it is in force.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn caller(&self, token: &str) -> Result<Option<Arc<Caller>>> {
        // What is looked up is a hash nobody can choose, so how long that takes says nothing about tokens.
        Ok(self.tokens_held()?.callers.get(&token_hash(token)).cloned())
    }

    fn tokens_held(&self) -> Result<Arc<Tokens>> {
        let held = self.door.held.load_full();
        if let Some(held) = held.as_ref().filter(|held| held.read.elapsed() < HELD) {
            return Ok(Arc::clone(held));
        }
        let reading = match &held {
            Some(held) if held.read.elapsed() < HELD_BLIND => match self.door.reading.try_lock() {
                Ok(reading) => reading,
                // Somebody reads them already.
                Err(_) => return Ok(Arc::clone(held)),
            },
            _ => self.door.reading.lock().unwrap_or_else(PoisonError::into_inner),
        };
        match (self.read_tokens(reading), held) {
            (Ok(tokens), _) => {
                let tokens = Arc::new(tokens);
                self.door.held.store(Some(Arc::clone(&tokens)));
                Ok(tokens)
            }
            (Err(error), Some(held)) if held.read.elapsed() < HELD_BLIND => {
                tracing::warn!(%error, "the tokens cannot be read; those of a moment ago hold");
                Ok(held)
            }
            (Err(error), held) if error.is_not_found() => self.without_ledger(&error, held.as_deref()),
            (Err(error), _) => Err(error),
        }
    }

    /// Whom to let in while the ledger is gone: everybody, where no token was ever asked for.
    fn without_ledger(&self, error: &Error, held: Option<&Tokens>) -> Result<Arc<Tokens>> {
        tracing::warn!(%error, "the tokens cannot be read");
        if held.is_none_or(|held| held.any) {
            return Err(bereft());
        }
        let open = Arc::new(Tokens { read: Instant::now(), callers: FxHashMap::default(), any: false });
        self.door.held.store(Some(Arc::clone(&open)));
        Ok(open)
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
                        tracing::warn!(%error, "the tokens cannot be read");
                        return Err(bereft());
                    }
                    return Ok(Tokens { read, callers: FxHashMap::default(), any: false });
                }
                Err(error) => return Err(error),
            },
        };
        let records = ledger.tokens();
        // Kept also where it could not be read: one that was open once is missed when it is gone.
        *reading = Some(ledger);
        let records = records?;
        let any = !records.is_empty();
        let in_force = records.into_iter().filter(|record| record.revoked.is_none());
        let callers = in_force.map(|record| {
            let TokenRecord { id, name, role, hash, .. } = record;
            (hash, Arc::new(Caller { token: id, name, role }))
        });
        Ok(Tokens { read, callers: callers.collect(), any })
    }
}

/// What whoever asks is told where the ledger is gone; not where it should be.
fn bereft() -> Error {
    Error::busy("the ledger is gone, and with it who may ask; put it back or restore its backup")
}
