//! `chahao config`.

use clap::{Args, CommandFactory};
use serde::Serialize;

use super::settings::{SettingsFile, settings_of};
use super::{Cli, Outcome, print, print_json, shown};
use crate::Result;

/// Show what is set, and where.
///
/// A flag comes before a variable, a variable before the file, the file before what is built in. The file is the one
/// CHAHAO_CONFIG names, else chahao.toml in the directory the program is started in; its keys are those shown here:
/// ledger = "/srv/desk/ledger.db". CHAHAO_TOKEN is read from the environment alone.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  chahao config
  CHAHAO_CONFIG=/etc/chahao.toml chahao config --json")]
pub(super) struct ConfigArgs {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// One setting as it is in force.
#[derive(Debug, Serialize)]
struct InForce {
    key: String,
    value: String,
    /// The variable, the file, or that it is built in.
    from: String,
}

impl ConfigArgs {
    pub(super) fn run(self, file: &SettingsFile) -> Result<Outcome> {
        let in_force: Vec<InForce> = settings_of(&Cli::command())
            .into_iter()
            .map(|setting| {
                let variable = std::env::var(&setting.variable).ok();
                let (value, from) = match (variable, file.value(&setting.key), &file.path) {
                    (Some(value), ..) => (value, setting.variable),
                    (None, Some(value), Some(path)) => (value.to_owned(), path.display().to_string()),
                    _ => (setting.built_in, "built in".to_owned()),
                };
                InForce { key: setting.key, value, from }
            })
            .collect();
        if self.json {
            print_json(&in_force)?;
        } else {
            let line = |one: &InForce| format!("{:<12} {:<28} {}\n", one.key, shown(&one.value), shown(&one.from));
            print(&in_force.iter().map(line).collect::<String>())?;
        }
        Ok(Outcome::Done)
    }
}
