//! The hashes that make torn or altered batches show.

use std::borrow::Cow;

/// The kind of a change that is no entry of the lexicon.
pub(super) const LISTING: &str = "listing";

/// What of a batch goes into its chain hash.
pub(super) struct Link<'a> {
    pub(super) feed: &'a str,
    pub(super) feed_seq: u64,
    /// Content hash.
    pub(super) hash: &'a [u8],
    /// Hash of its changes.
    pub(super) changes: &'a [u8],
    /// What it says beside them; counts where there is something only, as it did before batches said anything.
    pub(super) about: Option<&'a str>,
}

impl Link<'_> {
    /// The hash that ties the batch to the one before it.
    pub(super) fn behind(&self, previous: &[u8]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new();
        hasher.update(previous).update(&(self.feed.len() as u64).to_le_bytes()).update(self.feed.as_bytes());
        hasher.update(&self.feed_seq.to_le_bytes()).update(self.hash).update(self.changes);
        if let Some(about) = self.about {
            hasher.update(about.as_bytes());
        }
        hasher.finalize()
    }
}

/// Feeds one change into the hash of a batch's changes; one of a listing counts as it did before there were other kinds.
pub(super) fn hash_change(hasher: &mut blake3::Hasher, kind: &str, op: &str, key: &str, after: Option<&str>) {
    let op = if kind == LISTING { Cow::Borrowed(op) } else { Cow::Owned(format!("{op} {kind}")) };
    for part in [&*op, key, after.unwrap_or_default()] {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
