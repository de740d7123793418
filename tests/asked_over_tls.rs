//! Every command that asks a server asks it over TLS too, believes only the certificates it should, and sends its token
//! nowhere else.

use std::io::{BufRead, BufReader};
use std::process::{Child, Output, Stdio};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::Value;

use crate::desk_in_a_folder::{Folder, add, ended};

/// Makes an authority's certificate and, signed by it, a server's for `localhost` and 127.0.0.1.
fn make(folder: &Folder) {
    let key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    folder.write("ca.pem", authority.self_signed(&key).unwrap().pem());
    let authority = Issuer::new(authority, key);
    let key = KeyPair::generate().unwrap();
    let server = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    folder.write("cert.pem", server.signed_by(&key, &authority).unwrap().pem());
    folder.write("key.pem", key.serialize_pem());
}

/// The program, serving over TLS; stopped when dropped.
struct Serving {
    child: Child,
    url: String,
}

impl Serving {
    fn start(folder: &Folder) -> Serving {
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--tls-cert", "cert.pem", "--tls-key", "key.pem"];
        let mut child = folder.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Serving { child, url: line.trim().strip_prefix("listening on ").expect("where it listens").to_owned() }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Names and values.
type Pairs<'a> = &'a [(&'a str, &'a str)];

struct Asked {
    folder: Folder,
    serving: Serving,
    token: String,
}

impl Asked {
    fn new() -> Asked {
        let folder = Folder::new();
        folder.load(
            &(add("A1", "广州酒家", 1.0) + "{\"id\":\"A2\",\"name\":\"中山大学\",\"phones\":[\"020-84110000\"]}\n"),
        );
        make(&folder);
        let token = folder.prints(0, &["token", "add", "desk-7", "--role", "operator"]).trim().to_owned();
        let serving = Serving::start(&folder);
        Asked { folder, serving, token }
    }

    /// Runs the program elsewhere: what it tells can only come from the server.
    fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        let mut command = self.folder.command(arguments);
        command.env("CHAHAO_LEDGER", "nowhere.db").env("CHAHAO_INDEX", "nowhere").envs(variables.iter().copied());
        command.output().unwrap()
    }

    fn told(&self, code: i32, arguments: &[&str], variables: &[(&str, &str)]) -> String {
        let told = ended(code, arguments, &self.run(arguments, variables));
        assert!(!told.contains(&self.token), "a token is shown to nobody: {told}");
        told
    }
}

#[test]
fn every_command_that_asks_a_server_asks_it_over_tls() {
    let asked = Asked::new();
    let Asked { folder, serving, token } = &asked;
    let token_file = folder.write("token", format!("{token}\n"));
    let by_name = serving.url.replace("127.0.0.1", "localhost");
    folder.write("queries.tsv", "gzjj\tA1\tinitials\n");
    for url in [&serving.url, &by_name] {
        let server = ["--server", url, "--ca", "ca.pem"];
        let tokens: [(&[&str], Pairs<'_>); 3] = [
            (&["--token", token], &[]),
            (&["--token-file", token_file.to_str().unwrap()], &[("CHAHAO_TOKEN", "of somebody else")]),
            (&[], &[("CHAHAO_TOKEN", token)]),
        ];
        for (flags, variables) in tokens {
            for (what, found) in [
                (&["lookup", "gzjj"][..], "广州酒家"),
                (&["show", "A2"], "020-84110000"),
                (&["number", "84110000"], "中山大学"),
            ] {
                let told = asked.told(0, &[what, &server, flags].concat(), variables);
                assert!(told.contains(found), "{what:?}: {told}");
            }
            let bench = ["bench", "--queries", "queries.tsv", "--duration", "0.2", "--warm-up", "0", "--json"];
            let report = asked.run(&[&bench, &server[..], flags].concat(), variables);
            let report: Value = serde_json::from_slice(&report.stdout).unwrap();
            assert!(report["all"]["answered"].as_u64().unwrap() > 5 && report["all"]["failed"] == 0, "{report}");
        }
    }
    let known = [("CHAHAO_CA", "ca.pem"), ("CHAHAO_TOKEN", token)];
    let answer = asked.told(0, &["lookup", "gzjj", "--json", "--server", &serving.url], &known);
    assert_eq!(serde_json::from_str::<Value>(&answer).unwrap()["hits"][0]["id"], "A1");
    for (code, arguments) in [(1, ["show", "A9"]), (1, ["number", "99999999"]), (2, ["number", "what"])] {
        asked.told(code, &[&arguments[..], &["--server", &serving.url]].concat(), &known);
    }
}

#[test]
fn a_server_nobody_vouches_for_is_sent_nothing() {
    let asked = Asked::new();
    let Asked { folder, serving, token } = &asked;
    let other = Folder::new();
    make(&other);
    std::fs::copy(other.path("ca.pem"), folder.path("other-ca.pem")).unwrap();
    folder.write("queries.tsv", "gzjj\tA1\tinitials\n");
    folder.write("empty.pem", "");
    let url = serving.url.as_str();
    let bench = ["bench", "--queries", "queries.tsv", "--duration", "0.1", "--warm-up", "0"];
    for what in [&["lookup", "gzjj"][..], &["show", "A1"], &["number", "84110000"], &bench] {
        for (code, ca, text) in [
            (5, "other-ca.pem", "--ca FILE names a certificate of the desk's own"),
            (2, "empty.pem", "holds no certificate"),
            (5, "absent.pem", "absent.pem"),
        ] {
            let arguments = [what, &["--server", url, "--ca", ca]].concat();
            let told = asked.told(code, &arguments, &[("CHAHAO_TOKEN", token)]);
            assert!(told.contains(text), "{arguments:?}: {told}");
        }
        let plain = url.replace("https", "http");
        let told = asked.told(5, &[what, &["--server", &plain]].concat(), &[("CHAHAO_TOKEN", token)]);
        assert!(told.contains("cannot ask"), "{told}");
    }
    for (flags, text) in [
        (&["--token", "x"][..], "a token is for a server"),
        (&["--server", url, "--token", "x", "--token-file", "empty.pem"], "cannot be used with"),
        (&["--server", url, "--token-file", "empty.pem"], "empty.pem holds no token"),
    ] {
        let told = asked.told(2, &[&["show", "A1"], flags].concat(), &[]);
        assert!(told.contains(text), "{flags:?}: {told}");
    }
}

#[test]
fn a_certificate_of_another_name_and_one_that_signs_others_are_told_to_be_no_servers() {
    let folder = Folder::new();
    folder.load(&add("A1", "广州酒家", 1.0));
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    folder.write("cert.pem", made.cert.pem());
    folder.write("key.pem", made.signing_key.serialize_pem());
    let serving = Serving::start(&folder);
    let told = folder.ends(5, &["lookup", "gzjj", "--server", &serving.url, "--ca", "cert.pem"]);
    assert!(told.contains("cannot ask") && told.contains("127.0.0.1"), "{told}");
    let by_name = serving.url.replace("127.0.0.1", "localhost");
    assert!(folder.ends(0, &["lookup", "gzjj", "--server", &by_name, "--ca", "cert.pem"]).contains("广州酒家"));
    drop(serving);
    let key = KeyPair::generate().unwrap();
    let mut both = CertificateParams::new(["localhost".to_owned()]).unwrap();
    both.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    folder.write("cert.pem", both.self_signed(&key).unwrap().pem());
    folder.write("key.pem", key.serialize_pem());
    let serving = Serving::start(&folder);
    let by_name = serving.url.replace("127.0.0.1", "localhost");
    let told = folder.ends(5, &["lookup", "gzjj", "--server", &by_name, "--ca", "cert.pem"]);
    assert!(told.contains("CA:FALSE"), "{told}");
}
