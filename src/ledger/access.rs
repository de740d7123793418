//! Who may ask: tokens, and what was done with them.
//!
//! A token is 256 random bits. What is kept is its BLAKE3 hash: there is nothing to guess, so a slow hash, made for
//! passwords people think of, would only slow every request down; and a hash that is read out opens no door.
//!
//! # Invariants
//! 1. A token is shown once, when it is made; the file never holds it.
//! 2. What was done with tokens stays told: rows of `token_event` are neither changed nor deleted.
//! 3. Revoking is for good: a name can be given again, a token cannot.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use serde::Serialize;

use super::Ledger;
use crate::{Error, Result};

/// Random bytes of a token.
const TOKEN_BYTES: usize = 32;
/// What every token begins with, so that one that leaked is known for what it is.
const TOKEN_MARK: &str = "chahao_";
/// Characters of a token's name at most.
const NAME_CHARS_MAX: usize = 64;

/// Made when the first token is: a ledger without tokens stays as it was.
pub(super) const TABLES: &str = "
CREATE TABLE IF NOT EXISTS token (
    id      INTEGER PRIMARY KEY,
    name    TEXT NOT NULL,
    role    TEXT NOT NULL CHECK (role IN ('operator', 'editor', 'admin')),
    hash    BLOB NOT NULL UNIQUE,
    created TEXT NOT NULL,
    revoked TEXT
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS token_in_force ON token (name) WHERE revoked IS NULL;
CREATE TABLE IF NOT EXISTS token_event (
    n     INTEGER PRIMARY KEY,
    at    TEXT    NOT NULL,
    token INTEGER NOT NULL REFERENCES token (id),
    what  TEXT    NOT NULL CHECK (what IN ('added', 'revoked')),
    by    TEXT    NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS token_event_of ON token_event (token);
CREATE TRIGGER IF NOT EXISTS token_event_stays BEFORE UPDATE ON token_event
    BEGIN SELECT RAISE(ABORT, 'what was done with tokens stays told'); END;
CREATE TRIGGER IF NOT EXISTS token_event_is_kept BEFORE DELETE ON token_event
    BEGIN SELECT RAISE(ABORT, 'what was done with tokens stays told'); END;
";

/// What a caller may do; each may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Look up, and read what happened.
    Operator,
    /// Send batches.
    Editor,
    /// Everything.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 3] = [Role::Operator, Role::Editor, Role::Admin];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Role::Operator => "operator",
            Role::Editor => "editor",
            Role::Admin => "admin",
        }
    }

    /// Reads a name.
    ///
    /// # Errors
    /// Usage when it is none.
    pub fn parse(text: &str) -> Result<Role> {
        let found = Role::ALL.into_iter().find(|role| role.name() == text);
        found.ok_or_else(|| Error::usage(format!("a role is operator, editor or admin; it is {text:?}")))
    }
}

/// The hash by which a token is known.
pub type TokenHash = [u8; blake3::OUT_LEN];

/// The hash of a token as a caller sends it.
pub fn token_hash(token: &str) -> TokenHash {
    *blake3::hash(token.as_bytes()).as_bytes()
}

/// A token, as far as anyone may know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TokenRecord {
    /// Its number.
    pub id: i64,
    /// Whose it is.
    pub name: String,
    /// What it allows.
    pub role: Role,
    /// When it was made.
    pub created: String,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked: Option<String>,
    /// Who made it, and who revoked it.
    pub by: Vec<String>,
    #[serde(skip)]
    pub(crate) hash: TokenHash,
}

/// A token that is in force, as far as it has to be known for letting its holder in.
#[derive(Debug, Clone)]
pub struct TokenInForce {
    /// Its number.
    pub id: i64,
    /// Whose it is.
    pub name: String,
    /// What it allows.
    pub role: Role,
    pub(crate) hash: TokenHash,
}

impl Ledger {
    /// Makes a token for `name`; it is handed over this once.
    ///
    /// # Errors
    /// Usage when the name is empty or over-long, refused when it has a token in force.
    pub fn add_token(&mut self, name: &str, role: Role, by: &str) -> Result<String> {
        let (name, by) = (checked_name(name)?, checked_name(by)?);
        let mut random = [0; TOKEN_BYTES];
        getrandom::fill(&mut random)
            .map_err(|error| Error::internal(format!("the system has no random numbers: {error}")))?;
        let token = format!("{TOKEN_MARK}{}", blake3::Hash::from_bytes(random).to_hex());
        self.connection.execute_batch(TABLES)?;
        let now = Timestamp::now().to_string();
        let transaction = self.connection.transaction()?;
        let known = "SELECT 1 FROM token WHERE name = ?1 AND revoked IS NULL";
        if transaction.query_row(known, [name], |_| Ok(())).optional()?.is_some() {
            let text = format!("{name} has a token already; revoke it first, or give another name");
            return Err(Error::refused(text));
        }
        let row = "INSERT INTO token (name, role, hash, created) VALUES (?1, ?2, ?3, ?4)";
        transaction.execute(row, params![name, role.name(), token_hash(&token), now])?;
        let event = "INSERT INTO token_event (at, token, what, by) VALUES (?1, last_insert_rowid(), 'added', ?2)";
        transaction.execute(event, params![now, by])?;
        transaction.commit()?;
        Ok(token)
    }

    /// Takes the token of `name` out of force.
    ///
    /// # Errors
    /// Not found when it has none in force.
    pub fn revoke_token(&mut self, name: &str, by: &str) -> Result<()> {
        let (name, by) = (checked_name(name)?, checked_name(by)?);
        let none =
            || Error::not_found(format!("{name} has no token in force; chahao token list shows those there are"));
        if !self.has_tokens()? {
            return Err(none());
        }
        let now = Timestamp::now().to_string();
        let transaction = self.connection.transaction()?;
        let found = "SELECT id FROM token WHERE name = ?1 AND revoked IS NULL";
        let id: i64 = transaction.query_row(found, [name], |row| row.get(0)).optional()?.ok_or_else(none)?;
        transaction.execute("UPDATE token SET revoked = ?2 WHERE id = ?1", params![id, now])?;
        let event = "INSERT INTO token_event (at, token, what, by) VALUES (?1, ?2, 'revoked', ?3)";
        transaction.execute(event, params![now, id, by])?;
        Ok(transaction.commit()?)
    }

    /// Every token there ever was, in the order in which they were made.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn tokens(&self) -> Result<Vec<TokenRecord>> {
        if !self.has_tokens()? {
            return Ok(Vec::new());
        }
        let mut statement = self.connection.prepare_cached(
            "SELECT id, name, role, created, revoked, hash,
                    (SELECT group_concat(by, char(10)) FROM (SELECT by FROM token_event WHERE token = id ORDER BY n))
             FROM token ORDER BY id",
        )?;
        let rows = statement.query_map([], |row| {
            let by: Option<String> = row.get(6)?;
            Ok(TokenRecord {
                id: row.get(0)?,
                name: row.get(1)?,
                role: Role::parse(&row.get::<_, String>(2)?).unwrap_or(Role::Operator),
                created: row.get(3)?,
                revoked: row.get(4)?,
                hash: row.get(5)?,
                by: by.unwrap_or_default().lines().map(str::to_owned).collect(),
            })
        })?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }

    /// The tokens that are in force; `None` where there never was one. Of those that are not, nothing is read.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn tokens_in_force(&self) -> Result<Option<Vec<TokenInForce>>> {
        let any = "SELECT EXISTS (SELECT 1 FROM token)";
        if !self.has_tokens()? || !self.connection.query_row(any, [], |row| row.get::<_, bool>(0))? {
            return Ok(None);
        }
        let in_force = "SELECT id, name, role, hash FROM token WHERE revoked IS NULL ORDER BY id";
        let mut statement = self.connection.prepare_cached(in_force)?;
        let rows = statement.query_map([], |row| {
            let role = Role::parse(&row.get::<_, String>(2)?).unwrap_or(Role::Operator);
            Ok(TokenInForce { id: row.get(0)?, name: row.get(1)?, role, hash: row.get(3)? })
        })?;
        Ok(Some(rows.collect::<std::result::Result<_, _>>()?))
    }

    fn has_tokens(&self) -> Result<bool> {
        let tables = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'token'";
        let found: i64 = self.connection.query_row(tables, [], |row| row.get(0))?;
        Ok(found > 0)
    }
}

/// One line that names somebody.
fn checked_name(name: &str) -> Result<&str> {
    let name = name.trim();
    let chars = name.chars().count();
    if chars == 0 || chars > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        let text = format!("a name is one line of 1 to {NAME_CHARS_MAX} characters; it has {chars}");
        return Err(Error::usage(text));
    }
    Ok(name)
}
