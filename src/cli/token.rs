//! `chahao token`.

use clap::{Args, Subcommand, ValueEnum};

use super::{DeskArgs, Outcome, print, print_json, shown};
use crate::Result;
use crate::ledger::Role;

/// Make, show and revoke the tokens by which a server knows who asks.
///
/// From the first token on, a server answers nobody without one.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  chahao token add desk-7 --role operator
  chahao token list
  chahao token revoke desk-7")]
pub(super) struct TokenArgs {
    #[command(subcommand)]
    command: TokenCommand,
    #[command(flatten)]
    desk: DeskArgs,
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Make a token and show it, this once.
    Add {
        /// Whose it is.
        name: String,
        /// What it allows; an editor may send batches too.
        #[arg(long)]
        role: RoleName,
        #[command(flatten)]
        by: ByArgs,
    },
    /// Show every token there ever was, and who made and revoked it.
    List {
        /// Print them as JSON, one a line.
        #[arg(long)]
        json: bool,
    },
    /// Take a token out of force, at once and for good.
    Revoke {
        /// Whose it is.
        name: String,
        #[command(flatten)]
        by: ByArgs,
    },
}

/// Who does it.
#[derive(Debug, Args)]
struct ByArgs {
    /// Who does it.
    #[arg(long, value_name = "NAME", env = "USER", default_value = "unknown", hide_env_values = true)]
    by: String,
}

/// A role as it is typed.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleName {
    Operator,
    Editor,
    Admin,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Role {
        match name {
            RoleName::Operator => Role::Operator,
            RoleName::Editor => Role::Editor,
            RoleName::Admin => Role::Admin,
        }
    }
}

impl TokenArgs {
    pub(super) fn run(self) -> Result<Outcome> {
        let desk = self.desk.desk();
        match self.command {
            TokenCommand::Add { name, role, by } => {
                let token = desk.add_token(&name, role.into(), &by.by)?;
                print(&format!("{token}\n"))?;
            }
            TokenCommand::Revoke { name, by } => {
                desk.revoke_token(&name, &by.by)?;
                print(&format!("{} has no token any more\n", shown(&name)))?;
            }
            TokenCommand::List { json } => {
                let tokens = desk.tokens()?;
                for token in &tokens {
                    if json {
                        print_json(token)?;
                        continue;
                    }
                    let by = token.by.join(", then ");
                    let state = token.revoked.as_ref().map(|at| format!(", revoked {at}")).unwrap_or_default();
                    let line = format!("{} {}: made {}{state} by {by}", token.name, token.role.name(), token.created);
                    print(&format!("{}\n", shown(&line)))?;
                }
                if tokens.is_empty() {
                    return Ok(Outcome::NothingFound);
                }
            }
        }
        Ok(Outcome::Done)
    }
}
