#![allow(clippy::unwrap_used, reason = "a test may stop")]
use reqwest::Url;

use super::{ProxyAddress, ProxyVariables};

fn direct(none: &str, url: &str) -> bool {
    let variables = ProxyVariables {
        https: "http://proxy:3128".into(),
        http: "http://proxy:3128".into(),
        none: none.into(),
    };
    variables.proxy_for(&Url::parse(url).unwrap()).unwrap().is_none()
}

#[test]
fn who_is_reached_directly() {
    for (none, url) in [
        ("", "https://localhost:6443/"),
        ("", "https://127.0.0.1:6443/"),
        ("", "https://[::1]/"),
        ("*", "https://idp.example.com/"),
        ("example.com", "https://example.com/"),
        ("example.com", "https://idp.example.com/"),
        (".example.com", "https://idp.example.com/"),
        ("*.example.com", "https://idp.example.com/"),
        ("x, EXAMPLE.com ", "https://idp.example.com/"),
        ("idp.example.com:8443", "https://idp.example.com:8443/"),
        ("idp.example.com:443", "https://idp.example.com/"),
        ("10.0.0.0/8", "https://10.9.8.7/"),
        ("10.9.8.7", "https://10.9.8.7:6443/"),
        ("2001:db8::/32", "https://[2001:db8::7]/"),
        ("[2001:db8::7]:6443", "https://[2001:db8::7]:6443/"),
        ("0.0.0.0/0", "https://192.0.2.1/"),
    ] {
        assert!(direct(none, url), "{none} {url}");
    }
}

#[test]
fn who_is_reached_through_the_proxy() {
    for (none, url) in [
        ("", "https://idp.example.com/"),
        (".example.com", "https://example.com/"),
        ("*.example.com", "https://example.com/"),
        ("ample.com", "https://example.com/"),
        ("idp.example.com:8443", "https://idp.example.com/"),
        ("10.0.0.0/8", "https://ten.example.com/"),
        ("10.0.0.0/33", "https://10.9.8.7/"),
        ("192.0.2.0/24", "http://192.0.3.1/"),
        ("*.*", "https://idp.example.com/"),
    ] {
        assert!(!direct(none, url), "{none} {url}");
    }
}

#[test]
fn variables() {
    let lower = ProxyVariables::read(|name| (name == "https_proxy").then(|| "a:1".into()));
    assert_eq!(lower.https, "a:1");
    let both = ProxyVariables::read(|name| Some(name.to_owned()));
    assert_eq!((both.https.as_str(), both.none.as_str()), ("HTTPS_PROXY", "NO_PROXY"));
}

#[test]
fn addresses() {
    let shown = |text: &str| ProxyAddress::parse(text).map(|one| one.to_string());
    assert_eq!(shown("proxy.corp:3128").unwrap(), "http://proxy.corp:3128");
    assert_eq!(shown("10.0.0.1:3128").unwrap(), "http://10.0.0.1:3128");
    assert_eq!(shown("https://user:secret@proxy").unwrap(), "https://proxy:443");
    assert!(shown("ftp://proxy").unwrap_err().to_string().contains("\"ftp\""));
    assert!(shown("http://").is_err());
    let debug = format!("{:?}", ProxyAddress::parse("http://user:secret@proxy").unwrap());
    assert!(!debug.contains("secret"));
}
