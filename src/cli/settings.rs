//! Settings: flags, then `CHAHAO_*` variables, then a file, then what is built in.
//!
//! A setting is an argument of any command that a variable sets; its key in the file is the variable's name without
//! `CHAHAO_`, in lower case. So an argument that gets a variable has its key as well, and `chahao config` shows it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Arg, Command};

use crate::{Error, Result};

/// The variable that names the file.
const FILE_VARIABLE: &str = "CHAHAO_CONFIG";
/// The file where nothing is said, in the directory the program is started in.
const FILE_DEFAULT: &str = "chahao.toml";
/// What the variables of settings begin with.
const PREFIX: &str = "CHAHAO_";

/// What the file says: keys and values, as they would be typed.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct SettingsFile {
    /// The file, where there is one.
    pub(super) path: Option<PathBuf>,
    values: BTreeMap<String, String>,
}

/// A setting that can be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    /// Its key in the file.
    pub(super) key: String,
    /// Its variable.
    pub(super) variable: String,
    /// What is built in.
    pub(super) built_in: String,
}

/// The key of a variable in the file.
fn key_of(arg: &Arg) -> Option<String> {
    arg.get_env()?.to_str()?.strip_prefix(PREFIX).map(str::to_lowercase)
}

/// Every setting of `command`, in the order of keys.
pub(super) fn settings_of(command: &Command) -> Vec<Setting> {
    let mut settings = BTreeMap::new();
    collect(command, &mut settings);
    settings.into_values().collect()
}

fn collect(command: &Command, settings: &mut BTreeMap<String, Setting>) {
    for arg in command.get_arguments() {
        if let (Some(key), Some(variable)) = (key_of(arg), arg.get_env()) {
            let built_in = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect::<Vec<_>>();
            let (variable, built_in) = (variable.to_string_lossy().into_owned(), built_in.join(","));
            settings.entry(key.clone()).or_insert(Setting { key, variable, built_in });
        }
    }
    command.get_subcommands().for_each(|sub| collect(sub, settings));
}

impl SettingsFile {
    /// The file `CHAHAO_CONFIG` names, or `chahao.toml` here; empty where there is none.
    ///
    /// # Errors
    /// Usage when the file is no table of known keys, or one that was named is not there; Io when it cannot be read.
    pub(super) fn load(command: &Command) -> Result<SettingsFile> {
        let named = std::env::var_os(FILE_VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
        let path = named.clone().unwrap_or_else(|| PathBuf::from(FILE_DEFAULT));
        match std::fs::read_to_string(&path) {
            Ok(text) => SettingsFile::parse(&path, &text, &settings_of(command)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && named.is_none() => {
                Ok(SettingsFile::default())
            }
            Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::InvalidData) => {
                Err(Error::usage(format!("cannot read the settings in {}: {error}", path.display())))
            }
            Err(error) => Err(Error::file("read the settings in", &path, error)),
        }
    }

    fn parse(path: &Path, text: &str, known: &[Setting]) -> Result<SettingsFile> {
        let refused = |why: String| Error::usage(format!("the settings in {}: {why}", path.display()));
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| refused(error.to_string()))?;
        let mut values = BTreeMap::new();
        for (key, value) in table {
            if !known.iter().any(|setting| setting.key == key) {
                let known: Vec<&str> = known.iter().map(|setting| setting.key.as_str()).collect();
                return Err(refused(format!("{key:?} is none; there are {}", known.join(", "))));
            }
            let typed = match value {
                toml::Value::String(text) => text,
                toml::Value::Integer(number) => number.to_string(),
                toml::Value::Float(number) => number.to_string(),
                toml::Value::Boolean(value) => value.to_string(),
                other => {
                    return Err(refused(format!(
                        "{key} is a text, a number, true or false; it is a {}",
                        other.type_str()
                    )));
                }
            };
            values.insert(key, typed);
        }
        Ok(SettingsFile { path: Some(path.to_owned()), values })
    }

    /// What the file says of `key`.
    pub(super) fn value(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str)
    }

    /// `command` with what the file says in place of what is built in: flags and variables still come before it.
    pub(super) fn applied(&self, mut command: Command) -> Command {
        let set: Vec<(clap::Id, String)> = command
            .get_arguments()
            .filter_map(|arg| Some((arg.get_id().clone(), self.value(&key_of(arg)?)?.to_owned())))
            .collect();
        for (id, value) in set {
            command = command.mut_arg(id, |arg| arg.default_value(value));
        }
        command.mut_subcommands(|sub| self.applied(sub))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command() -> Command {
        let listen = Arg::new("listen").long("listen").env("CHAHAO_LISTEN_OF_TESTS").default_value("here");
        Command::new("chahao").subcommand(Command::new("serve").arg(listen).arg(Arg::new("other").long("other")))
    }

    fn parsed(text: &str) -> Result<SettingsFile> {
        SettingsFile::parse(Path::new("chahao.toml"), text, &settings_of(&command()))
    }

    fn listen(command: Command, arguments: &[&str]) -> String {
        let matches = command.try_get_matches_from([&["chahao", "serve"], arguments].concat()).unwrap();
        matches.subcommand().unwrap().1.get_one::<String>("listen").unwrap().clone()
    }

    #[test]
    fn a_flag_comes_before_the_file_and_the_file_before_what_is_built_in() {
        let file = parsed("listen_of_tests = \"there\"\n").unwrap();
        assert_eq!(listen(command(), &[]), "here");
        assert_eq!(listen(file.applied(command()), &[]), "there");
        assert_eq!(listen(file.applied(command()), &["--listen", "yonder"]), "yonder");
        assert_eq!(parsed("listen_of_tests = 8114").unwrap().value("listen_of_tests"), Some("8114"));
    }

    #[test]
    fn what_the_file_should_not_say_is_told() {
        for (text, told) in [
            ("listn = 1", "listen_of_tests"),
            ("listen_of_tests = [1]", "array"),
            ("listen_of_tests", "line 1"),
            ("[serve]\nlisten_of_tests = 1", "\"serve\" is none"),
        ] {
            let error = parsed(text).unwrap_err();
            assert!(error.is_usage() && error.to_string().contains(told), "{text}: {error}");
        }
    }
}
