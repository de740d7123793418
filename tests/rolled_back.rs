//! A new generation turns out to be wrong: the one before is a command away, unless it tells a number withheld since.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chahao::progress::Silent;

use crate::desk_in_a_folder::{Folder, add, files_under, ids};

#[test]
fn the_generation_before_is_live_again_until_somebody_compacts() {
    let folder = Folder::new();
    let desk = folder.load(&add("A1", "一店", 1.0));
    assert!(folder.ends(1, &["compact", "--rollback"]).contains("no generation before"));
    folder.import(&desk, "{\"op\":\"change\",\"id\":\"A1\",\"name\":\"坏名\"}\n");
    desk.compact(false, &mut Silent).unwrap();
    let kept = std::fs::read(folder.index().join("PREVIOUS")).unwrap();
    std::fs::write(folder.index().join("PREVIOUS"), &kept[..20]).unwrap();
    folder.ends(4, &["compact", "--rollback"]);
    std::fs::write(folder.index().join("PREVIOUS"), kept).unwrap();
    assert!(folder.ends(0, &["compact", "--rollback"]).contains("went back to seq 1"));
    assert!(desk.refresh().unwrap());
    assert_eq!((ids(&desk, "一店"), ids(&desk, "坏名")), (vec!["A1".to_owned()], vec![]));
    let until = Instant::now() + Duration::from_millis(400);
    desk.watch(&|| Instant::now() > until, &mut |outcome| panic!("a watching compactor leaves it: {outcome:?}"))
        .unwrap();
    // Nobody watches any more, and a batch waits.
    let status = folder.prints(5, &["compact", "--status"]);
    assert!(status.contains("1 batches") && status.contains("held at an earlier generation"), "{status}");
    assert!(folder.ends(1, &["compact", "--rollback"]).contains("no generation before"));
    folder.write("note.txt", "mine");
    std::fs::rename(folder.path("note.txt"), folder.index().join("note.txt")).unwrap();
    folder.ends(0, &["compact"]);
    desk.refresh().unwrap();
    assert_eq!(ids(&desk, "坏名"), ["A1"]);
    assert!(folder.index().join("note.txt").exists(), "what is not its own is left alone");
    assert!(desk.verify().unwrap().damage.is_empty());
}

#[test]
fn no_generation_is_kept_that_holds_a_number_withheld_since() {
    let folder = Folder::new();
    let desk = folder.load(r#"{"id":"A1","name":"一店","phones":["020-81380388"]}"#);
    folder.import(&desk, "{\"op\":\"change\",\"id\":\"A1\",\"note\":\"x\"}\n");
    desk.compact(false, &mut Silent).unwrap();
    folder.import(&desk, "{\"op\":\"change\",\"id\":\"A1\",\"status\":\"non_published\"}\n");
    // Between the withholding and the next compaction the generation before may not come back either.
    assert!(folder.ends(3, &["compact", "--rollback"]).contains("withheld since"));
    desk.compact(false, &mut Silent).unwrap();
    assert!(folder.ends(1, &["compact", "--rollback"]).contains("no generation before"));
    let bases = files_under(&folder.index()).into_iter().filter(|path| path.ends_with("MANIFEST")).count();
    assert_eq!(bases, 1, "one part alone");
}

#[test]
fn a_number_withheld_while_an_earlier_generation_is_held_ends_the_holding() {
    let folder = Folder::new();
    let desk = folder.load(r#"{"id":"A1","name":"一店","phones":["020-81380388"]}"#);
    folder.import(&desk, &add("A2", "二店", 1.0));
    desk.compact(false, &mut Silent).unwrap();
    desk.roll_back().unwrap();
    folder.import(&desk, "{\"op\":\"change\",\"id\":\"A1\",\"status\":\"non_published\"}\n");
    let (done, until) = (AtomicBool::new(false), Instant::now() + Duration::from_secs(20));
    desk.watch(&|| done.load(Ordering::Acquire) || Instant::now() > until, &mut |outcome| {
        assert_eq!(outcome.unwrap().seq, 3);
        done.store(true, Ordering::Release);
    })
    .unwrap();
    assert!(done.into_inner() && desk.number("81380388").is_err());
}
