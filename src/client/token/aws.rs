//! The token of EKS: a presigned URL. Source: kubernetes-sigs/aws-iam-authenticator `pkg/token/token.go`.

use super::base64url;

/// What of a presigned URL may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsToken {
    /// The host of the security token service.
    pub host: String,
    /// When it was signed, as `20261124T090000Z`; it is good for 15 minutes.
    pub signed_at: Option<String>,
    /// The region of the signature.
    pub region: Option<String>,
}

const PREFIX: &str = "k8s-aws-v1.";

pub(super) fn read(token: &str) -> Option<AwsToken> {
    let encoded = token.strip_prefix(PREFIX)?;
    let url =
        base64url(encoded).and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let (host, query) = rest.split_once('?').unwrap_or((rest, ""));
    let host = host.split('/').next().unwrap_or_default().to_owned();
    let value = |name: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
    };
    // ACCESS-KEY/DATE/REGION/SERVICE/aws4_request, with slashes escaped
    let scope = value("X-Amz-Credential").map(|scope| scope.replace("%2F", "/"));
    let region = scope.and_then(|scope| scope.split('/').nth(2).map(str::to_owned));
    Some(AwsToken { host, signed_at: value("X-Amz-Date"), region })
}
