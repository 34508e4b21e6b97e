#![allow(clippy::unwrap_used, reason = "a test may stop")]
use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use secrecy::SecretString;

use super::super::testing::{
    Ca, Keyed, Server, authority, dated, json, named, network, reply, run, terms,
};
use super::super::tls::{Identity, Trust};
use super::{Credential, Network, Question, Reach, Route, Terms};
use crate::collect::proxy::{ProxyAddress, ProxyVariables};
use crate::evidence::certificate::CertificateFault;
use crate::evidence::exchange::{Exchange, Extent, Failure, Milliseconds};

const HOST: &str = "idp.example.com";

fn hello(_: &str) -> String {
    json("{}")
}

fn certificate_fault(exchange: &Exchange) -> &CertificateFault {
    match exchange.failure() {
        Some(Failure::Certificate(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

fn good() -> (Ca, Server) {
    let ca = Ca::new("Example Root");
    let server = Server::https(&ca.sign(&named(HOST, &[HOST])), hello);
    (ca, server)
}

#[test]
fn an_answer_and_all_that_is_kept_of_it() {
    let ca = Ca::new("Example Root");
    let server = Server::https(&ca.sign(&named(HOST, &[HOST])), |_| {
        let headers = "Date: Tue, 14 Nov 2023 22:13:20 GMT\r\nCache-Control: max-age=60\r\n\
                       Cache-Control: public\r\nSet-Cookie: session=secret\r\n";
        reply("404 Not Found", headers, "caf\u{e9}")
    });
    let url = server.url("https", HOST, "/x?y=z");
    let exchange = run(network(&[(HOST, &server)]).get(&url, &Trust::Only(ca.pem())));
    let answer = exchange.answer().unwrap();
    assert_eq!((answer.status, answer.status_line.as_str()), (404, "404 Not Found"));
    assert_eq!(answer.body, "caf\u{e9}");
    assert_eq!(answer.extent, Extent::Whole);
    assert_eq!(answer.header("cache-control"), Some("max-age=60, public"));
    assert_eq!(answer.header("set-cookie"), None);
    assert_eq!(answer.date().unwrap().unix(), 1_700_000_000);
    assert_eq!(exchange.address.as_deref(), Some(server.address.to_string().as_str()));
    assert_eq!(exchange.chain[0].names, [HOST]);
    assert_eq!(exchange.url, url);
    let request = server.requests().remove(0);
    assert!(request.starts_with("GET /x?y=z HTTP/1.1\r\n"));
    assert!(request.to_ascii_lowercase().contains(&format!("host: {HOST}:{}", server.port())));
    let saved = serde_json::to_string(&exchange).unwrap();
    assert_eq!(serde_json::from_str::<Exchange>(&saved).unwrap(), exchange);
}

#[test]
fn certificates_that_are_refused() {
    let ca = Ca::new("Example Root");
    let trust = Trust::Only(ca.pem());
    let ask = |keyed: &Keyed, trust: &Trust| {
        let server = Server::https(keyed, hello);
        let url = server.url("https", HOST, "/");
        let exchange = run(network(&[(HOST, &server)]).get(&url, trust));
        assert_eq!(server.requests().len(), 0);
        assert_eq!(exchange.chain.len(), keyed.chain.len());
        exchange
    };
    let stranger = Ca::new("Stranger").sign(&named(HOST, &[HOST]));
    let exchange = ask(&stranger, &trust);
    assert!(matches!(certificate_fault(&exchange), CertificateFault::UnknownAuthority { .. }));
    assert!(exchange.go_text().unwrap().ends_with(
        "/\": tls: failed to verify certificate: x509: certificate signed by unknown authority"
    ));
    let exchange = ask(&ca.sign(&named("x", &["other.example.com"])), &trust);
    assert!(matches!(certificate_fault(&exchange), CertificateFault::WrongName { .. }));
    let exchange = ask(&ca.sign(&dated(named(HOST, &[HOST]), 2020, 2021)), &trust);
    assert!(matches!(certificate_fault(&exchange), CertificateFault::Expired { .. }));
    let exchange = ask(&ca.sign(&named(HOST, &[])), &trust);
    assert!(matches!(certificate_fault(&exchange), CertificateFault::NoSubjectAltName { .. }));
    let own = Keyed::self_signed(&named(HOST, &[HOST]));
    assert!(matches!(certificate_fault(&ask(&own, &trust)), CertificateFault::SelfSigned { .. }));
    let nobody = Trust::Only("no certificate".into());
    let exchange = ask(&ca.sign(&named(HOST, &[HOST])), &nobody);
    assert!(matches!(certificate_fault(&exchange), CertificateFault::UnknownAuthority { .. }));
}

#[test]
fn a_self_signed_certificate_given_as_its_own_authority() {
    for params in [named(HOST, &[HOST]), authority(named(HOST, &[HOST]))] {
        let own = Keyed::self_signed(&params);
        let server = Server::https(&own, hello);
        let trust = Trust::Only(own.certificate.pem());
        let url = server.url("https", HOST, "/");
        let exchange = run(network(&[(HOST, &server)]).get(&url, &trust));
        assert_eq!(exchange.answer().map(|answer| answer.status), Some(200));
    }
}

#[test]
fn an_address_that_resolve_sends_elsewhere() {
    let ca = Ca::new("Example Root");
    let server = Server::https(&ca.sign(&named("x", &["192.0.2.10"])), hello);
    let url = server.url("https", "192.0.2.10", "/");
    let network = network(&[("192.0.2.10", &server)]);
    let exchange = run(network.get(&url, &Trust::Only(ca.pem())));
    assert_eq!(exchange.answer().map(|answer| answer.status), Some(200), "{exchange:?}");
    let request = server.requests().remove(0).to_ascii_lowercase();
    assert!(request.contains(&format!("host: 192.0.2.10:{}", server.port())), "{request}");
}

#[test]
fn another_name_for_the_certificate() {
    let ca = Ca::new("Example Root");
    let server = Server::https(&ca.sign(&named("x", &["kubernetes.default"])), hello);
    let trust = Trust::Only(ca.pem());
    let url = server.url("https", "127.0.0.1", "/");
    let network = network(&[]);
    let mut question = Question::get(&url, &trust);
    question.server_name = Some("kubernetes.default");
    assert!(run(network.ask(&question)).answer().is_some());
    question.server_name = None;
    let exchange = run(network.ask(&question));
    assert!(matches!(certificate_fault(&exchange), CertificateFault::WrongName { .. }));
}

#[test]
fn servers_that_do_not_speak_https() {
    let plain = Server::http(hello);
    let exchange =
        run(network(&[]).get(&plain.url("https", "127.0.0.1", "/"), &Trust::Only(String::new())));
    assert_eq!(exchange.failure(), Some(&Failure::NotTls));
    let garbage = Server::bare(|mut stream| {
        let _ = stream.read(&mut [0; 64]);
        let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.9\r\n");
    });
    let network = network(&[]);
    let trust = Trust::Only(String::new());
    let exchange = run(network.get(&garbage.url("https", "127.0.0.1", "/"), &trust));
    assert_eq!(exchange.failure(), Some(&Failure::NeitherTlsNorHttp));
    let exchange = run(network.get(&garbage.url("http", "127.0.0.1", "/"), &trust));
    assert!(matches!(exchange.failure(), Some(Failure::NotHttp { .. })), "{exchange:?}");
    let closing = Server::bare(drop);
    for scheme in ["http", "https"] {
        let exchange = run(network.get(&closing.url(scheme, "127.0.0.1", "/"), &trust));
        assert!(matches!(exchange.failure(), Some(Failure::Closed { .. })), "{exchange:?}");
    }
}

#[test]
fn nobody_there() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let network = network(&[]);
    let exchange = run(network.get(&format!("https://{address}/"), &Trust::Only(String::new())));
    assert_eq!(
        exchange.failure(),
        Some(&Failure::ConnectionRefused { address: address.to_string() })
    );
    // A label of 64 letters cannot be a name, so no resolver needs to be asked.
    let host = format!("{}.example.com", "a".repeat(64));
    let exchange = run(network.get(&format!("http://{host}/"), &Trust::Only(String::new())));
    let Some(Failure::NameUnresolved { host: named, .. }) = exchange.failure() else {
        panic!("{exchange:?}");
    };
    assert_eq!(named, &host);
}

/// Accepts and says nothing.
fn silent() -> Server {
    Server::bare(|stream| {
        thread::sleep(Duration::from_secs(20));
        drop(stream);
    })
}

#[test]
fn slow_servers() {
    let begun = Instant::now();
    let server = silent();
    let brief =
        Terms { connect_limit: Duration::from_millis(100), ..terms(Duration::from_millis(200)) };
    let network = Network::new(brief);
    let trust = Trust::Only(String::new());
    let exchange = run(network.get(&server.url("https", "127.0.0.1", "/"), &trust));
    let Some(Failure::ConnectTimeout { waited }) = exchange.failure() else {
        panic!("{exchange:?}");
    };
    assert!(*waited >= Milliseconds(100));
    let exchange = run(network.get(&server.url("http", "127.0.0.1", "/"), &trust));
    assert!(matches!(exchange.failure(), Some(Failure::ReadTimeout { .. })), "{exchange:?}");
    assert!(exchange.go_text().unwrap().contains("context deadline exceeded"));
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

#[test]
fn the_deadline_ends_everything() {
    let begun = Instant::now();
    let server = silent();
    let network = Network::new(Terms::until(begun + Duration::from_millis(200)));
    let trust = Trust::Only(String::new());
    let url = server.url("http", "127.0.0.1", "/");
    assert_eq!(run(network.get(&url, &trust)).failure(), Some(&Failure::DeadlineSpent));
    assert_eq!(run(network.get(&url, &trust)).failure(), Some(&Failure::DeadlineSpent));
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[test]
fn offline_asks_nothing() {
    let server = Server::http(hello);
    let network = Network::new(Terms { reach: Reach::Offline, ..terms(Duration::from_secs(1)) });
    let exchange = run(network.get(&server.url("http", "127.0.0.1", "/"), &Trust::System));
    assert_eq!(exchange.failure(), Some(&Failure::Offline));
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn an_endless_body_is_cut() {
    let server = Server::bare(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[b'x'; 8192]).is_ok() {}
    });
    let network = network(&[]);
    let trust = Trust::Only(String::new());
    let url = server.url("http", "127.0.0.1", "/");
    let exchange =
        run(network.ask(&Question { body_limit: 100_000, ..Question::get(&url, &trust) }));
    let answer = exchange.answer().unwrap();
    assert_eq!(answer.extent, Extent::CutAt { limit: 100_000 });
    assert_eq!(answer.body.len(), 100_000);
}

#[test]
fn redirects_are_followed_and_remembered() {
    let server = Server::http(|request| match request.split(' ').nth(1) {
        Some("/a") => reply("302 Found", "Location: /b\r\n", "go"),
        Some("/b") => reply("308 Permanent Redirect", "Location: c?x=1\r\n", ""),
        Some("/nowhere") => reply("302 Found", "", "no place"),
        Some("/ftp") => reply("302 Found", "Location: ftp://x/\r\n", ""),
        Some("/loop") => reply("307 Temporary Redirect", "Location: /loop\r\n", ""),
        _ => reply("200 OK", "Content-Type: text/html\r\n", "<html>"),
    });
    let network = network(&[]);
    let get = |path: &str| {
        run(network.get(&server.url("http", "127.0.0.1", path), &Trust::Only(String::new())))
    };
    let exchange = get("/a");
    assert_eq!(exchange.answer().unwrap().content_type(), Some("text/html"));
    let statuses: Vec<u16> = exchange.redirects.iter().map(|one| one.status).collect();
    assert_eq!(statuses, [302, 308]);
    assert!(exchange.final_url().ends_with("/c?x=1"));
    assert_eq!(get("/nowhere").answer().unwrap().status, 302);
    assert!(matches!(get("/ftp").failure(), Some(Failure::BadUrl { .. })));
    let before = server.requests().len();
    let exchange = get("/loop");
    assert_eq!(exchange.failure(), Some(&Failure::TooManyRedirects { limit: 10 }));
    assert_eq!(server.requests().len() - before, 10);
    assert!(exchange.go_text().unwrap().eq("Get \"/loop\": stopped after 10 redirects"));
}

fn bearer() -> Credential {
    Credential { bearer: Some(SecretString::from("s3cret")), identity: None }
}

#[test]
fn a_credential_goes_to_the_host_asked_for_only() {
    let ca = Ca::new("Example Root");
    let other = Server::https(&ca.sign(&named("x", &["other.example.com"])), hello);
    let plain = Server::http(hello);
    let (to_other, to_plain) =
        (other.url("https", "other.example.com", "/"), plain.url("http", "127.0.0.1", "/"));
    let first = Server::https(&ca.sign(&named(HOST, &[HOST])), move |request| {
        let to = match request.split(' ').nth(1) {
            Some("/other") => &to_other,
            Some("/plain") => &to_plain,
            Some("/same") => "/end",
            _ => return hello(request),
        };
        reply("302 Found", &format!("Location: {to}\r\n"), "")
    });
    let network = network(&[(HOST, &first), ("other.example.com", &other)]);
    let (trust, credential) = (Trust::Only(ca.pem()), bearer());
    for path in ["/other", "/plain", "/same"] {
        let url = first.url("https", HOST, path);
        let question = Question { credential: Some(&credential), ..Question::get(&url, &trust) };
        let exchange = run(network.ask(&question));
        assert!(exchange.answer().is_some(), "{exchange:?}");
        assert!(!serde_json::to_string(&exchange).unwrap().contains("s3cret"));
    }
    let sent = |server: &Server| {
        server.requests().iter().filter(|request| request.contains("Bearer s3cret")).count()
    };
    assert_eq!((sent(&first), sent(&other), sent(&plain)), (4, 0, 0));
    assert_eq!((other.requests().len(), plain.requests().len()), (1, 1));
}

#[test]
fn an_answer_that_repeats_the_token() {
    let ca = Ca::new("Example Root");
    let server =
        Server::https(&ca.sign(&named(HOST, &[HOST])), |request| match request.contains("/go") {
            true => reply("302 Found", "Location: /end?token=s3cret\r\n", ""),
            false if request.contains("/odd") => {
                reply("302 Found", "Location: ftp://x/?token=s3cret\r\n", "")
            }
            false => reply("200 OK", "Server: s3cret\r\n", request),
        });
    let (trust, credential) = (Trust::Only(ca.pem()), bearer());
    let url = server.url("https", HOST, "/go");
    let question = Question { credential: Some(&credential), ..Question::get(&url, &trust) };
    let exchange = run(network(&[(HOST, &server)]).ask(&question));
    assert!(exchange.answer().unwrap().body.contains("Bearer [token]"));
    assert!(!format!("{exchange:?}").contains("s3cret"));
    let url = server.url("https", HOST, "/odd");
    let question = Question { credential: Some(&credential), ..Question::get(&url, &trust) };
    let exchange = run(network(&[(HOST, &server)]).ask(&question));
    assert!(matches!(exchange.failure(), Some(Failure::BadUrl { .. })));
    assert!(!format!("{exchange:?}").contains("s3cret"));
}

#[test]
fn a_credential_is_withheld() {
    let plain = Server::http(hello);
    let stranger = Server::https(&Ca::new("Stranger").sign(&named(HOST, &[HOST])), hello);
    let network = network(&[(HOST, &stranger)]);
    let trust = Trust::Only(Ca::new("Example Root").pem());
    let ask = |url: &str, credential: &Credential| {
        run(network.ask(&Question { credential: Some(credential), ..Question::get(url, &trust) }))
    };
    let exchange = ask(&plain.url("http", "127.0.0.1", "/"), &bearer());
    assert!(matches!(exchange.failure(), Some(Failure::Withheld { .. })));
    let exchange = ask(&stranger.url("https", HOST, "/"), &bearer());
    assert!(matches!(certificate_fault(&exchange), CertificateFault::UnknownAuthority { .. }));
    assert_eq!((plain.requests().len(), stranger.requests().len()), (0, 0));
    let (ca, server) = good();
    let trust = Trust::Only(ca.pem());
    let url = server.url("https", HOST, "/");
    let credential = Credential { bearer: Some("a\nb".to_owned().into()), identity: None };
    let network = super::super::testing::network(&[(HOST, &server)]);
    let question = Question { credential: Some(&credential), ..Question::get(&url, &trust) };
    assert!(matches!(run(network.ask(&question)).failure(), Some(Failure::Withheld { .. })));
}

#[test]
fn client_certificates() {
    let (ca, clients) = (Ca::new("Example Root"), Ca::new("Client Root"));
    let server = Server::mutual(&ca.sign(&named(HOST, &[HOST])), &clients, hello);
    let network = network(&[(HOST, &server)]);
    let trust = Trust::Only(ca.pem());
    let url = server.url("https", HOST, "/");
    let exchange = run(network.get(&url, &trust));
    assert_eq!(exchange.failure(), Some(&Failure::ClientCertificateDemanded));
    let wish = exchange.client_certificate.unwrap();
    assert_eq!(wish.authorities, ["CN=Client Root"]);
    let keyed = clients.sign(&named("dev", &[]));
    let credential = Credential {
        bearer: None,
        identity: Some(Identity {
            certificates: keyed.certificate.pem(),
            key: keyed.key.serialize_pem().into(),
        }),
    };
    let question = Question { credential: Some(&credential), ..Question::get(&url, &trust) };
    assert!(run(network.ask(&question)).answer().is_some());
    let mismatched = Identity {
        certificates: keyed.certificate.pem(),
        key: ca.sign(&named("x", &[])).key.serialize_pem().into(),
    };
    let credential = Credential { bearer: None, identity: Some(mismatched) };
    let question = Question { credential: Some(&credential), ..Question::get(&url, &trust) };
    assert!(matches!(run(network.ask(&question)).failure(), Some(Failure::Withheld { .. })));
}

#[test]
fn proxies_that_stand_in_the_way() {
    let ask = |proxy: &str, url: &str| {
        let proxies =
            ProxyVariables { https: proxy.into(), http: proxy.into(), none: String::new() };
        let network = Network::new(Terms { proxies, ..terms(Duration::from_secs(3)) });
        run(network.get(url, &Trust::Only(String::new())))
    };
    let refusing = Server::http(|_| reply("502 Bad Gateway", "", "<html>"));
    let proxy = format!("http://user:s3cret@{}", refusing.address);
    let exchange = ask(&proxy, "https://idp.example.com/x");
    let shown = format!("http://{}", refusing.address);
    assert_eq!(
        exchange.failure(),
        Some(&Failure::ProxyAnswered {
            proxy: shown.clone(),
            status: 502,
            words: "Bad Gateway".into()
        })
    );
    assert_eq!(exchange.go_text().unwrap(), r#"Get "https://idp.example.com/x": Bad Gateway"#);
    assert_eq!(exchange.proxy, Some(shown));
    let exchange = ask(&proxy, "http://idp.example.com/x");
    assert_eq!(exchange.answer().unwrap().status, 502);
    let asking = Server::http(|_| reply("407 Proxy Authentication Required", "", ""));
    let exchange = ask(&asking.address.to_string(), "https://idp.example.com/x");
    assert!(matches!(exchange.failure(), Some(Failure::ProxyAnswered { status: 407, .. })));
    let exchange = ask("http://127.0.0.1:1", "https://idp.example.com/x");
    assert!(matches!(exchange.failure(), Some(Failure::Proxy { .. })), "{exchange:?}");
    let exchange = ask("ftp://127.0.0.1", "https://idp.example.com/x");
    assert!(matches!(exchange.failure(), Some(Failure::Proxy { .. })), "{exchange:?}");
}

#[test]
fn a_proxy_that_says_nothing() {
    let server = silent();
    let proxies = ProxyVariables { https: server.address.to_string(), ..Default::default() };
    let brief = Terms { proxies, ..terms(Duration::from_millis(200)) };
    let exchange =
        run(Network::new(brief).get("https://idp.example.com/", &Trust::Only(String::new())));
    let Some(Failure::Proxy { detail, .. }) = exchange.failure() else {
        panic!("{exchange:?}");
    };
    assert!(detail.starts_with("no connection within"), "{detail}");
}

/// A proxy that leads every tunnel to one server.
fn tunnel(to: &Server) -> Server {
    let to = to.address;
    Server::bare(move |mut stream| {
        let count = stream.read(&mut [0; 4096]).unwrap_or(0);
        assert!(count > 0);
        let Ok(mut there) = std::net::TcpStream::connect(to) else { return };
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        let (mut from, mut back) = (stream.try_clone().unwrap(), there.try_clone().unwrap());
        thread::spawn(move || std::io::copy(&mut back, &mut stream));
        let _ = std::io::copy(&mut from, &mut there);
    })
}

#[test]
fn a_proxy_that_works() {
    let (ca, server) = good();
    let proxy = tunnel(&server);
    let trust = Trust::Only(ca.pem());
    let url = "https://idp.example.com/x";
    let network = network(&[]);
    let route = Route::Through(ProxyAddress::parse(&proxy.address.to_string()).unwrap());
    let exchange = run(network.ask(&Question { route: &route, ..Question::get(url, &trust) }));
    assert_eq!(exchange.answer().map(|answer| answer.status), Some(200), "{exchange:?}");
    assert_eq!(exchange.chain[0].names, [HOST]);
    assert!(exchange.proxy.is_some());
}

#[test]
fn urls_that_cannot_be_asked() {
    let network = network(&[]);
    for url in ["", "/jwks", "ftp://idp/x", "https://", "https://a b/"] {
        let exchange = run(network.get(url, &Trust::Only(String::new())));
        assert!(matches!(exchange.failure(), Some(Failure::BadUrl { .. })), "{url}: {exchange:?}");
    }
    let exchange = run(network.get("http://user:pass@127.0.0.1:1/", &Trust::System));
    assert_eq!(exchange.url, "http://user:***@127.0.0.1:1/");
}

#[test]
fn a_connection_is_used_again_and_its_chain_kept() {
    let (ca, server) = good();
    let network = network(&[(HOST, &server)]);
    let url = server.url("https", HOST, "/");
    let trust = Trust::Only(ca.pem());
    let (first, second) =
        run(async { (network.get(&url, &trust).await, network.get(&url, &trust).await) });
    assert_eq!(first.chain, second.chain);
    assert_eq!(second.chain.len(), 1);
    // Another trust is another client: what one accepted the other still refuses.
    let third = run(network.get(&url, &Trust::Only(Ca::new("Other").pem())));
    assert!(matches!(certificate_fault(&third), CertificateFault::UnknownAuthority { .. }));
}
