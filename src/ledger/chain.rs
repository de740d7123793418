//! The hashes that make torn or altered batches show.

use std::borrow::Cow;

/// The kind of a change that is no entry of the lexicon.
pub(super) const LISTING: &str = "listing";

/// The hash that ties a batch to the one before it.
pub(super) fn chain_hash(previous: &[u8], feed: &str, feed_seq: u64, hash: &[u8], changes: &[u8]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(previous).update(&(feed.len() as u64).to_le_bytes()).update(feed.as_bytes());
    hasher.update(&feed_seq.to_le_bytes()).update(hash).update(changes);
    hasher.finalize()
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
