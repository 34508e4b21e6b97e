//! The live API server, asked with the context's own credential.

use secrecy::ExposeSecret;

use super::cluster::{self, AccessRequest, Server};
use super::http::Network;
use crate::client::view;
use crate::evidence::Evidence;
use crate::evidence::gathered::{LiveSight, NetworkUse, Situation, Token, TokenText};

/// Sends this token instead of what was found.
pub(super) fn send(server: &mut Server, token: Option<&Token>) {
    if let Some(TokenText::Whole(secret)) = token.map(|token| &token.text) {
        server.credential.bearer = Some(secret.expose_secret().to_owned().into());
    }
}

/// Asks, if there is a server to ask. `in_force` is the namespace of the context.
pub(super) async fn ask(
    network: &Network,
    server: Option<&Server>,
    situation: &Situation,
    in_force: &str,
) -> Option<LiveSight> {
    let server = server?;
    if situation.network == NetworkUse::Offline {
        return None;
    }
    let asked = view::asked(situation, in_force);
    let namespace = asked.namespace.clone();
    let request = match asked.resource.starts_with('/') {
        true => AccessRequest::Path { verb: asked.verb, path: asked.resource },
        false => AccessRequest::Resource {
            verb: asked.verb,
            group: asked.group,
            resource: asked.resource,
            subresource: asked.subresource,
            name: asked.name,
            namespace: asked.namespace,
        },
    };
    Some(cluster::ask(network, server, Some(&request), &namespace).await)
}

/// The server's clock, where it can be seen and no moment was given.
pub(super) fn set_clock(evidence: &mut Evidence) {
    if evidence.situation.clock != "this machine" {
        return;
    }
    let date = evidence.live.as_ref().and_then(|live| live.version.date());
    if let Some(date) = date {
        evidence.situation.now = date;
        evidence.situation.clock = "API server".to_owned();
    }
}
