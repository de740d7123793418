//! Rows of other kinds than listings: one alias of a listing, a word's reading, a pair of confusable sounds.

use super::Op;
use super::fields::{Field, FieldValues};
use super::nested::alias_kind;
use crate::listing::{Alias, AliasKind, Invalid, VALUES_MAX};
use crate::text::{ConfusablePair, LexiconEntry, WordReading};

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Listing,
    Alias,
    Reading,
    Confusable,
}

/// Every kind with its name and the fields that go with it alone.
const KINDS: [(Kind, &str, &[Field]); 4] = [
    (Kind::Listing, "listing", &[]),
    (Kind::Alias, "alias", &[Field::Text, Field::AliasKind]),
    (Kind::Reading, "reading", &[Field::Word, Field::Reading]),
    (Kind::Confusable, "confusable", &[Field::Pair]),
];

impl Kind {
    pub(super) fn parse(text: &str) -> Result<Kind, Invalid> {
        let text = text.trim().to_ascii_lowercase();
        let known = KINDS.iter().find(|(_, name, _)| *name == text || (text.is_empty() && *name == "listing"));
        known.map(|(kind, _, _)| *kind).ok_or_else(|| {
            let reason = format!("listing, alias, reading or confusable; it is {text:?}");
            Invalid::new("kind", "unknown_kind", reason)
        })
    }

    fn name(self) -> &'static str {
        KINDS.iter().find(|(kind, _, _)| *kind == self).map_or("", |(_, name, _)| name)
    }

    /// Refuses a row that carries fields of another kind: it is not what its sender took it for. Its id has been read
    /// already.
    pub(super) fn check_fields(self, values: &FieldValues, has_id: bool) -> Result<(), Invalid> {
        let owner =
            |field: Field| KINDS.iter().find(|(_, _, fields)| fields.contains(&field)).map(|(kind, _, _)| *kind);
        let fits = |field: &Field| match (self, owner(*field)) {
            (_, Some(owner)) => owner == self,
            (Kind::Listing, None) => true,
            (Kind::Alias, None) => matches!(field, Field::Op | Field::Kind | Field::Id),
            (Kind::Reading | Kind::Confusable, None) => matches!(field, Field::Op | Field::Kind),
        };
        let id = has_id.then_some(Field::Id);
        match id.into_iter().chain(values.given()).find(|field| !fits(field)) {
            None => Ok(()),
            Some(other) => {
                let reason = format!("a row of kind {} carries no {}", self.name(), other.name());
                Err(Invalid::new(other.name(), "other_kind", reason))
            }
        }
    }

    /// The entry of the lexicon that a row of this kind adds or deletes.
    pub(super) fn entry(self, op: Op, values: &mut FieldValues) -> Result<LexiconEntry, Invalid> {
        if op == Op::Change {
            let reason = format!("a {} is added or deleted; to change it, delete it and add another", self.name());
            return Err(Invalid::new("op", "no_change", reason));
        }
        if self == Kind::Reading {
            let word = values.text(Field::Word)?.unwrap_or_default();
            let reading = values.text(Field::Reading)?.unwrap_or_default();
            return WordReading::new(&word, &reading).map(LexiconEntry::Reading);
        }
        let pair = ConfusablePair::parse(&values.text(Field::Pair)?.unwrap_or_default())?;
        if pair.is_built_in() {
            let reason = format!("the pair {} is built in: it is always there", pair.name());
            return Err(Invalid::new("pair", "built_in_pair", reason));
        }
        Ok(LexiconEntry::Confusable { pair })
    }
}

/// What a row does to one alias of a listing.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum AliasEdit {
    Add(Alias),
    /// Gives the alias of this text another kind.
    Change(String, AliasKind),
    Delete(String),
}

impl AliasEdit {
    pub(super) fn of(op: Op, values: &mut FieldValues) -> Result<AliasEdit, Invalid> {
        let in_text = |invalid: Invalid| Invalid { field: "text", ..invalid };
        let text = values.text(Field::Text)?.unwrap_or_default();
        let kind = values.text(Field::AliasKind)?.filter(|kind| !kind.trim().is_empty());
        let kind = kind.map(|kind| {
            alias_kind(&kind).ok_or_else(|| {
                let reason = format!("short, former, brand, spoken or english; it is {kind:?}");
                Invalid::new("alias_kind", "unknown_kind", reason)
            })
        });
        let kind = kind.transpose()?;
        let alias = Alias::new(&text, kind).map_err(in_text)?;
        match (op, kind) {
            (Op::Add, _) => Ok(AliasEdit::Add(alias)),
            (Op::Delete, _) => Ok(AliasEdit::Delete(alias.text)),
            (Op::Change, Some(kind)) => Ok(AliasEdit::Change(alias.text, kind)),
            (Op::Change, None) => {
                let reason = "a change gives the alias another kind; the row carries none";
                Err(Invalid::new("alias_kind", "missing", reason))
            }
        }
    }

    /// Does it.
    pub(super) fn apply(self, aliases: &mut Vec<Alias>) -> Result<(), Invalid> {
        let place = |aliases: &[Alias], text: &str| aliases.iter().position(|alias| alias.text == text);
        let unknown = |text: &str| {
            Invalid::new("text", "unknown_alias", format!("the listing has no alias {text:?}; see chahao show"))
        };
        match self {
            AliasEdit::Add(alias) => {
                if place(aliases, &alias.text).is_some() {
                    let reason =
                        format!("the listing has the alias {:?} already; use op change for its kind", alias.text);
                    return Err(Invalid::new("text", "existing_alias", reason));
                }
                if aliases.len() >= VALUES_MAX {
                    let reason = format!("at most {VALUES_MAX} aliases are allowed; there are as many already");
                    return Err(Invalid::new("text", "too_many", reason));
                }
                aliases.push(alias);
            }
            AliasEdit::Change(text, kind) => {
                let alias = place(aliases, &text).and_then(|at| aliases.get_mut(at));
                alias.ok_or_else(|| unknown(&text))?.kind = kind;
            }
            AliasEdit::Delete(text) => {
                let at = place(aliases, &text).ok_or_else(|| unknown(&text))?;
                aliases.remove(at);
            }
        }
        Ok(())
    }
}
