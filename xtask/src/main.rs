//! `xtask bindgen MODULE OUT NAME`: reads a module that `rustc` made and writes `NAME_bg.js`, `NAME_bg.wasm` and `NAME.d.ts`.

use std::path::Path;

use anyhow::{Result, bail};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [verb, module, out, name] = &words[..] else { bail!("xtask bindgen MODULE OUT NAME") };
    if verb != "bindgen" {
        bail!("there is no `{verb}`, only `bindgen`");
    }
    let mut bindgen = Bindgen::new();
    // What works everywhere is linked by hand: imports come from a module of functions, and nothing is loaded by it.
    bindgen.input_path(module).bundler(true)?.typescript(true).out_name(name);
    bindgen.remove_name_section(true).remove_producers_section(true);
    bindgen.generate(Path::new(out))
}
