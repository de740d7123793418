//! Bugs of the desk's part that were found once, so that they do not come back: its server, its compactor, its commands.

use std::sync::Arc;

use chahao::desk::Desk;

use crate::desk_in_a_folder::{Folder, add};
use crate::regression_office::{json_of, until};
use crate::server_on_a_port::Server;

/// A desk that had tokens let everybody in where it was started while its ledger was away: a disk that was not mounted.
#[test]
fn a_server_that_starts_without_its_ledger_lets_nobody_in() {
    let folder = Folder::new();
    folder.load(&add("A1", "广州酒家", 1.0));
    folder.ends(0, &["token", "add", "desk-1", "--role", "operator", "--by", "chief"]);
    std::fs::rename(folder.ledger(), folder.path("away.db")).unwrap();
    let options = chahao::http::Options { accept_batches: true, ..Default::default() };
    let server = Server::start_with(Arc::new(folder.desk()), options);
    for path in ["/v1/lookup?q=gzjj", "/v1/listings/A1", "/v1/batches", "/v1/changes", "/v1/session"] {
        let answer = server.get(path, &[]);
        assert_eq!(answer.retry_after.as_deref(), Some("1"), "{path}: {}", answer.body);
        assert!(!answer.problem(503).contains("ledger.db"), "{path}");
    }
    assert_eq!(server.post("/v1/batches", "application/x-ndjson", add("B1", "新店", 1.0).as_bytes()).status, 503);
    assert!(!folder.ledger().exists(), "and no ledger is begun");
    for (path, status) in [("/healthz", 200), ("/metrics", 200), ("/", 200), ("/readyz", 503)] {
        assert_eq!(server.get(path, &[]).status, status, "{path}");
    }
    assert!(folder.ends(5, &["serve", "--listen", "0.0.0.0:0"]).contains("the ledger is gone"));
    std::fs::rename(folder.path("away.db"), folder.ledger()).unwrap();
    assert!(until(|| server.get("/v1/lookup?q=gzjj", &[]).status == 401), "it is there again, and its tokens with it");
}

/// An index whose ledger is elsewhere answers, where that is meant.
#[test]
fn an_index_alone_answers_where_it_was_told_to() {
    let folder = Folder::new();
    folder.load(&add("A1", "广州酒家", 1.0));
    std::fs::remove_file(folder.ledger()).unwrap();
    let desk = Desk::new(&folder.ledger(), &folder.index()).with_index_alone(true);
    desk.refresh().unwrap();
    let server = Server::start(Arc::new(desk));
    assert_eq!(server.lookup("gzjj", &[]).ids(), ["A1"]);
    let ready = server.get("/readyz", &[]);
    assert_eq!((ready.status, ready.json()["lag_batches"].is_null()), (200, true), "{}", ready.body);
    assert!(folder.prints(0, &["serve", "--help"]).contains("--index-alone"));
    // No ledger and no index: a desk that begins.
    let new = Folder::new();
    assert_eq!(new.desk().asks_for_tokens().map_err(|error| error.to_string()), Ok(false));
}

/// A process that had the number of a dead compactor by then was taken for it, and a compactor in a container for dead.
#[test]
fn a_compactor_is_alive_by_the_lock_it_holds_and_not_by_its_number() {
    let folder = Folder::new();
    folder.import(&folder.desk(), &add("A1", "一店", 1.0));
    let watch = || folder.command(&["compact", "--watch"]).stdout(std::process::Stdio::null()).spawn().unwrap();
    let told = || json_of(&folder.prints(0, &["compact", "--status", "--json"]));
    let server = Server::start(Arc::new(folder.desk()));
    assert_eq!(server.get("/readyz", &[]).json()["compactor_is_alive"], serde_json::Value::Null, "none ever was");
    let mut watching = [watch(), watch()];
    let is_alive = || folder.run(&["compact", "--status"]).status.code() == Some(0) && told()["is_alive"] == true;
    assert!(until(is_alive));
    watching[0].kill().unwrap();
    watching[0].wait().unwrap();
    assert!(until(|| told()["pid"] == watching[1].id()), "the other one says so soon");
    assert_eq!(told()["is_alive"], true);
    // An index that is deleted is made anew, and who watches is seen there too.
    std::fs::remove_dir_all(folder.index()).unwrap();
    assert!(until(|| is_alive() && told()["lag_batches"] == 0), "{}", folder.ends(0, &["compact", "--status"]));
    assert_eq!(server.get("/readyz", &[]).json()["compactor_is_alive"], true);
    watching[1].kill().unwrap();
    watching[1].wait().unwrap();
    let path = folder.index().join("STATUS");
    let mut status = json_of(&std::fs::read_to_string(&path).unwrap());
    status["pid"] = std::process::id().into();
    std::fs::write(&path, status.to_string()).unwrap();
    let looked: Vec<_> = std::thread::scope(|scope| {
        let looks: Vec<_> = (0..4).map(|_| scope.spawn(told)).collect();
        looks.into_iter().map(|look| look.join().unwrap()["is_alive"].clone()).collect()
    });
    assert_eq!(looked, [false; 4].map(serde_json::Value::from), "a living process has its number");
    assert_eq!(server.get("/readyz", &[]).json()["compactor_is_alive"], false);
}

/// Scripts that read the reports were told nothing where an import failed outside of the import itself.
#[test]
fn whatever_comes_to_nothing_is_told_as_json_where_that_was_asked_for() {
    let folder = Folder::new();
    folder.write("a.csv", "id,name\nA1,一店\n");
    folder.write("bad.csv", "id,name\nA2,\n");
    let told = |code, arguments: &[&str]| {
        let printed = folder.prints(code, arguments);
        let lines: Vec<serde_json::Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let error = lines.last().unwrap_or_else(|| panic!("{arguments:?}: nothing is told")).clone();
        (lines.len(), error["source"].clone(), error["error"]["code"].clone())
    };
    for (code, word, source, arguments) in [
        (2, "usage", "import", &["import", "a.csv", "--map", "name", "--json"][..]),
        (2, "usage", "import", &["import", "a.csv", "bad.csv", "--seq", "1", "--json"]),
        (2, "usage", "a.csv", &["import", "a.csv", "--rejects", "a.csv", "--json"]),
        (5, "io", "a.csv", &["import", "a.csv", "--rejects", "no/such/place", "--json"]),
        (1, "not_found", "waiting", &["waiting", "--json"]),
        (1, "not_found", "fold", &["fold", "--json"]),
        (1, "not_found", "token", &["token", "list", "--json"]),
    ] {
        assert_eq!(told(code, arguments), (1, source.into(), word.into()), "{arguments:?}");
        assert!(!folder.ledger().exists(), "{arguments:?}");
    }
    // The index cannot be brought to the batch: what became of the batch is told, and then that.
    folder.ends(0, &["import", "a.csv"]);
    folder.write("c.csv", "id,name\nC1,三店\n");
    std::fs::write(folder.index(), "no directory").unwrap();
    let arguments = ["import", "c.csv", "--reach", "--json"];
    let printed = folder.run(&arguments);
    let lines: Vec<_> = String::from_utf8_lossy(&printed.stdout).lines().map(json_of).collect();
    assert_eq!((lines.len(), &lines[0]["batch"]), (2, &2.into()), "{lines:?}");
    assert_eq!((&lines[1]["source"], &lines[1]["error"]["code"]), (&"c.csv".into(), &"io".into()));
    std::fs::remove_file(folder.index()).unwrap();
    // A refusal that its report tells is told once.
    let printed = folder.prints(3, &["import", "bad.csv", "--json"]);
    assert_eq!(printed.lines().count(), 1, "{printed}");
    assert!(json_of(&printed)["refused"].is_string());
    assert!(folder.ends(3, &["import", "bad.csv"]).contains("error: bad.csv: 1 of 1 rows are rejected"));
}

/// A text message and what is read out left out the extension of a number another listing is referred to, and a fax without a
/// label stood there like a voice line.
#[test]
fn texts_and_speech_tell_extensions_and_faxes() {
    let folder = Folder::new();
    let desk = folder.load(
        "{\"id\":\"X1\",\"name\":\"搬走的酒家\",\"status\":\"changed\",\"referral\":{\"listing\":\"Y1\"}}\n\
         {\"id\":\"Y1\",\"name\":\"广州酒家\",\"phones\":[\"订座:020-81380388转801\",{\"number\":\"020-81380399\",\"kind\":\"fax\"}]}\n\
         {\"id\":\"Z1\",\"name\":\"传真店\",\"phones\":[{\"number\":\"020-80000009\",\"kind\":\"fax\"}]}\n",
    );
    let server = Server::start(Arc::new(desk));
    let told = |id: &str, format: &str, lang: &str| {
        let answer = server.get(&format!("/v1/listings/{id}"), &[("format", format), ("lang", lang)]);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    };
    for (id, format, lang, said) in [
        ("X1", "text", "zh", "号码已更改，请查：广州酒家\n订座 020-81380388 转 801\n"),
        ("X1", "text", "zh-Hant", "號碼已更改，請查：广州酒家\n订座 020-81380388 轉 801\n"),
        ("X1", "text", "en", "020-81380388 extension 801\n"),
        ("X1", "speech", "zh", "零三八八，转八零幺"),
        ("X1", "speech", "yue", "零三八八，內線八零一"),
        ("X1", "speech", "en", "zero three eight eight, extension eight zero one"),
        ("Y1", "text", "zh", "订座 020-81380388 转 801\n传真 020-81380399\n"),
        ("Y1", "text", "zh-Hant", "傳真 020-81380399\n"),
        ("Y1", "text", "en", "fax 020-81380399\n"),
        ("Z1", "speech", "zh", "传真号码：零二零"),
        ("Z1", "speech", "zh-Hant", "傳真號碼：零二零"),
        ("Z1", "speech", "en", "The fax number is zero two zero"),
    ] {
        let told = told(id, format, lang);
        assert!(told.contains(said), "{id} {format} {lang}: {told}");
    }
    assert!(server.get("/v1/listings/X1", &[("lang", "fr")]).problem(400).contains("zh-Hant"));
}

/// `compact --status` was content with an index of another format, which no lookup reads.
#[test]
fn the_status_tells_that_an_index_cannot_be_read() {
    let folder = Folder::new();
    let desk = folder.load(&add("A1", "一店", 1.0));
    let until = std::time::Instant::now() + std::time::Duration::from_millis(300);
    desk.watch(&|| std::time::Instant::now() > until, &mut |_| {}).unwrap();
    folder.ends(0, &["compact", "--status"]);
    let path = folder.index().join("CURRENT");
    let sealed = std::fs::read_to_string(&path).unwrap();
    let older = sealed.trim_end().split_once(' ').unwrap().1.replacen("\"format\":9", "\"format\":8", 1);
    std::fs::write(&path, format!("{:08x} {older}\n", crc32fast::hash(older.as_bytes()))).unwrap();
    let told = folder.ends(5, &["compact", "--status"]);
    assert!(told.contains("index format 8") && told.contains("run chahao compact"), "{told}");
}
