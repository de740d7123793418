//! What the long-running commands log, how, and where to.

use clap::{Args, ValueEnum};
use tracing_subscriber::EnvFilter;

use super::log_lines::{LogLines, Writing};
use crate::{Error, Result};

/// Words that stand for everything this program logs at a level.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// For people.
    Text,
    /// A JSON object a line.
    Json,
}

/// What is logged to standard error.
#[derive(Debug, Args)]
pub(super) struct LogArgs {
    /// What log lines look like.
    #[arg(long, value_enum, default_value = "text", env = "CHAHAO_LOG_FORMAT")]
    log_format: LogFormat,
    /// off, error, warn, info, debug or trace; or by part, such as chahao=info,chahao::access=off.
    #[arg(long, value_name = "LEVEL", default_value = "info", env = "CHAHAO_LOG")]
    log_level: String,
}

impl LogArgs {
    /// Logs from now on, until what is handed back is dropped.
    ///
    /// # Errors
    /// Usage when the level is none; failed when no thread can be started.
    pub(super) fn start(&self) -> Result<Writing> {
        let level = self.log_level.trim();
        // Libraries say what they read and write at their lowest levels, so a word is about this program alone.
        let directives = match LEVELS.contains(&level.to_ascii_lowercase().as_str()) {
            true => format!("chahao={level}"),
            false => level.to_owned(),
        };
        let filter = EnvFilter::try_new(&directives).map_err(|error| {
            let text = format!(
                "the log level is one of {}, or as in chahao=info; it is {level:?}: {error}",
                LEVELS.join(", ")
            );
            Error::usage(text)
        })?;
        let (lines, writing) = LogLines::to(std::io::stderr())
            .map_err(|error| Error::internal(format!("the thread that writes the log cannot be started: {error}")))?;
        let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(lines).with_ansi(false);
        // A second subscriber is refused; the first one is as good.
        let _ = match self.log_format {
            LogFormat::Text => builder.try_init(),
            LogFormat::Json => builder.json().flatten_event(true).with_span_list(false).try_init(),
        };
        Ok(writing)
    }
}
