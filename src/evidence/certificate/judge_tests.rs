#![allow(clippy::unwrap_used, reason = "a test may stop")]
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose};

use super::{Anchored, CertificateFault, ChainVerdict, Roots, judge};
use crate::collect::testing::{Ca, Keyed, authority, dated, named};
use crate::evidence::certificate::{CandidateFault, Certificate, KeyKind};
use crate::evidence::moment::Moment;

const HOST: &str = "idp.example.com";

fn now() -> Moment {
    Moment::from_rfc3339("2025-06-01T00:00:00Z").unwrap()
}

fn server() -> CertificateParams {
    dated(named(HOST, &[HOST]), 2025, 2026)
}

fn ca() -> Ca {
    ca_from(2020, 2030)
}

fn ca_from(from: i32, to: i32) -> Ca {
    Ca::of(dated(authority(named("Example Root", &[])), from, to))
}

fn chain(keyed: &Keyed) -> Vec<Certificate> {
    keyed.chain.iter().map(|der| Certificate::from_der(der).unwrap()).collect()
}

fn fault(keyed: &Keyed, host: &str, roots: &Roots) -> CertificateFault {
    match judge(&chain(keyed), host, roots, now()) {
        ChainVerdict::Refused(fault) => fault,
        ChainVerdict::Trusted(how) => panic!("trusted {how:?}"),
    }
}

#[test]
fn a_right_chain_is_trusted() {
    let ca = ca();
    let roots = Roots::from_pem(&ca.pem());
    let trusted = ChainVerdict::Trusted(Anchored::ByAuthority);
    assert_eq!(judge(&chain(&ca.sign(&server())), HOST, &roots, now()), trusted);
    let below = ca.below(dated(authority(named("Below", &[])), 2020, 2030));
    let long = below.sign(&server()).with(&below).with(&ca);
    assert_eq!(judge(&chain(&long), "IDP.example.com.", &roots, now()), trusted);
}

#[test]
fn an_address_as_name() {
    let ca = ca();
    let roots = Roots::from_pem(&ca.pem());
    let keyed = ca.sign(&dated(named("x", &["192.0.2.10", "2001:db8::1"]), 2025, 2026));
    let trusted = ChainVerdict::Trusted(Anchored::ByAuthority);
    assert_eq!(judge(&chain(&keyed), "192.0.2.10", &roots, now()), trusted);
    assert_eq!(judge(&chain(&keyed), "[2001:db8::1]", &roots, now()), trusted);
    assert_eq!(
        fault(&keyed, "192.0.2.11", &roots).go_text().unwrap(),
        "x509: certificate is valid for 192.0.2.10, 2001:db8::1, not 192.0.2.11"
    );
    assert_eq!(
        fault(&keyed, HOST, &roots).go_text().unwrap(),
        "x509: certificate is not valid for any names, but wanted to match idp.example.com"
    );
}

#[test]
fn dates_of_every_certificate_count() {
    let ca = ca();
    let roots = Roots::from_pem(&ca.pem());
    let old = ca.sign(&dated(named(HOST, &[HOST]), 2023, 2024));
    assert_eq!(
        fault(&old, HOST, &roots).go_text().unwrap(),
        "x509: certificate has expired or is not yet valid: current time 2025-06-01T00:00:00Z is \
         after 2024-01-01T00:00:00Z"
    );
    let young = ca.sign(&dated(named(HOST, &[HOST]), 2026, 2027));
    assert!(matches!(fault(&young, HOST, &roots), CertificateFault::NotYetValid { .. }));
    let below = ca.below(dated(authority(named("Below", &[])), 2020, 2021));
    let middle = below.sign(&server()).with(&below);
    let CertificateFault::Expired { subject, .. } = fault(&middle, HOST, &roots) else {
        panic!("the middle certificate is expired");
    };
    assert_eq!(subject, "CN=Below");
}

#[test]
fn an_expired_root_does_not_count() {
    let ca = ca_from(2010, 2020);
    let keyed = ca.sign(&server());
    let CertificateFault::Expired { subject, not_after, .. } =
        fault(&keyed, HOST, &Roots::from_pem(&ca.pem()))
    else {
        panic!("the root is expired");
    };
    assert_eq!(
        (subject.as_str(), not_after.to_string().as_str()),
        ("CN=Example Root", "2020-01-01T00:00:00Z")
    );
}

#[test]
fn names() {
    let ca = ca();
    let roots = Roots::from_pem(&ca.pem());
    let other = ca.sign(&dated(named("x", &["a.example.com", "b.example.com"]), 2025, 2026));
    assert_eq!(
        fault(&other, HOST, &roots).go_text().unwrap(),
        "x509: certificate is valid for a.example.com, b.example.com, not idp.example.com"
    );
    let common = ca.sign(&dated(named(HOST, &[]), 2025, 2026));
    assert_eq!(
        fault(&common, HOST, &roots).go_text().unwrap(),
        "x509: certificate relies on legacy Common Name field, use SANs instead"
    );
    let wild = ca.sign(&dated(named("x", &["*.example.com"]), 2025, 2026));
    assert_eq!(
        judge(&chain(&wild), HOST, &roots, now()),
        ChainVerdict::Trusted(Anchored::ByAuthority)
    );
    assert!(matches!(fault(&wild, "a.b.example.com", &roots), CertificateFault::WrongName { .. }));
}

#[test]
fn names_to_the_letter() {
    let ca = ca();
    let roots = Roots::from_pem(&ca.pem());
    let plain = ca.sign(&server());
    let dotted = ca.sign(&dated(named("x", &["idp.example.com."]), 2025, 2026));
    let trusted = ChainVerdict::Trusted(Anchored::ByAuthority);
    assert_eq!(judge(&chain(&plain), "idp.example.com.", &roots, now()), trusted);
    assert_eq!(judge(&chain(&dotted), "idp.example.com.", &roots, now()), trusted);
    assert_eq!(
        fault(&dotted, HOST, &roots).go_text().unwrap(),
        "x509: certificate is valid for idp.example.com., not idp.example.com"
    );
    let under = ca.sign(&dated(named("x", &["idp_x.example.com"]), 2025, 2026));
    assert_eq!(judge(&chain(&under), "idp_x.example.com", &roots, now()), trusted);
    let star = ca.sign(&dated(named("x", &["*", "idp.*.com", "i*.example.com"]), 2025, 2026));
    assert!(matches!(fault(&star, HOST, &roots), CertificateFault::WrongName { .. }));
}

#[test]
fn an_authority_that_allows_none_below() {
    let root = ca();
    let mut params = dated(authority(named("Short", &[])), 2020, 2030);
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Constrained(0));
    let short = root.below(params);
    let below = short.below(dated(authority(named("Below", &[])), 2020, 2030));
    let keyed = below.sign(&server()).with(&below).with(&short);
    let found = fault(&keyed, HOST, &Roots::from_pem(&root.pem()));
    assert_eq!(found, CertificateFault::TooManyBetween { subject: "CN=Short".into() });
}

#[test]
fn an_authority_between_that_is_none() {
    let root = ca();
    let below = root.below(dated(named("Below", &[]), 2020, 2030));
    let keyed = below.sign(&server()).with(&below);
    let text = fault(&keyed, HOST, &Roots::from_pem(&root.pem())).go_text().unwrap();
    assert!(text.contains("parent certificate cannot sign this kind of certificate"), "{text}");
}

#[test]
fn a_server_certificate_marked_as_authority_is_left_open() {
    // Go accepts it, webpki does not: no verdict is better than a wrong one.
    let ca = ca();
    let keyed = ca.sign(&dated(authority(named(HOST, &[HOST])), 2025, 2026));
    let found = fault(&keyed, HOST, &Roots::from_pem(&ca.pem()));
    assert!(matches!(found, CertificateFault::Unsupported { .. }), "{found:?}");
    assert_eq!(found.go_text(), None);
}

#[test]
fn the_name_is_judged_before_the_authority() {
    let keyed = ca().sign(&server());
    let elsewhere = fault(&keyed, "other.example.com", &Roots::none());
    assert!(matches!(elsewhere, CertificateFault::WrongName { .. }));
}

#[test]
fn unknown_authorities() {
    let keyed = ca().sign(&server());
    let unknown = fault(&keyed, HOST, &Roots::from_pem(&Ca::new("Another").pem()));
    assert_eq!(
        unknown,
        CertificateFault::UnknownAuthority { issuer: "CN=Example Root".into(), candidate: None }
    );
    assert_eq!(unknown.go_text().unwrap(), "x509: certificate signed by unknown authority");
    let below = ca().below(dated(authority(named("Below", &[])), 2020, 2030));
    let CertificateFault::UnknownAuthority { issuer, .. } =
        fault(&below.sign(&server()), HOST, &Roots::from_pem(&ca().pem()))
    else {
        panic!("the certificate between is missing");
    };
    assert_eq!(issuer, "CN=Below");
}

#[test]
fn an_authority_of_the_same_name_and_another_key() {
    let keyed = ca().sign(&server());
    let text = fault(&keyed, HOST, &Roots::from_pem(&ca().pem())).go_text().unwrap();
    assert_eq!(
        text,
        "x509: certificate signed by unknown authority (possibly because of \"x509: ECDSA \
         verification failure\" while trying to verify candidate authority certificate \"Example \
         Root\")"
    );
}

#[test]
fn a_namesake_that_is_no_authority() {
    let served = Keyed::self_signed(&server());
    let earlier = Keyed::self_signed(&server());
    let found = fault(&served, HOST, &Roots::from_pem(&earlier.certificate.pem()));
    let CertificateFault::UnknownAuthority { candidate: Some(candidate), .. } = &found else {
        panic!("{found:?}");
    };
    assert_eq!(candidate.fault, CandidateFault::NotAnAuthority);
    assert!(found.go_text().unwrap().ends_with(
        "(possibly because of \"x509: invalid signature: parent certificate cannot sign this \
         kind of certificate\" while trying to verify candidate authority certificate \
         \"idp.example.com\")"
    ));
}

#[test]
fn a_signature_of_another_kind_has_no_words() {
    let ca = ca();
    let keyed = ca.sign(&server());
    let rsa = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048);
    let namesake = authority(named("Example Root", &[])).self_signed(&rsa.unwrap()).unwrap();
    let found = fault(&keyed, HOST, &Roots::from_pem(&namesake.pem()));
    let CertificateFault::UnknownAuthority { candidate: Some(candidate), .. } = &found else {
        panic!("{found:?}");
    };
    assert_eq!(candidate.fault, CandidateFault::OtherKey(KeyKind::Other));
    assert_eq!(found.go_text(), None);
}

#[test]
fn a_root_that_may_not_sign_does_not_count() {
    let ca = Ca::of(dated(named("Example Root", &[]), 2020, 2030));
    let found = fault(&ca.sign(&server()), HOST, &Roots::from_pem(&ca.pem()));
    assert!(matches!(
        found,
        CertificateFault::UnknownAuthority { candidate: Some(one), .. }
            if one.fault == CandidateFault::NotAnAuthority
    ));
}

#[test]
fn a_certificate_that_is_its_own_root() {
    for params in [server(), dated(authority(named(HOST, &[HOST])), 2025, 2026)] {
        let keyed = Keyed::self_signed(&params);
        let roots = Roots::from_pem(&keyed.certificate.pem());
        let own = ChainVerdict::Trusted(Anchored::ByItself);
        assert_eq!(judge(&chain(&keyed), HOST, &roots, now()), own);
        assert!(matches!(
            fault(&keyed, "other.example.com", &roots),
            CertificateFault::WrongName { .. }
        ));
        let stranger = fault(&keyed, HOST, &Roots::from_pem(&Ca::new("Another").pem()));
        assert!(matches!(stranger, CertificateFault::SelfSigned { .. }), "{stranger:?}");
    }
}

#[test]
fn purposes() {
    let ca = ca();
    let mut params = server();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let client = ca.sign(&params);
    let found = fault(&client, HOST, &Roots::from_pem(&ca.pem()));
    assert!(matches!(found, CertificateFault::WrongPurpose { .. }), "{found:?}");
    let own = fault(&client, HOST, &Roots::from_pem(&client.certificate.pem()));
    assert!(matches!(own, CertificateFault::WrongPurpose { .. }), "{own:?}");
}

#[test]
fn no_certificate_and_an_edited_one() {
    let nothing = judge(&[], HOST, &Roots::none(), now());
    assert!(matches!(nothing, ChainVerdict::Refused(CertificateFault::Unreadable { .. })));
    let mut edited = chain(&ca().sign(&server()));
    edited[0].der = "????".into();
    let verdict = judge(&edited, HOST, &Roots::none(), now());
    assert!(matches!(verdict, ChainVerdict::Refused(CertificateFault::Unreadable { .. })));
}

#[test]
fn a_chain_that_is_too_long_is_not_looked_at() {
    let one = chain(&ca().sign(&server()));
    let long: Vec<Certificate> = one.iter().cycle().take(100_000).cloned().collect();
    let verdict = judge(&long, HOST, &Roots::none(), now());
    assert!(matches!(verdict, ChainVerdict::Refused(CertificateFault::Unsupported { .. })));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(200))]

    /// No damaged certificate is trusted or stops the program.
    #[test]
    fn damage_is_refused(place in 0.0_f64..1.0, change in 1_u8..=255) {
        let ca = ca();
        let roots = Roots::from_pem(&ca.pem());
        let mut der = ca.sign(&server()).chain[0].to_vec();
        let index = ((der.len() - 1) as f64 * place) as usize;
        der[index] ^= change;
        if let Ok(damaged) = Certificate::from_der(&der) {
            let verdict = judge(&[damaged], HOST, &roots, now());
            proptest::prop_assert!(matches!(verdict, ChainVerdict::Refused(_)), "{verdict:?}");
        }
    }

    #[test]
    fn any_bytes_and_any_text(bytes: Vec<u8>, text: String) {
        let _ = Certificate::from_der(&bytes);
        let block = format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----");
        proptest::prop_assert!(crate::evidence::certificate::pem_facts(&block).certificates.is_empty());
    }
}
