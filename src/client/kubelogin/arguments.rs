//! The arguments of `get-token` as values.

use super::fault::ArgumentFault;
use super::flags::Takes;
use super::pflag::{self, Given};
use secrecy::{ExposeSecret as _, SecretString};

/// A map of a flag, in the order in which it was given. Values may be secret.
pub type Pairs = Vec<(String, SecretString)>;

/// How a token is got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// Authorization code, through a browser that comes back to this machine.
    AuthCode,
    /// Authorization code, typed in.
    AuthCodeKeyboard,
    /// The client's own token, without a person.
    ClientCredentials,
    /// Device code.
    DeviceCode,
    /// Name and password.
    Password,
}

/// Which proof key the login uses. The numbers are those of the cache key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pkce {
    /// S256 if the provider offers it.
    #[default]
    Auto = 0,
    /// None.
    No = 1,
    /// S256.
    S256 = 2,
}

/// Whether the server may renegotiate TLS. The numbers are those of the cache key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Renegotiation {
    /// Never.
    #[default]
    Never = 0,
    /// Once.
    Once = 1,
    /// As often as it likes.
    Freely = 2,
}

/// What the arguments say; what they do not say has kubelogin's default.
#[derive(Clone, Debug, Default)]
pub struct Arguments {
    /// `--oidc-issuer-url`, literally.
    pub issuer_url: String,
    /// `--oidc-client-id`.
    pub client_id: String,
    /// `--oidc-client-secret`; empty for a public client.
    pub client_secret: SecretString,
    /// `--oidc-redirect-url`.
    pub redirect_url: String,
    /// `--oidc-redirect-url-hostname`, until 1.35.0.
    pub redirect_url_hostname: Option<String>,
    /// `--oidc-redirect-url-authcode-keyboard`, until 1.35.0.
    pub redirect_url_authcode_keyboard: Option<String>,
    /// `--oidc-extra-scope`, in order.
    pub extra_scopes: Vec<String>,
    /// `--oidc-use-access-token`.
    pub use_access_token: bool,
    /// `--oidc-request-header`.
    pub request_headers: Option<Pairs>,
    /// `--oidc-auth-request-extra-params`.
    pub auth_request_extra_params: Option<Pairs>,
    /// `--force-refresh`.
    pub force_refresh: bool,
    /// `--token-cache-dir`.
    pub token_cache_dir: Option<String>,
    /// `--token-cache-storage`.
    pub token_cache_storage: Option<String>,
    /// `--certificate-authority`, before `~` is expanded.
    pub certificate_authority: Vec<String>,
    /// `--certificate-authority-data`.
    pub certificate_authority_data: Vec<String>,
    /// `--insecure-skip-tls-verify`.
    pub insecure_skip_tls_verify: bool,
    /// `--tls-renegotiation-once`, `--tls-renegotiation-freely`.
    pub renegotiation: Renegotiation,
    /// `--oidc-use-pkce`.
    pub use_pkce: bool,
    /// `--oidc-pkce-method`.
    pub pkce_method: Pkce,
    /// `--grant-type`; none for `auto`.
    pub grant_type: Option<Grant>,
    /// `--listen-address`; empty for the default.
    pub listen_addresses: Vec<String>,
    /// `--listen-port`, until 1.31.1.
    pub listen_ports: Vec<String>,
    /// `--skip-open-browser`.
    pub skip_open_browser: bool,
    /// `--browser-command`.
    pub browser_command: Option<String>,
    /// `--authentication-timeout-sec`.
    pub authentication_timeout_seconds: Option<u64>,
    /// `--local-server-cert`.
    pub local_server_cert: Option<String>,
    /// `--local-server-key`.
    pub local_server_key: Option<String>,
    /// `--username`.
    pub username: String,
    /// `--password`.
    pub password: SecretString,
}

impl Arguments {
    /// The grant that would be used: without `--grant-type`, a user name chooses the password grant.
    pub fn grant(&self) -> Grant {
        let auto = if self.username.is_empty() { Grant::AuthCode } else { Grant::Password };
        self.grant_type.unwrap_or(auto)
    }

    /// The proof key that would be used.
    pub fn pkce(&self) -> Pkce {
        if self.use_pkce { Pkce::S256 } else { self.pkce_method }
    }

    /// Whether the client has a secret.
    pub fn has_client_secret(&self) -> bool {
        !self.client_secret.expose_secret().is_empty()
    }

    /// The scopes as they are requested: the extra ones in order, then `openid`.
    pub fn scopes(&self) -> Vec<&str> {
        self.extra_scopes.iter().map(String::as_str).chain(["openid"]).collect()
    }

    /// The addresses at which the browser may come back, in the order in which they are tried.
    pub fn listen_at(&self) -> Vec<String> {
        if !self.listen_addresses.is_empty() {
            return self.listen_addresses.clone();
        }
        if !self.listen_ports.is_empty() {
            return self.listen_ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
        }
        vec!["127.0.0.1:8000".to_owned(), "127.0.0.1:18000".to_owned()]
    }
}

/// Reads the arguments after `get-token` as the plugin does, and says what is wrong with them for
/// some or all releases.
pub fn parse(args: &[&str]) -> (Arguments, Vec<ArgumentFault>) {
    let mut faults = Vec::new();
    let mut arguments = Arguments::default();
    let mut once = false;
    for given in pflag::split(args, &mut faults) {
        releases(&given, &mut faults);
        if given.flag.name == "tls-renegotiation-once" {
            once = pflag::boolean(given.value).unwrap_or_default();
        }
        if let Err(wants) = arguments.set(&given) {
            let (index, flag) = (given.index, given.flag.name);
            faults.push(ArgumentFault::BadValue { index, flag, wants });
        }
    }
    if once {
        arguments.renegotiation = Renegotiation::Once;
    }
    if arguments.issuer_url.is_empty() {
        faults.push(ArgumentFault::Missing { flag: "oidc-issuer-url" });
    }
    if arguments.client_id.is_empty() {
        faults.push(ArgumentFault::Missing { flag: "oidc-client-id" });
    }
    (arguments, faults)
}

/// The first release whose flags are taken for granted; nobody runs an older one.
const OLD: super::Release = super::Release::one(17, 0);

fn releases(given: &Given<'_>, faults: &mut Vec<ArgumentFault>) {
    let (index, flag) = (given.index, given.flag.name);
    if given.flag.since > OLD {
        faults.push(ArgumentFault::Recent { index, flag, since: given.flag.since });
    }
    if let Some(since) = given.flag.deprecated {
        faults.push(ArgumentFault::Deprecated { index, flag, since });
    }
    if let Some(since) = given.flag.removed {
        faults.push(ArgumentFault::Removed { index, flag, since });
    }
}

const WANTS_BOOL: &str = "parsing \"...\": invalid syntax";
const WANTS_LIST: &str = "comma-separated values";
const WANTS_NUMBER: &str = "parsing \"...\": invalid syntax";
const WANTS_PAIR: &str = "\"...\" must be formatted as key=value";

impl Arguments {
    fn set(&mut self, given: &Given<'_>) -> Result<(), &'static str> {
        match given.flag.takes {
            Takes::Array | Takes::List => self.set_list(given),
            Takes::Bool => {
                let value = pflag::boolean(given.value).ok_or(WANTS_BOOL)?;
                self.set_bool(given.flag.name, value);
                Ok(())
            }
            Takes::Map => self.set_map(given),
            Takes::Number => {
                let number = given.value.parse::<u64>().map_err(|_| WANTS_NUMBER)?;
                if given.flag.name == "authentication-timeout-sec" {
                    self.authentication_timeout_seconds = Some(number);
                }
                Ok(())
            }
            Takes::Text => self.set_text(given.flag.name, given.value),
        }
    }

    fn set_bool(&mut self, name: &str, value: bool) {
        match name {
            "force-refresh" => self.force_refresh = value,
            "insecure-skip-tls-verify" => self.insecure_skip_tls_verify = value,
            "oidc-use-access-token" => self.use_access_token = value,
            "oidc-use-pkce" => self.use_pkce = value,
            "skip-open-browser" => self.skip_open_browser = value,
            "tls-renegotiation-freely" if value => self.renegotiation = Renegotiation::Freely,
            "tls-renegotiation-freely" => self.renegotiation = Renegotiation::Never,
            _ => {}
        }
    }

    fn set_list(&mut self, given: &Given<'_>) -> Result<(), &'static str> {
        let items = match given.flag.takes {
            Takes::List => pflag::csv(given.value).ok_or(WANTS_LIST)?,
            _ => vec![given.value.to_owned()],
        };
        match given.flag.name {
            "certificate-authority" => self.certificate_authority.extend(items),
            "certificate-authority-data" => self.certificate_authority_data.extend(items),
            "listen-address" => self.listen_addresses.extend(items),
            "listen-port" => self.listen_ports.extend(items),
            "oidc-extra-scope" => self.extra_scopes.extend(items),
            _ => {}
        }
        Ok(())
    }

    fn set_map(&mut self, given: &Given<'_>) -> Result<(), &'static str> {
        let pairs = pflag::pairs(given.value).ok_or(WANTS_PAIR)?;
        let map = match given.flag.name {
            "oidc-request-header" => &mut self.request_headers,
            _ => &mut self.auth_request_extra_params,
        };
        let map = map.get_or_insert_with(Vec::new);
        for (name, value) in pairs {
            let value = SecretString::from(value);
            match map.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => *known = value,
                None => map.push((name, value)),
            }
        }
        Ok(())
    }

    fn set_text(&mut self, name: &str, value: &str) -> Result<(), &'static str> {
        let text = value.to_owned();
        match name {
            "browser-command" => self.browser_command = Some(text),
            "grant-type" => self.grant_type = grant(value)?,
            "local-server-cert" => self.local_server_cert = Some(text),
            "local-server-key" => self.local_server_key = Some(text),
            "oidc-client-id" => self.client_id = text,
            "oidc-client-secret" => self.client_secret = text.into(),
            "oidc-issuer-url" => self.issuer_url = text,
            "oidc-pkce-method" => self.pkce_method = pkce(value)?,
            "oidc-redirect-url" => self.redirect_url = text,
            "oidc-redirect-url-authcode-keyboard" => {
                self.redirect_url_authcode_keyboard = Some(text);
            }
            "oidc-redirect-url-hostname" => self.redirect_url_hostname = Some(text),
            "password" => self.password = text.into(),
            "token-cache-dir" => self.token_cache_dir = Some(text),
            "token-cache-storage" => self.token_cache_storage = Some(storage(text)?),
            "username" => self.username = text,
            _ => {}
        }
        Ok(())
    }
}

fn grant(text: &str) -> Result<Option<Grant>, &'static str> {
    Ok(Some(match text {
        "auto" => return Ok(None),
        "authcode" => Grant::AuthCode,
        "authcode-keyboard" => Grant::AuthCodeKeyboard,
        "client-credentials" => Grant::ClientCredentials,
        "device-code" => Grant::DeviceCode,
        "password" => Grant::Password,
        _ => return Err("auto|authcode|authcode-keyboard|password|device-code|client-credentials"),
    }))
}

fn pkce(text: &str) -> Result<Pkce, &'static str> {
    match text {
        "auto" => Ok(Pkce::Auto),
        "no" => Ok(Pkce::No),
        "S256" => Ok(Pkce::S256),
        _ => Err("oidc-pkce-method must be one of (auto|no|S256)"),
    }
}

/// `auto` was known in 1.32.0 and 1.32.1 only.
fn storage(text: String) -> Result<String, &'static str> {
    match text.as_str() {
        "auto" | "disk" | "keyring" | "none" => Ok(text),
        _ => Err("token-cache-storage must be one of (disk|keyring|none)"),
    }
}
