//! Settings come from flags, variables and a file, in this order; shells and manuals are told what there is.

use std::process::Output;

use serde_json::Value;

use crate::desk_in_a_folder::{Folder, add, told};

fn run(folder: &Folder, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = folder.command(arguments);
    command.env_remove("CHAHAO_LEDGER").env_remove("CHAHAO_INDEX").envs(variables.iter().copied());
    command.output().unwrap()
}

#[test]
fn a_flag_comes_before_a_variable_and_that_before_the_file() {
    let folder = Folder::new();
    folder.write("batch.ndjson", add("A1", "广州酒家", 1.0));
    folder.write("chahao.toml", "ledger = \"by-file.db\"\nlisten = \"127.0.0.1:9000\"\n");
    let import = |arguments: &[&str], variables: &[(&str, &str)]| {
        let output = run(&folder, &[&["import", "batch.ndjson"], arguments].concat(), variables);
        assert!(output.status.success(), "{}", told(&output));
    };
    import(&[], &[]);
    assert!(folder.path("by-file.db").exists());
    import(&[], &[("CHAHAO_LEDGER", "by-variable.db")]);
    assert!(folder.path("by-variable.db").exists());
    import(&["--ledger", "by-flag.db"], &[("CHAHAO_LEDGER", "by-variable.db")]);
    assert!(folder.path("by-flag.db").exists());
    let shown = run(&folder, &["config", "--json"], &[("CHAHAO_LEDGER", "by-variable.db")]);
    let settings: Value = serde_json::from_slice(&shown.stdout).unwrap();
    let from = |key: &str| {
        let setting = settings.as_array().unwrap().iter().find(|setting| setting["key"] == key).unwrap();
        (setting["value"].as_str().unwrap().to_owned(), setting["from"].as_str().unwrap().to_owned())
    };
    assert_eq!(from("ledger"), ("by-variable.db".to_owned(), "CHAHAO_LEDGER".to_owned()));
    assert_eq!(from("listen"), ("127.0.0.1:9000".to_owned(), "chahao.toml".to_owned()));
    assert_eq!(from("index"), ("index".to_owned(), "built in".to_owned()));
    folder.write("other.toml", "index = \"elsewhere\"\n");
    let other = told(&run(&folder, &["config"], &[("CHAHAO_CONFIG", "other.toml")]));
    assert!(other.contains("elsewhere") && !other.contains("by-file.db"), "{other}");
}

#[test]
fn a_file_that_makes_no_sense_is_told_and_nothing_is_done() {
    let folder = Folder::new();
    folder.write("batch.ndjson", add("A1", "广州酒家", 1.0));
    for (text, named) in
        [("leger = \"x\"\n", "\"leger\" is none; there are"), ("ledger = [1]\n", "array"), ("=", "line 1")]
    {
        folder.write("chahao.toml", text);
        let output = run(&folder, &["import", "batch.ndjson"], &[]);
        let said = told(&output);
        assert!(output.status.code() == Some(2) && said.contains("chahao.toml") && said.contains(named), "{said}");
        assert!(run(&folder, &["--help"], &[]).status.success(), "help is there whatever the file says");
    }
    assert!(!folder.path("data").exists() && !folder.path("x").exists());
    let missing = run(&folder, &["config"], &[("CHAHAO_CONFIG", "nowhere.toml")]);
    assert!(missing.status.code() == Some(2) && told(&missing).contains("nowhere.toml"));
}

#[test]
fn shells_and_manuals_know_every_command() {
    let folder = Folder::new();
    let help = folder.prints(0, &["--help"]);
    let commands: Vec<&str> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.trim().is_empty())
        .filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    assert!(commands.len() > 20 && commands.contains(&"import"), "{help}");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let completions = folder.prints(0, &["completions", shell]);
        for command in &commands {
            assert!(completions.contains(command), "{command} is not completed in {shell}");
        }
    }
    let bash = folder.prints(0, &["completions", "bash"]);
    let checked = std::process::Command::new("bash").args(["-n", "-c", &bash]).output().unwrap();
    assert!(checked.status.success(), "{}", told(&checked));
    folder.ends(0, &["man", "--out", "pages"]);
    for command in &commands {
        let page = std::fs::read_to_string(folder.path(&format!("pages/chahao-{command}.1"))).expect(command);
        assert!(page.contains(".TH"), "{page}");
    }
    let page = folder.prints(0, &["man", "import"]);
    assert!(page.contains("max\\-churn") && page.contains(".SH EXTRA") | page.contains("Examples"), "{page}");
    assert!(folder.prints(0, &["man"]).contains("chahao"));
    assert!(folder.ends(2, &["man", "dial"]).contains("there is no command \"dial\""));
}
