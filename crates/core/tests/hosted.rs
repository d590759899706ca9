//! Members that share a memory through a host. `MEMFABRIC_SEED` replays one run.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use memfabric_core::{
    Context, Engine, Fabric, Json, Result,
    engine::{Acknowledge, Hosted, Task},
};
use memfabric_testing::{ManualClock, block_on};

fn member(name: &str, acknowledge: Acknowledge) -> Arc<Hosted> {
    Arc::new(Hosted::new(ManualClock::new(), name, acknowledge, Arc::new(|| {})))
}

/// Hands messages over between two members, and keeps what they want kept.
fn serve(one: &Hosted, other: &Hosted, kept: &mut Vec<Vec<u8>>) {
    loop {
        let before = kept.len();
        let mut idle = true;
        for (from, to) in [(one, other), (other, one)] {
            while let Some(task) = from.take() {
                idle = false;
                match task {
                    Task::Append { number, record } => {
                        kept.push(record);
                        from.kept(number, Ok(()));
                    }
                    Task::Replace { number, .. } => {
                        kept.clear();
                        from.kept(number, Ok(()));
                    }
                    Task::Tell { message } | Task::TellOne { message, .. } => to.hear(&message),
                    Task::Meet { .. } => {}
                }
            }
        }
        if idle && kept.len() == before {
            return;
        }
    }
}

#[test]
fn a_follower_writes_through_the_leader_and_reads_what_it_wrote() -> Result<()> {
    let (one, two) = (member("one", Acknowledge::Kept), member("two", Acknowledge::Kept));
    let mut kept = Vec::new();
    one.lead(None, &[], &[])?;
    two.follow();
    serve(&one, &two, &mut kept);
    two.ready().now().unwrap()?;
    let memories = [&one, &two].map(|member| Fabric::new(member.clone()).memory(Context::new()));
    let written = memories[1].fabric().submit(vec![{
        let mut steps = memories[1].steps();
        steps.set("a", Json::parse("1")?, &Default::default())?;
        memories[1].to_batch(steps)?
    }]);
    serve(&one, &two, &mut kept);
    written.now().unwrap().remove(0)?;
    for memory in &memories {
        assert_eq!(block_on(memory.get("a"))?.unwrap().as_str(), "1");
    }
    assert_eq!(kept.len(), 1);
    let three = member("three", Acknowledge::Kept);
    three.lead(None, &[&kept[0]], &[])?;
    assert_eq!(three.export()?, one.export()?);
    Ok(())
}
