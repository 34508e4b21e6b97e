//! Small HTTP servers on loopback addresses of their own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// How long a connection may be idle.
const PATIENCE: Duration = Duration::from_secs(5);
/// The largest request body that is read.
const BODY_LIMIT: usize = 1 << 20;

/// What was asked.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) method: String,
    /// Path without query.
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
}

/// What is answered.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// A JSON document.
    pub(crate) fn json(status: u16, value: &serde_json::Value) -> Answer {
        let body = serde_json::to_vec(value).expect("JSON");
        Answer { status, headers: vec![("Content-Type".into(), "application/json".into())], body }
    }

    /// An HTML page.
    pub(crate) fn page(status: u16, text: &str) -> Answer {
        let headers = vec![("Content-Type".into(), "text/html; charset=utf-8".into())];
        Answer { status, headers, body: text.as_bytes().to_vec() }
    }

    /// The same with one header more.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Answer {
        self.headers.push((name.into(), value.into()));
        self
    }
}

/// Gives the answer to a question.
pub(crate) type Handler = Arc<dyn Fn(&Question) -> Answer + Send + Sync>;
/// Where a tunnel to this `host:port` leads; none is answered with 502.
pub(crate) type Routes = Arc<dyn Fn(&str) -> Option<SocketAddr> + Send + Sync>;

/// What a server does with a connection.
#[derive(Clone)]
pub(crate) enum Manner {
    /// HTTPS.
    Tls(Arc<ServerConfig>, Handler),
    /// HTTP.
    Plain(Handler),
    /// Accepts and never says a word.
    Silent,
    /// A forward proxy that tunnels.
    Proxy(Routes),
}

/// A server; it ends when it is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Listens on this address and answers in this manner.
    pub(crate) fn start(address: SocketAddr, manner: Manner) -> std::io::Result<Server> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&stop);
        let thread = std::thread::spawn(move || accept(&listener, &manner, &seen));
        Ok(Server { address, stop, thread: Some(thread) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the accepting thread, which then sees the flag.
        let _ = TcpStream::connect_timeout(&self.address, PATIENCE);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A loopback address that nobody else in this process has; processes differ by their id.
pub(crate) fn own_address() -> IpAddr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let n = NEXT.fetch_add(1, Ordering::SeqCst);
    let pid = std::process::id() % 200 + 20;
    let byte = |value: u32| u8::try_from(value % 250 + 1).expect("at most 250");
    IpAddr::V4(Ipv4Addr::new(127, u8::try_from(pid).expect("at most 219"), byte(n / 250), byte(n)))
}

fn accept(listener: &TcpListener, manner: &Manner, stop: &AtomicBool) {
    let mut silent = Vec::new();
    for connection in listener.incoming() {
        if stop.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = connection else { continue };
        let _ = stream.set_read_timeout(Some(PATIENCE));
        let _ = stream.set_write_timeout(Some(PATIENCE));
        let manner = manner.clone();
        match manner {
            Manner::Silent => silent.push(stream),
            Manner::Plain(handler) => drop(std::thread::spawn(move || serve(stream, &handler))),
            Manner::Tls(config, handler) => drop(std::thread::spawn(move || {
                let Ok(connection) = ServerConnection::new(config) else { return };
                serve(StreamOwned::new(connection, stream), &handler);
            })),
            Manner::Proxy(routes) => drop(std::thread::spawn(move || tunnel(stream, &routes))),
        }
    }
}

/// Answers one question and closes.
fn serve<S: Read + Write>(stream: S, handler: &Handler) {
    let mut reader = BufReader::new(stream);
    let Some(question) = question(&mut reader) else { return };
    let answer = handler(&question);
    let stream = reader.get_mut();
    let _ = stream.write_all(&written(&answer));
    let _ = stream.flush();
}

fn question(reader: &mut impl BufRead) -> Option<Question> {
    let line = line(reader)?;
    let mut words = line.split(' ');
    let method = words.next()?.to_owned();
    let target = words.next()?;
    let path = target.split_once('?').map_or(target, |(path, _)| path).to_owned();
    let headers = headers(reader)?;
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0_usize);
    let mut body = vec![0; length.min(BODY_LIMIT)];
    reader.read_exact(&mut body).ok()?;
    Some(Question { method, path, body })
}

fn headers(reader: &mut impl BufRead) -> Option<Vec<(String, String)>> {
    let mut headers = Vec::new();
    loop {
        let line = line(reader)?;
        if line.is_empty() {
            return Some(headers);
        }
        let (name, value) = line.split_once(':')?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
}

fn line(reader: &mut impl BufRead) -> Option<String> {
    let mut text = String::new();
    let read = reader.take(64 * 1024).read_line(&mut text).ok()?;
    (read > 0).then(|| text.trim_end_matches(['\r', '\n']).to_owned())
}

fn written(answer: &Answer) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {} {}\r\n", answer.status, reason(answer.status));
    for (name, value) in &answer.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!("Content-Length: {}\r\nConnection: close\r\n\r\n", answer.body.len()));
    let mut bytes = text.into_bytes();
    bytes.extend_from_slice(&answer.body);
    bytes
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        302 => "Found",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        _ => "Other",
    }
}

/// Serves one CONNECT; copies bytes both ways until either side ends.
fn tunnel(stream: TcpStream, routes: &Routes) {
    let Ok(copy) = stream.try_clone() else { return };
    let mut reader = BufReader::new(copy);
    let mut back = stream;
    let Some(line) = line(&mut reader) else { return };
    if headers(&mut reader).is_none() {
        return;
    }
    let mut words = line.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let to = (method == "CONNECT").then(|| routes(target)).flatten();
    let Some(forth) = to.and_then(|address| TcpStream::connect_timeout(&address, PATIENCE).ok())
    else {
        let answer = Answer { status: 502, headers: Vec::new(), body: b"Bad Gateway\n".to_vec() };
        let _ = back.write_all(&written(&answer));
        return;
    };
    if back.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").is_err() {
        return;
    }
    let (Ok(mut out), Ok(mut from)) = (forth.try_clone(), forth.try_clone()) else { return };
    let up = std::thread::spawn(move || {
        let _ = std::io::copy(&mut reader, &mut out);
        let _ = out.shutdown(std::net::Shutdown::Write);
    });
    let _ = std::io::copy(&mut from, &mut back);
    let _ = back.shutdown(std::net::Shutdown::Both);
    let _ = up.join();
}
