//! The operator's page, embedded in the binary: what is served at `/`.
//!
//! One page, a style sheet and a few small ES modules, as they stand in `src/console/`; nothing is built or fetched from
//! elsewhere. Files are served under a path that names their content, so a browser keeps them for good, and a new
//! version is another path.
//!
//! # Invariants
//! 1. The page runs no script and takes no style but its own files ([`CONTENT_SECURITY_POLICY`]): what a listing says
//!    cannot become code, even where the page had a mistake.
//! 2. It asks no other host for anything.

mod phrases;

use std::sync::LazyLock;

pub use phrases::{Language, Phrases};

/// What the page may do: run and show its own files, and ask its own host. Texts can only become text
/// (`require-trusted-types-for`), and no other site may frame it.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";

/// Hex digits of the content hash in paths.
const VERSION_DIGITS: usize = 16;
/// What stands for the version in the page.
const VERSION_MARK: &str = "VERSION";

const PAGE: &str = include_str!("console/index.html");

macro_rules! file {
    ($name:literal, $content_type:literal) => {
        File { name: $name, content_type: $content_type, text: include_str!(concat!("console/", $name)) }
    };
}

const FILES: [File; 21] = [
    file!("answer.js", "text/javascript; charset=utf-8"),
    file!("calls.js", "text/javascript; charset=utf-8"),
    file!("changes.js", "text/javascript; charset=utf-8"),
    file!("choices.js", "text/javascript; charset=utf-8"),
    file!("console.css", "text/css; charset=utf-8"),
    file!("desk.js", "text/javascript; charset=utf-8"),
    file!("icon.svg", "image/svg+xml"),
    file!("keyboard.js", "text/javascript; charset=utf-8"),
    file!("line.js", "text/javascript; charset=utf-8"),
    file!("main.js", "text/javascript; charset=utf-8"),
    file!("narrowing.js", "text/javascript; charset=utf-8"),
    file!("office.js", "text/javascript; charset=utf-8"),
    file!("page.js", "text/javascript; charset=utf-8"),
    file!("problem.js", "text/javascript; charset=utf-8"),
    file!("report.js", "text/javascript; charset=utf-8"),
    file!("rows.js", "text/javascript; charset=utf-8"),
    file!("saying.js", "text/javascript; charset=utf-8"),
    file!("session.js", "text/javascript; charset=utf-8"),
    file!("shift.js", "text/javascript; charset=utf-8"),
    file!("text.js", "text/javascript; charset=utf-8"),
    file!("words.js", "text/javascript; charset=utf-8"),
];

/// One file of the console.
#[derive(Debug)]
pub struct File {
    name: &'static str,
    /// Its media type.
    pub content_type: &'static str,
    /// Its text.
    pub text: &'static str,
}

static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = blake3::Hasher::new();
    for text in FILES.iter().map(|file| file.text).chain([PAGE]) {
        hasher.update(&text.len().to_le_bytes()).update(text.as_bytes());
    }
    hasher.finalize().to_hex().chars().take(VERSION_DIGITS).collect()
});

static WHOLE_PAGE: LazyLock<String> = LazyLock::new(|| PAGE.replace(VERSION_MARK, version()));

/// A word that changes whenever anything of the console does.
pub fn version() -> &'static str {
    &VERSION
}

/// The page, which names its files by [`version`].
pub fn page() -> &'static str {
    &WHOLE_PAGE
}

/// The file `name` of version `wanted`; `None` where this binary holds no such file, or another version of it.
pub fn file(wanted: &str, name: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.name == name && wanted == version())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_the_page_names_is_in_the_binary() {
        let base = format!("/console/{}/", version());
        let named: Vec<&str> = page().split('"').filter_map(|word| word.strip_prefix(base.as_str())).collect();
        assert!(named.contains(&"main.js") && named.contains(&"console.css"), "{named:?}");
        for name in &named {
            assert!(file(version(), name).is_some(), "{name}");
        }
        for File { name, text, .. } in &FILES {
            for module in text.split("from \"./").skip(1).filter_map(|rest| rest.split('"').next()) {
                assert!(file(version(), module).is_some(), "{name} imports {module}");
                assert!(named.contains(&module), "{module} is not loaded ahead");
            }
        }
        assert!(file("another", "main.js").is_none());
    }
}
