//! Collects `checks/**/*.yaml` and the bundled cases into sorted slices. It parses nothing: the
//! readers do.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo:rerun-if-changed=checks");
    println!("cargo:rerun-if-changed=fixtures/demo");
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let target = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    let checks = slice(&root, "checks", "yaml", "BUILT_IN", false);
    fs::write(target.join("built_in_checks.rs"), checks).expect("the build folder can be written");
    let cases = slice(&root, "fixtures/demo", "json", "CASES", true);
    fs::write(target.join("bundled_cases.rs"), cases).expect("the build folder can be written");
}

/// A constant of (name, text) pairs: the files of a folder, by file name.
fn slice(root: &Path, folder: &str, ending: &str, name: &str, stems: bool) -> String {
    let mut files = Vec::new();
    gather(&root.join(folder), ending, &mut files);
    files.sort_by_key(|path| path.file_name().map(ToOwned::to_owned));
    let mut out = format!("/// Name and text of each file of `{folder}`.\n");
    out.push_str(&format!("const {name}: &[(&str, &str)] = &[\n"));
    for path in files {
        let shown = path.strip_prefix(root).expect("below the root").display().to_string();
        let stem = path.file_stem().expect("a file").to_string_lossy().into_owned();
        let shown = if stems { stem } else { shown };
        out.push_str(&format!(
            "    ({shown:?}, include_str!({:?})),\n",
            path.display().to_string()
        ));
    }
    out.push_str("];\n");
    out
}

fn gather(dir: &Path, ending: &str, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("the folder is part of the package").flatten() {
        let path = entry.path();
        if path.is_dir() {
            gather(&path, ending, files);
        } else if path.extension().is_some_and(|e| e == ending) {
            files.push(path);
        }
    }
}
