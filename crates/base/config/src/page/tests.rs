//! The page in `docs/` is the one that the table gives.

use std::path::Path;

use super::configuration_page;

#[test]
fn the_page_in_docs_is_fresh() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/configuration.md");
    let page = configuration_page();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, &page).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        written == page,
        "stale: UPDATE=1 cargo test -p ottla-config"
    );
}
