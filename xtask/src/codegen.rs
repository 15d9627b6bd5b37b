//! Writes the generated sources of the wire crate from its schema files.

mod api_key;
mod decode;
mod encode;
mod error_code;
mod format;
mod message;
mod names;
mod record;
mod types;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use ottla_schema::{Area, read_directory};

const CRATE: &str = "crates/protocol/messages";

/// What the command line says.
#[derive(clap::Args)]
pub struct Options {
    /// Writes nothing: fails when a generated file is not what the schema files give.
    #[arg(long)]
    check: bool,
}

/// Writes every generated file, or only compares them with what lies there.
///
/// # Errors
/// When a schema file is wrong, or a generated file is not what they give.
pub fn run(options: &Options) -> anyhow::Result<()> {
    if options.check {
        return check();
    }
    let files = files()?;
    let source = source();
    fs::create_dir_all(source.join("generated"))?;
    for (path, content) in &files {
        let path = source.join(path);
        if fs::read_to_string(&path).is_ok_and(|present| present == *content) {
            continue;
        }
        fs::write(&path, content)?;
    }
    for stale in stale(&source, &files)? {
        fs::remove_file(source.join(stale))?;
    }
    let lines: usize = files.values().map(|content| content.lines().count()).sum();
    println!("{} files, {lines} lines", files.len());
    Ok(())
}

/// Compares the generated files with what the schema files give.
///
/// # Errors
/// Names the files that are not what they should be.
pub fn check() -> anyhow::Result<()> {
    let files = files()?;
    let source = source();
    let mut wrong = stale(&source, &files)?;
    for (path, content) in &files {
        let present = fs::read_to_string(source.join(path)).unwrap_or_default();
        if present != *content {
            wrong.push(path.clone());
        }
    }
    if !wrong.is_empty() {
        bail!(
            "not what the schema files give, run `cargo xtask codegen`: {}",
            wrong.join(", ")
        );
    }
    Ok(())
}

fn source() -> PathBuf {
    crate::workspace::root().join(CRATE).join("src")
}

/// The generated files: path under `src`, content.
fn files() -> anyhow::Result<BTreeMap<String, String>> {
    let schema = crate::schema::directory();
    let areas = &read_directory(&schema)?;
    let errors =
        fs::read_to_string(schema.join(crate::schema::ERRORS)).context(crate::schema::ERRORS)?;
    let mut files = BTreeMap::new();
    let mut modules = Vec::new();
    for area in areas {
        for schema in &area.messages {
            let module = names::snake_case(&schema.name);
            let content = message::generate(schema).with_context(|| schema.name.clone())?;
            if files
                .insert(format!("generated/{module}.rs"), content)
                .is_some()
            {
                bail!("two messages would be module {module}");
            }
            modules.push(module);
        }
    }
    for (module, content) in record::generate(areas)? {
        files.insert(format!("generated/{module}.rs"), content);
        modules.push(module);
    }
    files.insert("generated/api_key.rs".to_owned(), api_key::generate(areas)?);
    files.insert(
        "generated/error_code.rs".to_owned(),
        error_code::generate(&errors)?,
    );
    modules.extend(["api_key".to_owned(), "error_code".to_owned()]);
    modules.sort();
    files.insert("generated.rs".to_owned(), index(&modules, areas));
    format::format(files)
}

fn index(modules: &[String], areas: &[Area]) -> String {
    let mut index = String::from(
        "//! The modules that `cargo xtask codegen` writes; do not edit.\n\n\
         #![allow(missing_docs, clippy::too_many_lines, clippy::large_enum_variant)]\n\n",
    );
    for module in modules {
        let visibility = if ["api_key", "error_code"].contains(&module.as_str()) {
            "pub(crate)"
        } else {
            "pub"
        };
        writeln!(index, "#[rustfmt::skip]\n{visibility} mod {module};").expect("a string grows");
    }
    index.push_str(
        "\n/// Calls a macro with the path of every message type, as `module::Type, …`.\n\
         #[macro_export]\nmacro_rules! for_each_message {\n    ($callback:ident) => {\n\
         \x20       $callback! {\n",
    );
    for schema in areas.iter().flat_map(|area| &area.messages) {
        let module = names::snake_case(&schema.name);
        writeln!(
            index,
            "            {module}::{},",
            names::type_name(&schema.name)
        )
        .expect("a string grows");
    }
    index.push_str("        }\n    };\n}\n");
    index
}

/// Files of the generated folder that no schema gives any more.
fn stale(source: &Path, files: &BTreeMap<String, String>) -> anyhow::Result<Vec<String>> {
    let mut stale = Vec::new();
    for entry in fs::read_dir(source.join("generated"))? {
        let path = format!("generated/{}", entry?.file_name().to_string_lossy());
        if !files.contains_key(&path) {
            stale.push(path);
        }
    }
    Ok(stale)
}
