//! Disks that are full, cannot be written, or are not disks. Each is mounted where only the process under test sees it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use memfabric_crash::random::Random;

use crate::worker::{PROGRAM, Place, Worker, is_possible};

/// A servant with a mount namespace of its own, in which a line of shell was run first. `$0` is the place.
fn serving_after(place: &Place, script: &str, directory: &Path, words: &[&str]) -> Worker {
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", &format!("{script} && exec \"$@\"")]).arg(place.root.path());
    command.arg(PROGRAM).arg("serve").arg(directory).args(words);
    Worker::run(command)
}

fn can_mount(what: &str) -> bool {
    let place = Place::new();
    let script = "mount -t tmpfs -o size=1m memfabric \"$0\"";
    is_possible(what, "unshare", &["--mount", "sh", "-c", script, &place.root.path().display().to_string()])
}

/// A servant on a small disk of its own, the memory's path there, and a file that fills the disk.
fn on_a_small_disk(place: &Place, size: &str, words: &[&str]) -> (Worker, PathBuf, String) {
    let script = format!("mount -t tmpfs -o size={size} memfabric \"$0\"");
    let directory = place.memory();
    let ballast = place.file("ballast").display().to_string();
    (serving_after(place, &script, &directory, words), directory, ballast)
}

#[test]
fn a_full_disk_is_said_to_be_full_and_nothing_is_half_written_and_all_goes_on_once_there_is_room() {
    if !can_mount("a full disk") {
        return;
    }
    let mut random = Random::of_test("full disk");
    for words in [&[][..], &["sync"]] {
        fill_and_free(words, &mut random);
    }
}

fn fill_and_free(words: &[&str], random: &mut Random) {
    let place = Place::new();
    let (mut worker, _, ballast) = on_a_small_disk(&place, "6m", words);
    worker.ok("open");
    worker.ok("set-long key 5000");
    let mut written = 1;
    let full = worker.number(&format!("fill {ballast}"));
    let mut refused = 0;
    for _ in 0..40 {
        // A little room, and more than that to write.
        worker.ok(&format!("cut {ballast} {}", full - random.below(300_000).min(full)));
        for _ in 0..6 {
            match worker.ask(&format!("set-long key{} {}", random.below(30), random.below(90_000))) {
                Ok(_) => written += 1,
                Err(error) => {
                    assert!(error.starts_with("full "), "{error}");
                    assert!(!error.ends_with("(maybe committed)"), "{error}");
                    refused += 1;
                }
            }
        }
        assert_eq!(worker.number("revision"), written);
        assert_eq!(worker.number("check"), written);
        worker.ok(&format!("fill {ballast}"));
    }
    assert!(refused > 0, "the disk never was full");
    worker.ok(&format!("remove {ballast}"));
    worker.ok("set key 1");
    assert_eq!(worker.number("check"), written + 1);
    worker.ok("flush");
    worker.ok("close");
}

#[test]
fn a_store_on_a_full_disk_is_said_to_be_full_when_it_is_opened() {
    if !can_mount("opening on a full disk") {
        return;
    }
    for made_before in [false, true] {
        let place = Place::new();
        let (mut worker, _, ballast) = on_a_small_disk(&place, "2m", &[]);
        if made_before {
            worker.ok("open");
            worker.ok("set key 1");
            worker.ok("close");
        }
        let full = worker.number(&format!("fill {ballast}"));
        assert_eq!(worker.code("open"), "full");
        // A little at a time, so that it runs out of room at one place after the other.
        for room in (0..40).map(|steps| steps * 4_096) {
            worker.ok(&format!("cut {ballast} {}", full - room));
            match worker.ask("open") {
                Err(error) => assert!(error.starts_with("full "), "with {room} bytes: {error}"),
                Ok(_) => worker.ask("close").map(drop).unwrap_or_default(),
            }
        }
        worker.ok(&format!("remove {ballast}"));
        worker.ok("open");
        worker.ok("set key 2");
        assert_eq!(worker.ok("get key"), "2");
        worker.ok("check");
    }
}

#[test]
fn a_directory_that_cannot_be_written_is_said_to_be_read_only() {
    if !can_mount("a read-only directory") {
        return;
    }
    let place = Place::new();
    let mut worker = Worker::serving(&place.memory());
    worker.ok("set key 1");
    worker.ok("close");
    let script = "mount --bind \"$0\" \"$0\" && mount -o remount,ro,bind \"$0\"";
    for directory in [place.memory(), place.file("new")] {
        let mut worker = serving_after(&place, script, &directory, &[]);
        assert_eq!(worker.code("open"), "read_only", "{}", directory.display());
    }
    assert!(!place.file("new").exists());
}

#[test]
fn a_filesystem_in_user_space_is_refused_unless_allowed() {
    if !Path::new("/dev/fuse").exists() {
        println!("Not tested here: a filesystem in user space, because there is no /dev/fuse.");
        return;
    }
    if !can_mount("a filesystem in user space") || !is_possible("a filesystem in user space", "bindfs", &["--version"])
    {
        return;
    }
    let place = Place::new();
    let mounted = place.file("mounted");
    for directory in [place.file("below"), mounted.clone()] {
        fs::create_dir(directory).unwrap();
    }
    let script = "bindfs \"$0/below\" \"$0/mounted\"";
    let directory = mounted.join("memory");
    let mut worker = serving_after(&place, script, &directory, &[]);
    let said = worker.ask("open").unwrap_err();
    assert!(said.starts_with("unsupported ") && said.contains("FUSE"), "{said}");
    let mut worker = serving_after(&place, script, &directory, &["network"]);
    worker.ok("open");
    worker.ok("set key 1");
    assert_eq!(worker.ok("get key"), "1");
    worker.ok("check");
    worker.ok("close");
}
