//! chahao 查号: the number-lookup server of a directory-assistance desk.
//!
//! An operator hears a business's name, types a few keys, and gives the right telephone number while the caller
//! is still speaking. Weekly batches of listings go into a ledger; a compactor keeps a search index in step with
//! it; lookups are answered from the index alone, over HTTP and on the command line.
//!
//! ```text
//! weekly file ─▶ batch ─▶ ledger (the truth)
//!                            │ changes
//!                        compactor ─▶ index (base + delta, derived)
//!                                        │
//!          operator ─▶ http / cli ─▶ desk ─▶ query ─▶ hits
//! ```
//!
//! # Invariants
//! 1. A batch that was acknowledged is whole in the ledger, whatever is killed or cut off afterwards.
//! 2. The index is derived: deleting it and compacting again gives the same answers.
//! 3. Names and queries are folded by the same code.
//! 4. Every query does a bounded amount of work.
//! 5. The numbers of non-published listings are in the ledger and nowhere else.
//!
//! # Modules, in the order in which data flows
//!
//! Each uses only those above it.

mod error;

pub mod progress;

pub mod listing;

pub mod text;

pub mod batch;

pub mod ledger;

pub mod generate;

pub mod index;

pub mod compactor;

pub mod query;

pub mod desk;

pub mod evaluate;

pub mod remote;

pub mod load;

pub mod console;

pub mod http;

pub mod cli;

pub use error::{Error, ErrorKind, Result};
