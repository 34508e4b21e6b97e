//! Certificates of a world: a public root, a private one, the cluster's, and leaves of every kind.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Datelike, Utc};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, SanType, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// A certificate authority.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its own certificate in PEM.
    pub(crate) pem: String,
}

/// A certificate with its key.
pub(crate) struct Leaf {
    /// The certificate in PEM.
    pub(crate) pem: String,
    /// Its key in PEM.
    pub(crate) key: String,
    der: CertificateDer<'static>,
    key_der: Vec<u8>,
}

/// When a leaf is valid.
#[derive(Clone, Copy)]
pub(crate) enum Validity {
    /// At any moment a world is about.
    Always,
    /// Until a month before this moment.
    EndedBefore(DateTime<Utc>),
    /// Between two moments.
    Between(DateTime<Utc>, DateTime<Utc>),
}

impl Authority {
    /// A new root of this name.
    pub(crate) fn new(name: &str) -> Authority {
        let mut params = CertificateParams::default();
        params.distinguished_name = distinguished(name, None);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        set_validity(&mut params, Validity::Always);
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a root").pem();
        Authority { issuer: Issuer::new(params, key), pem }
    }

    /// A server certificate for these names.
    pub(crate) fn server(&self, names: &[String], validity: Validity) -> Leaf {
        let params = server_params(names, validity);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a leaf");
        Leaf::new(&certificate, &key)
    }

    /// A client certificate of this user.
    pub(crate) fn client(&self, user: &str, group: Option<&str>, validity: Validity) -> Leaf {
        let mut params = CertificateParams::default();
        params.distinguished_name = distinguished(user, group);
        set_validity(&mut params, validity);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a leaf");
        Leaf::new(&certificate, &key)
    }
}

impl Leaf {
    /// A server certificate that signs itself and is no authority.
    pub(crate) fn self_signed(names: &[String]) -> Leaf {
        let mut params = server_params(names, Validity::Always);
        // CA:FALSE, as openssl writes it when told so.
        params.custom_extensions =
            vec![CustomExtension::from_oid_content(&[2, 5, 29, 19], vec![0x30, 0x00])];
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a leaf");
        Leaf::new(&certificate, &key)
    }

    fn new(certificate: &rcgen::Certificate, key: &KeyPair) -> Leaf {
        Leaf {
            pem: certificate.pem(),
            key: key.serialize_pem(),
            der: certificate.der().clone(),
            key_der: key.serialize_der(),
        }
    }

    /// How a server presents this certificate.
    pub(crate) fn server_config(&self) -> Arc<ServerConfig> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key_der.clone()));
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![self.der.clone()], key)
            .expect("a certificate with its key");
        Arc::new(config)
    }
}

fn server_params(names: &[String], validity: Validity) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = distinguished(&names[0], None);
    params.subject_alt_names = names.iter().map(|name| san(name)).collect();
    set_validity(&mut params, validity);
    params
}

fn san(name: &str) -> SanType {
    match name.parse::<IpAddr>() {
        Ok(ip) => SanType::IpAddress(ip),
        Err(_) => SanType::DnsName(name.try_into().expect("an ASCII name")),
    }
}

fn distinguished(name: &str, group: Option<&str>) -> DistinguishedName {
    let mut dn = DistinguishedName::new();
    if let Some(group) = group {
        dn.push(DnType::OrganizationName, group);
    }
    dn.push(DnType::CommonName, name);
    dn
}

fn set_validity(params: &mut CertificateParams, validity: Validity) {
    let (from, to) = match validity {
        Validity::Always => {
            params.not_before = date_time_ymd(2010, 1, 1);
            params.not_after = date_time_ymd(2049, 1, 1);
            return;
        }
        Validity::EndedBefore(moment) => {
            let end = moment - chrono::Duration::days(30);
            (end - chrono::Duration::days(365), end)
        }
        Validity::Between(from, to) => (from, to),
    };
    let moment = |at: DateTime<Utc>| {
        let day = u8::try_from(at.day()).expect("a day");
        let month = u8::try_from(at.month()).expect("a month");
        let seconds = at.timestamp().rem_euclid(86_400).unsigned_abs();
        date_time_ymd(at.year(), month, day) + Duration::from_secs(seconds)
    };
    params.not_before = moment(from);
    params.not_after = moment(to);
}
