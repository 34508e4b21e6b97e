//! The texts that facts were read from, for edits that show a line.

use std::collections::BTreeMap;

use crate::client::view;
use crate::evidence::Evidence;
use crate::evidence::gathered::KubeconfigFile;

/// Every text with its secrets blanked, by the path that origins show.
pub fn texts(evidence: &Evidence) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    for file in &evidence.kubeconfig {
        if let KubeconfigFile::Read(document) = file {
            let shown = view::shown(document.path.as_ref(), &evidence.situation.home);
            texts.insert(shown, document.text.blanked().to_owned());
        }
    }
    let planes = evidence.control_planes.iter().flat_map(|plane| &plane.documents);
    for document in planes.chain(evidence.rbac.iter().flatten()) {
        texts.insert(document.path.clone(), document.text.blanked().to_owned());
    }
    texts
}
