//! The user entry with kubectl's flags on top. Source: client-go `client_config.go`, func `getAuthInfo`.

use crate::client::kubeconfig::{AuthProvider, Exec, Impersonation, Overrides, User};
use crate::client::place::Placed;
use secrecy::{ExposeSecret as _, SecretString};
use std::path::Path;

/// What counts of an entry and the flags.
pub(super) struct Effective<'u, 'e> {
    pub(super) token: Option<&'e SecretString>,
    pub(super) token_file: Option<&'e Path>,
    pub(super) username: Option<&'e str>,
    pub(super) password: bool,
    pub(super) certificate_file: Option<&'e Path>,
    pub(super) certificate_data: bool,
    pub(super) key_file: Option<&'e Path>,
    pub(super) key_data: bool,
    pub(super) auth_provider: Option<&'u Placed<AuthProvider>>,
    pub(super) exec: Option<&'u Placed<Exec>>,
    pub(super) acts_as_somebody: bool,
    pub(super) acts_with_attributes: bool,
}

impl<'u: 'e, 'e> Effective<'u, 'e> {
    pub(super) fn new(user: Option<&'u User>, overrides: &'e Overrides) -> Effective<'u, 'e> {
        let given = |token: &&SecretString| !token.expose_secret().is_empty();
        let text = |text: &'e Option<String>| text.as_deref().filter(|text| !text.is_empty());
        let placed = user.map(|user| &user.certificate);
        let flag_certificate = overrides.client_certificate.as_deref();
        let flag_key = overrides.client_key.as_deref();
        let file = |file: Option<&'u Placed<crate::client::kubeconfig::FilePath>>| {
            file.map(|file| file.value.resolved.as_path())
        };
        let impersonation = user.map(|user| &user.impersonation);
        let attributes =
            |of: &Impersonation| of.uid.is_some() || !of.groups.is_empty() || of.extra.is_some();
        Effective {
            token: overrides
                .token
                .as_ref()
                .filter(given)
                .or_else(|| user.and_then(|user| user.token.as_ref()).map(|token| &token.value)),
            token_file: file(user.and_then(|user| user.token_file.as_ref())),
            username: text(&overrides.username).or_else(|| {
                user.and_then(|user| user.username.as_ref()).map(|name| name.value.as_str())
            }),
            password: overrides.password.is_some() || user.is_some_and(|u| u.password.is_some()),
            certificate_file: flag_certificate
                .or_else(|| file(placed.and_then(|placed| placed.file.as_ref()))),
            certificate_data: flag_certificate.is_none()
                && placed.is_some_and(|p| p.data.is_some()),
            key_file: flag_key.or_else(|| file(placed.and_then(|placed| placed.key_file.as_ref()))),
            key_data: flag_key.is_none() && placed.is_some_and(|p| p.key_data.is_some()),
            auth_provider: user.and_then(|user| user.auth_provider.as_ref()),
            exec: user.and_then(|user| user.exec.as_ref()),
            acts_as_somebody: text(&overrides.impersonated_user).is_some()
                || impersonation.is_some_and(|of| of.user.is_some()),
            acts_with_attributes: text(&overrides.impersonated_uid).is_some()
                || !overrides.impersonated_groups.is_empty()
                || impersonation.is_some_and(attributes),
        }
    }

    /// There is a client certificate.
    pub(super) fn certificate(&self) -> bool {
        self.certificate_file.is_some() || self.certificate_data
    }

    /// There is a name or a password.
    pub(super) fn basic(&self) -> bool {
        self.username.is_some() || self.password
    }
}
