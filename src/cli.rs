//! The command line: clap types only.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::collect::{TokenInput, Wishes};
use crate::error::RunError;
use crate::evidence::gathered::Overrides;
use crate::evidence::moment::Moment;

/// Why does kubectl answer Unauthorized after an OpenID Connect login?
///
/// oidc-doctor finds the token that kubectl would send, the issuer's discovery document and keys, the
/// API server's OIDC settings and the RBAC objects, replays the API server's own decision, and names
/// the cause, who can repair it, and how. It changes nothing; of a plugin it asks no more
/// than its version.
#[derive(Debug, Parser)]
#[command(name = "oidc-doctor", version, max_term_width = 80, after_help = EXIT_CODES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0   the request should work, nothing to report
  10  at least one finding blocks it
  11  only lesser findings
  12  cannot tell: the report lists what is missing
  1   the program itself failed
  2   bad usage, unreadable input, a refused check file";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Diagnose: collect, replay, judge, explain, propose.
    Check(Box<Check>),
    /// Show the facts of this situation as checks see them, each with its origin.
    Facts(Box<Check>),
    /// Replay the API server's decision on a token: JSON in, JSON out, no collecting.
    Replay(Box<Replay>),
    /// Diagnose a bundled case; no cluster is needed.
    Demo(Demo),
    /// Explain a check: what it looks for, why it matters, who repairs it.
    Explain(Explain),
    /// List the checks, or try a folder of own checks.
    Checks(Checks),
}

/// Options of `check`. kubectl's own words mean what they mean there.
#[derive(Args, Clone, Debug, Default)]
pub struct Check {
    /// The kubeconfig file, instead of KUBECONFIG and ~/.kube/config.
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// The context to use.
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
    /// The cluster entry to use.
    #[arg(long, value_name = "NAME")]
    pub cluster: Option<String>,
    /// The user entry to use.
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// The namespace of the request.
    #[arg(short, long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// The API server's URL.
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// The request to judge: `VERB RESOURCE[.GROUP][/SUBRESOURCE] [NAME]`.
    #[arg(long = "for", value_name = "REQUEST")]
    pub request: Option<String>,
    /// Judge this token instead of the one found; - reads standard input.
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Where the API server's settings can be read: a manifest, a list of flags, an
    /// AuthenticationConfiguration, or a folder of them. Recognised by content.
    #[arg(long, value_name = "FILE")]
    pub apiserver_config: Vec<PathBuf>,
    /// The API server's version, when it cannot be seen.
    #[arg(long, value_name = "VERSION")]
    pub apiserver_version: Option<String>,
    /// RBAC manifests instead of asking the cluster.
    #[arg(long, value_name = "FILE")]
    pub rbac: Vec<PathBuf>,
    /// The provider's lifetimes as configured (not read by this version; reported as unknown).
    #[arg(long, value_name = "FILE")]
    pub idp_policy: Vec<PathBuf>,
    /// Log lines of the API server.
    #[arg(long, value_name = "FILE")]
    pub apiserver_log: Vec<PathBuf>,
    /// Additional trust for the issuer, as --oidc-ca-file would give the API server.
    #[arg(long, value_name = "FILE")]
    pub issuer_ca: Option<PathBuf>,
    /// Connect to ADDR for HOST:PORT, as in curl.
    #[arg(long, value_name = "HOST:PORT:ADDR")]
    pub resolve: Vec<String>,
    /// Use no network at all.
    #[arg(long)]
    pub offline: bool,
    /// Take all evidence from a saved bundle; nothing is collected.
    #[arg(long, value_name = "FILE")]
    pub bundle: Option<PathBuf>,
    /// Keep the redacted evidence in this file.
    #[arg(long, value_name = "FILE")]
    pub save_bundle: Option<PathBuf>,
    /// Own checks beside the built-in ones; their ids appear as local/ID.
    #[arg(long, value_name = "DIR")]
    pub checks: Vec<PathBuf>,
    /// Only these checks.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Not these checks.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub skip: Vec<String>,
    /// The form of the result.
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Format,
    /// Seconds for all collecting together.
    #[arg(long, value_name = "SECONDS", default_value_t = 15.0)]
    pub deadline: f64,
    /// Judge as of this moment (RFC 3339).
    #[arg(long, value_name = "TIME")]
    pub now: Option<String>,
    /// Exit 0 whatever was found.
    #[arg(long)]
    pub exit_zero: bool,
    /// The very command that failed: `-- kubectl get nodes`.
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

/// Forms of the result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One JSON object, the contract for scripts.
    Json,
    /// For a person in a hurry.
    #[default]
    Text,
}

/// Options of `replay`.
#[derive(Args, Debug)]
pub struct Replay {
    /// Read one question a line from standard input and answer each with one line.
    #[arg(long)]
    pub lines: bool,
    /// Leave the steps out of the answers.
    #[arg(long)]
    pub no_steps: bool,
    /// The token; - reads standard input.
    #[arg(long, value_name = "FILE", required_unless_present = "lines")]
    pub token_file: Option<PathBuf>,
    /// The AuthenticationConfiguration.
    #[arg(long, value_name = "FILE")]
    pub authentication_config: Option<PathBuf>,
    /// The issuer's key set.
    #[arg(long, value_name = "FILE")]
    pub jwks: Option<PathBuf>,
    /// The API server's version; default the newest.
    #[arg(long, value_name = "VERSION")]
    pub apiserver_version: Option<String>,
    /// The server's clock (RFC 3339).
    #[arg(long, value_name = "TIME")]
    pub now: Option<String>,
    #[command(flatten)]
    oidc: OidcFlags,
}

/// kube-apiserver's own flags, as it has them.
#[derive(Args, Debug)]
struct OidcFlags {
    #[arg(long, value_name = "FILE", help_heading = OIDC)]
    oidc_ca_file: Option<String>,
    #[arg(long, value_name = "ID", help_heading = OIDC)]
    oidc_client_id: Option<String>,
    #[arg(long, value_name = "CLAIM", help_heading = OIDC)]
    oidc_groups_claim: Option<String>,
    #[arg(long, value_name = "TEXT", help_heading = OIDC, allow_hyphen_values = true)]
    oidc_groups_prefix: Option<String>,
    #[arg(long, value_name = "URL", help_heading = OIDC)]
    oidc_issuer_url: Option<String>,
    #[arg(long, value_name = "CLAIM=VALUE", help_heading = OIDC)]
    oidc_required_claim: Vec<String>,
    #[arg(long, value_name = "ALGS", help_heading = OIDC)]
    oidc_signing_algs: Vec<String>,
    #[arg(long, value_name = "CLAIM", help_heading = OIDC)]
    oidc_username_claim: Option<String>,
    #[arg(long, value_name = "TEXT", help_heading = OIDC, allow_hyphen_values = true)]
    oidc_username_prefix: Option<String>,
}

const OIDC: &str = "Flags of kube-apiserver";

impl Replay {
    /// kube-apiserver's flags as given here.
    pub fn flags(&self) -> Vec<String> {
        let oidc = &self.oidc;
        let single = [
            ("ca-file", &oidc.oidc_ca_file),
            ("client-id", &oidc.oidc_client_id),
            ("groups-claim", &oidc.oidc_groups_claim),
            ("groups-prefix", &oidc.oidc_groups_prefix),
            ("issuer-url", &oidc.oidc_issuer_url),
            ("username-claim", &oidc.oidc_username_claim),
            ("username-prefix", &oidc.oidc_username_prefix),
        ];
        let given = single.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
        let claims = oidc.oidc_required_claim.iter().map(|value| ("required-claim", value));
        let algorithms = oidc.oidc_signing_algs.iter().map(|value| ("signing-algs", value));
        given
            .chain(claims)
            .chain(algorithms)
            .map(|(name, value)| format!("--oidc-{name}={value}"))
            .collect()
    }
}

/// Options of `demo`.
#[derive(Args, Debug)]
pub struct Demo {
    /// Which case; without it, the failure that this program was first built for.
    pub case: Option<String>,
    /// List the bundled cases.
    #[arg(long)]
    pub list: bool,
    /// The form of the result.
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Format,
    /// Exit 0 whatever was found.
    #[arg(long)]
    pub exit_zero: bool,
}

/// Options of `explain`.
#[derive(Args, Debug)]
pub struct Explain {
    /// The check's id.
    pub id: String,
    /// Own checks beside the built-in ones.
    #[arg(long, value_name = "DIR")]
    pub checks: Vec<PathBuf>,
}

/// The commands under `checks`.
#[derive(Args, Debug)]
pub struct Checks {
    /// What to do with them.
    #[command(subcommand)]
    pub command: ChecksCommand,
}

/// What can be done with checks.
#[derive(Debug, Subcommand)]
pub enum ChecksCommand {
    /// List every check with its step and title.
    List,
    /// List the facts that a check may read.
    Facts,
    /// Load a folder of own checks and say what is wrong with it.
    Lint {
        /// The folder.
        dir: PathBuf,
    },
}

/// More seconds than anybody waits.
const LONGEST: f64 = 3600.0;

impl Check {
    /// The options as wishes to the collectors.
    ///
    /// # Errors
    ///
    /// A value that does not have the form that its option wants.
    pub fn wishes(&self) -> Result<Wishes, RunError> {
        let usage = |text: String| RunError::Usage(text);
        let now = match &self.now {
            Some(text) => Some(Moment::from_rfc3339(text).ok_or_else(|| {
                usage(format!("--now {text}: not a time of RFC 3339, such as 2026-11-24T09:00:00Z"))
            })?),
            None => None,
        };
        if !(self.deadline > 0.0 && self.deadline <= LONGEST) {
            return Err(usage(format!("--deadline {}: not between 0 and 3600", self.deadline)));
        }
        if let Some(text) = &self.request
            && crate::client::command::for_request(text).is_none()
        {
            let form = "VERB RESOURCE[.GROUP][/SUBRESOURCE] [NAME]";
            return Err(usage(format!("--for {text:?}: not of the form {form}")));
        }
        let pins = self
            .resolve
            .iter()
            .map(|text| text.parse().map_err(|why| usage(format!("--resolve {text}: {why}"))))
            .collect::<Result<_, _>>()?;
        Ok(Wishes {
            overrides: self.overrides(),
            request: self.request.clone(),
            command: self.command.clone(),
            token: self.token_file.clone().map(|path| match path.to_str() {
                Some("-") => TokenInput::StandardInput,
                _ => TokenInput::File(path),
            }),
            apiserver_config: self.apiserver_config.clone(),
            apiserver_version: self.apiserver_version.clone(),
            rbac: self.rbac.clone(),
            idp_policy: self.idp_policy.clone(),
            apiserver_log: self.apiserver_log.clone(),
            issuer_ca: self.issuer_ca.clone(),
            pins,
            offline: self.offline,
            deadline: Duration::from_secs_f64(self.deadline),
            now,
        })
    }

    fn overrides(&self) -> Overrides {
        Overrides {
            kubeconfig: self.kubeconfig.as_ref().map(|path| path.display().to_string()),
            context: self.context.clone(),
            cluster: self.cluster.clone(),
            user: self.user.clone(),
            namespace: self.namespace.clone(),
            server: self.server.clone(),
        }
    }
}
