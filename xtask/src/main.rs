//! `xtask bindgen MODULE OUT NAME`: reads a module that `rustc` made and writes `NAME_bg.wasm`, and `NAME_bg.js` and
//! `NAME_bg.d.ts` with the functions that it imports and the classes that it exports.

use std::{fs, path::Path};

use anyhow::{Result, bail};
use wasm_bindgen_cli_support::Bindgen;

/// What the tool writes into the script but does not tell of.
const LINK: &str = "\n/** Links the functions and classes with an instance of the module. */
export function __wbg_set_wasm(exports: WebAssembly.Exports): void;\n";

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [verb, module, out, name] = &words[..] else { bail!("xtask bindgen MODULE OUT NAME") };
    if verb != "bindgen" {
        bail!("there is no `{verb}`, only `bindgen`");
    }
    let out = Path::new(out);
    let mut bindgen = Bindgen::new();
    // What works everywhere is linked by hand: the imports are a module of functions, and nothing is loaded by it.
    bindgen.input_path(module).bundler(true)?.typescript(true).out_name(name);
    bindgen.remove_name_section(true).remove_producers_section(true);
    bindgen.generate(out)?;
    let types = fs::read_to_string(out.join(format!("{name}.d.ts")))? + LINK;
    fs::write(out.join(format!("{name}_bg.d.ts")), types)?;
    for unused in [format!("{name}.js"), format!("{name}.d.ts"), format!("{name}_bg.wasm.d.ts")] {
        fs::remove_file(out.join(unused))?;
    }
    Ok(())
}
