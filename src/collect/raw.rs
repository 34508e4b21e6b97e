//! The first bytes that a peer says, for telling what it speaks.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

/// Enough for a status line.
const ENOUGH: usize = 512;

/// Connects, says `words`, and returns what comes first, at most 512 bytes.
///
/// # Errors
/// When there is no connection or no byte within `limit`.
pub(super) async fn first_bytes(
    address: SocketAddr,
    words: &[u8],
    limit: Duration,
) -> io::Result<Vec<u8>> {
    timeout(limit, heard(address, words)).await.map_err(io::Error::from)?
}

async fn heard(address: SocketAddr, words: &[u8]) -> io::Result<Vec<u8>> {
    let stream = TcpStream::connect(address).await?;
    let mut rest = words;
    while !rest.is_empty() {
        stream.writable().await?;
        match stream.try_write(rest) {
            Ok(written) => rest = &rest[written..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    let mut buffer = vec![0; ENOUGH];
    loop {
        stream.readable().await?;
        match stream.try_read(&mut buffer) {
            Ok(count) => {
                buffer.truncate(count);
                return Ok(buffer);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

/// The status and words of an HTTP status line, if these bytes begin with one.
pub(super) fn status_line(bytes: &[u8]) -> Option<(u16, String)> {
    let line = bytes.split(|byte| *byte == b'\n').next()?;
    let line = String::from_utf8_lossy(line);
    let (_, rest) = line.trim_end().strip_prefix("HTTP/")?.split_once(' ')?;
    let (status, words) = rest.split_once(' ').unwrap_or((rest, ""));
    Some((status.parse().ok()?, words.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::status_line;

    #[test]
    fn status_lines() {
        assert_eq!(
            status_line(b"HTTP/1.1 502 Bad Gateway\r\nA: b"),
            Some((502, "Bad Gateway".into()))
        );
        assert_eq!(status_line(b"HTTP/1.0 200\r\n"), Some((200, String::new())));
        assert_eq!(status_line(b"SSH-2.0-OpenSSH\r\n"), None);
        assert_eq!(status_line(b""), None);
    }
}
