#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| memfabric_workflow::fuzzing::workflow(input));
