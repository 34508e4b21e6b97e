//! Files, read with a limit.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Bytes of a configuration file or manifest.
pub(super) const FILE_LIMIT: u64 = 32 << 20;
/// Files of a folder.
const MOST_FILES: usize = 500;
/// Folders inside each other.
const DEEPEST: usize = 6;

/// The text of a file; bytes that are not UTF-8 are replaced.
///
/// # Errors
///
/// The system's, or that the file is larger than `limit` bytes or not a file.
pub fn text(path: &Path, limit: u64) -> io::Result<String> {
    let kind = fs::metadata(path)?.file_type();
    if kind.is_dir() {
        return Err(io::Error::other("is a folder"));
    }
    if kind.is_file() {
        return bounded(File::open(path)?, limit);
    }
    patient(path.to_owned(), limit)
}

/// How long a pipe or a device may keep us waiting.
const PATIENCE: Duration = Duration::from_secs(5);

/// A pipe may have nobody at its other end: it is read aside, and left behind if nothing comes.
fn patient(path: PathBuf, limit: u64) -> io::Result<String> {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let _ = sender.send(File::open(&path).and_then(|file| bounded(file, limit)));
    });
    let late = || io::Error::other("nothing came within 5 seconds");
    receiver.recv_timeout(PATIENCE).map_err(|_| late())?
}

/// An input named by an option: a file, or `-` for standard input.
///
/// # Errors
///
/// As [`text`].
pub fn input(path: &Path) -> io::Result<String> {
    if path.as_os_str() == "-" {
        return bounded(io::stdin().lock(), FILE_LIMIT);
    }
    text(path, FILE_LIMIT)
}

/// What a reader gives, up to a limit.
pub(super) fn bounded(reader: impl Read, limit: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    reader.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::other(format!("has more than {limit} bytes")));
    }
    Ok(String::from_utf8(bytes)
        .unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()))
}

/// Writes a new file whole or not at all, readable by its owner alone.
///
/// # Errors
///
/// The system's.
pub fn keep(path: &Path, text: &str) -> io::Result<()> {
    let special = fs::symlink_metadata(path).is_ok_and(|there| !there.is_file());
    if special {
        return Err(io::Error::other("is there and is not a plain file"));
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().ok_or_else(|| io::Error::other("names no file"))?;
    let draft = folder.join(format!(".{}.{}", name.to_string_lossy(), std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&draft).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&draft, path)).inspect_err(|_| {
        let _ = fs::remove_file(&draft);
    })
}

/// The files of a folder and below, by name; a file stands for itself.
pub(super) fn below(path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    descend(path, 0, &mut found)?;
    found.sort();
    Ok(found)
}

fn descend(path: &Path, depth: usize, found: &mut Vec<PathBuf>) -> io::Result<()> {
    if !fs::metadata(path)?.is_dir() {
        found.push(path.to_owned());
        return Ok(());
    }
    if depth > DEEPEST {
        return Ok(());
    }
    for entry in fs::read_dir(path)?.flatten().take(MOST_FILES) {
        let inside = entry.path();
        // A link to a folder may lead back here; a link to a file is a file. Pipes and devices are none.
        let link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
        let wanted = fs::metadata(&inside).is_ok_and(|m| m.is_file() || (m.is_dir() && !link));
        if wanted && found.len() < MOST_FILES {
            // A file that vanished meanwhile is no reason to stop.
            let _ = descend(&inside, depth + 1, found);
        }
    }
    Ok(())
}
