//! Who may ask, when a backup is put in the place of its ledger.
//!
//! Tokens are no part of the log, and no office sends them again. A restore that took those of the copy would let in whoever
//! was shut out since, shut out whoever was let in, and lose what is told of either. Where the ledger knew of none, those of
//! the copy are taken, and named: what was revoked since has to be revoked again.

use rusqlite::{Connection, OptionalExtension, params};

use super::Ledger;
use super::access::{TABLES, TokenHash, TokenRecord};
use crate::Result;

/// Who took a token of the copy out of force whose name has another one in the ledger.
const BY_RESTORE: &str = "chahao restore";

/// Names whose tokens a restore leaves as the ledger had them, and the copy had otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeptTokens {
    /// Those that stay revoked.
    pub revoked: Vec<String>,
    /// Those that stay in force.
    pub added: Vec<String>,
    /// Those that are in force as on the copy's day: the ledger knew nothing of them.
    pub of_backup: Vec<String>,
    /// Why those of the copy cannot be told, if they cannot.
    pub unread: Option<String>,
}

/// What was done with a token.
#[derive(Debug, Clone, PartialEq, Eq)]
struct TokenEvent {
    at: String,
    hash: TokenHash,
    what: String,
    by: String,
}

/// What a ledger knows of who may ask.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tokens {
    tokens: Vec<TokenRecord>,
    events: Vec<TokenEvent>,
}

impl Ledger {
    /// All it knows of who may ask.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn who_may_ask(&self) -> Result<Tokens> {
        let tokens = self.tokens()?;
        let mut events = Vec::new();
        if !tokens.is_empty() {
            let told =
                "SELECT at, hash, what, by FROM token_event JOIN token ON token.id = token_event.token ORDER BY n";
            let mut statement = self.connection.prepare(told)?;
            let rows = statement.query_map([], |row| {
                Ok(TokenEvent { at: row.get(0)?, hash: row.get(1)?, what: row.get(2)?, by: row.get(3)? })
            })?;
            for event in rows {
                events.push(event?);
            }
        }
        Ok(Tokens { tokens, events })
    }

    /// Takes over what another ledger knows of who may ask: who was let in or shut out there, and what is told of it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn take_over(&mut self, Tokens { tokens, events }: &Tokens) -> Result<KeptTokens> {
        let mut kept = KeptTokens::default();
        let is_known = |hash: &TokenHash| tokens.iter().any(|token| token.hash == *hash);
        let in_force = match self.tokens_in_force() {
            // A ledger whose tokens nobody can read is worth more than none.
            Err(error) if error.is_damaged() => {
                kept.unread = Some(error.to_string());
                None
            }
            in_force => in_force?,
        };
        let unknown = in_force.into_iter().flatten().filter(|token| !is_known(&token.hash));
        let taken = |name: &String| tokens.iter().any(|token| token.revoked.is_none() && token.name == *name);
        kept.of_backup = unknown.map(|token| token.name).filter(|name| !taken(name)).collect();
        if tokens.is_empty() {
            return Ok(kept);
        }
        self.connection.execute_batch(TABLES)?;
        let transaction = self.connection.transaction()?;
        for TokenRecord { name, role, hash, created, revoked, .. } in tokens {
            let known = "SELECT revoked IS NOT NULL FROM token WHERE hash = ?1";
            let known: Option<bool> = transaction.query_row(known, [hash], |row| row.get(0)).optional()?;
            match (known, revoked) {
                (Some(false), Some(at)) => {
                    transaction.execute("UPDATE token SET revoked = ?2 WHERE hash = ?1", params![hash, at])?;
                    kept.revoked.push(name.clone());
                }
                (Some(_), _) => {}
                (None, _) => {
                    if revoked.is_none() {
                        give_way(&transaction, name)?;
                        kept.added.push(name.clone());
                    }
                    let row = "INSERT INTO token (name, role, hash, created, revoked) VALUES (?1, ?2, ?3, ?4, ?5)";
                    transaction.execute(row, params![name, role.name(), hash, created, revoked])?;
                }
            }
        }
        for TokenEvent { at, hash, what, by } in events {
            let event = "INSERT INTO token_event (at, token, what, by)
                         SELECT ?1, id, ?3, ?4 FROM token WHERE hash = ?2 AND NOT EXISTS
                            (SELECT 1 FROM token_event WHERE at = ?1 AND token = id AND what = ?3 AND by = ?4)";
            transaction.execute(event, params![at, hash, what, by])?;
        }
        transaction.commit()?;
        Ok(kept)
    }
}

/// Takes the token that `name` has in the copy out of force: the ledger, which does not know it, has another one.
fn give_way(copy: &Connection, name: &str) -> Result<()> {
    let found = "SELECT id FROM token WHERE name = ?1 AND revoked IS NULL";
    if let Some(id) = copy.query_row(found, [name], |row| row.get::<_, i64>(0)).optional()? {
        let now = jiff::Timestamp::now().to_string();
        copy.execute("UPDATE token SET revoked = ?2 WHERE id = ?1", params![id, now])?;
        let event = "INSERT INTO token_event (at, token, what, by) VALUES (?1, ?2, 'revoked', ?3)";
        copy.execute(event, params![now, id, BY_RESTORE])?;
    }
    Ok(())
}
