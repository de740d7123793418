//! `chahao man` and `chahao completions`: made from the same description as `--help`.

use std::path::PathBuf;

use clap::{Args, Command, CommandFactory};
use clap_complete::Shell;

use super::{Cli, Outcome, print};
use crate::{Error, Result};

/// Print what makes a shell complete commands and flags.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  chahao completions bash > /etc/bash_completion.d/chahao
  chahao completions zsh > ~/.zfunc/_chahao
  chahao completions fish > ~/.config/fish/completions/chahao.fish")]
pub(super) struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

impl CompletionsArgs {
    pub(super) fn run(self) -> Result<Outcome> {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "chahao", &mut text);
        print(&String::from_utf8_lossy(&text)).map(|()| Outcome::Done)
    }
}

/// Print the manual page of the program, or of one of its commands.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  chahao man | man -l -
  chahao man import | man -l -
  chahao man --out /usr/local/share/man/man1")]
pub(super) struct ManArgs {
    /// The command.
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
    /// Write the page of every command into this directory instead.
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    out: Option<PathBuf>,
}

impl ManArgs {
    pub(super) fn run(self) -> Result<Outcome> {
        if let Some(directory) = self.out {
            std::fs::create_dir_all(&directory)
                .and_then(|()| clap_mangen::generate_to(Cli::command(), &directory))
                .map_err(|error| Error::file("write manual pages into", &directory, error))?;
            return Ok(Outcome::Done);
        }
        let mut program = Cli::command();
        // Names the pages of commands by the program too.
        program.build();
        let page = match self.command {
            None => program,
            Some(name) => named(&program, &name)?,
        };
        let mut text = Vec::new();
        let rendered = clap_mangen::Man::new(page).render(&mut text);
        rendered.map_err(|error| Error::internal(format!("cannot write a manual page: {error}")))?;
        print(&String::from_utf8_lossy(&text)).map(|()| Outcome::Done)
    }
}

fn named(program: &Command, name: &str) -> Result<Command> {
    let found = program.get_subcommands().find(|command| command.get_name() == name);
    found.cloned().ok_or_else(|| {
        let known: Vec<&str> = program.get_subcommands().map(Command::get_name).collect();
        Error::usage(format!("there is no command {name:?}; there are {}", known.join(", ")))
    })
}
