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

/// Bytes of changes hashed together: BLAKE3 hashes several kilobytes in the time of one.
const HASHED_TOGETHER: usize = 64 << 10;

/// The hash of changes, one after the other.
#[derive(Debug, Default)]
pub(super) struct ChangesHasher {
    hasher: blake3::Hasher,
    /// Bytes that are not hashed yet.
    pending: Vec<u8>,
}

impl ChangesHasher {
    /// Feeds in one change; one of a listing counts as it did before there were other kinds.
    pub(super) fn change(&mut self, kind: &str, op: &str, key: &str, after: Option<&str>) {
        let op = if kind == LISTING { Cow::Borrowed(op) } else { Cow::Owned(format!("{op} {kind}")) };
        for part in [&*op, key, after.unwrap_or_default()] {
            self.number(part.len() as u64);
            self.pending.extend_from_slice(part.as_bytes());
        }
        if self.pending.len() >= HASHED_TOGETHER {
            self.hasher.update(&self.pending);
            self.pending.clear();
        }
    }

    /// Feeds in a number: the seq of the change that follows, where that counts.
    pub(super) fn number(&mut self, number: u64) {
        self.pending.extend_from_slice(&number.to_le_bytes());
    }

    /// The hash of all that was fed in.
    pub(super) fn finish(mut self) -> blake3::Hash {
        self.hasher.update(&self.pending).finalize()
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
