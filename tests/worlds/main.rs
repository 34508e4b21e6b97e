//! Every field case, run through the program as a black box.
//!
//! One world with everything shown:
//! `WORLD=<id> cargo test --test worlds one -- --nocapture --ignored`;
//! with `KEEP=DIR` its files stay, with `KEEP_ALIVE=SECONDS` its servers too.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]

mod api_server;
mod cases;
mod certificates;
mod control_plane;
mod home;
mod keys;
mod native;
mod network;
mod plugin_cache;
mod plumbing;
mod run;
mod score;
mod servers;
mod world;
mod yaml;

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use run::Stage;
use score::{Mark, Totals};
use world::World;

/// How many worlds run at the same time.
const THREADS: usize = 2;

#[test]
fn worlds_reach_their_score() {
    let marks = all_marks();
    let worse = Totals::of(&marks).worse_than(&Totals::recorded());
    assert!(worse.is_empty(), "{}\n{}", worse.join("\n"), score::record(&marks));
}

/// Rewrites fixtures/worlds/SCORE.md.
#[test]
#[ignore = "writes the record that the other test compares with"]
fn record_score() {
    let text = score::record(&all_marks());
    std::fs::write(score::path(), &text).expect("the record can be written");
    println!("{text}");
}

/// Rewrites fixtures/cases: each world's evidence, saved by the program itself as a user's bundle.
#[test]
#[ignore = "writes the cases that tests/cases.rs judges"]
fn save_cases() {
    let root = tempfile::tempdir().expect("a directory");
    for world in world::all() {
        let stage = Stage::set(&world, Some(root.path()));
        cases::save(&world, &stage);
    }
}

/// Runs the world that WORLD names and shows everything.
#[test]
#[ignore = "for people: shows one world"]
fn one() {
    let id = std::env::var("WORLD").expect("WORLD names a world");
    let world = world::one(&id);
    let keep = std::env::var_os("KEEP").map(PathBuf::from);
    let stage = Stage::set(&world, keep.as_deref());
    println!("{}\n", stage.command_line());
    let run = stage.run();
    println!(
        "{}\n--- stderr\n{}\n--- exit {:?} after {:?}",
        run.stdout, run.stderr, run.code, run.took
    );
    println!("--- expected\n{:#?}\n", world.expect);
    println!("{}", score::row(&score::mark(&world, &run)));
    if let Some(seconds) = std::env::var("KEEP_ALIVE").ok().and_then(|text| text.parse().ok()) {
        std::thread::sleep(Duration::from_secs(seconds));
    }
}

/// Runs all worlds, a few at a time; the marks are in the order of the files.
fn all_marks() -> Vec<Mark> {
    let worlds = world::all();
    let next = AtomicUsize::new(0);
    let marks: Mutex<Vec<(usize, Mark)>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::SeqCst);
                    let Some(world) = worlds.get(n) else { return };
                    let mark = marked(world);
                    marks.lock().expect("no holder panics").push((n, mark));
                }
            });
        }
    });
    let mut marks = marks.into_inner().expect("no holder panics");
    marks.sort_by_key(|(n, _)| *n);
    marks.into_iter().map(|(_, mark)| mark).collect()
}

fn marked(world: &World) -> Mark {
    let stage = Stage::set(world, None);
    score::mark(world, &stage.run())
}
