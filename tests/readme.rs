//! What README and ARCHITECTURE say is so: the tour's commands and outputs, and the files, commands and flags that are named.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// One command of the tour with what it prints.
struct Step {
    command: String,
    expected: Vec<String>,
    /// The exit code; `? 3` behind the command in the README.
    code: String,
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The commands in the README's console blocks, in order.
fn tour() -> Vec<Step> {
    let readme = std::fs::read_to_string(repository().join("README.md")).unwrap();
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for line in readme.lines() {
        match line {
            "```console" => inside = true,
            "```" => inside = false,
            _ if !inside => {}
            _ => match (line.strip_prefix("$ "), line.strip_prefix("? ")) {
                (Some(command), _) => {
                    steps.push(Step { command: command.to_owned(), expected: Vec::new(), code: "0".to_owned() });
                }
                (None, Some(code)) => steps.last_mut().unwrap().code = code.to_owned(),
                (None, None) => steps.last_mut().unwrap().expected.push(line.to_owned()),
            },
        }
    }
    steps
}

/// Whether `line` is `pattern`, where `[..]` stands for anything.
fn fits(pattern: &str, line: &str) -> bool {
    let Some((start, rest)) = pattern.split_once("[..]") else { return pattern == line };
    let Some(line) = line.strip_prefix(start) else { return false };
    (0..=line.len()).filter_map(|at| line.get(at..)).any(|tail| fits(rest, tail))
}

/// A port nobody listens on just now.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn every_command_of_the_tour_prints_what_the_readme_says() {
    const MARK: &str = "--- end of step, exit code ";
    let steps = tour();
    assert!(steps.len() > 15, "the tour has {} commands", steps.len());
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(repository().join("data"), folder.path().join("data")).unwrap();
    let program = PathBuf::from(env!("CARGO_BIN_EXE_chahao"));
    let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("bash")
        .current_dir(folder.path())
        .env("PATH", path)
        // What a terminal shows, though this is none.
        .env("CHAHAO_PRETTY", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let port = free_port().to_string();
    let script: String = steps
        .iter()
        .map(|step| format!("{} 2>&1\necho \"\n{MARK}$?\"\n", step.command.replace("8114", &port)))
        .collect();
    let script = script.replace("& 2>&1", "&");
    shell.stdin.take().unwrap().write_all(format!("exec 2>&1\n{script}").as_bytes()).unwrap();
    let mut printed = String::new();
    shell.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
    shell.wait().unwrap();
    let mut outputs = printed.split(MARK);
    let mut output = outputs.next().unwrap_or_default();
    for step in &steps {
        let rest = outputs.next().unwrap_or_else(|| panic!("{:?} did not end:\n{printed}", step.command));
        let (code, next) = rest.split_once('\n').unwrap_or((rest, ""));
        let lines: Vec<&str> = output.trim_end().lines().collect();
        let fitting = lines.len() == step.expected.len() && step.expected.iter().zip(&lines).all(|(p, l)| fits(p, l));
        let expected = step.expected.join("\n");
        assert!(fitting, "{}\nprints\n{output}\nthe README says\n{expected}", step.command);
        assert_eq!(code, step.code, "{} ends with {code}:\n{output}", step.command);
        output = next;
    }
}

#[test]
fn every_file_that_is_named_exists() {
    for document in [
        "README.md",
        "ARCHITECTURE.md",
        "RELEASES.md",
        "docs/SERVER.md",
        "data/README.md",
        "data/readings/README.md",
        "index/README.md",
    ] {
        let text = std::fs::read_to_string(repository().join(document)).unwrap();
        let named: Vec<&str> = text
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|word| ["src/", "tests/", "benches/", "scripts/", "data/"].iter().any(|top| word.starts_with(top)))
            .filter(|word| !word.contains([' ', '*', '{', '…']) && *word != "data/ledger.db")
            .collect();
        for path in named {
            assert!(repository().join(path).exists(), "{document} names {path}, which is not there");
        }
    }
}

/// What `chahao ARGUMENTS` prints.
fn printed(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_chahao")).args(arguments).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The flags in a text, without what stands behind `=`.
fn flags(text: &str) -> impl Iterator<Item = &str> {
    let is_of_flag = |c: char| c.is_ascii_lowercase() || c == '-';
    let words = text.split(|c: char| c.is_whitespace() || "[]()<>,;`'\"|".contains(c));
    words.filter(|word| word.starts_with("--") && !word.contains('…')).map(move |word| {
        let end = word.find(|c| !is_of_flag(c)).unwrap_or(word.len());
        word[..end].trim_end_matches('-')
    })
}

#[test]
fn every_command_and_flag_that_is_named_is_there() {
    let help = printed(&["--help"]);
    let listed = help.split_once("Commands:\n").unwrap().1.lines().take_while(|line| line.starts_with("  "));
    let commands: BTreeSet<&str> =
        listed.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next()).collect();
    assert!(commands.contains("serve") && commands.contains("restore"), "{commands:?}");
    let helps: String = commands.iter().map(|command| printed(&[command, "--help"])).chain([help.clone()]).collect();
    let more: String = ["add", "list", "revoke"].iter().map(|what| printed(&["token", what, "--help"])).collect();
    let known: BTreeSet<&str> = flags(&helps).chain(flags(&more)).collect();
    for document in ["README.md", "ARCHITECTURE.md", "RELEASES.md", "docs/SERVER.md"] {
        let text = std::fs::read_to_string(repository().join(document)).unwrap();
        // Spans of code, and lines of blocks of it.
        for code in text.split('`').skip(1).step_by(2).flat_map(str::lines) {
            let mut words = code.trim_start_matches("$ ").split_whitespace();
            let first = words.next().unwrap_or_default();
            if first == "chahao"
                && let Some(command) = words.next().filter(|word| word.chars().all(|c| c.is_ascii_lowercase()))
            {
                assert!(commands.contains(command), "{document}: {code}: there is no command {command}");
            }
            if first == "chahao" || first.starts_with("--") || commands.contains(first) {
                for flag in flags(code) {
                    assert!(known.contains(flag), "{document}: {code}: there is no flag {flag}");
                }
            }
        }
    }
}
