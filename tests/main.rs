//! Every integration test, in one binary; one file for each promise.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

mod access;
mod asked_over_tls;
mod batch_encodings;
mod batch_forms;
mod batch_model;
mod batch_refusals;
mod batch_rejections;
mod batch_review;
mod browser;
mod cli;
mod console;
mod console_access;
mod console_office;
mod console_told;
mod contract;
mod desk_in_a_folder;
mod evaluate;
mod faults;
mod flow;
mod folded_log;
mod full_files;
mod further_schemes;
mod handed_over;
mod held_server;
mod http;
mod http2_hostile;
mod http_batches;
mod http_crowded;
mod http_under_way;
mod index_damage;
mod keys_to_paint;
mod kills;
mod ledger_crash;
mod ledger_damage;
mod ledger_formats;
mod ledger_services;
mod lexicon;
mod lines;
mod load;
mod lookups_as_said;
mod mangled_batches;
mod many_at_once;
mod meant;
mod mixtures_among_many;
mod narrowed;
mod numbers_given_out;
mod observed;
mod openapi;
mod oracle;
mod oracle_of_mistakes;
mod places;
mod query_log;
mod readings;
mod readme;
mod regression;
mod regression_call;
mod regression_console;
mod regression_corrected;
mod regression_desk;
mod regression_http;
mod regression_ledger;
mod regression_office;
mod regression_order;
mod regression_pasted;
mod regression_restored;
mod regression_rules;
mod regression_standing;
mod regression_tables;
mod regression_withheld;
mod rolled_back;
mod screenshots;
mod search_laws;
mod server_on_a_port;
mod settings;
mod short_forms;
mod small_ledgers;
mod spelled_words;
mod spoken_names;
mod stalled_ledger;
mod terminal;
mod tls;
mod twice_capacity;
mod undo_and_reconcile;
mod waiting_batches;
mod withheld_numbers;
mod words_apart_among_many;
