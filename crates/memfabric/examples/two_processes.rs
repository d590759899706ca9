//! Two processes share a directory. Run it twice: `cargo run --example two_processes -- watch`, and in another terminal
//! `cargo run --example two_processes -- set mood angry`. Without arguments it does both, with itself as the second process.
#![allow(clippy::print_stdout)]

use std::{env, process::Command};

use futures::executor::block_on;
use memfabric::{Context, Delivery, Json, Result, Settings, WatchRequest};

fn main() -> Result<()> {
    let path = env::temp_dir().join("memfabric-two-processes");
    let fabric = memfabric::open(&path, Settings::default())?;
    let arguments: Vec<_> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["set", key, text] => {
            let revision = block_on(fabric.memory(Context::new()).set(key, Json::of(&text)?))?;
            println!("set {key} at revision {revision}");
        }
        [] | ["watch"] => {
            let mut changes = fabric.watch(WatchRequest::new(["**"])?)?;
            if arguments.is_empty() {
                let program = env::current_exe().expect("a running program has a path");
                Command::new(program).args(["set", "mood", "angry"]).status().expect("it can be run again");
            }
            while let Some(delivery) = block_on(changes.next()) {
                if let Delivery::Change(change) = delivery? {
                    println!("saw {}", change.to_json());
                }
                if arguments.is_empty() {
                    break;
                }
            }
        }
        _ => println!("usage: two_processes [watch | set KEY TEXT]"),
    }
    block_on(fabric.close())
}
