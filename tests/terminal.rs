//! The desk in a terminal: what a pseudo-terminal sees, and that it gets its terminal back.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use crate::desk_in_a_folder::Folder;
use crate::server_on_a_port::{DEADLINE, Server};

const LISTINGS: &str = "{\"id\":\"A1\",\"name\":\"广州酒家\",\"phones\":[\"020-81380388\"]}\n";

/// The program in a terminal of 120 columns.
struct Terminal {
    keyboard: File,
    /// The terminal's other end, to see how it was left.
    line: File,
    seen: Arc<Mutex<Vec<u8>>>,
    child: Child,
}

impl Terminal {
    fn run(mut command: Command) -> Terminal {
        let master: OwnedFd = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        let open = || File::options().read(true).write(true).open(&name).unwrap();
        let line = open();
        tcsetwinsize(&line, Winsize { ws_row: 30, ws_col: 120, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
        let child = command
            .stdin(open())
            .stdout(open())
            .stderr(open())
            .env("TERM", "xterm-256color")
            .env("CHAHAO_LANGUAGE", "en")
            .spawn()
            .unwrap();
        let keyboard = File::from(master);
        let mut screen = keyboard.try_clone().unwrap();
        let seen: Arc<Mutex<Vec<u8>>> = Arc::default();
        let seeing = Arc::clone(&seen);
        std::thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(length) = screen.read(&mut piece) {
                seeing.lock().unwrap().extend_from_slice(&piece[..length]);
            }
        });
        Terminal { keyboard, line, seen, child }
    }

    fn types(&mut self, text: &str) {
        self.keyboard.write_all(text.as_bytes()).unwrap();
    }

    fn seen(&self) -> String {
        String::from_utf8_lossy(&self.seen.lock().unwrap()).into_owned()
    }

    fn wait_for(&self, text: &str) {
        let begun = Instant::now();
        while !self.seen().contains(text) {
            assert!(begun.elapsed() < DEADLINE, "{text:?} was not seen in {:?}", self.seen());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Whether the terminal takes lines and echoes, as a shell wants it.
    fn is_as_it_was(&self) -> bool {
        let modes = tcgetattr(&self.line).unwrap().local_modes;
        modes.contains(LocalModes::ICANON | LocalModes::ECHO)
    }

    /// Waits for the end; checks that the terminal is as it was.
    fn ended(mut self) -> i32 {
        let begun = Instant::now();
        let status = loop {
            match self.child.try_wait().unwrap() {
                Some(status) => break status,
                None => assert!(begun.elapsed() < DEADLINE, "it does not end"),
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        self.wait_for("\x1b[?1049l");
        let seen = self.seen();
        assert!(seen.rfind("\x1b[?1049l") > seen.rfind("\x1b[?1049h"), "the screen before is back");
        assert!(seen.rfind("\x1b[?25h") > seen.rfind("\x1b[?25l"), "the cursor is seen again");
        assert!(self.is_as_it_was(), "the terminal takes lines again");
        status.code().unwrap()
    }
}

#[test]
fn a_call_is_answered_in_a_terminal_from_an_index_and_from_a_server() {
    let folder = Folder::new();
    let desk = folder.load(LISTINGS);
    let server = Server::start(Arc::new(desk));
    let url = format!("http://{}", server.address);
    for arguments in [&["lookup", "-i"][..], &["lookup", "--interactive", "--server", &url]] {
        let mut terminal = Terminal::run(folder.command(arguments));
        terminal.wait_for("Last calls");
        assert!(!terminal.is_as_it_was(), "keys come one by one");
        terminal.types("gzjj");
        // Wide characters come one by one.
        terminal.wait_for("酒");
        terminal.types("\r");
        // Of the digits large.
        terminal.wait_for("|_||_");
        terminal.types("\x11");
        assert_eq!(terminal.ended(), 0, "{arguments:?}");
    }
}

#[test]
fn a_terminal_is_given_back_when_the_desk_is_stopped() {
    let folder = Folder::new();
    drop(folder.load(LISTINGS));
    for signal in [Signal::TERM, Signal::INT] {
        let terminal = Terminal::run(folder.command(&["lookup", "-i"]));
        terminal.wait_for("Last calls");
        kill_process(Pid::from_child(&terminal.child), signal).unwrap();
        assert_eq!(terminal.ended(), 0);
    }
}
