//! The schemas of requests and answers by the name of their API.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use ottla_schema::{Kind, MessageSchema, Versions, read_directory};
use serde_json::Value;

/// The folder of the messages that clients and brokers exchange.
const AREA: &str = "clients";

/// One API: what is asked and what is answered.
#[derive(Clone, Debug)]
pub struct Api {
    /// Its number on the wire.
    pub key: i16,
    /// The request; its versions are those of the API.
    pub request: MessageSchema,
    /// The answer.
    pub response: MessageSchema,
}

/// All APIs by name, such as `Fetch`.
#[derive(Clone, Debug)]
pub struct Apis(BTreeMap<String, Api>);

impl Apis {
    /// Reads the schema files below `directory`.
    ///
    /// # Errors
    /// When a file is missing or not a schema.
    pub fn read(directory: &Path) -> anyhow::Result<Apis> {
        let areas = read_directory(directory)?;
        let area = areas.into_iter().find(|area| area.name == AREA);
        let messages = area.context("there is no folder of client messages")?;
        let mut responses = BTreeMap::new();
        let mut requests = Vec::new();
        for message in messages.messages {
            match message.kind {
                Kind::Request => requests.push(message),
                Kind::Response => {
                    responses.insert(message.key, message);
                }
                _ => {}
            }
        }
        let mut apis = BTreeMap::new();
        for request in requests {
            let Some(key) = request.key else { continue };
            let response = responses
                .remove(&Some(key))
                .with_context(|| format!("the API {key} has no response among the schema files"))?;
            let name = request.name.trim_end_matches("Request").to_owned();
            let api = Api {
                key,
                request,
                response,
            };
            apis.insert(name, api);
        }
        Ok(Apis(apis))
    }

    /// Leaves the versions that a broker serves, by its answer to ApiVersions.
    pub fn limit(&mut self, served: &Value) {
        let served = served.get("apiKeys").and_then(Value::as_array);
        let served = served.map(Vec::as_slice).unwrap_or_default();
        for api in self.0.values_mut() {
            let number = |entry: &Value, name: &str| {
                let number = entry.get(name).and_then(Value::as_i64);
                number.and_then(|number| i16::try_from(number).ok())
            };
            let mut entries = served.iter();
            let entry = entries.find(|entry| number(entry, "apiKey") == Some(api.key));
            let range = entry.and_then(|entry| {
                Some(Versions {
                    low: number(entry, "minVersion")?,
                    high: number(entry, "maxVersion")?,
                })
            });
            let versions = &mut api.request.versions;
            *versions = versions.intersect(range.unwrap_or(Versions::NONE));
        }
    }

    /// The API of this name.
    ///
    /// # Errors
    /// When there is none.
    pub fn get(&self, name: &str) -> anyhow::Result<&Api> {
        let api = self.0.get(name);
        api.with_context(|| format!("there is no API called {name:?}"))
    }
}
